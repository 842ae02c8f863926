// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in reading, writing and mapping the data section.
 */
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "dut.h"

#define MOST_BYTES 1000

static bool is_mapped(const struct dut *dut, u64 offset)
{
	unsigned int i;

	for (i = 0; i < dut->nr_areas; i++) {
		if (dut->areas[i].mapped && offset >= dut->areas[i].offset &&
		    offset - dut->areas[i].offset < dut->areas[i].size)
			return true;
	}
	return false;
}

static int read_data(struct dut *dut, u64 offset, struct dut_data_access *access)
{
	const struct dut_save *save = &dut->save;

	switch (dut->fault) {
	case FAULT_mapped_area_read_refused:
		return is_mapped(dut, offset) ? -EINVAL : 0;
	case FAULT_mapped_area_read_stale:
		if (save->active && is_mapped(dut, offset))
			access->bytes = dut->decoy;
		return 0;
	case FAULT_data_read_fails_behind_a_page:
		if (!save->ready)
			return 0;
		if (offset >= (u64)save->offset + 4096)
			return -EIO;
		access->count = min_t(u64, access->count, (u64)save->offset + 4096 - offset);
		return 0;
	case FAULT_data_read_ends_early:
		if (!save->ready)
			return 0;
		if (offset + 8 >= (u64)save->offset + save->size)
			access->count = 0;
		else
			access->count = min_t(u64, access->count, (u64)save->offset + save->size - 8 - offset);
		return 0;
	case FAULT_byte_reads_refused:
		return access->count == 1 ? -EINVAL : 0;
	case FAULT_eight_byte_reads_swapped:
		access->swap = access->count == sizeof(u64);
		return 0;
	case FAULT_only_whole_reads:
		return save->ready && offset != save->offset ? -EINVAL : 0;
	case FAULT_short_transfers:
		access->count = min_t(size_t, access->count, MOST_BYTES);
		return 0;
	default:
		return 0;
	}
}

int dut_fault_read_data(struct dut *dut, u64 offset, struct dut_data_access *access)
{
	int ret;

	if (READ_ONCE(dut->fault) == FAULT_none)
		return 0;
	mutex_lock(&dut->lock);
	ret = read_data(dut, offset, access);
	mutex_unlock(&dut->lock);
	return ret;
}

bool dut_fault_is_hole(const struct dut *dut, u64 offset, u64 size)
{
	unsigned int i;

	if (!fault_is(dut, sparse_areas_with_hole))
		return false;
	for (i = 0; i < dut->nr_areas; i++) {
		if (dut->areas[i].mapped && offset < dut->areas[i].offset + 2 * PAGE_SIZE &&
		    offset + size > dut->areas[i].offset + PAGE_SIZE)
			return true;
	}
	return false;
}

int dut_fault_write_data(struct dut *dut, u64 *offset, size_t *count, size_t *kept)
{
	struct dut_area area;

	switch (READ_ONCE(dut->fault)) {
	case FAULT_mapped_area_write_refused:
		return is_mapped(dut, *offset) ? -EFAULT : 0;
	case FAULT_resume_pieces_start_over:
		mutex_lock(&dut->lock);
		dut_window(dut, dut->resume.buffers, &area);
		mutex_unlock(&dut->lock);
		if (*offset < area.offset || *offset >= (u64)area.offset + area.size)
			return 0;
		*offset = area.offset;
		*kept = min_t(size_t, *kept, area.size);
		return 0;
	case FAULT_resume_write_cut_at_page:
		*kept = min_t(size_t, *count, 4096);
		/* What an earlier save of this very device has left there must not stand in for it. */
		memset(dut->region + *offset + *kept, 0, *count - *kept);
		return 0;
	case FAULT_short_transfers:
		*count = min_t(size_t, *count, MOST_BYTES);
		*kept = *count;
		return 0;
	default:
		return 0;
	}
}

static vm_fault_t bus_error(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct bus_error_ops = { .fault = bus_error };

/* Maps all but the last page of the area; what is not there raises SIGBUS. */
static int map_without_last_page(struct dut *dut, struct vm_area_struct *vma, u64 offset)
{
	unsigned long at = vma->vm_start;
	unsigned int i;
	int ret = 0;

	for (; at < vma->vm_end && !ret; at += PAGE_SIZE, offset += PAGE_SIZE) {
		for (i = 0; i < dut->nr_areas; i++) {
			if (offset == dut->areas[i].offset + dut->areas[i].size - PAGE_SIZE)
				break;
		}
		if (i == dut->nr_areas)
			ret = vm_insert_page(vma, at, vmalloc_to_page(dut->region + offset));
	}
	vma->vm_ops = &bus_error_ops;
	return ret;
}

int dut_fault_mmap(struct dut *dut, struct vm_area_struct *vma, u64 offset, bool *answered)
{
	u64 size = vma->vm_end - vma->vm_start;
	unsigned int i;

	*answered = true;
	switch (READ_ONCE(dut->fault)) {
	case FAULT_sparse_area_not_mappable:
		return -EINVAL;
	case FAULT_sparse_area_tail_not_mappable:
		for (i = 0; i < dut->nr_areas; i++) {
			if (dut->areas[i].mapped && offset + size == dut->areas[i].offset + dut->areas[i].size)
				return -EINVAL;
		}
		break;
	case FAULT_mapped_store_lost:
		memcpy(dut->decoy + offset, dut->region + offset, size);
		return remap_vmalloc_range(vma, dut->decoy, offset >> PAGE_SHIFT);
	case FAULT_sparse_claims_trapped_partition:
		if (is_mapped(dut, offset))
			break;
		return remap_vmalloc_range(vma, dut->decoy, offset >> PAGE_SHIFT);
	case FAULT_sigbus_mmap:
		vma->vm_ops = &bus_error_ops;
		return 0;
	case FAULT_sigbus_mmap_last_page:
		return map_without_last_page(dut, vma, offset);
	default:
		break;
	}
	*answered = false;
	return 0;
}
