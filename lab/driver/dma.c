// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DMA engine: an edu-like set of registers, a worker that makes the
 * transfer. It runs in a kernel thread, because the kernel lets a mediated
 * device into the user's memory only from there or from the user's own process.
 */
#include <linux/jiffies.h>
#include <linux/string.h>

#include "dut.h"

void dut_dma_command(struct dut *dut)
{
	mod_delayed_work(dut_workqueue, &dut->dma_work, msecs_to_jiffies(dut->reg[DUT_REG(DUT_REG_DMA_DELAY)]));
}

int dut_dma_write(struct dut *dut, u64 iova, void *from, size_t count)
{
	int ret;

	if (dut_fault_dma_write(dut, iova, from, count, &ret))
		return ret;
	return vfio_dma_rw(&dut->vdev, iova, from, count, true);
}

/* `count` bytes between the device's buffer, which wraps around, and the user's memory. */
static int copy(struct dut *dut, u64 iova, u64 device, u64 count, u64 command)
{
	bool write = command & DUT_DMA_TO_MEMORY;
	u32 at, part;
	int ret = 0;

	if (device < DUT_DMA_BUFFER_BASE || count > DUT_DMA_COUNT_MAX)
		return -EINVAL;
	at = (device - DUT_DMA_BUFFER_BASE) % DUT_DMA_BUFFER_SIZE;
	for (; count && !ret; count -= part, iova += part, at = 0) {
		part = min_t(u64, count, DUT_DMA_BUFFER_SIZE - at);
		if (command & DUT_DMA_PINNED)
			ret = dut_pinned_copy(dut, iova, dut->dma_buffer + at, part, write);
		else if (write)
			ret = dut_dma_write(dut, iova, dut->dma_buffer + at, part);
		else
			ret = vfio_dma_rw(&dut->vdev, iova, dut->dma_buffer + at, part, false);
	}
	return ret;
}

/* A word at the start of every page, never the same twice: cheap over much memory. */
static int touch(struct dut *dut, u64 iova, u64 count, u64 command)
{
	u64 end;
	u8 word[sizeof(u64)];
	int ret = 0;

	if (count > DUT_DMA_TOUCH_MAX || iova + count < iova)
		return -EINVAL;
	for (end = iova + count; iova < end && !ret; iova = (iova | ~PAGE_MASK) + 1) {
		size_t part = min_t(u64, sizeof(word), end - iova);

		part = min_t(u64, part, (iova | ~PAGE_MASK) + 1 - iova);
		dut->write_iova = iova;
		dut->write_count = part;
		put_unaligned_le64(dut_mix(++dut->reg[DUT_REG(DUT_REG_DMA_SERIAL)] ^ iova) | 1, word);
		if (command & DUT_DMA_PINNED)
			ret = dut_pinned_copy(dut, iova, word, part, true);
		else
			ret = dut_dma_write(dut, iova, word, part);
		cond_resched();
	}
	return ret;
}

static int transfer(struct dut *dut, u64 command)
{
	u64 source = dut->reg[DUT_REG(DUT_REG_DMA_SOURCE)];
	u64 target = dut->reg[DUT_REG(DUT_REG_DMA_TARGET)];
	u64 count = dut->reg[DUT_REG(DUT_REG_DMA_COUNT)];

	dut->write_iova = target;
	dut->write_count = count;
	if (command & DUT_DMA_TOUCH)
		return touch(dut, target, count, command);
	if (!(command & DUT_DMA_TO_MEMORY))
		return copy(dut, source, target, count, command);
	/* So that two transfers of the same buffer can be told apart. */
	put_unaligned_le64(++dut->reg[DUT_REG(DUT_REG_DMA_SERIAL)], dut->dma_buffer);
	return copy(dut, target, source, count, command);
}

void dut_dma_late(struct dut *dut)
{
	u64 *command = &dut->reg[DUT_REG(DUT_REG_DMA_COMMAND)];
	u64 *serial = &dut->reg[DUT_REG(DUT_REG_DMA_SERIAL)];
	u64 old_serial = *serial;
	u8 old_word[sizeof(u64)];

	if (!dut->reg[DUT_REG(DUT_REG_DMA_COUNT)])
		return;
	/* The device's own state stays: a save that is under way must not come out damaged as well. */
	memcpy(old_word, dut->dma_buffer, sizeof(old_word));
	transfer(dut, *command | DUT_DMA_TO_MEMORY);
	*serial = old_serial;
	memcpy(dut->dma_buffer, old_word, sizeof(old_word));
	if (dut->device_state == MIG_STOP)
		*command &= ~(u64)DUT_DMA_START;
}

void dut_dma_finish(struct dut *dut)
{
	u64 *command = &dut->reg[DUT_REG(DUT_REG_DMA_COMMAND)];

	if (!(*command & DUT_DMA_START))
		return;
	dut->reg[DUT_REG(DUT_REG_DMA_RESULT)] = (s64)transfer(dut, *command);
	*command &= ~(u64)DUT_DMA_START;
	if (*command & DUT_DMA_IRQ)
		dut_raise_msi(dut);
}

void dut_dma_work(struct work_struct *work)
{
	struct dut *dut = container_of(to_delayed_work(work), struct dut, dma_work);

	mutex_lock(&dut->lock);
	if (dut->open && dut->running)
		dut_dma_finish(dut);
	mutex_unlock(&dut->lock);
}
