/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent and the kit say to each other: one request, one reply, over two byte streams. Integers of the frames are little
 * endian; what system calls read and write travels in the host's own order. runner/host/agent/protocol.ts is the other half.
 *
 *   request  u32 length | u32 id | u32 op | u32 zero | u64 argument[6] | `length` bytes
 *   reply    u32 length | u32 id | i32 result | u32 detail | `length` bytes
 *
 * result: what the system call answered, or -errno, or one of RESULT_*. A reply with the id BUSY answers nothing: it says
 * that the request before it is still being worked on. The HELLO frames stay as they are in every version.
 */
#ifndef AGENT_PROTOCOL_H
#define AGENT_PROTOCOL_H

#define PROTOCOL_MAGIC 0x4f494656u /* "VFIO" */
#define PROTOCOL_VERSION 1u

enum { REQUEST_HEAD = 64, REPLY_HEAD = 16 };

/* Bytes of one frame's payload; a longer pread or pwrite is a short one. */
#define PAYLOAD_MAX (64u << 20)
#define BUSY 0xffffffffu

enum op {
	OP_HELLO,    /* magic, version -> u32 magic, version, byte order mark, word bits, _IO(0, 0), page size; machine, release, name */
	OP_RELEASE,  /* closes and unmaps everything */
	OP_OPEN,     /* 1 for writing too; path -> fd */
	OP_CLOSE,    /* fd */
	OP_IOCTL,    /* fd, request, 1 by address or 0 as it is, value; structure -> structure */
	OP_PREAD,    /* fd, length, offset -> bytes */
	OP_PWRITE,   /* fd, 0, offset; bytes */
	OP_READ,     /* fd, length -> bytes */
	OP_MMAP,     /* fd, length, offset, 1 read | 2 write -> slot, u64 address */
	OP_ALLOCATE, /* length -> slot, u64 address */
	OP_MUNMAP,   /* slot */
	OP_LOAD,     /* slot, at, width -> u64 */
	OP_STORE,    /* slot, at, width, value */
	OP_PEEK,     /* slot, at, length -> bytes */
	OP_POKE,     /* slot, at; bytes */
	OP_EVENTFD,
	OP_POLL,     /* milliseconds up to POLL_MAX_MS; i32 fds -> i32 fds that are ready */
	OP_TEXT,     /* path -> text */
	OP_LINK,     /* path -> text */
	OP_LIST,     /* path -> names, each with a NUL */
	OP_PING,     /* nothing: sent with the id BUSY while an answer is awaited, should an emulated port have lost a wake-up */
	OP_COUNT
};

enum { POLL_MAX_MS = 1000, TEXT_MAX = 64 * 1024, LIST_MAX = 1024 * 1024 };

/* No errno is below -4095. */
enum {
	RESULT_BAD_FRAME = -10001, /* the stream cannot be followed any further: the agent ends */
	RESULT_BAD_REQUEST = -10002,
	RESULT_REFUSED = -10003,   /* not listed, and the agent was not started with --raw-ioctl */
	RESULT_FOREIGN = -10004,   /* an address that is not memory of the agent */
	RESULT_VERSION = -10005,   /* the HELLO's answer to another version */
	RESULT_FAULT = -10006,     /* detail is the signal */
};

#endif
