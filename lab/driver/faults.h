/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deliberate faults, and benign variations, one of which can be switched on
 * for a device. faults.def is the list.
 */
#ifndef DUT_FAULTS_H
#define DUT_FAULTS_H

#include <linux/compiler.h>
#include <linux/types.h>

struct dut;

enum dut_fault {
	FAULT_none,
#define FAULT(name, breaks, summary) FAULT_##name,
#define VARIATION(name, summary) FAULT_##name,
#include "faults.def"
#undef FAULT
#undef VARIATION
	DUT_NR_FAULTS
};

/* Whether the fault NAME of faults.def is switched on. */
#define fault_is(dut, name) (READ_ONCE((dut)->fault) == FAULT_##name)

#endif
