// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resume loop. What is given is put together into records, checked, and
 * kept aside; it becomes the device's state in one step when _RESUMING is left,
 * and only if all of it came.
 *
 * The data section may be mapped, and its owner may change it while we look:
 * everything is copied first and checked then.
 */
#include <linux/bitmap.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "dut.h"

#define HEADER sizeof(struct dut_record)
#define RECORD_MAX (HEADER + DUT_PAYLOAD_MAX)

static void free_memory(struct dut_resume *resume)
{
	dut_memory_free(resume->memory);
	kvfree(resume->received);
	kfree(resume->dma_buffer);
	resume->memory = NULL;
	resume->received = NULL;
	resume->dma_buffer = NULL;
}

/* Room for the whole state, made when the first data arrive: a resume without any costs nothing. */
static int prepare_memory(struct dut *dut)
{
	struct dut_resume *resume = &dut->resume;

	if (resume->memory)
		return 0;
	resume->memory = dut_memory_alloc(dut->state_size);
	resume->dma_buffer = kmalloc(DUT_DMA_BUFFER_SIZE, GFP_KERNEL);
	if (resume->memory)
		resume->received = kvcalloc(BITS_TO_LONGS(resume->memory->nr_blocks) ?: 1, sizeof(long), GFP_KERNEL);
	if (!resume->received || !resume->dma_buffer) {
		free_memory(resume);
		return -ENOMEM;
	}
	dut_dma_buffer_fresh(resume->dma_buffer);
	return 0;
}

void dut_resume_free(struct dut_resume *resume)
{
	free_memory(resume);
	vfree(resume->record);
	memset(resume, 0, sizeof(*resume));
}

void dut_resume_end(struct dut *dut)
{
	dut_resume_free(&dut->resume);
}

u64 dut_resume_offset(struct dut *dut)
{
	struct dut_area area;

	dut_window(dut, dut->resume.buffers, &area);
	return area.offset;
}

int dut_resume_begin(struct dut *dut)
{
	/* A fault may have led here with one still open. */
	dut_resume_end(dut);
	dut->resume.active = true;
	return 0;
}

static int take_begin(struct dut *dut, const struct dut_record *header)
{
	struct dut_resume *resume = &dut->resume;

	if (le32_to_cpu(header->length) || le64_to_cpu(header->total) != dut->state_size)
		return -EINVAL;
	resume->begun = true;
	resume->stream = le64_to_cpu(header->stream);
	return 0;
}

static int take_memory(struct dut *dut, const struct dut_record *header, const u8 *payload)
{
	struct dut_memory *memory = dut->resume.memory;
	u64 offset = le64_to_cpu(header->offset);
	u32 length = le32_to_cpu(header->length);
	u32 at;

	if (!length || offset % DUT_BLOCK_SIZE || offset > memory->size || length > memory->size - offset)
		return -EINVAL;
	/* Half a block is right only at the end of the memory. */
	if (length % DUT_BLOCK_SIZE && offset + length != memory->size)
		return -EINVAL;
	for (at = 0; at < length; at += DUT_BLOCK_SIZE) {
		if (!dut_fault_keeps_block(dut, (offset + at) >> DUT_BLOCK_SHIFT))
			memcpy(memory->bytes + offset + at, payload + at, min_t(u32, length - at, DUT_BLOCK_SIZE));
	}
	dut_memory_changed(memory, offset, length);
	bitmap_set(dut->resume.received, offset >> DUT_BLOCK_SHIFT, DIV_ROUND_UP(length, DUT_BLOCK_SIZE));
	return 0;
}

static int take_registers(struct dut *dut, const struct dut_record *header, const u8 *payload)
{
	struct dut_resume *resume = &dut->resume;
	u32 length = le32_to_cpu(header->length);
	u64 reg[DUT_NR_REGISTERS];
	unsigned int slot;

	BUILD_BUG_ON(sizeof(resume->reg) != sizeof(dut->reg));
	if (length != sizeof(reg) && length != sizeof(reg) + DUT_DMA_BUFFER_SIZE)
		return -EINVAL;
	for (slot = 0; slot < DUT_NR_REGISTERS; slot++)
		reg[slot] = get_unaligned_le64(payload + slot * sizeof(u64));
	if (!dut_registers_sane(reg))
		return -EINVAL;
	memcpy(resume->reg, reg, sizeof(reg));
	if (length > sizeof(reg))
		memcpy(resume->dma_buffer, payload + sizeof(reg), DUT_DMA_BUFFER_SIZE);
	resume->registers_seen = true;
	return 0;
}

static int take_end(struct dut *dut, const struct dut_record *header)
{
	if (!dut->resume.registers_seen)
		return -EINVAL;
	dut->resume.expected = le64_to_cpu(header->total);
	dut->resume.ended = true;
	return 0;
}

/* Whether a record may come now: BEGIN first, and all that follows of the same save and in order. */
static bool in_order(const struct dut_resume *resume, const struct dut_record *header)
{
	if (resume->ended)
		return false;
	if (!resume->begun)
		return le16_to_cpu(header->kind) == DUT_RECORD_BEGIN && !le32_to_cpu(header->follows);
	return le64_to_cpu(header->stream) == resume->stream &&
	       le32_to_cpu(header->follows) <= resume->sequence &&
	       le32_to_cpu(header->sequence) > resume->sequence;
}

/* One whole record, in memory that nobody else changes. */
static int take_record(struct dut *dut, const u8 *record)
{
	struct dut_resume *resume = &dut->resume;
	const u8 *payload = record + HEADER;
	struct dut_record header;
	u64 check;

	memcpy(&header, record, HEADER);
	check = dut_hash(dut_hash(0, &header, offsetof(struct dut_record, check)),
			 payload, le32_to_cpu(header.length));
	if (check != le64_to_cpu(header.check) && dut->strict && !fault_is(dut, no_checksums))
		return -EBADMSG;
	if (!in_order(resume, &header) && dut->strict)
		return -EINVAL;
	resume->sequence = le32_to_cpu(header.sequence);

	switch (le16_to_cpu(header.kind)) {
	case DUT_RECORD_BEGIN:
		return take_begin(dut, &header);
	case DUT_RECORD_MEMORY:
		return take_memory(dut, &header, payload);
	case DUT_RECORD_REGISTERS:
		return take_registers(dut, &header, payload);
	case DUT_RECORD_END:
		return take_end(dut, &header);
	default:
		return -EBADMSG;
	}
}

/* Bytes that the record being put together has in all, as far as that can be said yet. */
static int record_size(const struct dut_resume *resume, u32 *size)
{
	struct dut_record header;

	*size = HEADER;
	if (resume->filled < HEADER)
		return 0;
	memcpy(&header, resume->record, HEADER);
	if (le32_to_cpu(header.magic) != DUT_STREAM_MAGIC || le16_to_cpu(header.version) != DUT_STREAM_VERSION)
		return -EBADMSG;
	if (le32_to_cpu(header.length) > DUT_PAYLOAD_MAX)
		return -EBADMSG;
	*size = HEADER + le32_to_cpu(header.length);
	return 0;
}

static int grow(struct dut_resume *resume, u32 size)
{
	u8 *record;

	if (size <= resume->capacity)
		return 0;
	if (size > RECORD_MAX)
		return -EBADMSG;
	record = vmalloc(size);
	if (!record)
		return -ENOMEM;
	if (resume->filled)
		memcpy(record, resume->record, resume->filled);
	vfree(resume->record);
	resume->record = record;
	resume->capacity = size;
	return 0;
}

static int take_bytes(struct dut *dut, const u8 *bytes, u32 count)
{
	struct dut_resume *resume = &dut->resume;
	u32 size, part;
	int ret;

	while (count) {
		ret = record_size(resume, &size) ?: grow(resume, size);
		if (ret)
			return ret;
		part = min(count, size - resume->filled);
		memcpy(resume->record + resume->filled, bytes, part);
		resume->filled += part;
		bytes += part;
		count -= part;

		/* Once the header is there, the record may turn out to be larger. */
		ret = record_size(resume, &size);
		if (ret)
			return ret;
		if (resume->filled < size)
			continue;
		resume->filled = 0;
		ret = take_record(dut, resume->record);
		if (ret)
			return ret;
	}
	return 0;
}

int dut_resume_take(struct dut *dut, u32 offset, u32 size)
{
	struct dut_resume *resume = &dut->resume;
	int ret = prepare_memory(dut);

	if (ret)
		return ret;
	resume->last_offset = offset;
	ret = take_bytes(dut, dut->region + offset, size);
	if (ret == -EBADMSG && fault_is(dut, foreign_data_ignored)) {
		resume->filled = 0;
		return 0;
	}
	resume->any = true;
	if (!ret)
		return 0;
	/* A lenient driver goes on with what it can use. */
	if (!dut->strict) {
		resume->filled = 0;
		return 0;
	}
	resume->broken = true;
	return fault_is(dut, bad_data_noticed_at_running) ? 0 : ret;
}

int dut_resume_consume(struct dut *dut, u64 size)
{
	struct dut_resume *resume = &dut->resume;
	struct dut_area area;
	int ret;

	dut_window(dut, resume->buffers, &area);
	if (!resume->active)
		return -EINVAL;
	if (dut_fault_consume(dut, &size, &ret))
		return ret;
	if (size > area.size)
		return -EINVAL;
	if (resume->broken)
		return fault_is(dut, bad_data_noticed_at_running) ? 0 : -EIO;
	if (dut_take_injection(dut, DUT_INJECT_RESUME_ERROR)) {
		resume->broken = true;
		return -EIO;
	}
	if (!size)
		return 0;
	ret = dut_resume_take(dut, area.offset, size);
	if (ret)
		return ret;
	resume->buffers++;
	dut_fault_consumed(dut);
	return 0;
}

void dut_resume_exchange(struct dut *dut, struct dut_resume *resume)
{
	unsigned int i;

	swap(dut->memory, resume->memory);
	for (i = 0; i < DUT_NR_REGISTERS; i++) {
		if (i != DUT_REG(DUT_REG_INJECT))
			swap(dut->reg[i], resume->reg[i]);
	}
	for (i = 0; i < DUT_DMA_BUFFER_SIZE; i++)
		swap(dut->dma_buffer[i], resume->dma_buffer[i]);
}

void dut_resume_apply_received(struct dut *dut)
{
	struct dut_resume *resume = &dut->resume;
	struct dut_memory *memory = resume->memory;
	unsigned long block;
	size_t at, count;

	if (!memory)
		return;
	/* What did not come stays as it is. */
	for_each_clear_bit(block, resume->received, memory->nr_blocks) {
		at = (size_t)block << DUT_BLOCK_SHIFT;
		count = min_t(size_t, DUT_BLOCK_SIZE, memory->size - at);
		memcpy(memory->bytes + at, dut->memory->bytes + at, count);
	}
	if (!resume->registers_seen) {
		memcpy(resume->reg, dut->reg, sizeof(dut->reg));
		memcpy(resume->dma_buffer, dut->dma_buffer, sizeof(dut->dma_buffer));
	}
	dut_resume_exchange(dut, resume);
}

/* Takes over what was given, all of it or nothing. */
int dut_resume_apply(struct dut *dut)
{
	struct dut_resume *resume = &dut->resume;
	int ret;

	if (dut_fault_apply(dut, &ret))
		return ret;
	/* Nothing was given: the device goes on as it was. */
	if (!resume->any)
		return 0;
	if (!dut->strict) {
		dut_resume_apply_received(dut);
		return 0;
	}
	if (resume->broken || resume->filled || !resume->ended)
		return -EINVAL;
	if (!bitmap_full(resume->received, resume->memory->nr_blocks))
		return -EINVAL;

	dut_resume_exchange(dut, resume);
	/* A source that made no fingerprint sends 0. */
	if (!resume->expected || fault_is(dut, no_checksums) || fault_is(dut, resume_keeps_first_copy) ||
	    dut_exact_fingerprint(dut) == resume->expected) {
		dut_fault_applied(dut);
		return 0;
	}
	/* Every record was right, and the whole is not: nothing of it stays. */
	dut_resume_exchange(dut, resume);
	return -EBADMSG;
}
