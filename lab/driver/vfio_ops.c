// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the VFIO core calls: reads, writes, ioctls and mmaps, shared out to the
 * regions and tables they are for.
 */
#include <linux/uaccess.h>

#include "dut.h"

/* One access to the device proper, of at most this many bytes at a time. */
#define BOUNCE 256

/* How much of [offset, offset + count) a region of this size can serve. */
static ssize_t clip(u64 offset, size_t count, u32 size)
{
	if (offset >= size)
		return -EINVAL;
	return min_t(u64, count, size - offset);
}

static ssize_t read_device(struct dut *dut, char __user *to, size_t count, u64 offset, u32 size,
			   void (*read)(struct dut *dut, u8 *into, u32 offset, u32 count))
{
	ssize_t total = clip(offset, count, size);
	u8 bounce[BOUNCE];
	size_t done, part;

	for (done = 0; total > 0 && done < total; done += part) {
		part = min_t(size_t, total - done, BOUNCE - (offset + done) % BOUNCE);
		mutex_lock(&dut->lock);
		read(dut, bounce, offset + done, part);
		mutex_unlock(&dut->lock);
		if (copy_to_user(to + done, bounce, part))
			return -EFAULT;
	}
	return total;
}

static void write_config(struct dut *dut, const u8 *from, u32 offset, u32 count)
{
	mutex_lock(&dut->lock);
	dut_config_write(dut, from, offset, count);
	mutex_unlock(&dut->lock);
}

static void write_bar0(struct dut *dut, const u8 *from, u32 offset, u32 count)
{
	bool wait;

	mutex_lock(&dut->lock);
	wait = dut_bar0_write(dut, from, offset, count);
	mutex_unlock(&dut->lock);
	if (wait)
		flush_delayed_work(&dut->dma_work);
}

static ssize_t write_device(struct dut *dut, const char __user *from, size_t count, u64 offset, u32 size,
			    void (*write)(struct dut *dut, const u8 *from, u32 offset, u32 count))
{
	ssize_t total = clip(offset, count, size);
	u8 bounce[BOUNCE];
	size_t done, part;

	for (done = 0; total > 0 && done < total; done += part) {
		part = min_t(size_t, total - done, BOUNCE - (offset + done) % BOUNCE);
		if (copy_from_user(bounce, from + done, part))
			return -EFAULT;
		write(dut, bounce, offset + done, part);
	}
	return total;
}

static void read_vendor(struct dut *dut, u8 *into, u32 offset, u32 count)
{
	memcpy(into, dut->vendor_region + offset, count);
}

static void write_vendor(struct dut *dut, const u8 *from, u32 offset, u32 count)
{
	mutex_lock(&dut->lock);
	memcpy(dut->vendor_region + offset, from, count);
	mutex_unlock(&dut->lock);
}

/* Regions behind those that every PCI device has. */
static ssize_t read_specific(struct dut *dut, char __user *to, size_t count, u64 index, u64 offset)
{
	if (index == dut_migration_index(dut))
		return dut_migration_read(dut, to, count, offset);
	if (index >= VFIO_PCI_NUM_REGIONS && index < dut_num_regions(dut))
		return read_device(dut, to, count, offset, DUT_VENDOR_REGION_SIZE, read_vendor);
	return -EINVAL;
}

static ssize_t write_specific(struct dut *dut, const char __user *from, size_t count, u64 index, u64 offset)
{
	if (index == dut_migration_index(dut))
		return dut_migration_write(dut, from, count, offset);
	if (index >= VFIO_PCI_NUM_REGIONS && index < dut_num_regions(dut))
		return write_device(dut, from, count, offset, DUT_VENDOR_REGION_SIZE, write_vendor);
	return -EINVAL;
}

static ssize_t dut_read(struct vfio_device *vdev, char __user *to, size_t count, loff_t *ppos)
{
	struct dut *dut = to_dut(vdev);
	u64 offset = *ppos & DUT_OFFSET_MASK;
	ssize_t done;

	if (!count)
		return 0;
	switch ((u64)*ppos >> DUT_OFFSET_SHIFT) {
	case VFIO_PCI_CONFIG_REGION_INDEX:
		done = read_device(dut, to, count, offset, DUT_CONFIG_SIZE, dut_config_read);
		break;
	case VFIO_PCI_BAR0_REGION_INDEX:
		done = read_device(dut, to, count, offset, DUT_BAR0_SIZE, dut_bar0_read);
		break;
	default:
		done = read_specific(dut, to, count, (u64)*ppos >> DUT_OFFSET_SHIFT, offset);
		break;
	}
	if (done > 0)
		*ppos += done;
	return done;
}

static ssize_t dut_write(struct vfio_device *vdev, const char __user *from, size_t count, loff_t *ppos)
{
	struct dut *dut = to_dut(vdev);
	u64 offset = *ppos & DUT_OFFSET_MASK;
	ssize_t done;

	if (!count)
		return 0;
	switch ((u64)*ppos >> DUT_OFFSET_SHIFT) {
	case VFIO_PCI_CONFIG_REGION_INDEX:
		done = write_device(dut, from, count, offset, DUT_CONFIG_SIZE, write_config);
		break;
	case VFIO_PCI_BAR0_REGION_INDEX:
		done = write_device(dut, from, count, offset, DUT_BAR0_SIZE, write_bar0);
		break;
	default:
		done = write_specific(dut, from, count, (u64)*ppos >> DUT_OFFSET_SHIFT, offset);
		break;
	}
	if (done > 0)
		*ppos += done;
	return done;
}

static long dut_reset(struct dut *dut)
{
	long ret = 0;

	mutex_lock(&dut->lock);
	if (!dut_fault_reset(dut, &ret))
		dut_make_fresh(dut);
	mutex_unlock(&dut->lock);
	return dut_fault_hang(dut, ret);
}

static long dut_ioctl(struct vfio_device *vdev, unsigned int command, unsigned long argument)
{
	struct dut *dut = to_dut(vdev);
	void __user *arg = (void __user *)argument;

	switch (command) {
	case VFIO_DEVICE_GET_INFO:
		return dut_get_info(dut, arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return dut_get_region_info(dut, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return dut_get_irq_info(dut, arg);
	case VFIO_DEVICE_SET_IRQS:
		return dut_set_irqs(dut, arg);
	case VFIO_DEVICE_RESET:
		return dut_reset(dut);
	default:
		return -ENOTTY;
	}
}

static int dut_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	struct dut *dut = to_dut(vdev);

	if (offset >> DUT_OFFSET_SHIFT != dut_migration_index(dut))
		return -EINVAL;
	return dut_migration_mmap(dut, vma, offset & DUT_OFFSET_MASK);
}

/* The device is to be removed, and somebody has it open: ask them to close it. */
static void dut_request(struct vfio_device *vdev, unsigned int count)
{
	struct dut *dut = to_dut(vdev);

	mutex_lock(&dut->lock);
	if (dut->request)
		dut_eventfd_signal(dut->request);
	else if (!count)
		dev_notice(vdev->dev, "waiting for the user to close it\n");
	mutex_unlock(&dut->lock);
}

const struct vfio_device_ops dut_vfio_ops = {
	.name = DUT_NAME,
	.init = dut_init,
	.release = dut_release,
	.open_device = dut_open,
	.close_device = dut_close,
	.read = dut_read,
	.write = dut_write,
	.ioctl = dut_ioctl,
	.mmap = dut_mmap,
	.request = dut_request,
	.dma_unmap = dut_dma_unmap,
	DUT_IOMMUFD_OPS
};
