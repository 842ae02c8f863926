// SPDX-License-Identifier: GPL-2.0-only
/*
 * BAR 0: see registers.h.
 */
#include <linux/ktime.h>
#include <linux/string.h>

#include "dut.h"

#define TICK_NS 10000

void dut_dma_buffer_fresh(u8 *buffer)
{
	u32 at;

	for (at = 0; at < DUT_DMA_BUFFER_SIZE; at += sizeof(u64))
		put_unaligned_le64(dut_mix(DUT_DMA_BUFFER_BASE + at), buffer + at);
}

bool dut_dma_buffer_is_fresh(const u8 *buffer)
{
	u32 at;

	for (at = 0; at < DUT_DMA_BUFFER_SIZE; at += sizeof(u64)) {
		if (get_unaligned_le64(buffer + at) != dut_mix(DUT_DMA_BUFFER_BASE + at))
			return false;
	}
	return true;
}

void dut_registers_fresh(struct dut *dut)
{
	memset(dut->reg, 0, sizeof(dut->reg));
	dut->reg[DUT_REG(DUT_REG_SEED)] = DUT_SEED_DEFAULT;
	dut->reg[DUT_REG(DUT_REG_PERIOD)] = DUT_PERIOD_DEFAULT;
	dut_dma_buffer_fresh(dut->dma_buffer);
}

bool dut_registers_sane(const u64 *reg)
{
	u64 period = reg[DUT_REG(DUT_REG_PERIOD)];

	return !(reg[DUT_REG(DUT_REG_CONTROL)] & ~(u64)DUT_CONTROL_MASK) &&
	       period >= 1 && period <= DUT_PERIOD_MAX &&
	       reg[DUT_REG(DUT_REG_DMA_DELAY)] <= DUT_DMA_DELAY_MAX;
}

u64 dut_ticks_since(ktime_t when)
{
	return div_u64(ktime_to_ns(ktime_sub(ktime_get(), when)), TICK_NS);
}

u64 dut_counter(struct dut *dut)
{
	u64 ticks = dut->reg[DUT_REG(DUT_REG_COUNTER)];

	return dut->running ? ticks + dut_ticks_since(dut->started) : ticks;
}

void dut_clear_scratch(u64 *reg)
{
	memset(&reg[DUT_REG(DUT_REG_SCRATCH)], 0, DUT_REG_SCRATCH_END - DUT_REG_SCRATCH);
}

/* Registers that hold what the guest set, and change only when it does. */
static bool is_configuration(unsigned int slot)
{
	switch (slot * 8) {
	case DUT_REG_CONTROL:
	case DUT_REG_PERIOD:
	case DUT_REG_DMA_DELAY:
	case DUT_REG_SEED:
	case DUT_REG_DMA_SOURCE:
	case DUT_REG_DMA_TARGET:
	case DUT_REG_DMA_COUNT:
	case DUT_REG_RING_BASE:
	case DUT_REG_RING_SIZE:
	case DUT_REG_SCRATCH ... DUT_REG_SCRATCH_END - 1:
		return true;
	default:
		return false;
	}
}

u64 dut_fingerprint(struct dut *dut)
{
	u64 hash = dut_hash(dut->state_size, dut->dma_buffer, sizeof(dut->dma_buffer));
	unsigned int slot;

	hash = dut_mix(hash ^ dut_memory_hash(dut->memory));
	for (slot = 0; slot < DUT_NR_REGISTERS; slot++) {
		if (is_configuration(slot))
			hash = dut_mix(hash * 3 + dut->reg[slot]);
	}
	return hash;
}

u64 dut_exact_fingerprint(struct dut *dut)
{
	u64 hash = dut_fingerprint(dut);

	hash = dut_mix(hash * 3 + dut_counter(dut));
	hash = dut_mix(hash * 3 + dut->reg[DUT_REG(DUT_REG_IRQ_COUNT)]);
	hash = dut_mix(hash * 3 + dut->reg[DUT_REG(DUT_REG_RING_HEAD)]);
	hash = dut_mix(hash * 3 + dut->reg[DUT_REG(DUT_REG_DMA_COMMAND)]);
	return dut_mix(hash * 3 + dut->reg[DUT_REG(DUT_REG_DMA_SERIAL)]);
}

bool dut_take_injection(struct dut *dut, u64 what)
{
	if (dut->reg[DUT_REG(DUT_REG_INJECT)] != what)
		return false;
	dut->reg[DUT_REG(DUT_REG_INJECT)] = 0;
	return true;
}

/* Where STATE_ADDRESS points, or NULL when that is not inside the memory. */
static u8 *state_word(struct dut *dut)
{
	u64 at = dut->reg[DUT_REG(DUT_REG_STATE_ADDRESS)];

	if (dut->memory->size < sizeof(u64) || at > dut->memory->size - sizeof(u64))
		return NULL;
	return dut->memory->bytes + at;
}

static u64 load(struct dut *dut, unsigned int slot)
{
	const u8 *word;

	switch (slot * 8) {
	case DUT_REG_ID:
		return DUT_ID_VALUE;
	case DUT_REG_STATUS:
		return (dut->running ? DUT_STATUS_RUNNING : 0) |
		       (dut->reg[DUT_REG(DUT_REG_DMA_COMMAND)] & DUT_DMA_START ? DUT_STATUS_DMA_BUSY : 0);
	case DUT_REG_COUNTER:
		return dut_fault_counter(dut, dut_counter(dut));
	case DUT_REG_STATE_SIZE:
		return dut->state_size;
	case DUT_REG_STATE_DATA:
		word = state_word(dut);
		return word ? get_unaligned_le64(word) : ~0ull;
	case DUT_REG_FINGERPRINT:
		return dut_fingerprint(dut);
	case DUT_REG_EXACT:
		return dut_exact_fingerprint(dut);
	default:
		return dut->reg[slot];
	}
}

static void store(struct dut *dut, unsigned int slot, u64 value)
{
	u8 *word;

	switch (slot * 8) {
	case DUT_REG_CONTROL:
		dut->reg[slot] = value & DUT_CONTROL_MASK;
		dut_activity_kick(dut);
		break;
	case DUT_REG_PERIOD:
		dut->reg[slot] = clamp_t(u64, value, 1, DUT_PERIOD_MAX);
		break;
	case DUT_REG_DMA_DELAY:
		dut->reg[slot] = min_t(u64, value, DUT_DMA_DELAY_MAX);
		break;
	case DUT_REG_IRQ_RAISE:
		dut_raise_msi(dut);
		break;
	case DUT_REG_SEED:
		dut->reg[slot] = value;
		dut_memory_fill(dut->memory, value);
		break;
	case DUT_REG_STATE_ADDRESS:
		dut->reg[slot] = value;
		break;
	case DUT_REG_STATE_DATA:
		word = state_word(dut);
		if (word) {
			put_unaligned_le64(value, word);
			dut_memory_changed(dut->memory, word - dut->memory->bytes, sizeof(u64));
		}
		break;
	case DUT_REG_DMA_COMMAND:
		/* A transfer that is under way takes no second command. */
		if (dut->reg[slot] & DUT_DMA_START)
			break;
		dut->reg[slot] = value;
		if (value & DUT_DMA_START)
			dut_dma_command(dut);
		break;
	case DUT_REG_PIN_COMMAND:
		dut_pin_command(dut, value);
		break;
	case DUT_REG_DMA_SOURCE:
	case DUT_REG_DMA_TARGET:
	case DUT_REG_DMA_COUNT:
	case DUT_REG_RING_BASE:
	case DUT_REG_RING_SIZE:
	case DUT_REG_PIN_IOVA:
	case DUT_REG_PIN_COUNT:
	case DUT_REG_SCRATCH ... DUT_REG_SCRATCH_END - 1:
		dut->reg[slot] = value;
		break;
	default:	/* read-only, or nothing there */
		break;
	}
}

/* A write of 1 or 2 bytes changes a stored register; it starts nothing. */
static bool is_stored(unsigned int slot)
{
	return is_configuration(slot) && slot != DUT_REG(DUT_REG_CONTROL) && slot != DUT_REG(DUT_REG_SEED);
}

/* The widest naturally aligned access at `offset`: a long read or write is made of these, as vfio-pci does. */
static u32 natural_width(u32 offset, u32 count)
{
	u32 width = sizeof(u64);

	while (offset % width || width > count)
		width /= 2;
	return width;
}

void dut_bar0_read(struct dut *dut, u8 *into, u32 offset, u32 count)
{
	u32 width;
	u8 value[sizeof(u64)];

	for (; count; offset += width, into += width, count -= width) {
		width = natural_width(offset, count);
		put_unaligned_le64(offset / 8 < DUT_NR_REGISTERS ? load(dut, offset / 8) : 0, value);
		memcpy(into, value + offset % 8, width);
	}
}

bool dut_bar0_write(struct dut *dut, const u8 *from, u32 offset, u32 count)
{
	bool wait = false;
	u8 value[sizeof(u64)];
	unsigned int slot;
	u32 width;

	for (; count; offset += width, from += width, count -= width) {
		width = natural_width(offset, count);
		slot = offset / 8;
		if (slot >= DUT_NR_REGISTERS)
			continue;
		/* A stopped device takes no orders: its guest does not run. */
		if (!dut->running && slot != DUT_REG(DUT_REG_INJECT))
			continue;
		if (width < sizeof(u32) && !is_stored(slot))
			continue;
		put_unaligned_le64(dut->reg[slot], value);
		memcpy(value + offset % 8, from, width);
		if (slot == DUT_REG(DUT_REG_INJECT)) {
			dut->reg[slot] = get_unaligned_le64(value);
			if (dut_take_injection(dut, DUT_INJECT_ERROR_NOW))
				dut_enter_error(dut);
			continue;
		}
		store(dut, slot, get_unaligned_le64(value));
		if (slot == DUT_REG(DUT_REG_DMA_COMMAND) && offset % 8 == 0 &&
		    (value[0] & (DUT_DMA_START | DUT_DMA_SYNC)) == (DUT_DMA_START | DUT_DMA_SYNC))
			wait = true;
	}
	return wait;
}
