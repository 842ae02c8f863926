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
	return dut->region ? 0 : -ENOMEM;
}

void dut_region_free(struct dut *dut)
{
	vfree(dut->region);
	dut->region = NULL;
}

/* Of [offset, offset + count), what lies in one area of the data section. */
static ssize_t data_access(struct dut *dut, u64 offset, size_t count)
{
	const struct dut_area *area;
	unsigned int i;

	for (i = 0; i < dut->nr_areas; i++) {
		area = &dut->areas[i];
		if (offset >= area->offset && offset - area->offset < area->size)
			return min_t(u64, count, area->size - (offset - area->offset));
	}
	return -EINVAL;
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

ssize_t dut_migration_read(struct dut *dut, char __user *to, size_t count, u64 offset)
{
	ssize_t part;
	u64 value;
	int ret;

	if (offset < MIG_INFO_SIZE) {
		if (!is_field(offset, count))
			return -EINVAL;
		mutex_lock(&dut->lock);
		ret = read_field(dut, offset, &value);
		mutex_unlock(&dut->lock);
		if (ret)
			return ret;
		/* Little-endian hosts only: the low half of value is the 32-bit field. */
		return copy_to_user(to, &value, count) ? -EFAULT : count;
	}

	part = data_access(dut, offset, count);
	if (part < 0)
		return part;
	return copy_to_user(to, dut->region + offset, part) ? -EFAULT : part;
}

static int write_field(struct dut *dut, u64 offset, u64 value)
{
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

ssize_t dut_migration_write(struct dut *dut, const char __user *from, size_t count, u64 offset)
{
	u64 value = 0;
	ssize_t part;
	int ret;

	if (offset < MIG_INFO_SIZE) {
		if (!is_field(offset, count))
			return -EINVAL;
		if (copy_from_user(&value, from, count))
			return -EFAULT;
		mutex_lock(&dut->lock);
		ret = write_field(dut, offset, value);
		mutex_unlock(&dut->lock);
		return ret ?: count;
	}

	part = data_access(dut, offset, count);
	if (part < 0)
		return part;
	/* What a save offers is not the user's to change. */
	if (READ_ONCE(dut->device_state) != MIG_RESUMING)
		return -EINVAL;
	return copy_from_user(dut->region + offset, from, part) ? -EFAULT : part;
}

/*
 * Takes no lock: mmap_lock is held here, and areas and region stay as they are
 * while the device is open, which a mapping keeps it.
 */
int dut_migration_mmap(struct dut *dut, struct vm_area_struct *vma, u64 offset)
{
	u64 size = vma->vm_end - vma->vm_start;
	unsigned int i;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	for (i = 0; i < dut->nr_areas; i++) {
		const struct dut_area *area = &dut->areas[i];

		if (area->mapped && offset >= area->offset &&
		    offset - area->offset < area->size && size <= area->size - (offset - area->offset))
			return remap_vmalloc_range(vma, dut->region, offset >> PAGE_SHIFT);
	}
	return -EINVAL;
}
