// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk UUID UUID: takes the module through what a user of it does, in every
 * layout, and compares with what it promises. Not a conformance test: that is
 * the kit's work.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../registers.h"
#include "vfio_session.h"

static unsigned int checks, failures;

#define CHECK(condition, ...) do { \
	checks++; \
	if (!(condition)) { \
		failures++; \
		printf("FAILED %s:%d %s: ", __func__, __LINE__, #condition); \
		printf(__VA_ARGS__); \
		printf("\n"); \
	} \
} while (0)

enum { STOP = 0, RUNNING = 1, SAVING = 2, PRE_COPY = 3, RESUMING = 4, ERROR = 6 };

#define IOVA 0x40000000ull

static void check_info(struct session *s)
{
	struct vfio_device_info info = { .argsz = 16 };
	struct vfio_device_feature feature = { .argsz = sizeof(feature), .flags = 1 | VFIO_DEVICE_FEATURE_PROBE };
	struct vfio_region_info region = { .argsz = sizeof(region), .index = 8 };
	struct vfio_irq_info irq = { .argsz = sizeof(irq), .index = 1 };
	uint8_t byte;

	CHECK(!ioctl(s->device, VFIO_DEVICE_GET_INFO, &info), "%m");
	CHECK(info.flags == (VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET), "%#x", info.flags);
	CHECK(info.num_regions == 10 && info.num_irqs == 5, "%u %u", info.num_regions, info.num_irqs);
	info.argsz = 8;
	CHECK(ioctl(s->device, VFIO_DEVICE_GET_INFO, &info) && errno == EINVAL, "%m");
	CHECK(ioctl(s->device, VFIO_DEVICE_FEATURE, &feature) && errno == ENOTTY, "%m");
	CHECK(ioctl(s->device, VFIO_DEVICE_GET_REGION_INFO, &region) && errno == EINVAL, "%m");
	region.index = 10;
	CHECK(ioctl(s->device, VFIO_DEVICE_GET_REGION_INFO, &region) && errno == EINVAL, "%m");
	region.index = 9;
	CHECK(!ioctl(s->device, VFIO_DEVICE_GET_REGION_INFO, &region), "%m");
	CHECK(region.argsz > sizeof(region) && !region.cap_offset, "%u %u", region.argsz, region.cap_offset);
	CHECK(!ioctl(s->device, VFIO_DEVICE_GET_IRQ_INFO, &irq) && irq.count == 1, "%m %u", irq.count);
	CHECK(bar_read(s, DUT_REG_ID) == 0x156434454, "%#llx", (unsigned long long)bar_read(s, DUT_REG_ID));
	CHECK(pread(s->device, &byte, 1, REGION_OFFSET(REGION_MIGRATION)) == -1, "a byte of device_state");
	CHECK(pread(s->device, &byte, 1, REGION_OFFSET(REGION_CONFIG) + 0x3d) == 1 && !byte, "INTx pin %u", byte);
}

static void check_transitions(struct session *s)
{
	static const char *const expected[8] = {
		/* to 000 001 010 011 100 101 110 111 */
		[STOP] = "yyyny...", [RUNNING] = "yyyyy...", [SAVING] = "yyynn...",
		[PRE_COPY] = "yyyyn...", [RESUMING] = "yynny...", [ERROR] = "........",
	};
	static const unsigned int from_states[] = { STOP, RUNNING, SAVING, PRE_COPY, RESUMING, ERROR };
	unsigned int i, from, to;
	int ret;

	for (i = 0; i < 6; i++) {
		from = from_states[i];
		for (to = 0; to < 8; to++) {
			CHECK(!ioctl(s->device, VFIO_DEVICE_RESET), "%m");
			CHECK(field(s, FIELD_STATE) == RUNNING, "after reset");
			if (from == ERROR) {
				bar_write(s, DUT_REG_INJECT, DUT_INJECT_ERROR_STATE);
				CHECK(set_state(s, STOP) == -EIO, "injected error");
			} else {
				CHECK(!set_state(s, from), "to %u", from);
			}
			CHECK(field(s, FIELD_STATE) == from, "%u", from);
			ret = set_state(s, to);
			CHECK((ret == 0) == (expected[from][to] == 'y'), "%u -> %u gave %d", from, to, ret);
			CHECK(field(s, FIELD_STATE) == (ret ? from : to), "%u -> %u reads %llu", from, to,
			      (unsigned long long)field(s, FIELD_STATE));
		}
	}
	CHECK(!ioctl(s->device, VFIO_DEVICE_RESET), "%m");
	CHECK(set_state(s, 0x80000000 | STOP) == -EINVAL, "reserved bits");
	CHECK(field(s, FIELD_STATE) == RUNNING, "still running");
	CHECK(!field_write(s, FIELD_RESERVED, ~0u) && field(s, FIELD_RESERVED) == 0, "reserved field");
}

static void stamp(struct session *s, uint64_t salt)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		bar_write(s, DUT_REG_SCRATCH + i * 8, salt * 1000 + i);
	for (i = 0; i < 8; i++) {
		bar_write(s, DUT_REG_STATE_ADDRESS, i * 1032);
		bar_write(s, DUT_REG_STATE_DATA, salt ^ i);
	}
}

/* Pre-copy that is left early with a buffer half fetched, changes meanwhile, then the rest. */
static void live_save(struct session *s, struct stream *stream)
{
	uint64_t pending, before, state;
	int ret;

	CHECK(!set_state(s, PRE_COPY), "pre-copy");
	CHECK(save_buffer(s, stream) == 1, "first buffer");
	pending = field(s, FIELD_PENDING);
	CHECK(pending == field(s, FIELD_PENDING), "pending_bytes is pure");
	stamp(s, 77);
	CHECK(save_buffer(s, stream) >= 0, "second buffer");
	/* The buffer fetched last is not acknowledged. */
	CHECK(!set_state(s, SAVING), "stop-and-copy");
	field_read(s, FIELD_STATE, &state);
	before = stream->bytes;
	pending = field(s, FIELD_PENDING);
	ret = save_all(s, stream);
	CHECK(!ret, "%d", ret);
	CHECK(stream->bytes - before == pending, "promised %llu, gave %llu", (unsigned long long)pending,
	      (unsigned long long)(stream->bytes - before));
	CHECK(field(s, FIELD_PENDING) == 0, "drained");
}

static void check_migration(struct session *a, struct session *b)
{
	struct stream stream = { 0 }, again = { 0 };
	uint64_t fingerprint, exact;

	CHECK(!ioctl(a->device, VFIO_DEVICE_RESET) && !ioctl(b->device, VFIO_DEVICE_RESET), "%m");
	stamp(a, 12345);
	bar_write(a, DUT_REG_SEED, 99);
	stamp(a, 54321);
	live_save(a, &stream);
	fingerprint = bar_read(a, DUT_REG_FINGERPRINT);
	exact = bar_read(a, DUT_REG_EXACT);
	CHECK(exact == bar_read(a, DUT_REG_EXACT), "a stopped device stands still");
	CHECK(!set_state(a, STOP), "stop");

	CHECK(fingerprint != bar_read(b, DUT_REG_FINGERPRINT), "differs before");
	CHECK(!set_state(b, RESUMING), "resuming");
	CHECK(!resume_all(b, &stream), "resume");
	CHECK(fingerprint != bar_read(b, DUT_REG_FINGERPRINT), "nothing applied yet");
	CHECK(!set_state(b, RUNNING), "resumed");
	CHECK(fingerprint == bar_read(b, DUT_REG_FINGERPRINT), "fingerprint arrived");
	CHECK(bar_read(b, DUT_REG_COUNTER) >= bar_read(a, DUT_REG_COUNTER), "counter goes on");

	/* And back: a save of the resumed device restores the same. */
	CHECK(!set_state(b, SAVING) && !save_all(b, &again), "second save");
	CHECK(!ioctl(a->device, VFIO_DEVICE_RESET) && !set_state(a, RESUMING), "%m");
	CHECK(!resume_all(a, &again) && !set_state(a, STOP), "second resume");
	CHECK(bar_read(a, DUT_REG_EXACT) == bar_read(b, DUT_REG_EXACT), "round trip");
	stream_free(&stream);
	stream_free(&again);
}

static void fresh_resume(struct session *s)
{
	CHECK(!ioctl(s->device, VFIO_DEVICE_RESET) && !set_state(s, RESUMING), "%m");
}

static void check_bad_streams(struct session *a, struct session *b)
{
	struct stream one = { 0 }, two = { 0 };
	uint64_t clean;
	int ret;

	CHECK(!ioctl(a->device, VFIO_DEVICE_RESET) && !ioctl(b->device, VFIO_DEVICE_RESET), "%m");
	clean = bar_read(b, DUT_REG_FINGERPRINT);
	stamp(a, 3);
	CHECK(!set_state(a, SAVING) && !save_all(a, &one), "a save");
	CHECK(!set_state(a, RUNNING) && !set_state(a, SAVING) && !save_all(a, &two), "another save");

	fresh_resume(b);	/* truncated: the last is missing */
	one.count--;
	CHECK(!resume_all(b, &one) && set_state(b, RUNNING) == -EINVAL, "truncated");
	CHECK(field(b, FIELD_STATE) == RESUMING && bar_read(b, DUT_REG_FINGERPRINT) == clean, "nothing applied");
	one.count++;

	fresh_resume(b);	/* reordered */
	CHECK(!resume_buffer(b, one.buffers[0].bytes, one.buffers[0].size), "first");
	ret = resume_buffer(b, one.buffers[2].bytes, one.buffers[2].size);
	CHECK(ret == -EINVAL, "reordered: %d", ret);
	CHECK(set_state(b, RUNNING) == -EINVAL, "and then not resumed");

	fresh_resume(b);	/* duplicated */
	CHECK(!resume_buffer(b, one.buffers[0].bytes, one.buffers[0].size), "first");
	CHECK(resume_buffer(b, one.buffers[0].bytes, one.buffers[0].size) == -EINVAL, "duplicated");

	fresh_resume(b);	/* foreign: of another save */
	CHECK(!resume_buffer(b, one.buffers[0].bytes, one.buffers[0].size), "first");
	CHECK(resume_buffer(b, two.buffers[1].bytes, two.buffers[1].size) == -EINVAL, "foreign");

	fresh_resume(b);	/* one bit */
	one.buffers[1].bytes[one.buffers[1].size - 1] ^= 0x10;
	CHECK(!resume_buffer(b, one.buffers[0].bytes, one.buffers[0].size), "first");
	CHECK(resume_buffer(b, one.buffers[1].bytes, one.buffers[1].size) == -EBADMSG, "one bit");

	fresh_resume(b);	/* zeros, nothing, too much */
	memset(one.buffers[0].bytes, 0, one.buffers[0].size);
	CHECK(resume_buffer(b, one.buffers[0].bytes, one.buffers[0].size) == -EBADMSG, "zeros");
	fresh_resume(b);
	CHECK(field_write(b, FIELD_SIZE, 1ull << 40) == -EINVAL, "oversize");
	CHECK(!set_state(b, RUNNING) && bar_read(b, DUT_REG_FINGERPRINT) == clean, "nothing given");
	stream_free(&one);
	stream_free(&two);
}

static void dma(struct session *s, uint64_t iova, uint64_t count, uint64_t flags)
{
	bar_write(s, DUT_REG_DMA_SOURCE, DUT_DMA_BUFFER_BASE);
	bar_write(s, DUT_REG_DMA_TARGET, iova);
	bar_write(s, DUT_REG_DMA_COUNT, count);
	bar_write(s, DUT_REG_DMA_COMMAND, DUT_DMA_START | DUT_DMA_TO_MEMORY | DUT_DMA_SYNC | flags);
	CHECK(!(bar_read(s, DUT_REG_DMA_COMMAND) & DUT_DMA_START), "done");
	CHECK(!bar_read(s, DUT_REG_DMA_RESULT), "%lld", (long long)bar_read(s, DUT_REG_DMA_RESULT));
}

static void check_dma(struct session *s)
{
	const size_t size = 64 * 4096;
	uint8_t *memory, *copy;
	unsigned int tries;
	uint64_t bits;

	CHECK(!ioctl(s->device, VFIO_DEVICE_RESET), "%m");
	memory = dma_map(s, IOVA, size);
	copy = malloc(size);
	CHECK(!dirty_control(s, VFIO_IOMMU_DIRTY_PAGES_FLAG_START), "start");
	bits = dirty_get(s, IOVA, size);

	dma(s, IOVA + 3 * 4096 + 100, 5000, 0);
	CHECK(memory[3 * 4096 + 100] && !memory[3 * 4096 + 99], "written where it should");
	bits = dirty_get(s, IOVA, size);
	CHECK(bits == 0x18, "%#llx", (unsigned long long)bits);
	CHECK(!dirty_get(s, IOVA, size), "reported once");

	dma(s, IOVA + 9 * 4096 + 4090, 12, DUT_DMA_PINNED);
	bits = dirty_get(s, IOVA, size);
	CHECK(bits == 0x600, "pinned: %#llx", (unsigned long long)bits);
	CHECK(!dirty_get(s, IOVA, size), "reported once");

	dma(s, IOVA, size, DUT_DMA_TOUCH);
	CHECK(dirty_get(s, IOVA, size) == ~0ull, "touched");

	bar_write(s, DUT_REG_PIN_IOVA, IOVA + 20 * 4096);
	bar_write(s, DUT_REG_PIN_COUNT, 20);
	bar_write(s, DUT_REG_PIN_COMMAND, 1);
	CHECK(!bar_read(s, DUT_REG_DMA_RESULT), "pin: %lld", (long long)bar_read(s, DUT_REG_DMA_RESULT));
	CHECK(dirty_get(s, IOVA, size) == 0xfffffull << 20, "pinned pages are dirty");
	CHECK(dirty_get(s, IOVA, size) == 0xfffffull << 20, "and stay dirty");
	bar_write(s, DUT_REG_PIN_COMMAND, 0);
	dirty_get(s, IOVA, size);
	CHECK(!dirty_get(s, IOVA, size), "unpinned");

	/* A ring that is written while the device runs, and not when it is stopped. */
	bar_write(s, DUT_REG_RING_BASE, IOVA + 4096);
	bar_write(s, DUT_REG_RING_SIZE, 4096);
	bar_write(s, DUT_REG_CONTROL, DUT_CONTROL_RING | DUT_CONTROL_CHURN);
	for (tries = 0; tries < 200 && !bar_read(s, DUT_REG_RING_HEAD); tries++)
		sleep_ms(10);
	CHECK(dirty_get(s, IOVA, size) == 2, "ring");
	CHECK(!set_state(s, STOP), "stop");
	bits = bar_read(s, DUT_REG_EXACT);
	memcpy(copy, memory, size);
	dirty_get(s, IOVA, size);
	sleep_ms(100);
	CHECK(!memcmp(copy, memory, size) && !dirty_get(s, IOVA, size), "quiet");
	CHECK(bits == bar_read(s, DUT_REG_EXACT), "still");
	CHECK(!set_state(s, RUNNING), "running");
	for (tries = 0; tries < 200 && !memcmp(copy, memory, size); tries++)
		sleep_ms(10);
	CHECK(memcmp(copy, memory, size), "goes on");
	bar_write(s, DUT_REG_CONTROL, 0);

	/* A transfer under way when the device stops is made when it runs again. */
	bar_write(s, DUT_REG_DMA_DELAY, 60);
	memset(memory, 0, size);
	bar_write(s, DUT_REG_DMA_TARGET, IOVA);
	bar_write(s, DUT_REG_DMA_COUNT, 8);
	bar_write(s, DUT_REG_DMA_COMMAND, DUT_DMA_START | DUT_DMA_TO_MEMORY);
	CHECK(!set_state(s, STOP), "stop");
	sleep_ms(120);
	CHECK(!memory[0] && bar_read(s, DUT_REG_STATUS) == DUT_STATUS_DMA_BUSY, "waits");
	CHECK(!set_state(s, RUNNING), "running");
	for (tries = 0; tries < 200 && bar_read(s, DUT_REG_STATUS) & DUT_STATUS_DMA_BUSY; tries++)
		sleep_ms(10);
	CHECK(memory[0] && bar_read(s, DUT_REG_STATUS) == DUT_STATUS_RUNNING, "made");

	bar_write(s, DUT_REG_PIN_COMMAND, 1);
	CHECK(!dirty_control(s, VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP), "stop logging");
	CHECK(!dma_unmap(s, IOVA, size), "unmap with pages pinned");
	munmap(memory, size);
	free(copy);
}

static void check_interrupts(struct session *s)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct { struct vfio_irq_set set; int fd; } request = {
		.set = { .argsz = sizeof(request), .index = 1, .count = 1,
			 .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER },
		.fd = fd,
	};
	uint64_t count = 0;

	CHECK(!ioctl(s->device, VFIO_DEVICE_RESET), "%m");
	CHECK(!ioctl(s->device, VFIO_DEVICE_SET_IRQS, &request), "%m");
	bar_write(s, DUT_REG_IRQ_RAISE, 1);
	bar_write(s, DUT_REG_IRQ_RAISE, 1);
	CHECK(read(fd, &count, 8) == 8 && count == 2, "%llu", (unsigned long long)count);
	CHECK(!set_state(s, STOP), "stop");
	bar_write(s, DUT_REG_IRQ_RAISE, 1);
	CHECK(read(fd, &count, 8) < 0, "no interrupt of a stopped device");
	request.fd = -1;
	CHECK(!ioctl(s->device, VFIO_DEVICE_SET_IRQS, &request), "%m");
	close(fd);
}

static void check_zpci(const char *uuid)
{
	static const struct { const char *setting; size_t chain; } versions[] = { { "1", 24 }, { "2", 24 } };
	uint8_t buffer[512];
	struct vfio_device_info *info = (void *)buffer;
	struct session s;
	unsigned int i, at, ids;

	for (i = 0; i < 2; i++) {
		CHECK(!attribute_set(uuid, "zpci", versions[i].setting), "zpci");
		session_open(&s, uuid, -1);
		memset(buffer, 0x5a, sizeof(buffer));
		info->argsz = 24;
		CHECK(!ioctl(s.device, VFIO_DEVICE_GET_INFO, info), "%m");
		CHECK(info->argsz > 24 && info->flags & VFIO_DEVICE_FLAGS_CAPS, "%u", info->argsz);
		CHECK(buffer[24] == 0x5a, "nothing past argsz");
		CHECK(!ioctl(s.device, VFIO_DEVICE_GET_INFO, info), "%m");
		for (ids = 0, at = *(uint32_t *)(buffer + 16); at && at < info->argsz; ) {
			struct vfio_info_cap_header *cap = (void *)(buffer + at);

			ids = ids * 10 + cap->id;
			at = cap->next;
		}
		CHECK(ids == 1234, "%u", ids);
		session_close(&s);
	}
	CHECK(!attribute_set(uuid, "zpci", "0"), "zpci");
}

static void walk_layout(const char *a, const char *b, const char *layout, const char *size, bool map)
{
	struct session source, destination;
	uint64_t start = now_ms();
	unsigned int before = failures;

	CHECK(!attribute_set(a, "layout", layout) && !attribute_set(b, "layout", layout), "layout");
	CHECK(!attribute_set(a, "state_size", size) && !attribute_set(b, "state_size", size), "state_size");
	session_open(&source, a, -1);
	session_open(&destination, b, -1);
	CHECK(attribute_set(a, "layout", layout) == -EBUSY, "settled while open");
	if (map) {
		session_map_region(&source);
		session_map_region(&destination);
		CHECK(!strcmp(layout, "trapped") == !source.nr_mapped, "%u areas", source.nr_mapped);
	}
	CHECK(field(&source, FIELD_STATE) == RUNNING, "opens running");
	check_info(&source);
	check_transitions(&source);
	check_migration(&source, &destination);
	check_bad_streams(&source, &destination);
	check_dma(&source);
	check_interrupts(&source);
	session_close(&source);
	session_close(&destination);
	printf("%s %s, %s bytes, %s: %llu ms\n", failures == before ? "ok" : "FAILED", layout, size,
	       map ? "mapped" : "read and written", (unsigned long long)(now_ms() - start));
}

int main(int argc, char **argv)
{
	static const char *const layouts[] = { "trapped", "mmapped", "partitioned" };
	static const char *const sizes[] = { "0", "1", "8", "4096", "16384", "1000003" };
	unsigned int i, j;

	setbuf(stdout, NULL);
	if (argc < 3) {
		printf("usage: walk UUID UUID [SIZE...]\n");
		return 2;
	}
	for (i = 0; i < 3; i++) {
		for (j = 0; j < (argc > 3 ? (unsigned int)argc - 3 : 6); j++) {
			const char *size = argc > 3 ? argv[3 + j] : sizes[j];

			walk_layout(argv[1], argv[2], layouts[i], size, false);
			if (i)
				walk_layout(argv[1], argv[2], layouts[i], size, true);
		}
	}
	check_zpci(argv[1]);
	printf("%u checks, %u failed\n", checks, failures);
	return failures ? 1 : 0;
}
