// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in taking over what was saved.
 */
#include <linux/string.h>

#include "dut.h"

#define FIRST_BYTE (DUT_STREAM_MAGIC & 0xff)

void dut_fault_consume_now(struct dut *dut)
{
	struct dut_resume *resume = &dut->resume;
	unsigned int i;
	int ret;

	for (i = 0; i < resume->nr_waiting; i++) {
		ret = dut_resume_take(dut, resume->waiting[i].offset, resume->waiting[i].size);
		resume->late_result = resume->late_result ?: ret;
	}
	resume->nr_waiting = 0;
}

static int consume_later(struct dut *dut, u64 size)
{
	struct dut_resume *resume = &dut->resume;
	struct dut_area area;

	dut_window(dut, resume->buffers, &area);
	if (size > area.size)
		return -EINVAL;
	if (resume->nr_waiting == DUT_WAITING_MAX)
		dut_fault_consume_now(dut);
	resume->waiting[resume->nr_waiting].offset = area.offset;
	resume->waiting[resume->nr_waiting++].size = size;
	resume->buffers++;
	dut_late(dut, LATE_CONSUME, 2);
	return 0;
}

/* True when the fault answers the write of data_size. */
bool dut_fault_consume(struct dut *dut, u64 *size, int *ret)
{
	struct dut_area area;

	*ret = 0;
	switch (dut->fault) {
	case FAULT_reset_keeps_place_in_stream:
		if (!dut->trip.set || !*size)
			return false;
		dut->resume.any = true;
		dut->resume.broken = true;
		*ret = -EBADMSG;
		return true;
	case FAULT_oversize_clamped:
		dut_window(dut, dut->resume.buffers, &area);
		return *size > area.size;
	case FAULT_oversize_only_low_half:
		*size = (u32)*size;
		return false;
	case FAULT_resume_data_consumed_late:
		*ret = consume_later(dut, *size);
		return true;
	default:
		return false;
	}
}

bool dut_fault_keeps_block(const struct dut *dut, unsigned long block)
{
	return fault_is(dut, resume_keeps_first_copy) && test_bit(block, dut->resume.received);
}

/* The transfer that the given registers describe, on the device that has not taken them over. */
static void replay(struct dut *dut)
{
	struct dut_resume *resume = &dut->resume;
	unsigned int slot;

	if (!resume->registers_seen || resume->replayed)
		return;
	resume->replayed = true;
	for (slot = 0; slot < DUT_NR_REGISTERS; slot++)
		swap(dut->reg[slot], resume->reg[slot]);
	dut_dma_late(dut);
	for (slot = 0; slot < DUT_NR_REGISTERS; slot++)
		swap(dut->reg[slot], resume->reg[slot]);
}

void dut_fault_consumed(struct dut *dut)
{
	if (fault_is(dut, saved_transfer_replayed_while_resuming))
		replay(dut);
	if (fault_is(dut, runs_on_when_data_complete) && dut->resume.ended)
		dut_transition(dut, MIG_RESUMING, MIG_RUNNING);
}

/* True when the fault decides how _RESUMING is left. */
bool dut_fault_apply(struct dut *dut, int *ret)
{
	struct dut_resume *resume = &dut->resume;

	switch (dut->fault) {
	case FAULT_resume_data_consumed_late:
		dut_fault_consume_now(dut);
		*ret = resume->late_result;
		return *ret < 0;
	case FAULT_truncated_stream_accepted:
		if (!resume->any || resume->broken || (resume->ended && !resume->filled))
			return false;
		dut_resume_apply_received(dut);
		*ret = 0;
		return true;
	default:
		return false;
	}
}

/* The state was right and has been taken over; the old one lies in resume->memory. */
void dut_fault_applied(struct dut *dut)
{
	struct dut_resume *resume = &dut->resume;
	struct dut_memory *memory = dut->memory;
	size_t last;
	u8 first;

	switch (dut->fault) {
	case FAULT_resume_applies_nothing:
		dut_resume_exchange(dut, resume);
		break;
	case FAULT_resume_applies_late:
		dut_resume_exchange(dut, resume);
		dut_resume_free(&dut->late_resume);
		dut->late_resume = *resume;
		memset(resume, 0, sizeof(*resume));
		dut_late(dut, LATE_APPLY, 10);
		break;
	case FAULT_resume_drops_last_block:
		if (!memory->size)
			break;
		last = memory->size > DUT_BLOCK_SIZE ? memory->size - DUT_BLOCK_SIZE : 0;
		memcpy(memory->bytes + last, resume->memory->bytes + last, memory->size - last);
		dut_memory_changed(memory, last, memory->size - last);
		break;
	case FAULT_resume_loses_scratch:
		dut_clear_scratch(dut->reg);
		break;
	case FAULT_resume_section_read_at_next_step:
		first = dut->region[resume->last_offset];
		if (first == FIRST_BYTE || !memory->size)
			break;
		memory->bytes[0] = first;
		dut_memory_changed(memory, 0, 1);
		break;
	case FAULT_resumed_device_saves_old_state:
		if (dut->old_memory)
			break;
		dut->old_memory = resume->memory;
		resume->memory = NULL;
		break;
	case FAULT_resumed_device_saves_nothing:
		dut->trip.set = true;
		break;
	default:
		break;
	}
}

void dut_fault_apply_now(struct dut *dut)
{
	struct dut_resume *late = &dut->late_resume;

	if (!late->memory || late->memory->size != dut->memory->size)
		return;
	dut_resume_exchange(dut, late);
	/* The counter goes on from where it was saved. */
	dut->started = ktime_get();
	dut_resume_free(late);
}

void dut_fault_forget(struct dut *dut)
{
	dut_resume_free(&dut->late_resume);
	dut_memory_free(dut->old_memory);
	dut->old_memory = NULL;
}
