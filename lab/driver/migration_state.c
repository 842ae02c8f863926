// SPDX-License-Identifier: GPL-2.0-only
/*
 * device_state and the transitions between its values.
 */
#include "dut.h"

void dut_migration_fresh(struct dut *dut)
{
	dut_save_end(dut);
	dut_resume_end(dut);
	dut->device_state = MIG_RUNNING;
}

/* Bits 3 to 31 are for the future: they read as zero, but for a fault or a variation. */
u32 dut_get_device_state(struct dut *dut)
{
	return dut_fault_state_read(dut, dut->device_state | dut_fault_reserved_bits(dut));
}

static bool is_valid(u32 state)
{
	return !(state & MIG_RESUMING) || state == MIG_RESUMING;
}

/*
 * The arcs of the header's diagram, those that a cancelled or failed migration
 * needs, and three that do no harm: pre-copy and _RESUMING to _STOP, and _STOP to
 * _RESUMING.
 */
static bool is_arc(struct dut *dut, u32 from, u32 to)
{
	if (!is_valid(from) || fault_is(dut, arcs_accepted))
		return is_valid(from);
	switch (from) {
	case MIG_RUNNING:
		return true;
	case MIG_PRE_COPY:
		return to != MIG_RESUMING;
	case MIG_SAVING:
		return to == MIG_STOP || to == MIG_RUNNING;
	case MIG_STOP:
		return to != MIG_PRE_COPY;
	default:
		return to == MIG_RUNNING || to == MIG_STOP;
	}
}

/* The part of a transition that can fail; nothing has changed when it does. */
static int prepare(struct dut *dut, u32 from, u32 to)
{
	int ret = 0;

	if (from == MIG_RESUMING)
		ret = dut_resume_apply(dut);
	if (!ret && to == MIG_RESUMING)
		ret = dut_resume_begin(dut);
	if (!ret && to & MIG_SAVING && !(from & MIG_SAVING))
		ret = dut_save_begin(dut, to == MIG_SAVING);
	return ret;
}

int dut_transition(struct dut *dut, u32 from, u32 to)
{
	int ret = prepare(dut, from, to);

	if (ret)
		return ret;
	if (!(to & MIG_RUNNING)) {
		dut_fault_stopping(dut, from, to);
		dut_halt(dut);
	}
	if (from == MIG_PRE_COPY && to == MIG_SAVING)
		dut_save_finalize(dut);
	if (from == MIG_SAVING && to == MIG_PRE_COPY)
		ret = dut_save_begin(dut, false);
	if (!(to & MIG_SAVING))
		dut_save_end(dut);
	if (from == MIG_RESUMING)
		dut_resume_end(dut);
	WRITE_ONCE(dut->device_state, to);
	/* A new state: the next read of pending_bytes is not one more in a row. */
	dut->save.polls = 0;
	if (to & MIG_RUNNING)
		dut_run(dut);
	return ret;
}

void dut_enter_error(struct dut *dut)
{
	dut_halt(dut);
	dut_save_end(dut);
	dut_resume_end(dut);
	WRITE_ONCE(dut->device_state, MIG_ERROR);
}

static int request(struct dut *dut, u32 from, u32 to)
{
	/* Only a reset leads out of an internal error. */
	if (from == MIG_ERROR)
		return -EIO;
	if (to == from)
		return 0;
	if (!is_valid(to) || !is_arc(dut, from, to))
		return -EINVAL;
	if (dut_take_injection(dut, DUT_INJECT_REFUSAL))
		return -EBUSY;
	if (dut_take_injection(dut, DUT_INJECT_ERROR_STATE)) {
		dut_enter_error(dut);
		return -EIO;
	}
	return dut_transition(dut, from, to);
}

int dut_set_device_state(struct dut *dut, u32 value)
{
	u32 from = dut->device_state;
	u32 to = value & MIG_MASK;
	int ret;

	/* What a user of the future asks for in the reserved bits, we cannot do. */
	if ((value & ~MIG_MASK) != dut_fault_reserved_bits(dut) || dut_fault_reserved_refused(dut, value))
		return -EINVAL;
	if (!dut_fault_request(dut, from, to, &ret))
		ret = request(dut, from, to);
	return dut_fault_requested(dut, from, to, ret);
}
