// SPDX-License-Identifier: Apache-2.0
// Frames in and out. A length is checked before a single byte behind it is read.
#include "agent.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

uint8_t payload[PAYLOAD_MAX + SLACK] __attribute__((aligned(4096)));

static int from = 0, to = 1;

void channel_open(int in, int out)
{
	from = in;
	to = out;
}

uint32_t get32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

void put32(uint8_t *at, uint32_t value)
{
	for (int n = 0; n < 4; n++)
		at[n] = (uint8_t)(value >> (8 * n));
}

void put64(uint8_t *at, uint64_t value)
{
	put32(at, (uint32_t)value);
	put32(at + 4, (uint32_t)(value >> 32));
}

static bool read_all(uint8_t *into, size_t count)
{
	while (count > 0) {
		ssize_t got = read(from, into, count);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		into += got;
		count -= (size_t)got;
	}
	return true;
}

enum received channel_receive(struct request *request)
{
	uint8_t head[REQUEST_HEAD];

	if (!read_all(head, sizeof(head)))
		return RECEIVED_END;
	request->length = get32(head);
	request->id = get32(head + 4);
	request->op = get32(head + 8);
	for (int n = 0; n < 6; n++)
		request->argument[n] = get32(head + 16 + 8 * n) | (uint64_t)get32(head + 20 + 8 * n) << 32;
	if (request->length > PAYLOAD_MAX || get32(head + 12) != 0)
		return RECEIVED_NONSENSE;
	return read_all(payload, request->length) ? RECEIVED : RECEIVED_END;
}

bool channel_reply(uint32_t id, int32_t result, uint32_t detail, uint32_t length)
{
	uint8_t head[REPLY_HEAD];
	struct iovec parts[2] = {{head, sizeof(head)}, {payload, length}};
	size_t left = sizeof(head) + length;

	put32(head, length);
	put32(head + 4, id);
	put32(head + 8, (uint32_t)result);
	put32(head + 12, detail);
	watch_lock();
	while (left > 0) {
		ssize_t put = writev(to, parts, 2);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			break;
		left -= (size_t)put;
		for (int n = 0; n < 2; n++) {
			size_t part = (size_t)put < parts[n].iov_len ? (size_t)put : parts[n].iov_len;
			parts[n].iov_base = (uint8_t *)parts[n].iov_base + part;
			parts[n].iov_len -= part;
			put -= (ssize_t)part;
		}
	}
	watch_unlock();
	return left == 0;
}
