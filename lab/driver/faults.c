// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of faults, the switch, and what happens late.
 */
#include <linux/sched.h>
#include <linux/string.h>

#include "dut.h"

static const struct {
	const char *name;
	const char *breaks;	/* empty for a benign variation */
	const char *where;
	const char *summary;
} dut_faults[DUT_NR_FAULTS] = {
	[FAULT_none] = { "none", "", "", "the driver keeps every clause" },
#define FAULT(name, breaks, where, summary) [FAULT_##name] = { #name, breaks, where, summary },
#define VARIATION(name, where, summary) [FAULT_##name] = { #name, "", where, summary },
#include "faults.def"
#undef FAULT
#undef VARIATION
};

const char *dut_fault_name(enum dut_fault fault, char *into)
{
	strscpy(into, dut_faults[fault].name, DUT_FAULT_NAME);
	strreplace(into, '_', '-');
	return into;
}

int dut_fault_find(const char *name)
{
	char known[DUT_FAULT_NAME];
	unsigned int fault;

	for (fault = 0; fault < DUT_NR_FAULTS; fault++) {
		if (sysfs_streq(name, dut_fault_name(fault, known)))
			return fault;
	}
	return -EINVAL;
}

int dut_fault_line(unsigned int fault, char *into, size_t size)
{
	char name[DUT_FAULT_NAME];

	if (fault >= DUT_NR_FAULTS)
		return 0;
	return scnprintf(into, size, "%s\t%s\t%s\t%s\n", dut_fault_name(fault, name), dut_faults[fault].breaks,
			 dut_faults[fault].where, dut_faults[fault].summary);
}

void dut_fault_switch(struct dut *dut, enum dut_fault fault)
{
	enum dut_fault old;

	/* Before it is on, so that no mapping is missed; after it is off, as nobody looks any more. */
	if (dut_fault_hides_pages(fault))
		dut_fault_watch_mappings(true);

	mutex_lock(&dut->lock);
	old = dut->fault;
	WRITE_ONCE(dut->fault, fault);
	memset(&dut->trip, 0, sizeof(dut->trip));
	dut->late = LATE_NOTHING;
	dut_fault_forget(dut);
	mutex_unlock(&dut->lock);
	wake_up_all(&dut->fault_changed);

	if (dut_fault_hides_pages(old))
		dut_fault_watch_mappings(false);
}

long dut_fault_hang(struct dut *dut, long ret)
{
	enum dut_fault fault = READ_ONCE(dut->fault);

	if (ret != DUT_HANG)
		return ret;
	if (fault != FAULT_none)
		wait_event_killable(dut->fault_changed, READ_ONCE(dut->fault) != fault);
	return -EINTR;
}

/* A reset or an open clears what the fault remembers, but for faults that are about resets and opens. */
void dut_fault_fresh(struct dut *dut)
{
	dut->late = LATE_NOTHING;
	dut_fault_forget(dut);
	dut->fresh_since = ktime_get();
	switch (dut->fault) {
	case FAULT_no_save_after_error_reset:
	case FAULT_zpci_util_lost_in_reset:
	case FAULT_zpci_handle_changes:
	case FAULT_pending_write_zero_ends_save:
	case FAULT_reset_again:
	case FAULT_close_while_resuming_sticks:
	case FAULT_state_survives_close:
		return;
	default:
		memset(&dut->trip, 0, sizeof(dut->trip));
	}
}

void dut_late(struct dut *dut, enum dut_late what, unsigned int ms)
{
	dut->late = what;
	dut->late_state = dut->device_state;
	mod_delayed_work(dut_workqueue, &dut->late_work, msecs_to_jiffies(ms));
}

static void late_interrupt(struct dut *dut)
{
	/* The device's own count stays: a save that is under way must not come out damaged as well. */
	if (dut->msi)
		dut_eventfd_signal(dut->msi);
}

void dut_late_work(struct work_struct *work)
{
	struct dut *dut = container_of(to_delayed_work(work), struct dut, late_work);
	enum dut_late what;

	mutex_lock(&dut->lock);
	what = dut->late;
	dut->late = LATE_NOTHING;
	if (!dut->open)
		what = LATE_NOTHING;

	switch (what) {
	case LATE_TRANSFER:
		if (dut->device_state == dut->late_state)
			dut_dma_late(dut);
		break;
	case LATE_INTERRUPT:
		if (dut->device_state == dut->late_state)
			late_interrupt(dut);
		break;
	case LATE_TICK:
		if (dut->device_state != dut->late_state)
			break;
		late_interrupt(dut);
		dut_late(dut, LATE_TICK, 10);
		break;
	case LATE_DATA:
		if (dut->save.ready && dut->save.sequence == dut->trip.count)
			memcpy(dut->region + dut->save.offset, dut->decoy + dut->save.offset, dut->save.size);
		break;
	case LATE_CONSUME:
		dut_fault_consume_now(dut);
		break;
	case LATE_RUN:
		if (dut->device_state == dut->late_state)
			dut_transition(dut, dut->device_state, MIG_RUNNING);
		break;
	case LATE_APPLY:
		dut_fault_apply_now(dut);
		break;
	default:
		break;
	}
	mutex_unlock(&dut->lock);
}
