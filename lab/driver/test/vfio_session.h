/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VFIO container with mediated devices in it, for the module's own tests.
 */
#ifndef VFIO_SESSION_H
#define VFIO_SESSION_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGION_BAR0 0
#define REGION_CONFIG 7
#define REGION_MIGRATION 9
#define REGION_OFFSET(index) ((uint64_t)(index) << 40)

enum { FIELD_STATE = 0, FIELD_RESERVED = 4, FIELD_PENDING = 8, FIELD_OFFSET = 16, FIELD_SIZE = 24 };

struct session {
	int container;
	int group;
	int device;
	char uuid[40];
	/* Mapped parts of the migration region, at their offsets in it; 0 size: none. */
	struct { uint64_t offset, size; uint8_t *at; } mapped[4];
	unsigned int nr_mapped;
};

/* Buffers of a save, in order. */
struct stream {
	struct { uint8_t *bytes; size_t size; } *buffers;
	unsigned int count;
	size_t bytes;
};

/* Ends the program with a message when something of the machinery fails. */
void die(const char *what) __attribute__((noreturn));

/* `container` -1 makes one; the device joins the container of another session otherwise. */
void session_open(struct session *session, const char *uuid, int container);
/* The same, but an open of the device that fails is an answer: -errno. */
int session_try_open(struct session *session, const char *uuid, int container);
void session_close(struct session *session);
/* Maps what the migration region's sparse areas offer. */
void session_map_region(struct session *session);

/* Text of a sysfs attribute under dut/, without the newline. */
void attribute_get(const char *uuid, const char *name, char *into, size_t size);
int attribute_set(const char *uuid, const char *name, const char *value);

uint64_t bar_read(struct session *session, uint64_t at);
void bar_write(struct session *session, uint64_t at, uint64_t value);

/* Fields of struct vfio_device_migration_info, at native width. 0 or -errno. */
int field_read(struct session *session, unsigned int field, uint64_t *value);
int field_write(struct session *session, unsigned int field, uint64_t value);
/* The value, or the program ends. */
uint64_t field(struct session *session, unsigned int field);
int set_state(struct session *session, uint32_t state);

/* One iteration of the save loop: 1 with a buffer added, 0 when nothing is pending, or -errno. */
int save_buffer(struct session *session, struct stream *stream);
int save_all(struct session *session, struct stream *stream);
/* Gives one buffer, or all. 0 or -errno. */
int resume_buffer(struct session *session, const uint8_t *bytes, size_t size);
int resume_all(struct session *session, const struct stream *stream);
void stream_free(struct stream *stream);

void *dma_map(struct session *session, uint64_t iova, size_t size);
int dma_unmap(struct session *session, uint64_t iova, size_t size);
int dirty_control(struct session *session, uint32_t flag);
/* Dirty bits of up to 64 pages, or the program ends. */
uint64_t dirty_get(struct session *session, uint64_t iova, size_t size);

uint64_t now_ms(void);
void sleep_ms(unsigned int ms);

#endif
