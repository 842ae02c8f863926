// SPDX-License-Identifier: GPL-2.0-only
/*
 * The save loop. Every buffer is one record: first BEGIN, then the state memory
 * that has changed, and in stop-and-copy at last REGISTERS and END.
 *
 *   pending_bytes  ends the iteration that is on, and says what is left
 *   data_offset    builds the next record, if none is on offer
 *   data_size      its size
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/string.h>

#include "dut.h"

#define HEADER sizeof(struct dut_record)

/* Most state memory in one record: whole blocks, as many as an area takes. */
static u32 payload_max(const struct dut *dut)
{
	if (fault_is(dut, small_buffers))
		return DUT_BLOCK_SIZE;
	return round_down(min_t(u32, dut->section_size - HEADER, DUT_PAYLOAD_MAX), DUT_BLOCK_SIZE);
}

/* Bytes of the run of dirty blocks at `first`, at most one record's. */
static u32 run_length(const struct dut *dut, unsigned long first)
{
	const struct dut_memory *memory = dut->memory;
	size_t from = (size_t)first << DUT_BLOCK_SHIFT;
	unsigned long end = find_next_zero_bit(memory->dirty, memory->nr_blocks, first);
	size_t to = min_t(size_t, (size_t)end << DUT_BLOCK_SHIFT, memory->size);

	return min_t(size_t, to - from, payload_max(dut));
}

static u64 memory_pending(const struct dut *dut)
{
	const struct dut_memory *memory = dut->memory;
	unsigned long at = 0;
	u64 bytes = 0;
	u32 length;

	if (!memory->size)
		return 0;
	for (;;) {
		at = find_next_bit(memory->dirty, memory->nr_blocks, at);
		if (at >= memory->nr_blocks)
			return bytes;
		length = run_length(dut, at);
		bytes += HEADER + length;
		at += DIV_ROUND_UP(length, DUT_BLOCK_SIZE);
	}
}

/* The DMA buffer goes with the registers unless it is as it was made. */
static u32 registers_length(const struct dut *dut)
{
	return sizeof(dut->reg) + (dut_dma_buffer_is_fresh(dut->dma_buffer) ? 0 : DUT_DMA_BUFFER_SIZE);
}

/*
 * Exact in stop-and-copy, where nothing changes any more: counted once, and then
 * down. In pre-copy the blocks that are dirty at the moment.
 */
u64 dut_save_left(struct dut *dut)
{
	const struct dut_save *save = &dut->save;
	u64 bytes;

	if (!save->active)
		return 0;
	if (save->final)
		bytes = save->left + (save->record_size - save->record_at);
	else
		bytes = (u64)dut_memory_nr_dirty(dut->memory) * DUT_BLOCK_SIZE + (save->begun ? 0 : HEADER);
	return dut_fault_pending(dut, bytes);
}

/* From here on the device changes no more: what is left can be counted. */
static void count(struct dut *dut)
{
	struct dut_save *save = &dut->save;

	save->final = true;
	save->left = memory_pending(dut) + (save->begun ? 0 : HEADER) + HEADER + registers_length(dut) + HEADER;
}

int dut_save_begin(struct dut *dut, bool final)
{
	dut_save_end(dut);
	dut->save.active = true;
	dut->save.stream = get_random_u64();
	dut->save.since = ktime_get();
	dut_memory_all_dirty(dut->memory);
	dut_fault_save_begins(dut, final);
	if (final)
		count(dut);
	return 0;
}

/* What an unacknowledged record held has to be sent again: nobody knows whether the user has it. */
static void take_back(struct dut *dut)
{
	struct dut_save *save = &dut->save;

	if (!save->ready)
		return;
	save->ready = false;
	if (save->kind == DUT_RECORD_BEGIN)
		save->begun = false;
	if (save->kind != DUT_RECORD_MEMORY)
		return;
	bitmap_set(dut->memory->dirty, save->from >> DUT_BLOCK_SHIFT, DIV_ROUND_UP(save->length, DUT_BLOCK_SIZE));
	bitmap_clear(dut->memory->sent, save->from >> DUT_BLOCK_SHIFT, DIV_ROUND_UP(save->length, DUT_BLOCK_SIZE));
}

int dut_save_finalize(struct dut *dut)
{
	dut_fault_before_final(dut);
	take_back(dut);
	dut_fault_final(dut);
	count(dut);
	return 0;
}

void dut_save_end(struct dut *dut)
{
	dut_fault_save_ends(dut);
	kvfree(dut->save.record);
	memset(&dut->save, 0, sizeof(dut->save));
}

static void put_registers(struct dut *dut, u8 *payload, u32 length)
{
	unsigned int slot;

	for (slot = 0; slot < DUT_NR_REGISTERS; slot++)
		put_unaligned_le64(dut->reg[slot], payload + slot * sizeof(u64));
	if (length > sizeof(dut->reg))
		memcpy(payload + sizeof(dut->reg), dut->dma_buffer, DUT_DMA_BUFFER_SIZE);
}

/* Decides what comes next, and takes it off the list of what is left. */
static bool choose(struct dut *dut)
{
	struct dut_save *save = &dut->save;
	struct dut_memory *memory = dut->memory;
	unsigned long block = memory->size ? find_first_bit(memory->dirty, memory->nr_blocks) : 0;

	save->from = 0;
	save->length = 0;
	if (!save->begun) {
		save->kind = DUT_RECORD_BEGIN;
		save->begun = true;
	} else if (memory->size && block < memory->nr_blocks) {
		save->kind = DUT_RECORD_MEMORY;
		save->from = (u64)block << DUT_BLOCK_SHIFT;
		save->length = run_length(dut, block);
		bitmap_clear(memory->dirty, block, DIV_ROUND_UP(save->length, DUT_BLOCK_SIZE));
		bitmap_set(memory->sent, block, DIV_ROUND_UP(save->length, DUT_BLOCK_SIZE));
	} else if (save->final && !save->registers_sent) {
		save->kind = DUT_RECORD_REGISTERS;
		save->length = registers_length(dut);
		save->registers_sent = true;
	} else if (save->final && !save->ended) {
		save->kind = DUT_RECORD_END;
		save->ended = true;
	} else {
		return false;
	}
	return true;
}

static u32 build(struct dut *dut, u8 *into)
{
	struct dut_save *save = &dut->save;
	u8 *payload = into + HEADER;
	struct dut_record header = {
		.magic = cpu_to_le32(DUT_STREAM_MAGIC),
		.version = cpu_to_le16(DUT_STREAM_VERSION),
		.kind = cpu_to_le16(save->kind),
		.stream = cpu_to_le64(save->stream),
		.sequence = cpu_to_le32(++save->sequence),
		.follows = cpu_to_le32(save->acknowledged),
		.offset = cpu_to_le64(save->from),
		.length = cpu_to_le32(save->length),
	};

	if (save->kind == DUT_RECORD_BEGIN)
		header.total = cpu_to_le64(dut->memory->size);
	else if (save->kind == DUT_RECORD_END && !dut_fault_end_unchecked(dut))
		header.total = cpu_to_le64(dut_exact_fingerprint(dut));
	else if (save->kind == DUT_RECORD_REGISTERS)
		put_registers(dut, payload, save->length);
	else if (save->kind == DUT_RECORD_MEMORY)
		memcpy(payload, dut->memory->bytes + save->from, save->length);
	dut_fault_payload(dut, payload, save->length);

	header.check = cpu_to_le64(dut_hash(dut_hash(0, &header, offsetof(struct dut_record, check)),
					    payload, save->length));
	memcpy(into, &header, HEADER);
	if (save->final)
		save->left -= min_t(u64, save->left, HEADER + save->length);
	return HEADER + save->length;
}

/* The next record, whole, as the next buffer. */
static bool offer_record(struct dut *dut, const struct dut_area *area)
{
	struct dut_save *save = &dut->save;

	if (!choose(dut))
		return false;
	dut_fault_before_build(dut);
	save->offset = area->offset;
	save->size = build(dut, dut->region + area->offset);
	return true;
}

/* A variation: the next piece of a record as the next buffer. */
static int offer_piece(struct dut *dut, struct dut_area *area, u32 piece)
{
	struct dut_save *save = &dut->save;

	if (!save->record) {
		save->record = kvmalloc(HEADER + max_t(u32, payload_max(dut), SZ_8K), GFP_KERNEL);
		if (!save->record)
			return -ENOMEM;
	}
	if (save->record_at == save->record_size) {
		if (!choose(dut))
			return false;
		save->record_size = build(dut, save->record);
		save->record_at = 0;
	}
	save->size = min(piece, save->record_size - save->record_at);
	memcpy(dut->region + area->offset, save->record + save->record_at, save->size);
	return true;
}

int dut_save_offer(struct dut *dut)
{
	struct dut_save *save = &dut->save;
	struct dut_area area;
	u32 piece;
	int ret;

	if (dut_fault_saves_nothing(dut))
		return 0;
	dut_window(dut, save->buffers, &area);
	piece = dut_fault_piece(dut, save->buffers, &area.offset);
	ret = piece ? offer_piece(dut, &area, piece) : offer_record(dut, &area);
	if (ret <= 0)
		return ret;
	save->offset = area.offset;
	save->ready = true;
	save->buffers++;
	save->polls = 0;
	save->size_reads = 0;
	return 0;
}

void dut_save_acknowledge(struct dut *dut)
{
	struct dut_save *save = &dut->save;

	save->offset_reads = 0;
	if (!save->ready)
		return;
	save->ready = false;
	dut_fault_taken(dut);
	if (save->record) {
		save->record_at += save->size;
		if (save->record_at < save->record_size)
			return;
	}
	save->acknowledged = save->sequence;
}

u64 dut_save_pending(struct dut *dut)
{
	u64 left;

	if (!dut->save.active)
		return 0;
	dut_fault_poll(dut);
	if (!dut_fault_keeps_buffer(dut))
		dut_save_acknowledge(dut);
	dut_fault_acknowledged(dut);
	left = dut_save_left(dut);
	dut_fault_drained(dut, left);
	return left;
}

int dut_save_offset(struct dut *dut, u64 *offset)
{
	struct dut_save *save = &dut->save;
	struct dut_area area;
	int ret = 0;

	save->offset_reads++;
	dut_fault_reread(dut);
	if (!save->ready) {
		if (dut_take_injection(dut, DUT_INJECT_SAVE_ERROR))
			return -EIO;
		if (!dut_fault_no_buffer(dut))
			ret = dut_save_offer(dut);
		if (ret)
			return ret;
		dut_fault_built(dut);
	}
	dut_window(dut, save->buffers, &area);
	*offset = dut_fault_offset(dut, save->ready ? save->offset : area.offset);
	return 0;
}

u64 dut_save_size(struct dut *dut)
{
	if (!dut->save.ready)
		return 0;
	dut->save.size_reads++;
	return dut_fault_size(dut, dut->save.size);
}
