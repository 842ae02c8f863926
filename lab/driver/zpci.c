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

/* "VFIO CONFORMANCE" in EBCDIC, padded with EBCDIC blanks. */
static const u8 util_string[16] = {
	0xe5, 0xc6, 0xc9, 0xd6, 0x40, 0xc3, 0xd6, 0xd5,
	0xc6, 0xd6, 0xd9, 0xd4, 0xc1, 0xd5, 0xc3, 0xc5,
};

static int add_base(struct dut *dut, struct vfio_info_cap *caps)
{
	struct vfio_device_info_cap_zpci_base base = {
		.header.id = VFIO_DEVICE_INFO_CAP_ZPCI_BASE,
		.header.version = dut->zpci,
		.start_dma = 0x100000000ull,
		.end_dma = 0x1ffffffffffull,
		.pchid = 0x1c4,
		.vfn = 2,
		.fmb_length = 128,
		.pft = 5,
		.gid = 7,
		.fh = 0x81000017,
	};
	size_t size = dut->zpci == 1 ? offsetof(struct vfio_device_info_cap_zpci_base, fh) : sizeof(base);

	return vfio_info_add_capability(caps, &base.header, size);
}

static int add_group(struct dut *dut, struct vfio_info_cap *caps)
{
	struct vfio_device_info_cap_zpci_group group = {
		.header.id = VFIO_DEVICE_INFO_CAP_ZPCI_GROUP,
		.header.version = dut->zpci,
		.dasm = 0xfffffe0000000000ull,
		.msi_addr = 0xfe00000000000000ull,
		.flags = VFIO_DEVICE_INFO_ZPCI_FLAG_REFRESH,
		.mui = 4000,
		.noi = 16,
		.maxstbl = 128,
		.version = 1,
		.imaxstbl = 128,
	};
	size_t size = dut->zpci == 1 ? offsetof(struct vfio_device_info_cap_zpci_group, reserved) : sizeof(group);

	return vfio_info_add_capability(caps, &group.header, size);
}

/* UTIL and PFIP have one shape: a size, and that many bytes. */
static int add_string(struct vfio_info_cap *caps, u16 id, const u8 *bytes, u32 length)
{
	struct vfio_device_info_cap_zpci_util *cap;
	int ret;

	cap = kzalloc(struct_size(cap, util_str, length), GFP_KERNEL);
	if (!cap)
		return -ENOMEM;
	cap->header.id = id;
	cap->header.version = 1;
	cap->size = length;
	memcpy(cap->util_str, bytes, length);
	ret = vfio_info_add_capability(caps, &cap->header, struct_size(cap, util_str, length));
	kfree(cap);
	return ret;
}

static int add_util(struct dut *dut, struct vfio_info_cap *caps)
{
	u8 text[UTIL_LENGTH];

	memset(text, EBCDIC_BLANK, sizeof(text));
	memcpy(text, util_string, sizeof(util_string));
	return add_string(caps, VFIO_DEVICE_INFO_CAP_ZPCI_UTIL, text, sizeof(text));
}

static int add_pfip(struct dut *dut, struct vfio_info_cap *caps)
{
	static const u8 path[PFIP_LENGTH] = { 0x01, 0x02, 0x00, 0x17 };

	return add_string(caps, VFIO_DEVICE_INFO_CAP_ZPCI_PFIP, path, sizeof(path));
}

int dut_add_zpci_capabilities(struct dut *dut, struct vfio_info_cap *caps)
{
	return add_base(dut, caps) ?:
	       add_group(dut, caps) ?:
	       add_util(dut, caps) ?:
	       add_pfip(dut, caps);
}
