// SPDX-License-Identifier: GPL-2.0-only
/*
 * The internal state memory: see memory.h.
 */
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "memory.h"

#define GOLDEN 0x9e3779b97f4a7c15ull

/* The finalizer of splitmix64: every bit of the input reaches every bit. */
u64 dut_mix(u64 value)
{
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
	return value ^ (value >> 31);
}

u64 dut_hash(u64 start, const void *bytes, size_t count)
{
	const u8 *at = bytes;
	u64 hash = start ^ (count * GOLDEN);
	u64 word;

	/* Each step is a bijection of the hash, so one changed word cannot cancel out. */
	for (; count >= sizeof(word); count -= sizeof(word), at += sizeof(word)) {
		word = get_unaligned_le64(at);
		hash = rol64((hash ^ word) * GOLDEN, 29);
	}
	for (word = 0; count; count--)
		word = word << 8 | at[count - 1];
	return dut_mix((hash ^ word) * GOLDEN);
}

static size_t block_size(const struct dut_memory *memory, unsigned long block)
{
	return min_t(size_t, DUT_BLOCK_SIZE, memory->size - ((size_t)block << DUT_BLOCK_SHIFT));
}

struct dut_memory *dut_memory_alloc(size_t size)
{
	struct dut_memory *memory = kzalloc(sizeof(*memory), GFP_KERNEL);
	size_t longs;

	if (!memory)
		return NULL;
	memory->size = size;
	memory->nr_blocks = DIV_ROUND_UP(size, DUT_BLOCK_SIZE);
	if (!size)
		return memory;

	longs = BITS_TO_LONGS(memory->nr_blocks);
	memory->bytes = vmalloc(size);
	memory->dirty = kvcalloc(longs, sizeof(long), GFP_KERNEL);
	memory->sent = kvcalloc(longs, sizeof(long), GFP_KERNEL);
	memory->stale = kvcalloc(longs, sizeof(long), GFP_KERNEL);
	memory->touched = kvcalloc(longs, sizeof(long), GFP_KERNEL);
	memory->hash = kvcalloc(memory->nr_blocks, sizeof(u64), GFP_KERNEL);
	if (!memory->bytes || !memory->dirty || !memory->sent || !memory->stale || !memory->touched || !memory->hash) {
		dut_memory_free(memory);
		return NULL;
	}
	/* Nothing is filled in yet: the first fill has to write all of it. */
	dut_memory_changed(memory, 0, size);
	return memory;
}

void dut_memory_free(struct dut_memory *memory)
{
	if (!memory)
		return;
	vfree(memory->bytes);
	kvfree(memory->dirty);
	kvfree(memory->sent);
	kvfree(memory->stale);
	kvfree(memory->touched);
	kvfree(memory->hash);
	kfree(memory);
}

void dut_memory_pattern(u64 seed, size_t offset, u8 *into, size_t count)
{
	u64 index = offset / sizeof(u64);
	u64 word;

	for (; count >= sizeof(word); count -= sizeof(word), into += sizeof(word))
		put_unaligned_le64(dut_mix(seed + ++index * GOLDEN), into);
	for (word = dut_mix(seed + ++index * GOLDEN); count; count--, word >>= 8)
		*into++ = (u8)word;
}

void dut_memory_fill(struct dut_memory *memory, u64 seed)
{
	unsigned long block;

	if (!memory->size)
		return;
	if (memory->seed != seed)
		bitmap_fill(memory->touched, memory->nr_blocks);
	memory->seed = seed;
	for_each_set_bit(block, memory->touched, memory->nr_blocks) {
		dut_memory_pattern(seed, (size_t)block << DUT_BLOCK_SHIFT,
				   memory->bytes + ((size_t)block << DUT_BLOCK_SHIFT), block_size(memory, block));
		set_bit(block, memory->stale);
		set_bit(block, memory->dirty);
		if (!(block % 1024))
			cond_resched();
	}
	bitmap_zero(memory->touched, memory->nr_blocks);
}

void dut_memory_changed(struct dut_memory *memory, size_t offset, size_t count)
{
	unsigned long first, last;

	if (!count)
		return;
	first = offset >> DUT_BLOCK_SHIFT;
	last = (offset + count - 1) >> DUT_BLOCK_SHIFT;
	bitmap_set(memory->dirty, first, last - first + 1);
	bitmap_set(memory->stale, first, last - first + 1);
	bitmap_set(memory->touched, first, last - first + 1);
}

void dut_memory_all_dirty(struct dut_memory *memory)
{
	if (memory->size)
		bitmap_fill(memory->dirty, memory->nr_blocks);
}

unsigned long dut_memory_nr_dirty(const struct dut_memory *memory)
{
	return memory->size ? bitmap_weight(memory->dirty, memory->nr_blocks) : 0;
}

/* A block's part in the sum: moving a block or swapping two changes it. */
static u64 block_term(const struct dut_memory *memory, unsigned long block)
{
	return dut_mix(memory->hash[block] + (block + 1) * GOLDEN);
}

u64 dut_memory_hash(struct dut_memory *memory)
{
	unsigned long block;

	if (!memory->size)
		return 0;
	for_each_set_bit(block, memory->stale, memory->nr_blocks) {
		if (memory->hash[block])
			memory->sum -= block_term(memory, block);
		/* 0 stands for a hash that was never made. */
		memory->hash[block] = dut_hash(memory->size, memory->bytes + ((size_t)block << DUT_BLOCK_SHIFT),
					       block_size(memory, block)) ?: 1;
		memory->sum += block_term(memory, block);
		if (!(block % 1024))
			cond_resched();
	}
	bitmap_zero(memory->stale, memory->nr_blocks);
	return memory->sum;
}
