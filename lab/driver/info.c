// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_GET_INFO and VFIO_DEVICE_GET_REGION_INFO with their capability
 * chains, by the kernel's own argsz rules.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "dut.h"

/*
 * Puts a chain behind an info structure of `size` bytes. Where argsz has no room
 * for it, argsz grows and the offset stays 0: the caller asks again.
 */
static int reply_chain(void __user *arg, size_t size, struct vfio_info_cap *caps, u32 *argsz, u32 *cap_offset)
{
	int ret = 0;

	if (*argsz < size + caps->size) {
		*argsz = size + caps->size;
		*cap_offset = 0;
	} else {
		vfio_info_cap_shift(caps, size);
		if (copy_to_user(arg + size, caps->buf, caps->size))
			ret = -EFAULT;
		*cap_offset = size;
	}
	return ret;
}

long dut_get_info(struct dut *dut, void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_info_cap caps = {};
	struct vfio_device_info info = {};
	int ret = 0;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	minsz = min_t(size_t, info.argsz, sizeof(info));

	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = DUT_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;

	mutex_lock(&dut->lock);
	if (dut->zpci)
		ret = dut_add_zpci_capabilities(dut, &caps);
	mutex_unlock(&dut->lock);

	if (!ret && caps.size) {
		info.flags |= VFIO_DEVICE_FLAGS_CAPS;
		ret = reply_chain(arg, sizeof(info), &caps, &info.argsz, &info.cap_offset);
	}
	kfree(caps.buf);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static int add_type(struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_type type = {
		.header.id = VFIO_REGION_INFO_CAP_TYPE,
		.header.version = 1,
		.type = MIG_REGION_TYPE,
		.subtype = MIG_REGION_SUBTYPE,
	};

	return vfio_info_add_capability(caps, &type.header, sizeof(type));
}

static int add_sparse(struct dut *dut, struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	unsigned int i, nr = 0;
	size_t size;
	int ret;

	size = struct_size(sparse, areas, DUT_MAX_AREAS);
	sparse = kzalloc(size, GFP_KERNEL);
	if (!sparse)
		return -ENOMEM;
	for (i = 0; i < dut->nr_areas; i++) {
		if (!dut->areas[i].mapped)
			continue;
		sparse->areas[nr].offset = dut->areas[i].offset;
		sparse->areas[nr].size = dut->areas[i].size;
		nr++;
	}
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = nr;
	ret = vfio_info_add_capability(caps, &sparse->header, struct_size(sparse, areas, nr));
	kfree(sparse);
	return ret;
}

static int migration_region_info(struct dut *dut, struct vfio_region_info *info, struct vfio_info_cap *caps)
{
	int ret;

	info->size = dut->region_size;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	ret = add_type(caps);
	if (ret)
		return ret;
	if (dut->layout == DUT_TRAPPED)
		return 0;
	info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	return add_sparse(dut, caps);
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
	case DUT_MIGRATION_REGION:
		mutex_lock(&dut->lock);
		ret = migration_region_info(dut, &info, &caps);
		mutex_unlock(&dut->lock);
		break;
	default:	/* VGA among them */
		return -EINVAL;
	}

	if (!ret && caps.size) {
		info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
		ret = reply_chain(arg, sizeof(info), &caps, &info.argsz, &info.cap_offset);
	}
	kfree(caps.buf);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}
