// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in the save loop and in what a save holds.
 */
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/random.h>
#include <linux/string.h>

#include "dut.h"

#define HEADER sizeof(struct dut_record)
#define LATE_PRE_COPY_MS 10

bool dut_fault_saves_nothing(const struct dut *dut)
{
	const struct dut_save *save = &dut->save;

	if (save->dropped)
		return true;
	switch (dut->fault) {
	case FAULT_no_save_after_error_reset:
	case FAULT_pending_write_zero_ends_save:
	case FAULT_resumed_device_saves_nothing:
		return dut->trip.set;
	case FAULT_last_buffer_never_offered:
		return save->registers_sent;
	case FAULT_no_pre_copy_data:
	case FAULT_one_byte_buffers:
	case FAULT_uneven_buffers:
		return !save->final;
	case FAULT_late_pre_copy_data:
		return !save->final && ktime_ms_delta(ktime_get(), save->since) < LATE_PRE_COPY_MS;
	default:
		return false;
	}
}

u64 dut_fault_pending(struct dut *dut, u64 bytes)
{
	const struct dut_save *save = &dut->save;

	if (dut_fault_saves_nothing(dut))
		return 0;
	switch (dut->fault) {
	case FAULT_pending_never_zero:
		return save->final ? max_t(u64, bytes, 1) : bytes;
	case FAULT_pending_promises_double:
		return save->final && !save->final_begun ? 2 * bytes : bytes;
	case FAULT_pending_is_a_flag:
		return !!bytes;
	case FAULT_pending_is_an_estimate:
		return !save->final && bytes ? bytes + get_random_u32() % 4096 : bytes;
	case FAULT_pending_rounded_up:
		return ALIGN(bytes, 4096);
	default:
		return bytes;
	}
}

void dut_fault_drained(struct dut *dut, u64 pending)
{
	if (pending || dut->device_state != MIG_SAVING)
		return;
	if (fault_is(dut, runs_on_when_drained))
		dut_transition(dut, MIG_SAVING, MIG_RUNNING);
	else if (fault_is(dut, stops_when_drained))
		dut_transition(dut, MIG_SAVING, MIG_STOP);
}

static void skip_buffer(struct dut *dut)
{
	dut_save_offer(dut);
	dut_save_acknowledge(dut);
}

/* pending_bytes is read; the buffer that may be on offer has not been acknowledged yet. */
void dut_fault_poll(struct dut *dut)
{
	struct dut_save *save = &dut->save;

	if (fault_is(dut, pre_copy_changes_not_sent))
		dut_fault_unsend(dut);
	save->polls++;
	if (save->ready)
		return;
	if ((fault_is(dut, pending_read_consumes) && save->polls > 1) ||
	    (fault_is(dut, fourth_poll_consumes) && save->polls == 4))
		skip_buffer(dut);
}

bool dut_fault_keeps_buffer(struct dut *dut)
{
	struct dut_save *save = &dut->save;

	if (!fault_is(dut, second_buffer_twice) || !save->ready || save->buffers != 2 || save->repeated)
		return false;
	save->repeated = true;
	return true;
}

void dut_fault_taken(struct dut *dut)
{
	struct dut_save *save = &dut->save;

	if (save->final || save->kind != DUT_RECORD_MEMORY)
		return;
	if (fault_is(dut, change_during_iteration_lost))
		bitmap_clear(dut->memory->dirty, save->from >> DUT_BLOCK_SHIFT,
			     DIV_ROUND_UP(save->length, DUT_BLOCK_SIZE));
	if (fault_is(dut, pre_copy_never_drains) && !dut_memory_nr_dirty(dut->memory))
		dut_memory_all_dirty(dut->memory);
}

u32 dut_fault_piece(const struct dut *dut, unsigned int index, u32 *offset)
{
	/* One byte, then primes: neither they nor their sums keep to any unit. */
	static const u16 sizes[] = { 1, 7, 2, 4093, 13, 61, 1021, 3, 251, 8191, 31, 509, 5, 2039, 127 };

	if (fault_is(dut, one_byte_buffers))
		return 1;
	if (!fault_is(dut, uneven_buffers) || dut->layout != DUT_TRAPPED)
		return 0;
	*offset += 1 + 2 * (index % 50);
	return min_t(u32, sizes[index % ARRAY_SIZE(sizes)], dut->section_size);
}

void dut_fault_acknowledged(struct dut *dut)
{
	struct dut_save *save = &dut->save;

	save->empty = false;

	if (fault_is(dut, drain_starts_over) && save->final && save->ended && !save->ready)
		dut_save_begin(dut, true);
}

bool dut_fault_no_buffer(struct dut *dut)
{
	struct dut_save *save = &dut->save;

	if (fault_is(dut, empty_pre_copy_rounds) && !save->final) {
		if (!save->empty)
			save->empty = save->rounds++ % 2 == 0;
		return save->empty;
	}
	if (!fault_is(dut, data_size_zero_in_between) || !save->final || (save->buffers + 1) % 3)
		return false;
	save->buffers++;
	return true;
}

void dut_fault_reread(struct dut *dut)
{
	struct dut_save *save = &dut->save;

	if ((fault_is(dut, reread_offset_advances) && save->offset_reads == 2) ||
	    (fault_is(dut, third_reread_drops_buffer) && save->offset_reads == 3))
		dut_save_acknowledge(dut);
	if (fault_is(dut, pre_copy_changes_not_sent))
		dut_fault_unsend(dut);
}

void dut_fault_before_build(struct dut *dut)
{
	if (fault_is(dut, mapped_area_read_stale) || (fault_is(dut, cancelled_buffer_comes_again) && dut->trip.set))
		memcpy(dut->decoy, dut->region, dut->region_size);
}

/* The section shows zeros in place of the buffer's end (all of it for 0), and the data some time later. */
static void delay_data(struct dut *dut, u32 tail, unsigned int ms)
{
	struct dut_save *save = &dut->save;
	u32 count = tail ? min(tail, save->size) : save->size;

	memcpy(dut->decoy + save->offset, dut->region + save->offset, save->size);
	memset(dut->region + save->offset + save->size - count, 0, count);
	dut->trip.count = save->sequence;
	dut_late(dut, LATE_DATA, ms);
}

void dut_fault_built(struct dut *dut)
{
	struct dut_save *save = &dut->save;

	save->final_begun |= save->final;
	if (!save->ready)
		return;
	switch (dut->fault) {
	case FAULT_third_buffer_skipped:
		if (save->buffers == 3) {
			dut_save_acknowledge(dut);
			dut_save_offer(dut);
		}
		break;
	case FAULT_data_arrives_late:
		delay_data(dut, 0, 8);
		break;
	case FAULT_data_tail_arrives_late:
		delay_data(dut, 16, 20);
		break;
	case FAULT_cancelled_buffer_comes_again:
		if (dut->trip.set)
			memcpy(dut->region + save->offset, dut->decoy + save->offset, save->size);
		dut->trip.set = false;
		break;
	case FAULT_save_loop_lets_transfers_through:
		if (save->final)
			dut_dma_late(dut);
		break;
	case FAULT_slow:
		msleep(20);
		break;
	default:
		break;
	}
}

u64 dut_fault_offset(struct dut *dut, u64 offset)
{
	const struct dut_save *save = &dut->save;

	switch (dut->fault) {
	case FAULT_reread_flips_partition:
		/* The buffer on offer has the number `buffers - 1`; the one before it stands in the area before. */
		return save->ready && save->offset_reads % 2 == 0 ?
		       dut->areas[(save->buffers + dut->nr_areas - 2) % dut->nr_areas].offset : offset;
	case FAULT_data_offset_zero:
		return 0;
	case FAULT_third_data_offset_in_structure:
		return dut->save.ready && dut->save.buffers == 3 ? 24 : offset;
	case FAULT_data_offset_at_region_end:
		return dut->region_size;
	case FAULT_offset_takes_writes:
		return dut->trip.set ? dut->trip.value : offset;
	case FAULT_offset_write_shifts_next_buffer:
		return dut->trip.set ? offset + 64 : offset;
	default:
		return offset;
	}
}

u64 dut_fault_size(struct dut *dut, u64 size)
{
	const struct dut_save *save = &dut->save;

	switch (dut->fault) {
	case FAULT_last_data_size_terabyte:
		return save->kind == DUT_RECORD_END ? SZ_1T : size;
	case FAULT_second_data_size_past_region:
		return save->buffers == 2 ? dut->region_size - save->offset + 8 : size;
	case FAULT_data_size_too_large:
		return size + 16;
	case FAULT_data_size_too_small:
		return size - 4;
	case FAULT_reread_size_zero:
		return save->size_reads > 1 ? 0 : size;
	default:
		return size;
	}
}

/* Content that is wrong, in a record whose checks are right. */
void dut_fault_payload(struct dut *dut, u8 *payload, u32 length)
{
	struct dut_save *save = &dut->save;
	unsigned int slot;
	u32 scratch;

	if (dut->fault == FAULT_none)
		return;
	if (save->kind == DUT_RECORD_REGISTERS && fault_is(dut, pre_copy_freezes_registers) && dut->trip.set) {
		for (slot = 0; slot < DUT_NR_REGISTERS; slot++) {
			if (slot != DUT_REG(DUT_REG_COUNTER))
				put_unaligned_le64(dut->frozen_reg[slot], payload + slot * sizeof(u64));
		}
	}
	if (save->kind == DUT_RECORD_REGISTERS &&
	    (fault_is(dut, save_loses_scratch) || (fault_is(dut, second_save_loses_scratch) && dut->trip.count > 1))) {
		for (scratch = DUT_REG_SCRATCH; scratch < DUT_REG_SCRATCH_END; scratch++)
			payload[scratch] = 0;
	}
	if (save->kind != DUT_RECORD_MEMORY)
		return;
	if (fault_is(dut, save_sends_stale_memory))
		dut_memory_pattern(DUT_SEED_DEFAULT, save->from, payload, length);
	if (fault_is(dut, save_flips_one_bit) && save->from + length == dut->memory->size)
		payload[length - 1] ^= 0x80;
	if (fault_is(dut, resumed_device_saves_old_state) && dut->old_memory)
		memcpy(payload, dut->old_memory->bytes + save->from, length);
}

/* A fault that nothing in the stream gives away has no right fingerprint to send. */
bool dut_fault_end_unchecked(const struct dut *dut)
{
	switch (dut->fault) {
	case FAULT_save_loses_scratch:
	case FAULT_second_save_loses_scratch:
	case FAULT_save_sends_stale_memory:
	case FAULT_save_flips_one_bit:
	case FAULT_resumed_device_saves_old_state:
	case FAULT_pre_copy_freezes_registers:
		return true;
	default:
		return false;
	}
}

/* A save is over; its last buffer may never have been acknowledged. */
void dut_fault_save_ends(struct dut *dut)
{
	if (fault_is(dut, cancelled_buffer_comes_again))
		dut->trip.set |= dut->save.ready;
}

void dut_fault_save_begins(struct dut *dut, bool final)
{
	struct dut_memory *memory = dut->memory;

	if (memory->size)
		bitmap_zero(memory->sent, memory->nr_blocks);
	switch (dut->fault) {
	case FAULT_second_save_omits_memory:
		if (++dut->trip.count > 1 && memory->size)
			bitmap_zero(memory->dirty, memory->nr_blocks);
		break;
	case FAULT_second_save_loses_scratch:
		dut->trip.count++;
		break;
	case FAULT_pre_copy_freezes_registers:
		dut->trip.set = !final;
		memcpy(dut->frozen_reg, dut->reg, sizeof(dut->reg));
		break;
	default:
		break;
	}
}

/* Blocks that were sent once are not sent again, whatever has happened to them. */
void dut_fault_unsend(struct dut *dut)
{
	struct dut_memory *memory = dut->memory;

	if (memory->size)
		bitmap_andnot(memory->dirty, memory->dirty, memory->sent, memory->nr_blocks);
}

void dut_fault_before_final(struct dut *dut)
{
	if (fault_is(dut, early_exit_loses_current_buffer))
		dut_save_acknowledge(dut);
	if (fault_is(dut, drained_pre_copy_ends_save))
		dut->save.dropped = !dut->save.ready && !dut_save_left(dut);
}

void dut_fault_final(struct dut *dut)
{
	if (fault_is(dut, early_exit_drops_unread) && dut->memory->size)
		bitmap_zero(dut->memory->dirty, dut->memory->nr_blocks);
	if (fault_is(dut, pre_copy_changes_not_sent))
		dut_fault_unsend(dut);
}
