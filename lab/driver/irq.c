// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts by eventfd, as vfio-pci answers: one MSI vector, and the request
 * to let the device go. INTx has no pin, MSI-X and ERR are not there.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "dut.h"

static int vectors(u32 index)
{
	return index == VFIO_PCI_MSI_IRQ_INDEX || index == VFIO_PCI_REQ_IRQ_INDEX;
}

unsigned int dut_num_irqs(const struct dut *dut)
{
	return fault_is(dut, num_irqs_too_small) ? 3 : VFIO_PCI_NUM_IRQS;
}

long dut_get_irq_info(struct dut *dut, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	if (fault_is(dut, irq_past_end_answers) && info.index == dut_num_irqs(dut))
		info.index--;
	if (info.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	/* Conventional PCI reports no errors of its own. */
	if (info.index == VFIO_PCI_ERR_IRQ_INDEX)
		return -EINVAL;

	info.count = vectors(info.index);
	info.flags = VFIO_IRQ_INFO_EVENTFD;
	if (info.index == VFIO_PCI_INTX_IRQ_INDEX)
		info.flags |= VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	else
		info.flags |= VFIO_IRQ_INFO_NORESIZE;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static void replace(struct eventfd_ctx **slot, struct eventfd_ctx *ctx)
{
	if (*slot)
		eventfd_ctx_put(*slot);
	*slot = ctx;
}

void dut_release_irqs(struct dut *dut)
{
	replace(&dut->msi, NULL);
	replace(&dut->request, NULL);
}

void dut_raise_msi(struct dut *dut)
{
	dut->reg[DUT_REG(DUT_REG_IRQ_COUNT)]++;
	if (dut->msi)
		dut_eventfd_signal(dut->msi);
}

static int set_trigger(struct eventfd_ctx **slot, u32 flags, u32 count, const void *data)
{
	struct eventfd_ctx *ctx;
	s32 fd;

	switch (flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_NONE:
		if (!*slot)
			return -EINVAL;
		if (count)
			dut_eventfd_signal(*slot);
		else
			replace(slot, NULL);
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL:
		if (!count)
			return -EINVAL;
		if (*(const u8 *)data && *slot)
			dut_eventfd_signal(*slot);
		return 0;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		if (!count)
			return -EINVAL;
		fd = *(const s32 *)data;
		if (fd < -1)
			return -EINVAL;
		if (fd == -1) {
			replace(slot, NULL);
			return 0;
		}
		ctx = eventfd_ctx_fdget(fd);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
		replace(slot, ctx);
		return 0;
	default:
		return -EINVAL;
	}
}

long dut_set_irqs(struct dut *dut, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_irq_set, count);
	struct vfio_irq_set hdr;
	size_t size = 0;
	void *data = NULL;
	int ret;

	if (copy_from_user(&hdr, arg, minsz))
		return -EFAULT;
	ret = vfio_set_irqs_validate_and_prepare(&hdr, vectors(hdr.index), VFIO_PCI_NUM_IRQS, &size);
	if (ret)
		return ret;
	if ((hdr.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;
	if (size) {
		data = memdup_user(arg + minsz, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}

	mutex_lock(&dut->lock);
	ret = set_trigger(hdr.index == VFIO_PCI_MSI_IRQ_INDEX ? &dut->msi : &dut->request,
			  hdr.flags, hdr.count, data);
	mutex_unlock(&dut->lock);
	kfree(data);
	return ret;
}
