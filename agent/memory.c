// SPDX-License-Identifier: Apache-2.0
// Memory that structures point to and that devices reach, and mapped parts of regions. Whoever maps it knows its length: no access leaves it.
#include "agent.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

// What one mapping and all anonymous memory together may take.
enum { SLOTS = 4096 };
static const uint64_t LARGEST_MAPPING = 4ull << 30, MOST_MEMORY = 4ull << 30;

static struct {
	uint8_t *start; // NULL when the slot is free
	uint64_t length;
	bool anonymous;
} slots[SLOTS];
static uint64_t allocated;

static sigjmp_buf back;
static volatile sig_atomic_t guarded;

static void caught(int number)
{
	if (!guarded) {
		signal(number, SIG_DFL);
		raise(number);
		return;
	}
	guarded = 0;
	siglongjmp(back, number);
}

static void catch_faults(void)
{
	static bool done;
	struct sigaction action = {.sa_handler = caught, .sa_flags = SA_NODEFER};

	if (done)
		return;
	done = true;
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGILL, &action, NULL);
}

int32_t memory_map(int fd, uint64_t length, uint64_t offset, int protection, uint64_t *address)
{
	bool anonymous = fd < 0;
	int flags = anonymous ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE : MAP_SHARED;
	uint32_t slot = 0;

	while (slot < SLOTS && slots[slot].start)
		slot++;
	if (slot == SLOTS || length > LARGEST_MAPPING || (anonymous && length > MOST_MEMORY - allocated))
		return -ENOMEM;
	void *start = mmap(NULL, length, protection, flags, fd, (off_t)offset);
	if (start == MAP_FAILED)
		return -errno;
	// Populated and kept from children: a page of zeros that is shared is not the one that a device would write to.
	if (anonymous) {
		madvise(start, length, MADV_DONTFORK);
		allocated += length;
	}
	slots[slot].start = start;
	slots[slot].length = length;
	slots[slot].anonymous = anonymous;
	*address = (uintptr_t)start;
	catch_faults();
	return (int32_t)slot;
}

int32_t memory_unmap(uint64_t slot)
{
	if (slot >= SLOTS || !slots[slot].start)
		return RESULT_BAD_REQUEST;
	if (munmap(slots[slot].start, slots[slot].length) < 0)
		return -errno;
	if (slots[slot].anonymous)
		allocated -= slots[slot].length;
	slots[slot].start = NULL;
	return 0;
}

void memory_unmap_all(void)
{
	for (uint64_t slot = 0; slot < SLOTS; slot++)
		if (slots[slot].start)
			memory_unmap(slot);
}

bool memory_covers(uint64_t address, uint64_t length)
{
	for (uint64_t slot = 0; slot < SLOTS; slot++) {
		uint64_t start = (uintptr_t)slots[slot].start;
		if (start && address >= start && address - start <= slots[slot].length &&
		    length <= slots[slot].length - (address - start))
			return true;
	}
	return false;
}

// One access of exactly this width; the compiler may neither split nor drop it.
static void access_once(volatile uint8_t *at, uint8_t *other, unsigned width, bool writing)
{
#define ACCESS(type)                                                 \
	{                                                            \
		type value;                                          \
		if (writing) {                                       \
			memcpy(&value, other, sizeof(value));        \
			*(volatile type *)(volatile void *)at = value; \
		} else {                                             \
			value = *(volatile type *)(volatile void *)at; \
			memcpy(other, &value, sizeof(value));        \
		}                                                    \
	}
	switch (width) {
	case 1: ACCESS(uint8_t) break;
	case 2: ACCESS(uint16_t) break;
	case 4: ACCESS(uint32_t) break;
	default: ACCESS(uint64_t) break;
	}
#undef ACCESS
}

int32_t memory_access(uint64_t slot, uint64_t at, uint32_t length, unsigned width, bool writing, uint32_t *fault)
{
	volatile uint32_t done = 0;
	int number;

	if (slot >= SLOTS || !slots[slot].start || at > slots[slot].length || length > slots[slot].length - at)
		return RESULT_BAD_REQUEST;
	uint8_t *volatile start = slots[slot].start + at;
	number = sigsetjmp(back, 0);
	if (number) {
		*fault = (uint32_t)number;
		return RESULT_FAULT;
	}
	guarded = 1;
	if (width) {
		access_once(start, payload, width, writing);
	} else if (slots[slot].anonymous) {
		memcpy(writing ? start : payload, writing ? payload : start, length);
	} else {
		// Of a device in aligned words: where memcpy is unaligned or wide, some machines answer with SIGBUS.
		while (done < length) {
			unsigned step = ((uintptr_t)(start + done)) % 4 == 0 && length - done >= 4 ? 4 : 1;
			access_once(start + done, payload + done, step, writing);
			done += step;
		}
	}
	guarded = 0;
	return 0;
}
