// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in the fields of struct vfio_device_migration_info, and in where a
 * buffer stands.
 */
#include "dut.h"

/* 5 GiB: no 32-bit offset reaches it. */
#define FAR (5ull << 30)
#define AT(field) offsetof(struct dut_migration_info, field)

bool dut_fault_read_oddly(struct dut *dut, u64 offset, size_t count, u64 *value, int *ret)
{
	*ret = 0;
	*value = 0;
	if (fault_is(dut, half_read_of_pending_answers))
		return offset == AT(pending_bytes) && count == sizeof(u32);
	*ret = -EFAULT;
	return fault_is(dut, other_errnos);
}

bool dut_fault_write_oddly(struct dut *dut, u64 offset, size_t count, u64 value, int *ret)
{
	switch (dut->fault) {
	case FAULT_byte_write_of_state_acts:
		if (offset != AT(device_state) || count != 1)
			return false;
		*ret = dut_set_device_state(dut, value);
		return true;
	case FAULT_wide_write_of_state_acts:
		if (offset != AT(device_state) || count != sizeof(u64))
			return false;
		*ret = dut_set_device_state(dut, (u32)value);
		return true;
	case FAULT_unaligned_write_shifts_state:
		if (offset == 2 && count == sizeof(u32) && dut->device_state != MIG_STOP)
			dut_transition(dut, dut->device_state, MIG_STOP);
		return false;
	default:
		return false;
	}
}

static bool read_reserved(struct dut *dut, u64 *value, int *ret)
{
	switch (dut->fault) {
	case FAULT_reserved_reads_ones:
		*value = ~0u;
		return true;
	case FAULT_reserved_cannot_be_read:
		*ret = -EINVAL;
		return true;
	case FAULT_reserved_counts_while_saving:
		*value = dut->device_state == MIG_SAVING && dut->save.ready ? dut->save.size : 0;
		return true;
	case FAULT_reserved_keeps_what_was_written:
		*value = dut->trip.value;
		return true;
	default:
		return false;
	}
}

bool dut_fault_read_field(struct dut *dut, u64 offset, u64 *value, int *ret)
{
	*ret = 0;
	if (offset == AT(reserved))
		return read_reserved(dut, value, ret);
	if (offset == AT(pending_bytes) && fault_is(dut, pending_takes_writes) && dut->trip.set) {
		dut->trip.set = false;
		*value = dut->trip.value;
		return true;
	}
	if (offset == AT(pending_bytes) && fault_is(dut, hang_on_pending_read)) {
		*ret = DUT_HANG;
		return dut->device_state == MIG_SAVING;
	}
	if (fault_is(dut, strict_sequence)) {
		*ret = -ENODATA;
		if (offset == AT(data_size))
			return !dut->save.ready;
		if (offset == AT(data_offset) && dut->device_state != MIG_RESUMING)
			return !dut->save.active || !(dut->save.ready || dut_save_left(dut));
		*ret = 0;
	}
	if (offset != AT(data_offset) || dut->save.active)
		return false;
	*value = dut_resume_offset(dut);
	if (fault_is(dut, offset_takes_writes) && dut->trip.set)
		*value = dut->trip.value;
	else if (fault_is(dut, offset_write_shifts_next_buffer) && dut->trip.set)
		*value += 64;
	else if (fault_is(dut, resume_offset_zero) && dut->device_state == MIG_RESUMING)
		*value = 0;
	else if (fault_is(dut, resume_offset_past_end) && dut->device_state == MIG_RESUMING)
		*value = dut->region_size;
	return true;
}

static bool write_reserved(struct dut *dut, u64 value)
{
	switch (dut->fault) {
	case FAULT_reserved_keeps_what_was_written:
		dut->trip.value = value;
		return true;
	case FAULT_reserved_write_stops_device:
		if (value && dut->device_state == MIG_RUNNING)
			dut_transition(dut, MIG_RUNNING, MIG_STOP);
		return true;
	case FAULT_reserved_write_drops_buffer:
		dut_save_acknowledge(dut);
		return true;
	default:
		return false;
	}
}

bool dut_fault_write_field(struct dut *dut, u64 offset, u64 value, int *ret)
{
	*ret = 0;
	if (offset == AT(reserved))
		return write_reserved(dut, value);

	switch (dut->fault) {
	case FAULT_pending_takes_writes:
		if (offset != AT(pending_bytes))
			return false;
		dut->trip.set = true;
		dut->trip.value = value;
		return true;
	case FAULT_pending_write_zero_ends_save:
		if (offset == AT(pending_bytes) && !value && dut->save.active)
			dut->trip.set = true;
		return false;
	case FAULT_offset_takes_writes:
		if (offset != AT(data_offset))
			return false;
		dut->trip.set = true;
		dut->trip.value = value;
		return true;
	case FAULT_offset_write_shifts_next_buffer:
		dut->trip.set |= offset == AT(data_offset);
		return false;
	case FAULT_read_only_writes_ignored:
		return offset == AT(pending_bytes) || offset == AT(data_offset);
	default:
		return false;
	}
}

u64 dut_fault_far(const struct dut *dut)
{
	return fault_is(dut, data_beyond_four_gigabytes) && dut->layout == DUT_TRAPPED ? FAR : 0;
}

void dut_fault_window(const struct dut *dut, unsigned int index, struct dut_area *area)
{
	u32 skew = 0;

	if (fault_is(dut, sparse_claims_trapped_partition))
		area->offset = round_down(area->offset, PAGE_SIZE);

	if (fault_is(dut, mapped_offset_unaligned) && area->mapped)
		skew = 64;
	if (fault_is(dut, mapped_offset_unaligned_later) && area->mapped && index >= 4)
		skew = 32;
	area->offset += skew;
	area->size -= skew;
	/* There is room: the trapped layout's region ends a page after its section. */
	if (fault_is(dut, moving_data_offset) && dut->layout == DUT_TRAPPED)
		area->offset += 32 * (index % 4);
}
