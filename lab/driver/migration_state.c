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
	dut->reserved_bits = 0;
}

u32 dut_get_device_state(struct dut *dut)
{
	return dut->device_state | dut->reserved_bits;
}

static bool is_valid(u32 state)
{
	return !(state & MIG_RESUMING) || state == MIG_RESUMING;
}

/*
 * The arcs of the header's diagram, those that a cancelled or failed migration
 * needs, and two that do no harm: pre-copy and _RESUMING to _STOP.
 */
static bool is_arc(u32 from, u32 to)
{
	switch (from) {
	case MIG_RUNNING:
		return true;
	case MIG_PRE_COPY:
		return to != MIG_RESUMING;
	case MIG_SAVING:
		return to == MIG_STOP || to == MIG_RUNNING;
	case MIG_STOP:
		return to != MIG_PRE_COPY;
	case MIG_RESUMING:
		return to == MIG_RUNNING || to == MIG_STOP;
	default:
		return false;
	}
}

/* The part of a transition that can fail; nothing has changed when it does. */
static int prepare(struct dut *dut, u32 from, u32 to)
{
	if (from == MIG_RESUMING)
		return dut_resume_apply(dut);
	if (to == MIG_RESUMING)
		return dut_resume_begin(dut);
	if (to & MIG_SAVING && !(from & MIG_SAVING))
		return dut_save_begin(dut, to == MIG_SAVING);
	return 0;
}

static void finish(struct dut *dut, u32 from, u32 to)
{
	if (!(to & MIG_RUNNING))
		dut_halt(dut);
	if (from == MIG_PRE_COPY && to == MIG_SAVING)
		dut_save_finalize(dut);
	if (!(to & MIG_SAVING))
		dut_save_end(dut);
	if (from == MIG_RESUMING)
		dut_resume_end(dut);
	dut->device_state = to;
	if (to & MIG_RUNNING)
		dut_run(dut);
}

static void enter_error(struct dut *dut)
{
	dut_halt(dut);
	dut_save_end(dut);
	dut_resume_end(dut);
	dut->device_state = MIG_ERROR;
}

int dut_set_device_state(struct dut *dut, u32 value)
{
	u32 from = dut->device_state;
	u32 to = value & MIG_MASK;
	int ret;

	/* Reserved for future use: what a user of the future asks for there, we cannot do. */
	if ((value & ~MIG_MASK) != dut->reserved_bits)
		return -EINVAL;
	/* Only a reset leads out of an internal error. */
	if (from == MIG_ERROR)
		return -EIO;
	if (to == from)
		return 0;
	if (!is_valid(to) || !is_arc(from, to))
		return -EINVAL;
	if (dut_take_injection(dut, DUT_INJECT_REFUSAL))
		return -EBUSY;
	if (dut_take_injection(dut, DUT_INJECT_ERROR_STATE)) {
		enter_error(dut);
		return -EIO;
	}
	ret = prepare(dut, from, to);
	if (ret)
		return ret;
	finish(dut, from, to);
	return 0;
}
