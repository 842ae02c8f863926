/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Migration, version 1: the region with struct vfio_device_migration_info, the
 * state machine, the save loop and the resume loop.
 */
#ifndef DUT_MIGRATION_H
#define DUT_MIGRATION_H

#include <linux/ktime.h>
#include <linux/types.h>
#include "stream.h"

struct dut;
struct dut_area;
struct dut_memory;
struct vm_area_struct;

/*
 * Version 1 of device_state. The kernel's header has had version 2's names for
 * them since 5.18, so they are spelled out here.
 */
#define MIG_STOP 0u
#define MIG_RUNNING 1u
#define MIG_SAVING 2u
#define MIG_RESUMING 4u
#define MIG_PRE_COPY (MIG_RUNNING | MIG_SAVING)
#define MIG_ERROR (MIG_SAVING | MIG_RESUMING)
#define MIG_MASK 7u

#define MIG_REGION_TYPE 3
#define MIG_REGION_SUBTYPE 1

struct dut_migration_info {
	__u32 device_state;
	__u32 reserved;
	__u64 pending_bytes;
	__u64 data_offset;
	__u64 data_size;
};
static_assert(sizeof(struct dut_migration_info) == 32);

#define MIG_INFO_SIZE 32u

/* A save, from the transition into _SAVING to the one out of it. */
struct dut_save {
	bool active;
	bool final;		/* stop-and-copy: the device changes no more */
	u64 stream;
	u32 sequence;		/* of the record built last */
	u32 acknowledged;	/* of the last record that the user has fetched */
	bool begun;
	bool registers_sent;
	bool ended;
	u64 left;		/* when final: bytes of the records still to be built */

	/* The buffer that is on offer, from data_offset to the next pending_bytes. */
	bool ready;
	u32 offset;
	u32 size;
	enum dut_record_kind kind;
	u64 from;		/* DUT_RECORD_MEMORY: the bytes of state memory in it */
	u32 length;
	unsigned int buffers;	/* offered since the save began */

	/* What faults go by. */
	bool dropped;		/* nothing is left, whatever there is */
	bool repeated;
	bool final_begun;	/* data_offset was read in stop-and-copy */
	unsigned int polls;	/* of pending_bytes since the last buffer */
	unsigned int offset_reads;	/* in this iteration */
	unsigned int size_reads;
	unsigned int rounds;
	bool empty;		/* there is no buffer in this iteration */
	ktime_t since;

	/* A record that is handed out in more than one buffer. */
	u8 *record;
	u32 record_size;
	u32 record_at;
};

#define DUT_WAITING_MAX 16

/* A resume, from the transition into _RESUMING to the one out of it. */
struct dut_resume {
	bool active;
	bool any;		/* something was given */
	bool broken;		/* something was refused: only a reset helps */
	bool begun;
	bool registers_seen;
	bool ended;
	u64 stream;
	u32 sequence;
	unsigned int buffers;	/* consumed */

	struct dut_memory *memory;	/* takes the place of the device's at the end */
	unsigned long *received;	/* blocks that were given */
	u64 reg[64];
	u8 *dma_buffer;
	u64 expected;			/* exact fingerprint of the source, 0: none came */

	u8 *record;		/* the record that is being put together */
	u32 capacity;
	u32 filled;

	/* Transactions that a fault has yet to look at. */
	struct { u32 offset, size; } waiting[DUT_WAITING_MAX];
	unsigned int nr_waiting;
	int late_result;
	u32 last_offset;	/* of the transaction that was consumed last */
	bool replayed;
};

/* migration_region.c */
int dut_region_alloc(struct dut *dut);
void dut_region_free(struct dut *dut);
void dut_window(const struct dut *dut, unsigned int index, struct dut_area *area);
ssize_t dut_migration_read(struct dut *dut, char __user *to, size_t count, u64 offset);
ssize_t dut_migration_write(struct dut *dut, const char __user *from, size_t count, u64 offset);
int dut_migration_mmap(struct dut *dut, struct vm_area_struct *vma, u64 offset);

/* migration_state.c */
void dut_migration_fresh(struct dut *dut);
int dut_set_device_state(struct dut *dut, u32 value);
/* From one valid state to another, without asking whether that may be. */
int dut_transition(struct dut *dut, u32 from, u32 to);
void dut_enter_error(struct dut *dut);
u32 dut_get_device_state(struct dut *dut);

/* migration_save.c */
int dut_save_begin(struct dut *dut, bool final);
int dut_save_finalize(struct dut *dut);
void dut_save_end(struct dut *dut);
/* What pending_bytes would say, without ending the iteration. */
u64 dut_save_left(struct dut *dut);
void dut_save_acknowledge(struct dut *dut);
/* Builds the next buffer, if there is anything left. 0 or -errno. */
int dut_save_offer(struct dut *dut);
/* Ends the iteration that is on, if one is, and says what is left. */
u64 dut_save_pending(struct dut *dut);
/* Offers the next buffer, or the same again. */
int dut_save_offset(struct dut *dut, u64 *offset);
u64 dut_save_size(struct dut *dut);

/* migration_resume.c */
int dut_resume_begin(struct dut *dut);
u64 dut_resume_offset(struct dut *dut);
int dut_resume_consume(struct dut *dut, u64 size);
/* Consumes what stands at an offset of the region. */
int dut_resume_take(struct dut *dut, u32 offset, u32 size);
int dut_resume_apply(struct dut *dut);
/* Takes over what came, as far as it goes. */
void dut_resume_apply_received(struct dut *dut);
/* The device's state for what was received; done twice, nothing has happened. */
void dut_resume_exchange(struct dut *dut, struct dut_resume *resume);
void dut_resume_free(struct dut_resume *resume);
void dut_resume_end(struct dut *dut);

#endif
