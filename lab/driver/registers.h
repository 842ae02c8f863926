/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BAR 0: 64-bit registers at multiples of 8. Any of them may be read in
 * naturally aligned pieces; writes of 4 or 8 bytes act, narrower ones only
 * change stored bytes of registers that merely store.
 * README.md explains what each is for.
 */
#ifndef DUT_REGISTERS_H
#define DUT_REGISTERS_H

#include <linux/types.h>
#ifdef __KERNEL__
#include <linux/ktime.h>
#endif

#define DUT_BAR0_SIZE 0x1000
#define DUT_NR_REGISTERS 64

#define DUT_REG_ID 0x000
#define DUT_REG_STATUS 0x008
#define DUT_REG_CONTROL 0x010
#define DUT_REG_COUNTER 0x018
#define DUT_REG_PERIOD 0x020
#define DUT_REG_DMA_DELAY 0x028
#define DUT_REG_IRQ_RAISE 0x030
#define DUT_REG_IRQ_COUNT 0x038
#define DUT_REG_SEED 0x040
#define DUT_REG_STATE_SIZE 0x048
#define DUT_REG_STATE_ADDRESS 0x050
#define DUT_REG_STATE_DATA 0x058
#define DUT_REG_FINGERPRINT 0x060
#define DUT_REG_EXACT 0x068
#define DUT_REG_INJECT 0x070
#define DUT_REG_DMA_SOURCE 0x080
#define DUT_REG_DMA_TARGET 0x088
#define DUT_REG_DMA_COUNT 0x090
#define DUT_REG_DMA_COMMAND 0x098
#define DUT_REG_RING_BASE 0x0a0
#define DUT_REG_RING_SIZE 0x0a8
#define DUT_REG_RING_HEAD 0x0b0
#define DUT_REG_DMA_RESULT 0x0b8
#define DUT_REG_DMA_SERIAL 0x0c0
#define DUT_REG_PIN_IOVA 0x0c8
#define DUT_REG_PIN_COUNT 0x0d0
#define DUT_REG_PIN_COMMAND 0x0d8
#define DUT_REG_SCRATCH 0x100
#define DUT_REG_SCRATCH_END 0x180

#define DUT_REG(offset) ((offset) / 8)

/* 'VCDT', and the version of the register map in the upper half. */
#define DUT_ID_VALUE (0x56434454ull | 1ull << 32)

#define DUT_STATUS_RUNNING 0x1
#define DUT_STATUS_DMA_BUSY 0x2

#define DUT_CONTROL_RING 0x1	/* writes entries to the ring */
#define DUT_CONTROL_IRQ 0x2	/* raises MSI each time */
#define DUT_CONTROL_CHURN 0x4	/* changes its state memory */
#define DUT_CONTROL_MASK 0x7

#define DUT_DMA_START 0x01	/* reads as 1 until it is done */
#define DUT_DMA_TO_MEMORY 0x02
#define DUT_DMA_IRQ 0x04
#define DUT_DMA_PINNED 0x08	/* pins the pages and copies to them */
#define DUT_DMA_TOUCH 0x10	/* 8 bytes at the start of every page */
#define DUT_DMA_SYNC 0x20	/* done before the register write returns */

/* The device's side of a transfer, as on QEMU's edu. */
#define DUT_DMA_BUFFER_BASE 0x40000
#define DUT_DMA_BUFFER_SIZE 0x1000
#define DUT_DMA_COUNT_MAX 0x100000
#define DUT_DMA_TOUCH_MAX 0x40000000

/* DUT_REG_INJECT: what goes wrong next. It is cleared as it happens. */
#define DUT_INJECT_ERROR_STATE 1	/* next transition fails into ERROR */
#define DUT_INJECT_REFUSAL 2		/* next transition fails, state kept */
#define DUT_INJECT_SAVE_ERROR 3		/* next read of data_offset fails */
#define DUT_INJECT_RESUME_ERROR 4	/* next write of data_size fails */
#define DUT_INJECT_ERROR_NOW 5		/* the device is in ERROR at once */

#define DUT_SEED_DEFAULT 0x5eedull
#define DUT_PERIOD_DEFAULT 5		/* milliseconds */
#define DUT_PERIOD_MAX 1000
#define DUT_DMA_DELAY_MAX 1000		/* milliseconds */
#define DUT_RING_ENTRY 16

#ifdef __KERNEL__
struct dut;

void dut_registers_fresh(struct dut *dut);
/* Whether these register values, which came from outside, are ones that a guest could have set. */
bool dut_registers_sane(const u64 *reg);
void dut_dma_buffer_fresh(u8 *buffer);
bool dut_dma_buffer_is_fresh(const u8 *buffer);
void dut_bar0_read(struct dut *dut, u8 *into, u32 offset, u32 count);
/* True when the caller has to wait for a DMA that it asked to be synchronous. */
bool dut_bar0_write(struct dut *dut, const u8 *from, u32 offset, u32 count);

/* Ticks of 10 microseconds that the device has been running. */
u64 dut_counter(struct dut *dut);
u64 dut_ticks_since(ktime_t when);
void dut_clear_scratch(u64 *reg);
/* State memory and configuration: what a migration has to carry, but nothing that changes by itself. */
u64 dut_fingerprint(struct dut *dut);
/* The same and counter, ring and interrupts: exact while the device is stopped. */
u64 dut_exact_fingerprint(struct dut *dut);
bool dut_take_injection(struct dut *dut, u64 what);
#endif

#endif
