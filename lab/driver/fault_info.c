// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults in what the device says of itself and of its regions.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "dut.h"

#define BACKWARD_GAP 4

u32 dut_fault_device_flags(struct dut *dut, u32 flags)
{
	switch (READ_ONCE(dut->fault)) {
	case FAULT_bus_flag_missing:
		return flags & ~VFIO_DEVICE_FLAGS_PCI;
	case FAULT_two_bus_flags:
		return flags | VFIO_DEVICE_FLAGS_PLATFORM;
	case FAULT_reset_flag_missing:
	case FAULT_reset_works_without_flag:
		return flags & ~VFIO_DEVICE_FLAGS_RESET;
	case FAULT_caps_flag_without_chain:
		return flags | VFIO_DEVICE_FLAGS_CAPS;
	default:
		return flags;
	}
}

bool dut_fault_wants_chain(struct dut *dut)
{
	switch (READ_ONCE(dut->fault)) {
	case FAULT_cap_offset_past_end:
	case FAULT_cap_offset_in_structure:
	case FAULT_argsz_not_grown:
	case FAULT_argsz_grown_too_little:
	case FAULT_argsz_without_chain_refused:
	case FAULT_cap_offset_without_chain:
	case FAULT_device_info_past_argsz:
	case FAULT_cap_offset_past_argsz_16:
	case FAULT_chain_loops:
	case FAULT_chain_leaves_argsz:
	case FAULT_chain_header_cut:
	case FAULT_unknown_device_capability:
	case FAULT_old_device_info:
	case FAULT_chain_runs_backwards:
		return true;
	default:
		return false;
	}
}

bool dut_fault_wants_zpci(struct dut *dut)
{
	switch (READ_ONCE(dut->fault)) {
	case FAULT_zpci_on_other_bus:
	case FAULT_zpci_group_missing:
	case FAULT_zpci_base_twice:
	case FAULT_zpci_dma_range_reversed:
	case FAULT_zpci_base_without_fh:
	case FAULT_zpci_group_cut:
	case FAULT_zpci_group_version_zero:
	case FAULT_zpci_group_reserved_set:
	case FAULT_zpci_group_unknown_flag:
	case FAULT_zpci_util_counts_header:
	case FAULT_zpci_util_size_wild:
	case FAULT_zpci_pfip_one_too_many:
	case FAULT_zpci_handle_changes:
	case FAULT_zpci_capabilities_gone_when_stopped:
	case FAULT_zpci_util_lost_in_reset:
	case FAULT_zpci_version_1:
	case FAULT_zpci_version_3:
		return true;
	default:
		return false;
	}
}

/* Capabilities that nobody knows: users pass over them. */
int dut_fault_add_unknown(struct vfio_info_cap *caps, unsigned int which)
{
	struct {
		struct vfio_info_cap_header header;
		u8 body[13];
	} cap = { .header.id = 0x7777 + which, .header.version = 9 };

	memset(cap.body, 0xee, sizeof(cap.body));
	return vfio_info_add_capability(caps, &cap.header, sizeof(cap.header) + sizeof(cap.body));
}

static struct vfio_info_cap_header *last_header(struct vfio_info_cap *caps, size_t size)
{
	struct vfio_info_cap_header *header = caps->buf;

	while (header->next)
		header = (void *)caps->buf + (header->next - size);
	return header;
}

static struct vfio_info_cap_header *find_header(struct vfio_info_cap *caps, size_t size, u16 id)
{
	struct vfio_info_cap_header *header = caps->buf;

	while (header->id != id && header->next)
		header = (void *)caps->buf + (header->next - size);
	return header->id == id ? header : NULL;
}

/* The same capabilities from the last to the first, with gaps between them. */
static int run_backwards(struct vfio_info_cap *caps, size_t size, size_t *first)
{
	struct vfio_info_cap_header *header = caps->buf, *moved;
	size_t at, end, to, next = 0;
	unsigned int count = 1;
	void *buf;

	for (; header->next; header = (void *)caps->buf + (header->next - size))
		count++;
	to = caps->size + (count - 1) * BACKWARD_GAP;
	buf = kzalloc(to, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	*first = 0;
	for (at = 0, moved = NULL; count; count--, at = end) {
		header = (void *)caps->buf + at;
		end = header->next ? header->next - size : caps->size;
		to -= end - at;
		memcpy(buf + to, header, end - at);
		if (moved)
			moved->next = size + to;
		else
			*first = size + to;
		moved = buf + to;
		moved->next = 0;
		next++;
		if (count > 1)
			to -= BACKWARD_GAP;
	}
	kfree(caps->buf);
	caps->buf = buf;
	caps->size += (next - 1) * BACKWARD_GAP;
	return 0;
}

int dut_fault_chain(struct dut *dut, struct vfio_info_cap *caps, size_t size, bool device, size_t *first)
{
	struct vfio_info_cap_header *header;

	switch (READ_ONCE(dut->fault)) {
	case FAULT_chain_loops:
		if (device)
			last_header(caps, size)->next = size;
		break;
	case FAULT_chain_leaves_argsz:
		if (device)
			last_header(caps, size)->next = 4096;
		break;
	case FAULT_chain_header_cut:
		if (device)
			last_header(caps, size)->next = size + caps->size - 4;
		break;
	case FAULT_region_chain_loops:
		header = device ? NULL : find_header(caps, size, VFIO_REGION_INFO_CAP_TYPE);
		if (header)
			header->next = size + ((void *)header - (void *)caps->buf);
		break;
	case FAULT_chain_runs_backwards:
		return run_backwards(caps, size, first);
	default:
		break;
	}
	return 0;
}

size_t dut_fault_overrun(struct dut *dut, size_t caps_size, bool device)
{
	if (device && fault_is(dut, device_info_past_argsz))
		return sizeof(struct vfio_info_cap_header);
	if (!device && fault_is(dut, region_info_past_argsz))
		return caps_size;
	return 0;
}

int dut_fault_no_room(struct dut *dut, bool device)
{
	if (device && fault_is(dut, argsz_without_chain_refused))
		return -EINVAL;
	if (!device && fault_is(dut, region_info_chain_required))
		return -ENOSPC;
	return 0;
}

void dut_fault_argsz(struct dut *dut, bool room, size_t needed, u32 given, u32 *argsz, u32 *cap_offset, bool device)
{
	if (!device) {
		if (fault_is(dut, region_argsz_not_grown))
			*argsz = given;
		return;
	}
	switch (READ_ONCE(dut->fault)) {
	case FAULT_cap_offset_past_end:
		if (room)
			*cap_offset = needed + 8;
		break;
	case FAULT_cap_offset_in_structure:
		if (room)
			*cap_offset = 8;
		break;
	case FAULT_cap_offset_without_chain:
		if (!room)
			*cap_offset = sizeof(struct vfio_device_info);
		break;
	case FAULT_argsz_not_grown:
		*argsz = given;
		break;
	case FAULT_argsz_grown_too_little:
		if (!room)
			*argsz = needed - 8;
		break;
	default:
		break;
	}
}
