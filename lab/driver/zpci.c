// SPDX-License-Identifier: GPL-2.0-only
/*
 * The four zPCI capabilities as an s390 host would fill them, in version 1 or 2.
 */
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vfio_zdev.h>

#include "dut.h"

#define UTIL_LENGTH 64
#define PFIP_LENGTH 4
#define EBCDIC_BLANK 0x40
#define VERSION_3_MORE 16
#define VERSION_3_MAX 64

/* "VFIO CONFORMANCE" in EBCDIC, padded with EBCDIC blanks. */
static const u8 util_string[16] = {
	0xe5, 0xc6, 0xc9, 0xd6, 0x40, 0xc3, 0xd6, 0xd5,
	0xc6, 0xd6, 0xd9, 0xd4, 0xc1, 0xd5, 0xc3, 0xc5,
};

static unsigned int version(const struct dut *dut)
{
	if (fault_is(dut, zpci_version_1))
		return 1;
	if (fault_is(dut, zpci_version_3))
		return 3;
	return dut->zpci ?: 2;
}

/* A structure of the version that is asked for; what a version 3 has more is filled with something. */
static int add_versioned(struct dut *dut, struct vfio_info_cap *caps, const void *cap, size_t version_1_size,
			 size_t version_2_size)
{
	struct {
		struct vfio_info_cap_header header;
		u8 body[VERSION_3_MAX];
	} grown = {};
	size_t size = version(dut) == 1 ? version_1_size : version_2_size;

	memcpy(&grown, cap, size);
	if (version(dut) == 3) {
		size = ALIGN(size, sizeof(u64));
		memset((u8 *)&grown + size, 0x33, VERSION_3_MORE);
		size += VERSION_3_MORE;
	}
	return vfio_info_add_capability(caps, &grown.header, size);
}

static int add_base(struct dut *dut, struct vfio_info_cap *caps)
{
	struct vfio_device_info_cap_zpci_base base = {
		.header.id = VFIO_DEVICE_INFO_CAP_ZPCI_BASE,
		.header.version = version(dut),
		.start_dma = 0x100000000ull,
		.end_dma = 0x1ffffffffffull,
		.pchid = 0x1c4,
		.vfn = 2,
		.fmb_length = 128,
		.pft = 5,
		.gid = 7,
		.fh = 0x81000017,
	};
	const size_t without_fh = offsetof(struct vfio_device_info_cap_zpci_base, fh);

	if (fault_is(dut, zpci_dma_range_reversed))
		swap(base.start_dma, base.end_dma);
	if (fault_is(dut, zpci_handle_changes))
		base.fmb_length = ++dut->trip.count;
	if (fault_is(dut, zpci_base_without_fh))
		return vfio_info_add_capability(caps, &base.header, without_fh);
	return add_versioned(dut, caps, &base, without_fh, sizeof(base));
}

static int add_group(struct dut *dut, struct vfio_info_cap *caps)
{
	struct vfio_device_info_cap_zpci_group group = {
		.header.id = VFIO_DEVICE_INFO_CAP_ZPCI_GROUP,
		.header.version = version(dut),
		.dasm = 0xfffffe0000000000ull,
		.msi_addr = 0xfe00000000000000ull,
		.flags = VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH,
		.mui = 4000,
		.noi = 16,
		.maxstbl = 128,
		.version = 1,
		.imaxstbl = 128,
	};

	if (fault_is(dut, zpci_group_missing))
		return 0;
	if (fault_is(dut, zpci_group_version_zero))
		group.header.version = 0;
	if (fault_is(dut, zpci_group_reserved_set))
		group.reserved = 0xff;
	if (fault_is(dut, zpci_group_unknown_flag))
		group.flags |= 2;
	if (fault_is(dut, zpci_group_cut))
		return vfio_info_add_capability(caps, &group.header,
						offsetof(struct vfio_device_info_cap_zpci_group, imaxstbl));
	return add_versioned(dut, caps, &group, offsetof(struct vfio_device_info_cap_zpci_group, reserved),
			     sizeof(group));
}

/* UTIL and PFIP have one shape: a size, and that many bytes. */
static int add_string(struct vfio_info_cap *caps, u16 id, const u8 *bytes, u32 length, u32 said)
{
	struct vfio_device_info_cap_zpci_util *cap;
	int ret;

	cap = kzalloc(struct_size(cap, util_str, length), GFP_KERNEL);
	if (!cap)
		return -ENOMEM;
	cap->header.id = id;
	cap->header.version = 1;
	cap->size = said;
	memcpy(cap->util_str, bytes, length);
	ret = vfio_info_add_capability(caps, &cap->header, struct_size(cap, util_str, length));
	kfree(cap);
	return ret;
}

static int add_util(struct dut *dut, struct vfio_info_cap *caps)
{
	u8 text[UTIL_LENGTH];
	u32 said = sizeof(text);

	if (fault_is(dut, zpci_util_lost_in_reset) && dut->trip.set)
		return 0;
	memset(text, EBCDIC_BLANK, sizeof(text));
	memcpy(text, util_string, sizeof(util_string));
	if (fault_is(dut, zpci_util_counts_header))
		said += sizeof(struct vfio_device_info_cap_zpci_util) + 4;
	if (fault_is(dut, zpci_util_size_wild))
		said = ~0u;
	return add_string(caps, VFIO_DEVICE_INFO_CAP_ZPCI_UTIL, text, sizeof(text), said);
}

static int add_pfip(struct dut *dut, struct vfio_info_cap *caps)
{
	static const u8 path[PFIP_LENGTH] = { 0x01, 0x02, 0x00, 0x17 };

	return add_string(caps, VFIO_DEVICE_INFO_CAP_ZPCI_PFIP, path, sizeof(path),
			  sizeof(path) + fault_is(dut, zpci_pfip_one_too_many));
}

int dut_add_zpci_capabilities(struct dut *dut, struct vfio_info_cap *caps)
{
	if (fault_is(dut, zpci_capabilities_missing))
		return 0;
	if (fault_is(dut, reversed_chains))
		return add_pfip(dut, caps) ?:
		       add_util(dut, caps) ?:
		       add_group(dut, caps) ?:
		       add_base(dut, caps);
	return add_base(dut, caps) ?:
	       add_group(dut, caps) ?:
	       add_util(dut, caps) ?:
	       add_pfip(dut, caps) ?:
	       (fault_is(dut, zpci_base_twice) ? add_base(dut, caps) : 0);
}
