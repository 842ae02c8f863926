/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's parts. All state is in static memory of a fixed size; nothing is allocated by what a frame says, but OP_ALLOCATE's memory. */
#ifndef AGENT_H
#define AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

struct request {
	uint32_t id, op, length;
	uint64_t argument[6];
};

/* The payload of the request, and then of the reply. SLACK bytes behind it are for ioctls of which nobody knows how much they write. */
enum { SLACK = 64 * 1024 };
extern uint8_t payload[PAYLOAD_MAX + SLACK];

/* channel.c: frames. */
enum received { RECEIVED, RECEIVED_END, RECEIVED_NONSENSE };
void channel_open(int in, int out);
enum received channel_receive(struct request *request);
/* `length` bytes of payload[]. False when nobody reads any more. */
bool channel_reply(uint32_t id, int32_t result, uint32_t detail, uint32_t length);
void put32(uint8_t *at, uint32_t value);
void put64(uint8_t *at, uint64_t value);
uint32_t get32(const uint8_t *at);

/* watch.c: forks. The child returns and does the work; the parent ends it when the channel is gone, and says BUSY for it. */
void watch_start(int in, int out);
void watch_begin(void);
void watch_end(void);
/* Only one of the two may write at a time. */
void watch_lock(void);
void watch_unlock(void);

/* files.c: descriptors and paths. */
enum kind { KIND_NONE, KIND_CONTAINER, KIND_GROUP, KIND_DEVICE, KIND_IOMMUFD, KIND_EVENT, KIND_OTHER };
void files_root(const char *root);
int32_t files_open(const char *path, bool writing);
int32_t files_add(int fd, enum kind kind);
enum kind files_kind(uint64_t fd);
int32_t files_close(uint64_t fd);
void files_close_all(void);
/* Each leaves its answer in payload[] and its length in *length. */
int32_t files_text(const char *path, uint32_t *length);
int32_t files_link(const char *path, uint32_t *length);
int32_t files_list(const char *path, uint32_t *length);

/* memory.c: mappings, each in a slot. */
int32_t memory_map(int fd, uint64_t length, uint64_t offset, int protection, uint64_t *address);
int32_t memory_unmap(uint64_t slot);
void memory_unmap_all(void);
bool memory_covers(uint64_t address, uint64_t length);
/* Copies between a slot and payload[] in accesses of `width` bytes, or of any width when it is 0. *fault is the signal of RESULT_FAULT. */
int32_t memory_access(uint64_t slot, uint64_t at, uint32_t length, unsigned width, bool writing, uint32_t *fault);

/* ioctls.c */
void ioctls_allow_raw(void);
int32_t ioctls_call(const struct request *request);

#endif
