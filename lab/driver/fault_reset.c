// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in resetting, opening and closing.
 */
#include <linux/string.h>

#include "dut.h"

static bool reset_refused(struct dut *dut, long *ret)
{
	bool saving = dut->device_state != MIG_ERROR && dut->device_state & MIG_SAVING;

	switch (dut->fault) {
	case FAULT_reset_flag_without_reset:
		*ret = -ENOTTY;
		return true;
	case FAULT_reset_flag_missing:
		*ret = -EINVAL;
		return true;
	case FAULT_reset_refused_in_error:
		*ret = -EIO;
		return dut->device_state == MIG_ERROR;
	case FAULT_reset_refused_while_saving:
		*ret = -EBUSY;
		return saving;
	case FAULT_hang_on_reset_while_saving:
		*ret = DUT_HANG;
		return dut->device_state == MIG_PRE_COPY;
	case FAULT_reset_again:
		*ret = -EAGAIN;
		dut->trip.set = !dut->trip.set;
		return dut->trip.set;
	default:
		return false;
	}
}

/* What was given so far, applied to the device that the reset has made fresh. */
static void keep_half_resume(struct dut *dut)
{
	struct dut_resume half = dut->resume;

	memset(&dut->resume, 0, sizeof(dut->resume));
	dut_make_fresh(dut);
	dut->resume = half;
	dut_resume_apply_received(dut);
	dut_resume_end(dut);
}

bool dut_fault_reset(struct dut *dut, long *ret)
{
	u64 scratch[DUT_REG(DUT_REG_SCRATCH_END - DUT_REG_SCRATCH)];
	u32 state = dut->device_state;
	bool given;

	if (dut->fault == FAULT_none)
		return false;
	if (reset_refused(dut, ret))
		return true;
	*ret = 0;
	switch (dut->fault) {
	case FAULT_reset_leaves_error:
		dut_make_fresh(dut);
		if (state == MIG_ERROR)
			dut_enter_error(dut);
		return true;
	case FAULT_reset_leaves_state:
		dut_make_fresh(dut);
		if (state == MIG_STOP)
			WRITE_ONCE(dut->device_state, MIG_STOP);
		return true;
	case FAULT_reset_keeps_scratch:
		memcpy(scratch, &dut->reg[DUT_REG(DUT_REG_SCRATCH)], sizeof(scratch));
		dut_make_fresh(dut);
		if (state == MIG_SAVING)
			memcpy(&dut->reg[DUT_REG(DUT_REG_SCRATCH)], scratch, sizeof(scratch));
		return true;
	case FAULT_reset_keeps_half_resume:
		if (state != MIG_RESUMING)
			return false;
		keep_half_resume(dut);
		return true;
	case FAULT_reset_keeps_place_in_stream:
		/* A stream that was refused has been given up: the reset that follows is no place in it. */
		given = state == MIG_RESUMING && dut->resume.any && !dut->resume.broken;
		dut_make_fresh(dut);
		dut->trip.set = given;
		return true;
	case FAULT_no_save_after_error_reset:
		dut->trip.set |= state == MIG_ERROR;
		return false;
	case FAULT_zpci_util_lost_in_reset:
		dut->trip.set = true;
		return false;
	default:
		return false;
	}
}

int dut_fault_before_open(struct dut *dut)
{
	return fault_is(dut, close_while_resuming_sticks) && dut->trip.set ? -EBUSY : 0;
}

void dut_fault_opened(struct dut *dut)
{
	switch (dut->fault) {
	case FAULT_opens_stopped:
		dut_transition(dut, MIG_RUNNING, MIG_STOP);
		break;
	case FAULT_state_survives_close:
		if (!dut->trip.set || dut->trip.value == MIG_RUNNING)
			break;
		if (dut->trip.value == MIG_ERROR)
			dut_enter_error(dut);
		else
			dut_transition(dut, MIG_RUNNING, dut->trip.value);
		break;
	case FAULT_zpci_util_lost_in_reset:
	case FAULT_no_save_after_error_reset:
	case FAULT_pending_write_zero_ends_save:
		memset(&dut->trip, 0, sizeof(dut->trip));
		break;
	default:
		break;
	}
}

/* Before the device is closed, in the state that its user has left it in. */
void dut_fault_closing(struct dut *dut)
{
	switch (dut->fault) {
	case FAULT_close_while_resuming_sticks:
		dut->trip.set = dut->device_state == MIG_RESUMING;
		break;
	case FAULT_state_survives_close:
		dut->trip.set = true;
		dut->trip.value = dut->device_state;
		break;
	default:
		break;
	}
}
