// SPDX-License-Identifier: Apache-2.0
// The agent: makes the system calls of a vfio-conformance that runs on another machine. It speaks over its standard input and output, or over
// a virtio port, and to one kit at a time; when that is gone it closes every device and ends. See docs/agent.md.
#include "agent.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { POLL_FDS = 4096, RETRIES = 16 };

static int32_t hello(const struct request *request, uint32_t *length)
{
	struct utsname name;
	uint8_t *at = payload + 24;

	put32(payload, PROTOCOL_MAGIC);
	put32(payload + 4, PROTOCOL_VERSION);
	put32(payload + 8, __BYTE_ORDER == __BIG_ENDIAN);
	put32(payload + 12, sizeof(void *) * 8);
	put32(payload + 16, (uint32_t)_IO(0, 0));
	put32(payload + 20, (uint32_t)sysconf(_SC_PAGESIZE));
	if (uname(&name) < 0)
		return -errno;
	const char *const texts[] = {name.machine, name.release, name.nodename};
	for (int n = 0; n < 3; n++) {
		memcpy(at, texts[n], strlen(texts[n]) + 1);
		at += strlen(texts[n]) + 1;
	}
	*length = (uint32_t)(at - payload);
	memory_unmap_all();
	files_close_all();
	return request->argument[0] == PROTOCOL_MAGIC && request->argument[1] == PROTOCOL_VERSION ? 0 : RESULT_VERSION;
}

// A call that was interrupted has done nothing, and is made again: so often that a driver which always answers EINTR is still seen.
#define PATIENTLY(call)                                                                 \
	({                                                                              \
		ssize_t got_ = -1;                                                      \
		for (int left_ = RETRIES; left_ >= 0; left_--)                          \
			if ((got_ = (call)) >= 0 || errno != EINTR)                     \
				break;                                                  \
		(int32_t)(got_ < 0 ? -errno : got_);                                    \
	})

static int32_t transfer(const struct request *request, uint32_t *length)
{
	int fd = (int)request->argument[0];
	size_t wanted = request->argument[1] < PAYLOAD_MAX ? (size_t)request->argument[1] : PAYLOAD_MAX;
	off_t offset = (off_t)request->argument[2];
	int32_t got;

	if (files_kind(request->argument[0]) == KIND_NONE)
		return -EBADF;
	if (request->op == OP_PWRITE)
		return PATIENTLY(pwrite(fd, payload, request->length, offset));
	// Only eventfds are read plainly, which never waits: they do not block.
	if (request->op == OP_READ)
		got = PATIENTLY(read(fd, payload, wanted));
	else
		got = PATIENTLY(pread(fd, payload, wanted, offset));
	*length = got > 0 ? (uint32_t)got : 0;
	return got;
}

static int32_t poll_files(const struct request *request, uint32_t *length)
{
	static struct pollfd fds[POLL_FDS];
	uint32_t count = request->length / 4, ready = 0;

	if (request->length % 4 || count > POLL_FDS || request->argument[0] > POLL_MAX_MS)
		return RESULT_BAD_REQUEST;
	for (uint32_t n = 0; n < count; n++) {
		fds[n] = (struct pollfd){.fd = (int)get32(payload + 4 * n), .events = POLLIN};
		if (files_kind(get32(payload + 4 * n)) == KIND_NONE)
			return -EBADF;
	}
	int32_t answer = PATIENTLY(poll(fds, count, (int)request->argument[0]));
	if (answer <= 0)
		return answer;
	for (uint32_t n = 0; n < count; n++) {
		if (fds[n].revents & POLLNVAL)
			return -EBADF;
		if (fds[n].revents)
			put32(payload + 4 * ready++, (uint32_t)fds[n].fd);
	}
	*length = 4 * ready;
	return (int32_t)ready;
}

static int32_t map(const struct request *request, uint32_t *length)
{
	const uint64_t *a = request->argument;
	bool device = request->op == OP_MMAP;
	int protection = PROT_READ | PROT_WRITE;
	uint64_t address = 0;

	if (device && files_kind(a[0]) == KIND_NONE)
		return -EBADF;
	if (device)
		protection = (a[3] & 1 ? PROT_READ : 0) | (a[3] & 2 ? PROT_WRITE : 0);
	int32_t slot = memory_map(device ? (int)a[0] : -1, device ? a[1] : a[0], device ? a[2] : 0, protection, &address);
	if (slot < 0)
		return slot;
	put64(payload, address);
	*length = 8;
	return slot;
}

// An integer of this width, between the frame's little endian and the machine's own order.
static void swap_if_big(unsigned width)
{
	for (unsigned n = 0; __BYTE_ORDER == __BIG_ENDIAN && n < width / 2; n++) {
		uint8_t byte = payload[n];
		payload[n] = payload[width - 1 - n];
		payload[width - 1 - n] = byte;
	}
}

static int32_t access_memory(const struct request *request, uint32_t *length, uint32_t *fault)
{
	const uint64_t *a = request->argument;
	bool single = request->op == OP_LOAD || request->op == OP_STORE;
	bool writing = request->op == OP_STORE || request->op == OP_POKE;
	uint64_t size = request->op == OP_POKE ? request->length : a[2];

	if (size > PAYLOAD_MAX)
		return RESULT_BAD_REQUEST;
	if (single && ((size != 1 && size != 2 && size != 4 && size != 8) || a[1] % size != 0))
		return RESULT_BAD_REQUEST;
	if (single) {
		put64(payload, a[3]);
		swap_if_big((unsigned)(writing ? size : 0));
	}
	int32_t result = memory_access(a[0], a[1], (uint32_t)size, single ? (unsigned)size : 0, writing, fault);
	if (result < 0 || writing)
		return result;
	if (single) {
		swap_if_big((unsigned)size);
		memset(payload + size, 0, 8 - size);
	}
	*length = single ? 8 : (uint32_t)size;
	return 0;
}

static int32_t on_path(const struct request *request, uint32_t *length)
{
	static char path[4096];

	if (request->length == 0 || request->length >= sizeof(path) || memchr(payload, 0, request->length))
		return RESULT_BAD_REQUEST;
	memcpy(path, payload, request->length);
	path[request->length] = 0;
	switch (request->op) {
	case OP_OPEN: return files_open(path, request->argument[0] == 1);
	case OP_TEXT: return files_text(path, length);
	case OP_LINK: return files_link(path, length);
	default: return files_list(path, length);
	}
}

static int32_t perform(const struct request *request, uint32_t *length, uint32_t *detail)
{
	int32_t result;

	switch (request->op) {
	case OP_HELLO:
		return hello(request, length);
	case OP_RELEASE:
		memory_unmap_all();
		files_close_all();
		return 0;
	case OP_PING:
		return 0;
	case OP_CLOSE:
		return files_close(request->argument[0]);
	case OP_IOCTL:
		result = ioctls_call(request);
		// A driver may have written to the structure although it refused the call.
		*length = result > RESULT_BAD_FRAME && request->argument[2] ? request->length : 0;
		return result;
	case OP_PREAD: case OP_PWRITE: case OP_READ:
		return transfer(request, length);
	case OP_MMAP: case OP_ALLOCATE:
		return map(request, length);
	case OP_MUNMAP:
		return memory_unmap(request->argument[0]);
	case OP_LOAD: case OP_STORE: case OP_PEEK: case OP_POKE:
		return access_memory(request, length, detail);
	case OP_EVENTFD:
		result = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		return result < 0 ? -errno : files_add(result, KIND_EVENT);
	case OP_POLL:
		return poll_files(request, length);
	case OP_OPEN: case OP_TEXT: case OP_LINK: case OP_LIST:
		return on_path(request, length);
	default:
		return RESULT_BAD_REQUEST;
	}
}

static int serve(void)
{
	struct request request;
	enum received received;
	bool greeted = false, heard = true;

	while (heard && (received = channel_receive(&request)) == RECEIVED) {
		uint32_t length = 0, detail = 0;
		int32_t result = RESULT_BAD_REQUEST;
		watch_begin();
		if (greeted || request.op == OP_HELLO)
			result = perform(&request, &length, &detail);
		watch_end();
		greeted = greeted || request.op == OP_HELLO;
		heard = channel_reply(request.id, result, detail, length);
		if (result == RESULT_VERSION)
			break;
	}
	if (heard && received == RECEIVED_NONSENSE)
		channel_reply(request.id, RESULT_BAD_FRAME, 0, 0);
	memory_unmap_all();
	files_close_all();
	return heard && received == RECEIVED_NONSENSE ? 2 : 0;
}

// A port of virtio-serial is there before anybody listens at its other end.
static int open_port(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct pollfd port = {.fd = fd, .events = POLLIN};

	while (fd >= 0 && poll(&port, 1, -1) >= 0 && port.revents & POLLHUP)
		usleep(10000);
	return fd;
}

int main(int argc, char **argv)
{
	int in = 0, out = 1;

	for (int n = 1; n < argc; n++) {
		if (strcmp(argv[n], "--raw-ioctl") == 0) {
			ioctls_allow_raw();
		} else if (strcmp(argv[n], "--root") == 0 && n + 1 < argc) {
			files_root(argv[++n]);
		} else if (strcmp(argv[n], "--port") == 0 && n + 1 < argc) {
			in = out = open_port(argv[++n]);
		} else {
			fprintf(stderr, "usage: vfio-conformance-agent [--raw-ioctl] [--port FILE] [--root FOLDER]\n"
					"The other machine of `vfio-conformance --host`; it speaks over standard input and output.\n");
			return 2;
		}
	}
	if (in < 0) {
		perror("vfio-conformance-agent: the port cannot be opened");
		return 3;
	}
	signal(SIGPIPE, SIG_IGN);
	watch_start(in, out);
	channel_open(in, out);
	return serve();
}
