/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device's internal state memory: bytes to 256 MiB, with what has changed
 * since it was last sent, and a hash that costs only what has changed.
 */
#ifndef DUT_MEMORY_H
#define DUT_MEMORY_H

#include <linux/types.h>

#define DUT_BLOCK_SHIFT 12
#define DUT_BLOCK_SIZE (1u << DUT_BLOCK_SHIFT)

struct dut_memory {
	size_t size;
	unsigned long nr_blocks;
	u8 *bytes;
	u64 seed;		/* whose pattern the untouched blocks hold */
	unsigned long *dirty;	/* blocks to be sent */
	unsigned long *sent;	/* blocks that were sent in this save */
	unsigned long *stale;	/* blocks whose hash is out of date */
	unsigned long *touched;	/* blocks that do not hold the seed's pattern */
	u64 *hash;
	u64 sum;		/* of all hashes, each mixed with its index */
};

struct dut_memory *dut_memory_alloc(size_t size);
void dut_memory_free(struct dut_memory *memory);

/* Fills the memory with the pattern of a seed; only what differs is written. */
void dut_memory_fill(struct dut_memory *memory, u64 seed);
/* `count` bytes of that pattern from `offset`, a multiple of the block size. */
void dut_memory_pattern(u64 seed, size_t offset, u8 *into, size_t count);
/* Says that bytes were changed. */
void dut_memory_changed(struct dut_memory *memory, size_t offset, size_t count);
void dut_memory_all_dirty(struct dut_memory *memory);
unsigned long dut_memory_nr_dirty(const struct dut_memory *memory);
u64 dut_memory_hash(struct dut_memory *memory);

/* Hash of any bytes, for checks and fingerprints: a changed word always shows. */
u64 dut_hash(u64 start, const void *bytes, size_t count);
u64 dut_mix(u64 value);

#endif
