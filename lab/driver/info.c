// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_GET_INFO and VFIO_DEVICE_GET_REGION_INFO with their capability
 * chains, by the kernel's own argsz rules.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "dut.h"

#define VENDOR_REGION_TYPE (VFIO_REGION_TYPE_PCI_VENDOR_TYPE | 0x1234)

/* Like vfio_info_cap_shift(), which insists on multiples of 8: old kernels began at 20. */
static void shift_chain(struct vfio_info_cap *caps, size_t offset)
{
	struct vfio_info_cap_header *header = caps->buf;

	while (header->next) {
		header->next += offset;
		header = (void *)caps->buf + (header->next - offset);
	}
}

/*
 * Puts a chain behind an info structure of `size` bytes. Where argsz has no room
 * for it, argsz grows and the offset stays 0: the caller asks again.
 */
static int reply_chain(struct dut *dut, void __user *arg, size_t size, struct vfio_info_cap *caps, u32 *argsz,
		       u32 *cap_offset, bool device)
{
	u32 given = *argsz;
	size_t needed, count, first;
	bool room;
	int ret;

	shift_chain(caps, size);
	first = size;
	ret = dut_fault_chain(dut, caps, size, device, &first);
	if (ret)
		return ret;
	needed = size + caps->size;
	room = *argsz >= needed;
	ret = room ? 0 : dut_fault_no_room(dut, device);
	if (ret)
		return ret;
	count = room ? caps->size : dut_fault_overrun(dut, caps->size, device);
	if (count && copy_to_user(arg + size, caps->buf, count))
		return -EFAULT;
	*cap_offset = room ? first : 0;
	if (!room)
		*argsz = needed;
	dut_fault_argsz(dut, room, needed, given, argsz, cap_offset, device);
	return 0;
}

unsigned int dut_num_regions(const struct dut *dut)
{
	bool one_more = fault_is(dut, migration_region_twice) || fault_is(dut, vendor_region_first);

	return DUT_NUM_REGIONS + one_more;
}

static int device_capabilities(struct dut *dut, struct vfio_info_cap *caps)
{
	int ret = 0;

	if (fault_is(dut, zpci_capabilities_gone_when_stopped) && !dut->running)
		return 0;
	if (fault_is(dut, unknown_device_capability) || (dut_fault_wants_chain(dut) && !dut->zpci))
		ret = dut_fault_add_unknown(caps, 0);
	if (!ret && dut_fault_wants_chain(dut) && !dut->zpci)
		ret = dut_fault_add_unknown(caps, 1);
	if (!ret && (dut->zpci || dut_fault_wants_zpci(dut)))
		ret = dut_add_zpci_capabilities(dut, caps);
	return ret;
}

long dut_get_info(struct dut *dut, void __user *arg)
{
	const size_t cap_offset_end = offsetofend(struct vfio_device_info, cap_offset);
	size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_info_cap caps = {};
	struct vfio_device_info info = {};
	size_t size = sizeof(info);
	u32 given;
	int ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	given = info.argsz;
	if (fault_is(dut, old_device_info))
		size = cap_offset_end;

	info.flags = dut_fault_device_flags(dut, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	info.num_regions = dut_num_regions(dut);
	info.num_irqs = dut_num_irqs(dut);

	mutex_lock(&dut->lock);
	ret = device_capabilities(dut, &caps);
	mutex_unlock(&dut->lock);

	if (!ret && caps.size) {
		info.flags |= VFIO_DEVICE_FLAGS_CAPS;
		ret = reply_chain(dut, arg, size, &caps, &info.argsz, &info.cap_offset, true);
	}
	kfree(caps.buf);
	if (ret)
		return ret;
	minsz = min_t(size_t, given, size);
	if (fault_is(dut, cap_offset_past_argsz_16) && minsz < cap_offset_end)
		minsz = cap_offset_end;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static int add_type(struct vfio_info_cap *caps, u32 type, u32 subtype)
{
	struct vfio_region_info_cap_type cap = {
		.header.id = VFIO_REGION_INFO_CAP_TYPE,
		.header.version = 1,
		.type = type,
		.subtype = subtype,
	};

	return vfio_info_add_capability(caps, &cap.header, sizeof(cap));
}

static int add_migration_type(struct dut *dut, struct vfio_info_cap *caps)
{
	if (fault_is(dut, migration_type_missing))
		return 0;
	if (fault_is(dut, migration_subtype_zero))
		return add_type(caps, MIG_REGION_TYPE, 0);
	if (fault_is(dut, migration_type_swapped))
		return add_type(caps, MIG_REGION_SUBTYPE, MIG_REGION_TYPE);
	return add_type(caps, MIG_REGION_TYPE, MIG_REGION_SUBTYPE);
}

static int add_sparse(struct dut *dut, struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	struct vfio_region_sparse_mmap_area *area;
	unsigned int i, nr = 0;
	int ret;

	sparse = kzalloc(struct_size(sparse, areas, 2 * DUT_MAX_AREAS), GFP_KERNEL);
	if (!sparse)
		return -ENOMEM;
	for (i = 0; i < dut->nr_areas; i++) {
		if (!dut->areas[i].mapped && !fault_is(dut, sparse_claims_trapped_partition))
			continue;
		area = &sparse->areas[nr++];
		area->offset = round_down(dut->areas[i].offset, PAGE_SIZE);
		area->size = dut->areas[i].size;
		if (fault_is(dut, sparse_area_past_region) && dut->layout == DUT_PARTITIONED) {
			/* Over the trapped partition it would break more than the list of areas. */
			sparse->areas[nr].offset = PAGE_ALIGN(dut->region_size);
			sparse->areas[nr++].size = PAGE_SIZE;
		} else if (fault_is(dut, sparse_area_past_region)) {
			area->size = dut->region_size - area->offset + PAGE_SIZE;
		}
		if (fault_is(dut, sparse_area_over_structure)) {
			area->size += area->offset;
			area->offset = 0;
		}
		if (fault_is(dut, sparse_areas_with_hole) && area->size >= 3 * PAGE_SIZE) {
			sparse->areas[nr].offset = area->offset + 2 * PAGE_SIZE;
			sparse->areas[nr++].size = area->size - 2 * PAGE_SIZE;
			area->size = PAGE_SIZE;
		}
	}
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = fault_is(dut, sparse_count_too_large) ? 1000 : nr;
	ret = vfio_info_add_capability(caps, &sparse->header, struct_size(sparse, areas, nr));
	kfree(sparse);
	return ret;
}

static int migration_region_info(struct dut *dut, struct vfio_region_info *info, struct vfio_info_cap *caps)
{
	/* What stands behind a header that points at itself would be lost with it. */
	bool reversed = fault_is(dut, reversed_chains) || fault_is(dut, region_chain_loops);
	/* Nothing to map lies in a region that ends inside the structure. */
	bool mapped = dut->layout != DUT_TRAPPED && !fault_is(dut, migration_region_too_small);
	int ret = 0;

	info->size = fault_is(dut, migration_region_too_small) ? 16 : dut_fault_far(dut) + dut->region_size;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (fault_is(dut, migration_region_write_only_flag))
		info->flags &= ~VFIO_REGION_INFO_FLAG_READ;
	if (fault_is(dut, migration_region_read_only_flag))
		info->flags &= ~VFIO_REGION_INFO_FLAG_WRITE;
	if (mapped)
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;

	if (fault_is(dut, unknown_region_capability))
		ret = dut_fault_add_unknown(caps, 0);
	if (!ret && !reversed)
		ret = add_migration_type(dut, caps);
	if (!ret && mapped)
		ret = add_sparse(dut, caps);
	if (!ret && reversed)
		ret = add_migration_type(dut, caps);
	return ret;
}

/* Behind the regions of every PCI device: the migration region, and what a fault or a variation puts beside it. */
static int specific_region_info(struct dut *dut, struct vfio_region_info *info, struct vfio_info_cap *caps)
{
	int ret;

	if (info->index == dut_migration_index(dut)) {
		mutex_lock(&dut->lock);
		ret = migration_region_info(dut, info, caps);
		mutex_unlock(&dut->lock);
		return ret;
	}
	if (info->index < dut_num_regions(dut)) {
		info->size = DUT_VENDOR_REGION_SIZE;
		info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		return fault_is(dut, migration_region_twice) ? add_migration_type(dut, caps) :
							       add_type(caps, VENDOR_REGION_TYPE, 1);
	}
	return fault_is(dut, region_past_end_answers) ? 0 : -EINVAL;
}

long dut_get_region_info(struct dut *dut, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_info_cap caps = {};
	struct vfio_region_info info;
	int ret = 0;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	info.offset = DUT_OFFSET(info.index);
	info.flags = 0;
	info.size = 0;
	info.cap_offset = 0;
	switch (info.index) {
	case VFIO_PCI_CONFIG_REGION_INDEX:
		info.size = DUT_CONFIG_SIZE;
		info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		break;
	case VFIO_PCI_BAR0_REGION_INDEX:
		info.size = DUT_BAR0_SIZE;
		info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
		break;
	case VFIO_PCI_BAR1_REGION_INDEX ... VFIO_PCI_ROM_REGION_INDEX:
		break;
	case VFIO_PCI_VGA_REGION_INDEX:
		return -EINVAL;
	default:
		ret = specific_region_info(dut, &info, &caps);
		break;
	}

	if (!ret && caps.size) {
		info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
		ret = reply_chain(dut, arg, sizeof(info), &caps, &info.argsz, &info.cap_offset, false);
	}
	kfree(caps.buf);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}
