/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The migration stream: records of a 64-byte header and a payload, everything
 * little endian. One record is one buffer of the save loop.
 */
#ifndef DUT_STREAM_H
#define DUT_STREAM_H

#include <linux/build_bug.h>
#include <linux/types.h>
#include <linux/sizes.h>

#define DUT_STREAM_MAGIC 0x52444356	/* 'VCDR' */
#define DUT_STREAM_VERSION 1
#define DUT_PAYLOAD_MAX SZ_4M

enum dut_record_kind {
	DUT_RECORD_BEGIN = 1,		/* total: size of the state memory */
	DUT_RECORD_MEMORY = 2,		/* payload: state memory at offset */
	DUT_RECORD_REGISTERS = 3,	/* payload: registers, then the DMA buffer */
	DUT_RECORD_END = 4,		/* total: the exact fingerprint */
};

struct dut_record {
	__le32 magic;
	__le16 version;
	__le16 kind;
	__le64 stream;		/* one number for each save */
	__le32 sequence;	/* counts from 1 */
	/*
	 * The lowest sequence that may stand before this record. It is less than
	 * sequence - 1 where a buffer was offered and never acknowledged: the
	 * user may have kept or dropped it, and both are right.
	 */
	__le32 follows;
	__le64 offset;
	__le32 length;		/* of the payload */
	__le32 zero;
	__le64 total;
	__le64 pad;
	__le64 check;		/* dut_hash of the header without it, and payload */
};
static_assert(sizeof(struct dut_record) == 64);

#endif
