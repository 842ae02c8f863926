// SPDX-License-Identifier: GPL-2.0-only
/*
 * The migration region: struct vfio_device_migration_info at offset 0, always
 * trapped and only at native width, and the data section, trapped, mmapped or
 * partitioned.
 */
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "dut.h"

const char *const dut_layout_names[DUT_NR_LAYOUTS] = {
	[DUT_TRAPPED] = "trapped",
	[DUT_MMAPPED] = "mmapped",
	[DUT_PARTITIONED] = "partitioned",
};

/* In the partitioned layout the trapped area starts off a page boundary: it may. */
#define PARTITION_SKEW 0x40

static void add_area(struct dut *dut, u32 offset, bool mapped)
{
	struct dut_area *area = &dut->areas[dut->nr_areas++];

	area->offset = offset;
	area->size = dut->section_size;
	area->mapped = mapped;
}

int dut_region_alloc(struct dut *dut)
{
	u32 section = dut->section_size;

	dut->nr_areas = 0;
	switch (dut->layout) {
	case DUT_TRAPPED:
		add_area(dut, MIG_INFO_SIZE, false);
		dut->region_size = PAGE_ALIGN(MIG_INFO_SIZE + section);
		break;
	case DUT_MMAPPED:
		add_area(dut, PAGE_SIZE, true);
		dut->region_size = PAGE_SIZE + section;
		break;
	default:
		add_area(dut, PAGE_SIZE, true);
		add_area(dut, PAGE_SIZE + section + PARTITION_SKEW, false);
		add_area(dut, 2 * PAGE_SIZE + 2 * section, true);
		dut->region_size = 2 * PAGE_SIZE + 3 * section;
		break;
	}
	dut->region = vmalloc_user(dut->region_size);
	dut->decoy = vmalloc_user(dut->region_size);
	if (dut->region && dut->decoy)
		return 0;
	dut_region_free(dut);
	return -ENOMEM;
}

void dut_region_free(struct dut *dut)
{
	vfree(dut->region);
	vfree(dut->decoy);
	dut->region = NULL;
	dut->decoy = NULL;
}

/* The place of the buffer with this number, counted from 0: the areas take turns. */
void dut_window(const struct dut *dut, unsigned int index, struct dut_area *area)
{
	*area = dut->areas[index % dut->nr_areas];
	dut_fault_window(dut, index, area);
}

static bool is_field(u64 offset, size_t count)
{
	switch (offset) {
	case offsetof(struct dut_migration_info, device_state):
	case offsetof(struct dut_migration_info, reserved):
		return count == sizeof(u32);
	case offsetof(struct dut_migration_info, pending_bytes):
	case offsetof(struct dut_migration_info, data_offset):
	case offsetof(struct dut_migration_info, data_size):
		return count == sizeof(u64);
	default:
		return false;
	}
}

static int read_field(struct dut *dut, u64 offset, u64 *value)
{
	int ret;

	if (dut_fault_read_field(dut, offset, value, &ret))
		return ret;
	switch (offset) {
	case offsetof(struct dut_migration_info, device_state):
		*value = dut_get_device_state(dut);
		return 0;
	case offsetof(struct dut_migration_info, pending_bytes):
		*value = dut_save_pending(dut);
		return 0;
	case offsetof(struct dut_migration_info, data_offset):
		if (dut->save.active)
			return dut_save_offset(dut, value);
		*value = dut_resume_offset(dut);
		return 0;
	case offsetof(struct dut_migration_info, data_size):
		*value = dut_save_size(dut);
		return 0;
	default:	/* reserved */
		*value = 0;
		return 0;
	}
}

static ssize_t read_structure(struct dut *dut, char __user *to, size_t count, u64 offset)
{
	u64 value = 0;
	int ret;

	mutex_lock(&dut->lock);
	if (is_field(offset, count)) {
		ret = read_field(dut, offset, &value);
		if (offset == offsetof(struct dut_migration_info, data_offset))
			value += dut_fault_far(dut);
	} else if (!dut_fault_read_oddly(dut, offset, count, &value, &ret)) {
		ret = -EINVAL;
	}
	mutex_unlock(&dut->lock);
	if (ret)
		return dut_fault_hang(dut, ret);
	/* Little-endian hosts only: the low half of value is the 32-bit field. */
	return copy_to_user(to, &value, count) ? -EFAULT : count;
}

ssize_t dut_migration_read(struct dut *dut, char __user *to, size_t count, u64 offset)
{
	struct dut_data_access access;
	int ret;

	if (offset < MIG_INFO_SIZE)
		return read_structure(dut, to, count, offset);
	if (offset < MIG_INFO_SIZE + dut_fault_far(dut))
		return -EFAULT;
	offset -= dut_fault_far(dut);
	if (offset >= dut->region_size)
		return -EINVAL;

	access.bytes = dut->region;
	access.count = min_t(u64, count, dut->region_size - offset);
	access.swap = false;
	ret = dut_fault_read_data(dut, offset, &access);
	if (ret)
		return ret;
	if (access.swap) {
		u64 swapped = swab64(get_unaligned((u64 *)(access.bytes + offset)));

		return copy_to_user(to, &swapped, sizeof(swapped)) ? -EFAULT : sizeof(swapped);
	}
	return copy_to_user(to, access.bytes + offset, access.count) ? -EFAULT : access.count;
}

static int write_field(struct dut *dut, u64 offset, u64 value)
{
	int ret;

	if (dut_fault_write_field(dut, offset, value, &ret))
		return ret;
	switch (offset) {
	case offsetof(struct dut_migration_info, device_state):
		return dut_set_device_state(dut, value);
	case offsetof(struct dut_migration_info, reserved):
		return 0;
	case offsetof(struct dut_migration_info, data_size):
		return dut_resume_consume(dut, value);
	default:	/* pending_bytes and data_offset are read-only */
		return -EINVAL;
	}
}

static ssize_t write_structure(struct dut *dut, const char __user *from, size_t count, u64 offset)
{
	u64 value = 0;
	ssize_t ret;
	int done;
	u32 state;

	if (count > sizeof(value))
		return -EINVAL;
	if (copy_from_user(&value, from, count))
		return -EFAULT;
	mutex_lock(&dut->lock);
	state = dut->device_state;
	if (is_field(offset, count))
		done = write_field(dut, offset, value);
	else if (!dut_fault_write_oddly(dut, offset, count, value, &done))
		done = fault_is(dut, other_errnos) ? -EFAULT : -EINVAL;
	ret = done ?: count;
	if (offset == offsetof(struct dut_migration_info, device_state) && count == sizeof(u32))
		ret = dut_fault_state_written(dut, state, ret);
	mutex_unlock(&dut->lock);
	return dut_fault_hang(dut, ret);
}

ssize_t dut_migration_write(struct dut *dut, const char __user *from, size_t count, u64 offset)
{
	size_t kept;
	int ret;

	if (offset < MIG_INFO_SIZE)
		return write_structure(dut, from, count, offset);
	if (offset < MIG_INFO_SIZE + dut_fault_far(dut))
		return -EFAULT;
	offset -= dut_fault_far(dut);
	if (offset >= dut->region_size)
		return -EINVAL;
	/* What a save offers is not the user's to change. */
	if (READ_ONCE(dut->device_state) != MIG_RESUMING)
		return -EINVAL;

	count = min_t(u64, count, dut->region_size - offset);
	kept = count;
	ret = dut_fault_write_data(dut, &offset, &count, &kept);
	if (ret)
		return ret;
	return copy_from_user(dut->region + offset, from, kept) ? -EFAULT : count;
}

static bool is_mappable(const struct dut *dut, u64 offset, u64 size)
{
	const struct dut_area *area;
	unsigned int i;

	if (dut_fault_is_hole(dut, offset, size))
		return false;
	for (i = 0; i < dut->nr_areas; i++) {
		area = &dut->areas[i];
		if (area->mapped && offset >= area->offset &&
		    offset - area->offset < area->size && size <= area->size - (offset - area->offset))
			return true;
	}
	return false;
}

/*
 * Takes no lock: mmap_lock is held here, and areas and region stay as they are
 * while the device is open, which a mapping keeps it.
 */
int dut_migration_mmap(struct dut *dut, struct vm_area_struct *vma, u64 offset)
{
	u64 size = vma->vm_end - vma->vm_start;
	bool answered = false;
	int ret;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (!is_mappable(dut, offset, size) &&
	    !((fault_is(dut, sparse_area_over_structure) || fault_is(dut, sparse_claims_trapped_partition)) &&
	      offset + size <= dut->region_size))
		return -EINVAL;
	ret = dut_fault_mmap(dut, vma, offset, &answered);
	if (answered)
		return ret;
	return remap_vmalloc_range(vma, dut->region, offset >> PAGE_SHIFT);
}
