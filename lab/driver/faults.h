/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deliberate faults, and benign variations, one of which can be switched on for
 * a device. faults.def is the list. What they do stands in fault_*.c, behind the
 * hooks below; where a fault is only a value or a comparison, it stands in place.
 * With no fault on, every hook does nothing.
 */
#ifndef DUT_FAULTS_H
#define DUT_FAULTS_H

#include <linux/compiler.h>
#include <linux/ktime.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct dut;
struct dut_area;
struct dut_record;
struct vfio_device_info;
struct vfio_info_cap;
struct vm_area_struct;

enum dut_fault {
	FAULT_none,
#define FAULT(name, breaks, where, summary) FAULT_##name,
#define VARIATION(name, where, summary) FAULT_##name,
#include "faults.def"
#undef FAULT
#undef VARIATION
	DUT_NR_FAULTS
};

/* Whether the fault NAME of faults.def is switched on. */
#define fault_is(dut, name) (READ_ONCE((dut)->fault) == FAULT_##name)

/* What the fault that is on remembers; gone when another is switched on, and mostly with a reset. */
struct dut_trip {
	bool set;
	unsigned int count;
	u64 value;
};

/* Something that happens after a while, whatever the device's state is then. */
enum dut_late {
	LATE_NOTHING,
	LATE_TRANSFER,	/* makes the transfer that the DMA registers describe */
	LATE_INTERRUPT,
	LATE_TICK,	/* an interrupt, and again */
	LATE_DATA,	/* puts the rest of a buffer into the section */
	LATE_CONSUME,	/* looks at the data that was given */
	LATE_APPLY,	/* takes over the state that was given */
	LATE_RUN,	/* goes to _RUNNING */
};

/* A call that is not to return. Where it comes up the lock is given back first. */
#define DUT_HANG (-4000)

/* faults.c */
int dut_fault_find(const char *name);
/* The name with dashes, in a buffer of DUT_FAULT_NAME. */
#define DUT_FAULT_NAME 64
const char *dut_fault_name(enum dut_fault fault, char *into);
/* "name<TAB>clauses<TAB>where<TAB>summary\n", or 0 when there is no such fault. */
int dut_fault_line(unsigned int fault, char *into, size_t size);
void dut_fault_switch(struct dut *dut, enum dut_fault fault);
/* Turns DUT_HANG into a call that returns when the fault is switched off or the caller is killed. */
long dut_fault_hang(struct dut *dut, long ret);
void dut_fault_fresh(struct dut *dut);
void dut_late(struct dut *dut, enum dut_late what, unsigned int ms);
void dut_late_work(struct work_struct *work);

/* fault_info.c */
u32 dut_fault_device_flags(struct dut *dut, u32 flags);
/* Whether the fault shows only where device info has a chain. */
bool dut_fault_wants_chain(struct dut *dut);
bool dut_fault_wants_zpci(struct dut *dut);
int dut_fault_add_unknown(struct vfio_info_cap *caps, unsigned int which);
/* A chain that is about to be written, its offsets counted from the structure's start. */
int dut_fault_chain(struct dut *dut, struct vfio_info_cap *caps, size_t size, bool device, size_t *first);
/* Bytes of the chain to write although there is no room for it. */
size_t dut_fault_overrun(struct dut *dut, size_t caps_size, bool device);
int dut_fault_no_room(struct dut *dut, bool device);
void dut_fault_argsz(struct dut *dut, bool room, size_t needed, u32 given, u32 *argsz, u32 *cap_offset, bool device);

/* fault_state.c */
u32 dut_fault_reserved_bits(struct dut *dut);
/* Before the device is stopped for a transition. */
void dut_fault_stopping(struct dut *dut, u32 from, u32 to);
bool dut_fault_reserved_refused(struct dut *dut, u32 value);
u32 dut_fault_state_read(struct dut *dut, u32 value);
/* True when the fault answers the request for a state, with *ret. */
bool dut_fault_request(struct dut *dut, u32 from, u32 to, int *ret);
int dut_fault_requested(struct dut *dut, u32 from, u32 to, int ret);
ssize_t dut_fault_state_written(struct dut *dut, u32 from, ssize_t ret);
u64 dut_fault_counter(struct dut *dut, u64 ticks);

/* fault_reset.c */
bool dut_fault_reset(struct dut *dut, long *ret);
int dut_fault_before_open(struct dut *dut);
void dut_fault_opened(struct dut *dut);
void dut_fault_closing(struct dut *dut);

/* fault_fields.c */
/* True when the fault answers an access of the structure. */
bool dut_fault_read_oddly(struct dut *dut, u64 offset, size_t count, u64 *value, int *ret);
bool dut_fault_write_oddly(struct dut *dut, u64 offset, size_t count, u64 value, int *ret);
bool dut_fault_read_field(struct dut *dut, u64 offset, u64 *value, int *ret);
bool dut_fault_write_field(struct dut *dut, u64 offset, u64 value, int *ret);
/* How far behind the structure the data section begins, beyond the region's own memory. */
u64 dut_fault_far(const struct dut *dut);
void dut_fault_window(const struct dut *dut, unsigned int index, struct dut_area *area);

/* fault_section.c */
struct dut_data_access {
	u8 *bytes;
	size_t count;
	bool swap;	/* an access of 8 bytes */
};

int dut_fault_read_data(struct dut *dut, u64 offset, struct dut_data_access *access);
/* What is kept of a write; 0 or -errno. */
int dut_fault_write_data(struct dut *dut, u64 *offset, size_t *count, size_t *kept);
bool dut_fault_is_hole(const struct dut *dut, u64 offset, u64 size);
int dut_fault_mmap(struct dut *dut, struct vm_area_struct *vma, u64 offset, bool *answered);

/* fault_save.c */
bool dut_fault_saves_nothing(const struct dut *dut);
u64 dut_fault_pending(struct dut *dut, u64 bytes);
void dut_fault_poll(struct dut *dut);
bool dut_fault_keeps_buffer(struct dut *dut);
void dut_fault_acknowledged(struct dut *dut);
/* True when there is to be no buffer this time. */
bool dut_fault_no_buffer(struct dut *dut);
void dut_fault_reread(struct dut *dut);
void dut_fault_before_build(struct dut *dut);
void dut_fault_built(struct dut *dut);
u64 dut_fault_offset(struct dut *dut, u64 offset);
/* After pending_bytes was answered. */
void dut_fault_drained(struct dut *dut, u64 pending);
u64 dut_fault_size(struct dut *dut, u64 size);
void dut_fault_payload(struct dut *dut, u8 *payload, u32 length);
bool dut_fault_end_unchecked(const struct dut *dut);
void dut_fault_save_begins(struct dut *dut, bool final);
void dut_fault_save_ends(struct dut *dut);
/* The buffer that is on offer is acknowledged. */
void dut_fault_taken(struct dut *dut);
/* Cuts records into buffers of this many bytes, this far into the area; 0: a record is a buffer. */
u32 dut_fault_piece(const struct dut *dut, unsigned int index, u32 *offset);
/* Before what was not acknowledged is taken back. */
void dut_fault_before_final(struct dut *dut);
void dut_fault_final(struct dut *dut);
void dut_fault_unsend(struct dut *dut);

/* fault_resume.c */
bool dut_fault_consume(struct dut *dut, u64 *size, int *ret);
bool dut_fault_keeps_block(const struct dut *dut, unsigned long block);
void dut_fault_consume_now(struct dut *dut);
bool dut_fault_apply(struct dut *dut, int *ret);
void dut_fault_applied(struct dut *dut);
void dut_fault_consumed(struct dut *dut);
void dut_fault_apply_now(struct dut *dut);
void dut_fault_forget(struct dut *dut);

/* fault_dirty.c */
bool dut_fault_hides_pages(enum dut_fault fault);
/* Whether mappings are looked at, so that a page can be written without the IOMMU driver's knowledge. */
void dut_fault_watch_mappings(bool on);
/* Writes to the user's memory as the fault has it. True when it was done. */
bool dut_fault_dma_write(struct dut *dut, u64 iova, const void *from, size_t count, int *ret);

#endif
