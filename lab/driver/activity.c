// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the device does by itself while it runs, when CONTROL says so: entries
 * written to a ring in the user's memory, interrupts, changes of its own state.
 */
#include <linux/jiffies.h>

#include "dut.h"

void dut_activity_kick(struct dut *dut)
{
	if (dut->running && dut->reg[DUT_REG(DUT_REG_CONTROL)])
		queue_delayed_work(dut_workqueue, &dut->activity_work,
				   msecs_to_jiffies(dut->reg[DUT_REG(DUT_REG_PERIOD)]));
}

/* An entry is a serial number and the counter. */
static void write_ring(struct dut *dut)
{
	u64 size = round_down(dut->reg[DUT_REG(DUT_REG_RING_SIZE)], DUT_RING_ENTRY);
	u64 *head = &dut->reg[DUT_REG(DUT_REG_RING_HEAD)];
	u8 entry[DUT_RING_ENTRY];

	if (!size)
		return;
	put_unaligned_le64(*head / DUT_RING_ENTRY + 1, entry);
	put_unaligned_le64(dut_counter(dut), entry + 8);
	dut->write_iova = dut->reg[DUT_REG(DUT_REG_RING_BASE)] + *head % size;
	dut->write_count = sizeof(entry);
	dut->reg[DUT_REG(DUT_REG_DMA_RESULT)] = (s64)dut_dma_write(dut, dut->write_iova, entry, sizeof(entry));
	*head += DUT_RING_ENTRY;
}

static void churn(struct dut *dut)
{
	struct dut_memory *memory = dut->memory;
	u64 serial = ++dut->reg[DUT_REG(DUT_REG_DMA_SERIAL)];
	size_t at;

	if (memory->size < sizeof(u64))
		return;
	at = dut_mix(serial) % (memory->size / sizeof(u64)) * sizeof(u64);
	put_unaligned_le64(dut_mix(~serial), memory->bytes + at);
	dut_memory_changed(memory, at, sizeof(u64));
}

void dut_activity_work(struct work_struct *work)
{
	struct dut *dut = container_of(to_delayed_work(work), struct dut, activity_work);
	u64 control;

	mutex_lock(&dut->lock);
	control = dut->reg[DUT_REG(DUT_REG_CONTROL)];
	if (dut->open && dut->running && control) {
		if (control & DUT_CONTROL_RING)
			write_ring(dut);
		if (control & DUT_CONTROL_CHURN)
			churn(dut);
		if (control & DUT_CONTROL_IRQ)
			dut_raise_msi(dut);
		dut_activity_kick(dut);
	}
	mutex_unlock(&dut->lock);
}
