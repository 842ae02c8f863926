// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "symptom_script.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../registers.h"
#include "vfio_session.h"

enum { STOP = 0, RUNNING = 1, SAVING = 2, PRE_COPY = 3, RESUMING = 4, ERROR = 6 };

#define IOVA 0x40000000ull
#define PAGES 64
#define QUIET_MS 45
#define HEADER 64

static struct transcript *out;
static bool mapped;

void transcript_line(struct transcript *t, const char *format, ...)
{
	char line[512];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (length > (int)sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	if (t->length + length + 1 > t->size) {
		t->size = (t->length + length) * 2 + 4096;
		t->text = realloc(t->text, t->size);
	}
	memcpy(t->text + t->length, line, length);
	t->length += length;
	t->text[t->length] = 0;
}

#define say(...) transcript_line(out, __VA_ARGS__)
#define ull(x) ((unsigned long long)(x))

static uint64_t hash(const uint8_t *bytes, size_t count)
{
	uint64_t h = 14695981039346656037ull;

	while (count--)
		h = (h ^ *bytes++) * 1099511628211ull;
	return h;
}

static void say_field(struct session *s, const char *what, unsigned int at)
{
	uint64_t value;
	int ret = field_read(s, at, &value);

	say("  %s %d %#llx", what, ret, ull(value));
}

static void say_state(struct session *s)
{
	say_field(s, "state", FIELD_STATE);
	say_field(s, "state again", FIELD_STATE);
}

static void go(struct session *s, uint32_t state)
{
	uint32_t value = state;
	uint64_t old = 0;
	ssize_t done;

	/* As a user should: bits 3 to 31 as they read. */
	field_read(s, FIELD_STATE, &old);
	value |= old & ~7u;
	done = pwrite(s->device, &value, 4, REGION_OFFSET(REGION_MIGRATION));
	say("go %u: %zd %d", state, done, done < 0 ? errno : 0);
	say_state(s);
}

static int reset(struct session *s)
{
	return ioctl(s->device, VFIO_DEVICE_RESET) ? -errno : 0;
}

static void fresh(struct session *s)
{
	say("reset %d", reset(s));
	say_state(s);
}

static void say_chain(const uint8_t *buffer, uint32_t at, uint32_t argsz)
{
	unsigned int turns;

	for (turns = 0; at && turns < 12; turns++) {
		const struct vfio_info_cap_header *cap = (const void *)(buffer + at);

		if (at + 8 > argsz || at > 1000) {
			say("   chain leaves at %u", at);
			return;
		}
		say("   cap %u v%u next %u at %u: %#llx", cap->id, cap->version, cap->next, at,
		    ull(hash(buffer + at + 8, (cap->next > at && cap->next < argsz ? cap->next : argsz) - at - 8)));
		at = cap->next;
	}
	if (at)
		say("   chain does not end");
}

static void info(struct session *s)
{
	static const uint32_t sizes[] = { 8, 16, 20, 24, 32, 1000 };
	uint8_t buffer[1024];
	struct vfio_device_info *info = (void *)buffer;
	unsigned int i, ret;
	uint32_t needed;

	for (i = 0; i < 6; i++) {
		memset(buffer, 0xa5, sizeof(buffer));
		info->argsz = sizes[i];
		ret = ioctl(s->device, VFIO_DEVICE_GET_INFO, info) ? errno : 0;
		needed = info->argsz;
		say("info %u: %u argsz %u flags %#x regions %u irqs %u cap %#x rest %#llx", sizes[i], ret, needed,
		    info->flags, info->num_regions, info->num_irqs, info->cap_offset,
		    ull(hash(buffer + sizes[i], sizeof(buffer) - sizes[i])));
		if (!ret && info->flags & VFIO_DEVICE_FLAGS_CAPS && sizes[i] >= needed)
			say_chain(buffer, info->cap_offset, needed);
		if (ret || needed <= sizes[i] || needed > 1000)
			continue;
		ret = ioctl(s->device, VFIO_DEVICE_GET_INFO, info) ? errno : 0;
		say(" again: %u argsz %u cap %u", ret, info->argsz, info->cap_offset);
	}
}

static void region_info(struct session *s)
{
	uint8_t buffer[1024];
	struct vfio_region_info *info = (void *)buffer;
	struct vfio_irq_info irq;
	unsigned int i, j, ret;

	for (i = 0; i < 13; i++) {
		for (j = 0; j < 3; j++) {
			memset(buffer, 0xa5, sizeof(buffer));
			info->argsz = (uint32_t[]){ 32, 40, 1000 }[j];
			info->index = i;
			ret = ioctl(s->device, VFIO_DEVICE_GET_REGION_INFO, info) ? errno : 0;
			say("region %u: %u argsz %u flags %#x cap %u size %#llx offset %#llx rest %#llx", i, ret,
			    info->argsz, info->flags, info->cap_offset, ull(info->size), ull(info->offset),
			    j ? 0 : ull(hash(buffer + 32, sizeof(buffer) - 32)));
			if (!ret && j == 2 && info->flags & VFIO_REGION_INFO_FLAG_CAPS)
				say_chain(buffer, info->cap_offset, info->argsz);
		}
	}
	for (i = 0; i < 7; i++) {
		memset(&irq, 0, sizeof(irq));
		irq.argsz = sizeof(irq);
		irq.index = i;
		ret = ioctl(s->device, VFIO_DEVICE_GET_IRQ_INFO, &irq) ? errno : 0;
		say("irq %u: %u flags %#x count %u", i, ret, irq.flags, irq.count);
	}
}

static void raw_read(struct session *s, unsigned int at, unsigned int count)
{
	uint8_t bytes[16] = { 0 };
	ssize_t done = pread(s->device, bytes, count, REGION_OFFSET(REGION_MIGRATION) + at);

	say("read %u at %u: %zd %d %#llx", count, at, done, done < 0 ? errno : 0, ull(hash(bytes, count)));
}

static void raw_write(struct session *s, unsigned int at, unsigned int count, uint64_t value)
{
	ssize_t done = pwrite(s->device, &value, count, REGION_OFFSET(REGION_MIGRATION) + at);

	say("write %u at %u: %zd %d", count, at, done, done < 0 ? errno : 0);
	say_state(s);
}

static void widths(struct session *s)
{
	unsigned int at;

	fresh(s);
	for (at = 0; at < 32; at += 2) {
		raw_read(s, at, 1);
		raw_read(s, at, 2);
		if (at != 16 && at != 24)
			raw_read(s, at, 4);
	}
	raw_read(s, 0, 8);
	raw_write(s, 0, 1, 0);
	raw_write(s, 0, 8, 0);
	raw_write(s, 2, 4, 0);
	raw_write(s, 4, 4, 5);
	say_field(s, "reserved", FIELD_RESERVED);
	raw_write(s, 8, 8, 12345);
	say_field(s, "pending", FIELD_PENDING);
	raw_write(s, 16, 8, 0x2222);
	say_field(s, "offset", FIELD_OFFSET);
}

/* One iteration: what is promised, where it stands, what record it is. */
static int iterate(struct session *s, struct stream *stream)
{
	uint64_t pending = 0, offset = 0, size = 0;
	unsigned int before = stream->count;
	uint8_t *bytes;
	ssize_t done;
	int ret = field_read(s, FIELD_PENDING, &pending);

	say(" pending %d %llu", ret, ull(pending));
	if (ret || !pending)
		return ret;
	ret = field_read(s, FIELD_OFFSET, &offset);
	say("  offset %d %#llx", ret, ull(offset));
	if (ret)
		return ret;
	ret = field_read(s, FIELD_SIZE, &size);
	say("  size %d %#llx", ret, ull(size));
	if (ret)
		return ret;
	if (size > 1 << 20)
		size = 1 << 20;
	bytes = calloc(1, size + 1);
	done = pread(s->device, bytes, size, REGION_OFFSET(REGION_MIGRATION) + offset);
	say("  read %zd", done);
	stream->buffers = realloc(stream->buffers, (before + 1) * sizeof(*stream->buffers));
	stream->buffers[stream->count].bytes = bytes;
	stream->buffers[stream->count++].size = size;
	stream->bytes += size;
	if (size >= HEADER) {
		const uint32_t *word = (const uint32_t *)bytes;

		/* magic, kind, sequence, follows, offset, length; the rest is a random number or a check. */
		say("  record %#x %u %u %u %u %u: %#llx", word[0], word[1] >> 16, word[4], word[5], word[6], word[8],
		    word[1] >> 16 == 3 ? 0 : ull(hash(bytes + HEADER, size - HEADER)));
	}
	return 1;
}

static void drain(struct session *s, struct stream *stream)
{
	unsigned int turns;

	for (turns = 0; turns < 40; turns++) {
		if (iterate(s, stream) != 1)
			return;
	}
	say("no end");
}

static void stamp(struct session *s, uint64_t salt)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		bar_write(s, DUT_REG_SCRATCH + i * 8, salt * 100 + i);
	for (i = 0; i < 4; i++) {
		bar_write(s, DUT_REG_STATE_ADDRESS, i * 24576 + 8);
		bar_write(s, DUT_REG_STATE_DATA, salt ^ i);
	}
	bar_write(s, DUT_REG_STATE_ADDRESS, bar_read(s, DUT_REG_STATE_SIZE) - 8);
	bar_write(s, DUT_REG_STATE_DATA, salt);
}

static void give(struct session *s, const struct stream *stream, bool scribble)
{
	unsigned int i;
	uint64_t offset;
	uint8_t zeros[4096] = { 0 };
	ssize_t done;
	int ret;

	for (i = 0; i < stream->count; i++) {
		ret = field_read(s, FIELD_OFFSET, &offset);
		done = pwrite(s->device, stream->buffers[i].bytes, stream->buffers[i].size,
			      REGION_OFFSET(REGION_MIGRATION) + offset);
		say(" give %u: offset %d %#llx, wrote %s %d", i, ret, ull(offset),
		    done == (ssize_t)stream->buffers[i].size ? "all" : "less", done < 0 ? errno : 0);
		ret = field_write(s, FIELD_SIZE, stream->buffers[i].size);
		say("  consumed %d", ret);
		if (scribble && pwrite(s->device, zeros, 4096, REGION_OFFSET(REGION_MIGRATION) + offset) < 0)
			say("  scribble %d", errno);
	}
}

/* Like give(), by stores to the mapped areas. */
static void give_mapped(struct session *s, const struct stream *stream)
{
	unsigned int i;
	int ret;

	session_map_region(s);
	for (i = 0; i < stream->count; i++) {
		ret = resume_buffer(s, stream->buffers[i].bytes, stream->buffers[i].size);
		say(" store %u: %d", i, ret);
	}
	while (s->nr_mapped) {
		s->nr_mapped--;
		munmap(s->mapped[s->nr_mapped].at, s->mapped[s->nr_mapped].size);
	}
}

static void compare(struct session *a, struct session *b, uint64_t expected)
{
	unsigned int i, same = 0;

	say("same state %d", bar_read(b, DUT_REG_FINGERPRINT) == expected);
	for (i = 0; i < 16; i++)
		same += bar_read(a, DUT_REG_SCRATCH + i * 8) == bar_read(b, DUT_REG_SCRATCH + i * 8);
	say("same scratch %u", same);
	usleep(30000);
	say("same state later %d", bar_read(b, DUT_REG_FINGERPRINT) == expected);
}

static void whole_migration(struct session *a, struct session *b, bool stores)
{
	struct stream first = { 0 }, second = { 0 };
	uint64_t expected;

	say("== migration");
	fresh(a);
	fresh(b);
	stamp(a, 4711);
	expected = bar_read(a, DUT_REG_FINGERPRINT);
	go(a, SAVING);
	drain(a, &first);
	say_state(a);
	go(a, STOP);
	stamp(b, 1);
	go(b, RESUMING);
	if (stores)
		give_mapped(b, &first);
	else
		give(b, &first, true);
	say_state(b);
	say("nothing applied yet %d", bar_read(b, DUT_REG_FINGERPRINT) != expected);
	go(b, RUNNING);
	compare(a, b, expected);
	say("== back");
	go(b, SAVING);
	drain(b, &second);
	fresh(a);
	go(a, RESUMING);
	give(a, &second, false);
	go(a, RUNNING);
	compare(b, a, expected);
	stream_free(&first);
	stream_free(&second);
}

static void live_migration(struct session *a, struct session *b)
{
	struct stream stream = { 0 };
	uint64_t expected, value;
	unsigned int i;

	say("== live migration, left early");
	fresh(a);
	fresh(b);
	stamp(a, 10);
	go(a, PRE_COPY);
	for (i = 0; i < 3; i++)
		iterate(a, &stream);
	stamp(a, 20);
	iterate(a, &stream);
	/* Memory of the buffer that was just read, and that is not acknowledged yet. */
	bar_write(a, DUT_REG_STATE_ADDRESS, 128);
	bar_write(a, DUT_REG_STATE_DATA, 25);
	/* Announced, and not read. */
	field_read(a, FIELD_PENDING, &value);
	field_read(a, FIELD_OFFSET, &value);
	expected = bar_read(a, DUT_REG_FINGERPRINT);
	go(a, SAVING);
	drain(a, &stream);
	go(a, STOP);
	go(b, RESUMING);
	give(b, &stream, false);
	go(b, RUNNING);
	compare(a, b, expected);
	stream_free(&stream);

	say("== drained, cancelled, saved again");
	fresh(a);
	fresh(b);
	go(a, PRE_COPY);
	drain(a, &stream);
	go(a, SAVING);
	say_field(a, "pending", FIELD_PENDING);
	stream_free(&stream);
	go(a, RUNNING);
	go(a, PRE_COPY);
	go(a, RUNNING);
	stamp(a, 30);
	expected = bar_read(a, DUT_REG_FINGERPRINT);
	go(a, STOP);
	go(a, SAVING);
	drain(a, &stream);
	go(b, RESUMING);
	give(b, &stream, false);
	go(b, RUNNING);
	compare(a, b, expected);
	stream_free(&stream);
	usleep(60000);
	go(b, RESUMING);
	go(b, RUNNING);
}

static void loop_details(struct session *s)
{
	uint64_t pending, offset, size, value;
	struct stream stream = { 0 };
	uint8_t one[8192], two[8192];
	unsigned int i, turn;
	ssize_t done;

	say("== the loop, looked at closely");
	fresh(s);
	stamp(s, 5);
	go(s, SAVING);
	for (turn = 0; turn < 8; turn++) {
		for (i = 0; i < 5; i++) {
			if (field_read(s, FIELD_PENDING, &pending))
				say("pending fails");
			say(" %u pending %llu", i, ull(pending));
		}
		if (!pending)
			break;
		for (i = 0; i < 3; i++) {
			say_field(s, "reserved", FIELD_RESERVED);
			field_read(s, FIELD_OFFSET, &offset);
			field_read(s, FIELD_SIZE, &size);
			say(" %u offset %#llx size %#llx", i, ull(offset), ull(size));
			if (!i) {
				memset(one, 0, sizeof(one));
				done = pread(s->device, one, size < sizeof(one) ? size : sizeof(one),
					     REGION_OFFSET(REGION_MIGRATION) + offset);
				say(" at once %zd", done);
			}
			field_read(s, FIELD_SIZE, &size);
			say(" %u size %#llx", i, ull(size));
			if (i == 1)
				raw_write(s, 4, 4, 9);
		}
		usleep(25000);
		memset(two, 0, sizeof(two));
		done = pread(s->device, two, size < sizeof(two) ? size : sizeof(two),
			     REGION_OFFSET(REGION_MIGRATION) + offset);
		say(" later %zd same %d", done, !memcmp(one, two, sizeof(one)));
		for (i = 0; i < 64; i += 8)
			done += pread(s->device, one + i, 8, REGION_OFFSET(REGION_MIGRATION) + offset + i);
		for (i = 64; i < 72 && i < size; i++)
			done += pread(s->device, one + i, 1, REGION_OFFSET(REGION_MIGRATION) + offset + i);
		say(" in pieces %zd same %d", done, !memcmp(one, two, 72));
		if (size > 6000) {
			done = pread(s->device, one + 5000, 500, REGION_OFFSET(REGION_MIGRATION) + offset + 5000);
			say(" from behind %zd same %d", done, !memcmp(one + 5000, two + 5000, 500));
		}
	}
	raw_write(s, 8, 8, 0);
	raw_write(s, 16, 8, 0x5000);
	go(s, 7);
	go(s, SAVING);
	drain(s, &stream);
	stream_free(&stream);
	go(s, STOP);
	go(s, RUNNING);
	go(s, PRE_COPY);
	iterate(s, &stream);
	go(s, PRE_COPY);
	iterate(s, &stream);
	go(s, 5);
	go(s, 6);
	usleep(15000);
	field_read(s, FIELD_PENDING, &value);
	say(" after a while %llu", ull(value));
	go(s, STOP);
	stream_free(&stream);
}

static bool reach(struct session *s, unsigned int state)
{
	uint64_t value;

	reset(s);
	if (state == ERROR) {
		bar_write(s, DUT_REG_INJECT, DUT_INJECT_ERROR_STATE);
		set_state(s, STOP);
	} else if (state != RUNNING) {
		set_state(s, state);
	}
	field_read(s, FIELD_STATE, &value);
	return (value & 7) == state;
}

static void matrix(struct session *s)
{
	static const unsigned int states[] = { STOP, RUNNING, SAVING, PRE_COPY, RESUMING, ERROR };
	struct stream stream = { 0 };
	unsigned int i, to;

	say("== every arc");
	for (i = 0; i < 6; i++) {
		for (to = 0; to < 8; to++) {
			say("%u reached %d", states[i], reach(s, states[i]));
			say_state(s);
			go(s, to);
			say(" status %#llx pending", ull(bar_read(s, DUT_REG_STATUS)));
			say_field(s, "pending", FIELD_PENDING);
			go(s, STOP);
			go(s, RUNNING);
			say(" status %#llx", ull(bar_read(s, DUT_REG_STATUS)));
		}
		reach(s, states[i]);
		stamp(s, 3);
		say("reset %d", reset(s));
		say_state(s);
		say(" scratch %llu status %#llx", ull(bar_read(s, DUT_REG_SCRATCH)), ull(bar_read(s, DUT_REG_STATUS)));
		go(s, SAVING);
		say_field(s, "pending", FIELD_PENDING);
	}
	fresh(s);
	stamp(s, 6);
	go(s, SAVING);
	say("reset %d", reset(s));
	say(" scratch %llu", ull(bar_read(s, DUT_REG_SCRATCH)));
	stamp(s, 7);
	go(s, RUNNING);
	say(" scratch %llu", ull(bar_read(s, DUT_REG_SCRATCH)));
	fresh(s);
	bar_write(s, DUT_REG_INJECT, DUT_INJECT_REFUSAL);
	go(s, STOP);
	say(" status %#llx", ull(bar_read(s, DUT_REG_STATUS)));
	go(s, STOP);
	go(s, RUNNING);
	go(s, STOP);
	info(s);
	/* Ended between data_offset and pending_bytes. */
	fresh(s);
	go(s, SAVING);
	for (i = 0; i < 3; i++)
		iterate(s, &stream);
	go(s, RUNNING);
	go(s, SAVING);
	iterate(s, &stream);
	iterate(s, &stream);
	stream_free(&stream);
}

static void dma(struct session *s, uint64_t iova, uint64_t count, uint64_t flags)
{
	bar_write(s, DUT_REG_DMA_SOURCE, DUT_DMA_BUFFER_BASE);
	bar_write(s, DUT_REG_DMA_TARGET, iova);
	bar_write(s, DUT_REG_DMA_COUNT, count);
	bar_write(s, DUT_REG_DMA_COMMAND, DUT_DMA_START | DUT_DMA_TO_MEMORY | DUT_DMA_SYNC | flags);
}

/* A stream in pieces, after a reset in the middle of it; and the device that is resumed keeps still. */
static void resume_details(struct session *a, struct session *b)
{
	uint8_t *memory_a = dma_map(a, IOVA, PAGES * 4096), *memory_b = dma_map(b, IOVA, PAGES * 4096);
	struct stream stream = { 0 };
	uint64_t expected, offset, value;
	unsigned int i, at;

	say("== resumed in pieces");
	fresh(a);
	fresh(b);
	stamp(a, 40);
	dma(a, IOVA + 4096, 600, 0);
	expected = bar_read(a, DUT_REG_FINGERPRINT);
	go(a, SAVING);
	drain(a, &stream);
	go(b, RESUMING);
	stream.count /= 2;
	give(b, &stream, false);
	stream.count *= 2;
	say("reset %d", reset(b));
	go(b, RESUMING);
	for (i = 0; i < stream.count; i++) {
		field_read(b, FIELD_OFFSET, &offset);
		for (at = 0; at < stream.buffers[i].size; at += 1024) {
			size_t left = stream.buffers[i].size - at;

			if (pwrite(b->device, stream.buffers[i].bytes + at, left < 1024 ? left : 1024,
				   REGION_OFFSET(REGION_MIGRATION) + offset + at) < 0)
				say("write %d", errno);
		}
		say(" piece by piece %d", field_write(b, FIELD_SIZE, stream.buffers[i].size));
	}
	for (at = 0, value = 0; at < PAGES * 4096; at++)
		value |= memory_b[at];
	say("memory untouched %d", !value);
	/* An odd number of buffers was halved: the last one is missing then, each time. */
	go(b, RUNNING);
	compare(a, b, expected);
	stream_free(&stream);
	dma_unmap(a, IOVA, PAGES * 4096);
	dma_unmap(b, IOVA, PAGES * 4096);
	munmap(memory_a, PAGES * 4096);
	munmap(memory_b, PAGES * 4096);
}

static void bad_streams(struct session *a, struct session *b)
{
	struct stream stream = { 0 }, foreign = { 0 };
	uint64_t own, offset;

	say("== streams that are not right");
	fresh(a);
	stamp(a, 8);
	go(a, SAVING);
	drain(a, &stream);
	fresh(b);
	own = bar_read(b, DUT_REG_FINGERPRINT);

	if (!stream.count) {
		say("no stream");
		return;
	}
	go(b, RESUMING);
	stream.count--;
	give(b, &stream, false);
	go(b, RUNNING);
	say("own state %d", own == bar_read(b, DUT_REG_FINGERPRINT));
	go(b, STOP);
	fresh(b);
	say("own state %d", own == bar_read(b, DUT_REG_FINGERPRINT));
	stream.count++;

	go(b, RESUMING);
	foreign.buffers = calloc(1, sizeof(*foreign.buffers));
	foreign.buffers[0].bytes = malloc(3000);
	foreign.buffers[0].size = 3000;
	foreign.count = 1;
	memset(foreign.buffers[0].bytes, 0x77, 3000);
	give(b, &foreign, false);
	go(b, RUNNING);
	fresh(b);

	go(b, RESUMING);
	field_read(b, FIELD_OFFSET, &offset);
	say("oversize %d", field_write(b, FIELD_SIZE, 0x7fffffff));
	fresh(b);
	go(b, RESUMING);
	say("2^32 %d", field_write(b, FIELD_SIZE, 1ull << 32));
	fresh(b);

	go(b, RESUMING);
	if (stream.count > 1) {
		stream.buffers[1].bytes[stream.buffers[1].size - 1] ^= 1;
		give(b, &stream, false);
		go(b, RUNNING);
	}
	say("reset %d", reset(b));
	say("own state %d", own == bar_read(b, DUT_REG_FINGERPRINT));
	stream_free(&stream);
	stream_free(&foreign);
}

static bool interrupted(int fd)
{
	uint64_t count;

	return read(fd, &count, 8) == 8;
}

/* Memory, interrupts and counter in a state in which nothing may happen. */
static void watch(struct session *s, const uint8_t *memory, uint8_t *copy, int fd, const char *what)
{
	uint64_t counter;

	interrupted(fd);
	memcpy(copy, memory, PAGES * 4096);
	counter = bar_read(s, DUT_REG_COUNTER);
	usleep(QUIET_MS * 1000);
	say("%s: memory same %d interrupt %d counter still %d", what, !memcmp(copy, memory, PAGES * 4096),
	    interrupted(fd), counter == bar_read(s, DUT_REG_COUNTER));
	say_state(s);
	usleep(20000);
	say_state(s);
}

static void stillness(struct session *s)
{
	struct { struct vfio_irq_set set; int fd; } request = {
		.set = { .argsz = sizeof(request), .index = 1, .count = 1,
			 .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER },
		.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
	};
	uint8_t *copy = malloc(PAGES * 4096), *memory = dma_map(s, IOVA, PAGES * 4096);
	struct stream stream = { 0 };

	say("== quiet");
	fresh(s);
	say("irq %d", ioctl(s->device, VFIO_DEVICE_SET_IRQS, &request) ? errno : 0);
	dma(s, IOVA + 8192, 512, 0);
	bar_write(s, DUT_REG_DMA_DELAY, 30);
	bar_write(s, DUT_REG_DMA_TARGET, IOVA + 12288);
	bar_write(s, DUT_REG_DMA_COMMAND, DUT_DMA_START | DUT_DMA_TO_MEMORY);
	go(s, STOP);
	watch(s, memory, copy, request.fd, "stop");
	go(s, RUNNING);
	usleep(80000);
	go(s, SAVING);
	watch(s, memory, copy, request.fd, "stop-and-copy");
	iterate(s, &stream);
	say("memory same %d", !memcmp(copy, memory, PAGES * 4096));
	stream_free(&stream);
	go(s, STOP);
	watch(s, memory, copy, request.fd, "stop after it");
	go(s, RUNNING);
	go(s, STOP);
	usleep(120000);
	say("late interrupt %d", interrupted(request.fd));
	go(s, RUNNING);
	go(s, RESUMING);
	watch(s, memory, copy, request.fd, "resuming");
	go(s, RUNNING);
	go(s, PRE_COPY);
	usleep(5000);
	say("status %#llx", ull(bar_read(s, DUT_REG_STATUS)));
	close(request.fd);
	dma_unmap(s, IOVA, PAGES * 4096);
	munmap(memory, PAGES * 4096);
	free(copy);
}

static void dirty(struct session *s)
{
	static const struct { uint32_t page, at, count, flags; } writes[] = {
		{ 0, 0, 4096, 0 }, { 3, 100, 16, 0 }, { 5, 4090, 200, 0 }, { 63, 8, 100, 0 }, { 10, 0, 40960, 0 },
		{ 0, 0, PAGES * 4096, DUT_DMA_TOUCH }, { 7, 0, 128, DUT_DMA_PINNED },
	};
	uint8_t *memory = dma_map(s, IOVA, PAGES * 4096), *second;
	unsigned int i, state;

	say("== dirty pages");
	for (state = RUNNING; state <= PRE_COPY; state += 2) {
		fresh(s);
		go(s, state);
		say("start %d", dirty_control(s, VFIO_IOMMU_DIRTY_PAGES_FLAG_START));
		for (i = 0; i < 7; i++) {
			memset(memory, 0, PAGES * 4096);
			dma(s, IOVA + writes[i].page * 4096 + writes[i].at, writes[i].count, writes[i].flags);
			say("write %u: result %lld memory %d bits %#llx", i, (long long)bar_read(s, DUT_REG_DMA_RESULT),
			    !!memory[writes[i].page * 4096 + writes[i].at], ull(dirty_get(s, IOVA, PAGES * 4096)));
		}
		second = dma_map(s, IOVA + PAGES * 4096, PAGES * 4096);
		dma(s, IOVA + (PAGES - 2) * 4096, 4 * 4096, 0);
		say("two mappings: %d %#llx %#llx", !!second[4096], ull(dirty_get(s, IOVA, PAGES * 4096)),
		    ull(dirty_get(s, IOVA + PAGES * 4096, PAGES * 4096)));
		dma_unmap(s, IOVA + PAGES * 4096, PAGES * 4096);
		munmap(second, PAGES * 4096);
		say("stop %d", dirty_control(s, VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP));
	}
	dma_unmap(s, IOVA, PAGES * 4096);
	munmap(memory, PAGES * 4096);
}

static void maps(struct session *s)
{
	struct stream stream = { 0 };
	uint8_t bytes[256];
	uint64_t value, offset, size;
	unsigned int i, turn;

	say("== maps");
	fresh(s);
	session_map_region(s);
	for (i = 0; i < s->nr_mapped; i++) {
		volatile uint8_t *at = s->mapped[i].at;

		say("area %#llx %#llx", ull(s->mapped[i].offset), ull(s->mapped[i].size));
		(void)at[0];
		(void)at[s->mapped[i].size - 1];
	}
	go(s, SAVING);
	for (turn = 0; turn < 6 && !field_read(s, FIELD_PENDING, &value) && value; turn++) {
		field_read(s, FIELD_OFFSET, &offset);
		field_read(s, FIELD_SIZE, &size);
		memset(bytes, 0, sizeof(bytes));
		if (pread(s->device, bytes, 64, REGION_OFFSET(REGION_MIGRATION) + offset) < 0)
			say(" read fails %d", errno);
		for (i = 0; i < s->nr_mapped; i++) {
			if (offset >= s->mapped[i].offset && offset + 64 <= s->mapped[i].offset + s->mapped[i].size)
				say(" buffer %u at %#llx: both ways the same %d", turn, ull(offset),
				    !memcmp(bytes, s->mapped[i].at + (offset - s->mapped[i].offset), 64));
		}
	}
	stream_free(&stream);
	while (s->nr_mapped) {
		s->nr_mapped--;
		munmap(s->mapped[s->nr_mapped].at, s->mapped[s->nr_mapped].size);
	}
}

/* 0, or the errno of an open that fails. */
static int try_open(struct session *s, const char *uuid)
{
	return session_try_open(s, uuid, -1);
}

static void opens(struct session *s, const char *uuid)
{
	static const unsigned int states[] = { RUNNING, STOP, SAVING, PRE_COPY, RESUMING };
	struct stream stream = { 0 };
	unsigned int i;
	uint64_t value;
	int ret;

	say("== opens");
	for (i = 0; i < 5; i++) {
		fresh(s);
		go(s, states[i]);
		session_close(s);
		ret = try_open(s, uuid);
		say("closed in %u, opens %d", states[i], ret);
		if (ret) {
			/* It cannot go on from here, and has been noticed. */
			say("gone");
			return;
		}
		say_state(s);
	}
	go(s, SAVING);
	iterate(s, &stream);
	field_read(s, FIELD_PENDING, &value);
	field_read(s, FIELD_OFFSET, &value);
	stream_free(&stream);
	session_close(s);
	say("closed in the middle, opens %d", try_open(s, uuid));
}

static bool kernel_has_warned(void)
{
	char text[32] = "0";
	FILE *file = fopen("/proc/sys/kernel/tainted", "r");

	if (!file || !fgets(text, sizeof(text), file))
		die("/proc/sys/kernel/tainted");
	fclose(file);
	return strtoull(text, NULL, 10) & 1 << 9;
}

void symptom_script(struct transcript *transcript, const char *a, const char *b, int with_maps)
{
	struct session source, destination;
	bool warned = kernel_has_warned();

	out = transcript;
	mapped = with_maps;
	session_open(&source, a, -1);
	session_open(&destination, b, -1);
	say("== opened");
	say_state(&source);
	info(&source);
	info(&source);
	region_info(&source);
	fresh(&source);
	info(&source);
	widths(&source);
	if (mapped)
		maps(&source);
	whole_migration(&source, &destination, false);
	if (mapped)
		whole_migration(&source, &destination, true);
	live_migration(&source, &destination);
	loop_details(&source);
	resume_details(&source, &destination);
	bad_streams(&source, &destination);
	matrix(&source);
	stillness(&source);
	stillness(&destination);
	dirty(&source);
	opens(&source, a);
	say("a kernel warning %d", kernel_has_warned() && !warned);
}
