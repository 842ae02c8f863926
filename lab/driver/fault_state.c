// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in device_state, in transitions, and in being still.
 */
#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/string.h>

#include "dut.h"

#define RESERVED_BIT_4 0x10u
#define RESERVED_BIT_8 0x100u
#define WORN_OUT_MS 50
#define RUNNING_RESUMING (MIG_RUNNING | MIG_RESUMING)

u32 dut_fault_reserved_bits(struct dut *dut)
{
	switch (dut->fault) {
	case FAULT_error_loses_reserved_bits:
		return dut->device_state == MIG_ERROR ? 0 : RESERVED_BIT_4;
	case FAULT_reserved_bits_refused_as_read:
		return dut->device_state == MIG_PRE_COPY ? RESERVED_BIT_8 : 0;
	case FAULT_reserved_bits_set:
		return RESERVED_BIT_4;
	default:
		return 0;
	}
}

bool dut_fault_reserved_refused(struct dut *dut, u32 value)
{
	return fault_is(dut, reserved_bits_refused_as_read) && value == (MIG_SAVING | RESERVED_BIT_8);
}

u32 dut_fault_state_read(struct dut *dut, u32 value)
{
	switch (dut->fault) {
	case FAULT_state_reads_late:
		if (dut->trip.set)
			value = dut->trip.value;
		dut->trip.set = false;
		return value;
	case FAULT_pre_copy_reads_as_running:
		return value == MIG_PRE_COPY ? MIG_RUNNING : value;
	case FAULT_failed_transition_reads_111:
		return dut->trip.set ? 7 : value;
	default:
		return value;
	}
}

static void set_state(struct dut *dut, u32 state)
{
	WRITE_ONCE(dut->device_state, state);
}

/* 101b, 110b and 111b, asked for in a valid state. */
static bool invalid_request(struct dut *dut, u32 from, u32 to, int *ret)
{
	*ret = -EINVAL;
	switch (dut->fault) {
	case FAULT_invalid_101_entered:
	case FAULT_invalid_101_swallowed:
		if (to != RUNNING_RESUMING)
			return false;
		if (fault_is(dut, invalid_101_entered))
			set_state(dut, to);
		*ret = 0;
		return true;
	case FAULT_invalid_101_resumes:
		if (to == RUNNING_RESUMING && from == MIG_STOP)
			dut_transition(dut, from, MIG_RUNNING);
		return false;
	case FAULT_invalid_111_warns:
		WARN(to == 7, "vfio-conformance: 111b is no state\n");
		return false;
	case FAULT_invalid_111_entered:
		if (to != 7)
			return false;
		set_state(dut, to);
		*ret = 0;
		return true;
	case FAULT_invalid_111_stops_device:
		if (to == 7 && from != MIG_STOP && !dut_transition(dut, from, MIG_STOP))
			return true;
		return false;
	case FAULT_invalid_111_drops_save:
		if (to == 7 && from == MIG_SAVING)
			dut->save.dropped = true;
		return false;
	case FAULT_error_state_on_request:
		if (to != MIG_ERROR)
			return false;
		dut_enter_error(dut);
		*ret = 0;
		return true;
	case FAULT_error_request_means_pre_copy:
		return to == MIG_ERROR && from == MIG_RUNNING && !dut_transition(dut, from, MIG_PRE_COPY);
	case FAULT_error_request_swallowed_in_stop:
		*ret = 0;
		return to == MIG_ERROR && from == MIG_STOP;
	case FAULT_hang_on_error_request:
		*ret = DUT_HANG;
		return to == MIG_ERROR;
	default:
		return false;
	}
}

static bool same_state(struct dut *dut, u32 state, int *ret)
{
	switch (dut->fault) {
	case FAULT_same_state_refused:
		*ret = -EINVAL;
		return true;
	case FAULT_same_state_drops_save:
		if (state == MIG_SAVING)
			dut->save.dropped = true;
		return false;
	case FAULT_same_state_restarts_pre_copy:
		if (state == MIG_PRE_COPY)
			dut_save_begin(dut, false);
		return false;
	case FAULT_same_state_resets_device:
		if (state == MIG_RUNNING)
			dut_clear_scratch(dut->reg);
		return false;
	default:
		return false;
	}
}

/* An arc that the fault refuses, and the errno. */
static int refused_arc(struct dut *dut, u32 from, u32 to)
{
	switch (dut->fault) {
	case FAULT_running_to_stop_refused:
		return from == MIG_RUNNING && to == MIG_STOP ? -EINVAL : 0;
	case FAULT_second_stop_refused:
		return from == MIG_RUNNING && to == MIG_STOP && dut->trip.set ? -EINVAL : 0;
	case FAULT_stop_to_running_refused:
		return from == MIG_STOP && to == MIG_RUNNING ? -EINVAL : 0;
	case FAULT_stop_to_stop_and_copy_refused:
		return from == MIG_STOP && to == MIG_SAVING ? -EINVAL : 0;
	case FAULT_running_to_stop_and_copy_refused:
		return from == MIG_RUNNING && to == MIG_SAVING ? -EINVAL : 0;
	case FAULT_stop_refused_with_bytes_pending:
		return from == MIG_SAVING && to == MIG_STOP && dut_save_left(dut) ? -EBUSY : 0;
	case FAULT_pre_copy_refused:
		return from == MIG_RUNNING && to == MIG_PRE_COPY ? -EINVAL : 0;
	case FAULT_pre_copy_to_stop_and_copy_needs_drain:
		return from == MIG_PRE_COPY && to == MIG_SAVING && dut_save_left(dut) ? -EINVAL : 0;
	case FAULT_pre_copy_to_stop_and_copy_needs_data:
		return from == MIG_PRE_COPY && to == MIG_SAVING && !dut_save_left(dut) ? -EINVAL : 0;
	case FAULT_pre_copy_cancel_refused:
		return from == MIG_PRE_COPY && to == MIG_RUNNING ? -EINVAL : 0;
	case FAULT_stop_and_copy_cancel_refused:
		return from == MIG_SAVING && to == MIG_RUNNING ? -EINVAL : 0;
	case FAULT_cancel_refused_in_mid_buffer:
		return dut->save.ready ? -EBUSY : 0;
	case FAULT_resuming_refused:
		return from == MIG_RUNNING && to == MIG_RESUMING ? -EINVAL : 0;
	case FAULT_resuming_refused_after_work:
		return from == MIG_RUNNING && to == MIG_RESUMING &&
		       ktime_ms_delta(ktime_get(), dut->fresh_since) > WORN_OUT_MS ? -EINVAL : 0;
	case FAULT_resumed_device_will_not_run:
		return from == MIG_RESUMING && to == MIG_RUNNING && dut->resume.any ? -EIO : 0;
	case FAULT_empty_resume_refused:
		return from == MIG_RESUMING && to == MIG_RUNNING && !dut->resume.any ? -EINVAL : 0;
	case FAULT_stuck_after_failed_transition:
		return dut->trip.set ? -EBUSY : 0;
	case FAULT_hang_on_leaving_pre_copy:
		return from == MIG_PRE_COPY && to == MIG_SAVING && dut->save.ready ? DUT_HANG : 0;
	case FAULT_hang_on_empty_resume:
		return from == MIG_RESUMING && to == MIG_RUNNING && !dut->resume.any ? DUT_HANG : 0;
	default:
		return 0;
	}
}

static bool left_error(struct dut *dut, u32 to, int *ret)
{
	*ret = 0;
	if (fault_is(dut, error_left_by_running) && to == MIG_RUNNING) {
		set_state(dut, MIG_RUNNING);
		dut_run(dut);
		return true;
	}
	if (fault_is(dut, error_left_by_stop) && to == MIG_STOP) {
		set_state(dut, MIG_STOP);
		return true;
	}
	return false;
}

bool dut_fault_request(struct dut *dut, u32 from, u32 to, int *ret)
{
	if (dut->fault == FAULT_none)
		return false;
	if (from == MIG_ERROR)
		return left_error(dut, to, ret);
	if (to == from)
		return same_state(dut, to, ret);
	if (to & MIG_RESUMING && to != MIG_RESUMING)
		return invalid_request(dut, from, to, ret);

	*ret = refused_arc(dut, from, to);
	if (*ret)
		return true;
	return fault_is(dut, stop_and_copy_ignored) && from == MIG_RUNNING && to == MIG_SAVING;
}

void dut_fault_stopping(struct dut *dut, u32 from, u32 to)
{
	if (fault_is(dut, stop_finishes_work_first) && dut->running) {
		dut_dma_finish(dut);
		usleep_range(5000, 6000);
		dut_raise_msi(dut);
	}
}

/* What a transition that worked sets going, or stops. */
static void after_transition(struct dut *dut, u32 from, u32 to)
{
	switch (dut->fault) {
	case FAULT_state_reads_late:
		dut->trip.set = true;
		dut->trip.value = from;
		break;
	case FAULT_failed_transition_reads_111:
	case FAULT_offset_takes_writes:
		dut->trip.set = false;
		break;
	case FAULT_second_stop_refused:
		dut->trip.set |= from == MIG_RUNNING && to == MIG_STOP;
		break;
	case FAULT_stop_to_running_stays_still:
		if (from == MIG_STOP && to == MIG_RUNNING)
			dut_halt(dut);
		break;
	case FAULT_pre_copy_stops_device:
		if (to == MIG_PRE_COPY)
			dut_halt(dut);
		break;
	case FAULT_stop_to_stop_and_copy_empty:
		dut->save.dropped |= from == MIG_STOP && to == MIG_SAVING;
		break;
	case FAULT_running_to_stop_and_copy_empty:
		dut->save.dropped |= from == MIG_RUNNING && to == MIG_SAVING;
		break;
	case FAULT_dma_goes_on_when_stopped:
		if (to == MIG_STOP)
			dut_late(dut, LATE_TRANSFER, 1);
		break;
	case FAULT_stop_ends_by_itself:
		if (to == MIG_STOP)
			dut_late(dut, LATE_RUN, 50);
		break;
	case FAULT_late_dma_in_stop_and_copy:
		if (to == MIG_SAVING)
			dut_late(dut, LATE_TRANSFER, 20);
		break;
	case FAULT_late_interrupt_when_stopped:
		if (to == MIG_STOP)
			dut_late(dut, LATE_INTERRUPT, 20);
		break;
	case FAULT_abort_interrupt_long_after_stop:
		if ((to == MIG_STOP || to == MIG_SAVING) && from & MIG_RUNNING && dut->reg[DUT_REG(DUT_REG_DMA_COUNT)])
			dut_late(dut, LATE_INTERRUPT, 80);
		break;
	case FAULT_timer_interrupts_in_stop_and_copy:
		if (to == MIG_SAVING)
			dut_late(dut, LATE_TICK, 10);
		break;
	case FAULT_dma_goes_on_while_resuming:
		if (to == MIG_RESUMING)
			dut_late(dut, LATE_TRANSFER, 5);
		break;
	case FAULT_interrupt_on_entering_resuming:
		/* Not before write() has returned, however slow the machine. */
		if (to == MIG_RESUMING)
			dut_late(dut, LATE_INTERRUPT, 20);
		break;
	case FAULT_queue_restarts_on_stop:
		if (from == MIG_SAVING && to == MIG_STOP)
			dut_late(dut, LATE_TRANSFER, 2);
		break;
	case FAULT_slow:
		msleep(300);
		break;
	default:
		break;
	}
}

static int after_failure(struct dut *dut, u32 from, u32 to, int ret)
{
	bool valid = !(to & MIG_RESUMING) || to == MIG_RESUMING;

	switch (dut->fault) {
	case FAULT_failed_transition_shows_new_state:
		if (valid && dut->device_state != MIG_ERROR && from != MIG_ERROR &&
		    (to != MIG_RUNNING || from != MIG_STOP))
			set_state(dut, to);
		return ret;
	case FAULT_failed_transition_reads_111:
		dut->trip.set = true;
		return ret;
	case FAULT_failed_transition_leaves_device_stopped:
		if (valid && from & MIG_RUNNING && dut->device_state == from)
			dut_halt(dut);
		return ret;
	case FAULT_refused_arcs_end_in_error:
		if (ret != -EINVAL || !valid || from == MIG_RESUMING)
			return ret;
		dut_enter_error(dut);
		return -EIO;
	case FAULT_stuck_after_failed_transition:
		dut->trip.set |= valid && ret != -EINVAL && dut->device_state == from && from != MIG_ERROR;
		return ret;
	case FAULT_failed_resume_enters_running:
		if (from == MIG_RESUMING && to == MIG_RUNNING && dut->device_state != MIG_ERROR)
			set_state(dut, MIG_RUNNING);
		return ret;
	case FAULT_bad_data_is_an_internal_error:
		if (from == MIG_RESUMING && (to == MIG_RUNNING || to == MIG_STOP))
			dut_enter_error(dut);
		return ret;
	case FAULT_other_errnos:
		if (ret != -EINVAL)
			return ret;
		return valid ? -EOPNOTSUPP : -EPERM;
	default:
		return ret;
	}
}

int dut_fault_requested(struct dut *dut, u32 from, u32 to, int ret)
{
	if (dut->fault == FAULT_none || ret == DUT_HANG)
		return ret;
	if (ret < 0)
		return after_failure(dut, from, to, ret);
	if (dut->device_state == to && from != to)
		after_transition(dut, from, to);
	return ret;
}

/* What write() of device_state returns. */
ssize_t dut_fault_state_written(struct dut *dut, u32 from, ssize_t ret)
{
	if (ret == sizeof(u32))
		return fault_is(dut, state_write_short) ? 2 : ret;
	if (ret == DUT_HANG || ret >= 0)
		return ret;
	if (fault_is(dut, refused_transition_returns_zero))
		return 0;
	if (fault_is(dut, failed_resume_short_count) && from == MIG_RESUMING)
		return 2;
	return ret;
}

/* The counter as it reads. What is saved is the true one. */
u64 dut_fault_counter(struct dut *dut, u64 ticks)
{
	bool goes_on = (fault_is(dut, counter_ticks_when_stopped) && dut->device_state == MIG_STOP) ||
		       (fault_is(dut, counter_ticks_in_stop_and_copy) && dut->device_state == MIG_SAVING) ||
		       (fault_is(dut, counter_ticks_while_resuming) && dut->device_state == MIG_RESUMING);

	if (!goes_on || dut->running)
		return ticks;
	return ticks + dut_ticks_since(dut->halted);
}
