// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz SECONDS SEED UUID...: does everything that user space can do to the
 * devices, in any order and from several threads, while a process beside it
 * turns their sysfs switches. It judges nothing: the kernel log does, after it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../registers.h"
#include "vfio_session.h"

#define THREADS 3
#define IOVA_BASE 0x10000000ull

static uint64_t deadline;

static __thread sigjmp_buf bus_error;
static __thread volatile bool bus_error_expected;

static void on_bus_error(int signal)
{
	if (bus_error_expected)
		siglongjmp(bus_error, 1);
	_exit(128 + signal);
}

struct worker {
	struct session *session;
	uint64_t seed;
	uint64_t calls;
};

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Mostly small numbers, powers of two and their neighbours; sometimes anything. */
static uint64_t number(uint64_t *seed)
{
	uint64_t value = next(seed);

	switch (value % 6) {
	case 0:
		return next(seed) % 16;
	case 1:
		return (1ull << next(seed) % 64) - 1 + next(seed) % 3;
	case 2:
		return next(seed) % 0x50000;
	case 3:
		return IOVA_BASE + next(seed) % 0x200000;
	case 4:
		return next(seed) % 4096 * 8;
	default:
		return next(seed);
	}
}

static void access_region(struct worker *w)
{
	static uint8_t pool[1 << 20];
	uint64_t *seed = &w->seed;
	uint64_t region = next(seed) % 8 ? (uint64_t[]){ 0, 7, 9, 9 }[next(seed) % 4] : next(seed) % 16;
	uint64_t offset = next(seed) % 4 ? next(seed) % 8 * 8 : number(seed) % (1ull << 41);
	uint64_t size = next(seed) % 4 ? 1u << next(seed) % 4 : next(seed) % sizeof(pool);
	uint8_t small[4096];
	uint64_t i;

	if (next(seed) % 2) {
		if (pread(w->session->device, pool, size, REGION_OFFSET(region) + offset) < 0)
			errno = 0;
		return;
	}
	for (i = 0; i < 16; i++)
		small[i] = next(seed) % 3 ? 0 : next(seed);
	if (pwrite(w->session->device, size <= sizeof(small) ? small : pool, size, REGION_OFFSET(region) + offset) < 0)
		errno = 0;
}

static void write_register(struct worker *w)
{
	uint64_t value = number(&w->seed), at = next(&w->seed) % 0x20 * 8;

	if (pwrite(w->session->device, &value, 8, REGION_OFFSET(REGION_BAR0) + at) < 0)
		errno = 0;
}

static void device_ioctl(struct worker *w)
{
	static const unsigned long commands[] = {
		VFIO_DEVICE_GET_INFO, VFIO_DEVICE_GET_REGION_INFO, VFIO_DEVICE_GET_IRQ_INFO,
		VFIO_DEVICE_SET_IRQS, VFIO_DEVICE_RESET, VFIO_DEVICE_FEATURE, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
		VFIO_DEVICE_PCI_HOT_RESET, VFIO_DEVICE_IOEVENTFD, VFIO_DEVICE_QUERY_GFX_PLANE,
	};
	uint64_t *seed = &w->seed;
	uint32_t words[64];
	unsigned int i;
	int fd = -1;

	for (i = 0; i < 64; i++)
		words[i] = next(seed) % 4 ? next(seed) % 12 : number(seed);
	words[0] = next(seed) % 3 ? sizeof(words) : number(seed) % sizeof(words);
	if (!(next(seed) % 4)) {
		/* SET_IRQS with a real eventfd. */
		fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		words[0] = 24;
		words[1] = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
		words[2] = next(seed) % 5;
		words[3] = 0;
		words[4] = 1;
		words[5] = fd;
		ioctl(w->session->device, VFIO_DEVICE_SET_IRQS, words);
		close(fd);
		return;
	}
	i = next(seed) % 10;
	if (i == 4 && next(seed) % 8)
		return;	/* resets less often, or nothing gets far */
	ioctl(w->session->device, commands[i], next(seed) % 16 ? (void *)words : (void *)(uintptr_t)number(seed));
}

static void map_section(struct worker *w)
{
	uint64_t *seed = &w->seed;
	size_t size = (1 + next(seed) % 20) * 4096;
	uint64_t offset = next(seed) % 4 ? 4096 : next(seed) % 64 * 4096;
	uint64_t region = next(seed) % 8 ? REGION_MIGRATION : next(seed) % 12;
	volatile uint8_t *map = mmap(NULL, size, PROT_READ | (next(seed) % 2 ? PROT_WRITE : 0),
				     next(seed) % 8 ? MAP_SHARED : MAP_PRIVATE, w->session->device,
				     REGION_OFFSET(region) + offset);

	if (map == MAP_FAILED)
		return;
	/* A fault may have left nothing behind the mapping. */
	bus_error_expected = true;
	if (!sigsetjmp(bus_error, 1)) {
		(void)map[next(seed) % size];
		usleep(next(seed) % 100);
	}
	bus_error_expected = false;
	munmap((void *)map, size);
}

static void iommu(struct worker *w)
{
	uint64_t *seed = &w->seed;
	uint64_t page = next(seed) % 256;
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .flags = 1 + next(seed) % 3, .iova = IOVA_BASE + page * 4096,
		.size = (1 + next(seed) % 64) * 4096,
	};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = IOVA_BASE, .size = 512 * 4096,
	};
	struct vfio_iommu_type1_dirty_bitmap dirty = { .argsz = sizeof(dirty), .flags = 1 << next(seed) % 2 };
	static uint8_t memory[64 * 4096] __attribute__((aligned(4096)));

	switch (next(seed) % 4) {
	case 0:
	case 1:
		map.vaddr = (uintptr_t)memory;
		map.size = (1 + next(seed) % 64) * 4096;
		ioctl(w->session->container, VFIO_IOMMU_MAP_DMA, &map);
		break;
	case 2:
		ioctl(w->session->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
		break;
	default:
		ioctl(w->session->container, VFIO_IOMMU_DIRTY_PAGES, &dirty);
		break;
	}
}

/* A transfer or pins that have a chance of working. */
static void dma(struct worker *w)
{
	uint64_t *seed = &w->seed;
	int fd = w->session->device;
	uint64_t values[4] = {
		DUT_DMA_BUFFER_BASE + next(seed) % 8192, IOVA_BASE + next(seed) % 0x100000, next(seed) % 0x20000,
		DUT_DMA_START | (next(seed) & 0x3e),
	};
	uint64_t pins[3] = { IOVA_BASE + next(seed) % 256 * 4096, 1 + next(seed) % 40, next(seed) % 3 };

	if (next(seed) % 4) {
		if (pwrite(fd, values, 32, REGION_OFFSET(REGION_BAR0) + DUT_REG_DMA_SOURCE) < 0)
			errno = 0;
	} else if (pwrite(fd, pins, 24, REGION_OFFSET(REGION_BAR0) + DUT_REG_PIN_IOVA) < 0) {
		errno = 0;
	}
}

static void migrate(struct worker *w)
{
	static const uint32_t states[] = { 0, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 0x80000001 };
	struct session *s = w->session;
	struct stream stream = { 0 };
	uint64_t *seed = &w->seed;
	unsigned int turns = next(seed) % 30;
	uint64_t value;

	switch (next(seed) % 4) {
	case 0:
		set_state(s, states[next(seed) % 14]);
		break;
	case 1:
		while (turns-- && save_buffer(s, &stream) == 1)
			;
		if (next(seed) % 2 && stream.count) {
			/* Straight back, whole or with a bit changed. */
			set_state(s, 1);
			set_state(s, 4);
			if (next(seed) % 2 && stream.buffers[0].size >= 64)
				stream.buffers[0].bytes[next(seed) % 64] ^= 1 << next(seed) % 8;
			resume_all(s, &stream);
			set_state(s, 1);
		}
		stream_free(&stream);
		break;
	case 2:
		field_read(s, next(seed) % 5 * 8, &value);
		break;
	default:
		field_write(s, next(seed) % 8 * 4, number(seed));
		break;
	}
}

static void *work(void *argument)
{
	struct worker *w = argument;

	while (now_ms() < deadline) {
		w->calls++;
		switch (next(&w->seed) % 8) {
		case 0:
			access_region(w);
			break;
		case 1:
			write_register(w);
			break;
		case 2:
			device_ioctl(w);
			break;
		case 3:
			map_section(w);
			break;
		case 4:
			iommu(w);
			break;
		case 5:
			dma(w);
			break;
		default:
			migrate(w);
			break;
		}
	}
	return NULL;
}

/* Rounds of open, many calls, close. */
static void fuzz_device(const char *uuid, uint64_t seed)
{
	uint64_t until = deadline, calls = 0;
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	struct session session;
	unsigned int i, rounds;

	for (rounds = 0; now_ms() < until; rounds++) {
		/* A fault keeps a device from being opened again. */
		if (session_try_open(&session, uuid, -1)) {
			close(session.group);
			close(session.container);
			usleep(10000);
			continue;
		}
		deadline = now_ms() + 50 + next(&seed) % 1000;
		for (i = 0; i < THREADS; i++) {
			workers[i] = (struct worker){ .session = &session, .seed = next(&seed) };
			if (pthread_create(&threads[i], NULL, work, &workers[i]))
				die("pthread_create");
		}
		for (i = 0; i < THREADS; i++) {
			pthread_join(threads[i], NULL);
			calls += workers[i].calls;
		}
		session_close(&session);
	}
	printf("%s: %llu calls in %u rounds\n", uuid, (unsigned long long)calls, rounds);
}

/* Names of faults and variations, one a line, from the module itself. */
static unsigned int fault_names(const char *uuid, char names[][64], unsigned int most)
{
	char path[256], line[512];
	unsigned int count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/dut/faults", uuid);
	file = fopen(path, "r");
	while (file && count < most && fgets(line, sizeof(line), file)) {
		/* One of them warns on purpose, and the log is what is judged. */
		if (sscanf(line, "%63s", names[count]) == 1 && !strstr(names[count], "-warns"))
			count++;
	}
	if (file)
		fclose(file);
	return count;
}

static void turn_switches(char **uuids, int count, uint64_t seed)
{
	static const char *const sizes[] = { "0", "1", "7", "4096", "4097", "65536", "3000000" };
	static const char *const layouts[] = { "trapped", "mmapped", "partitioned" };
	static const char *const readable[] = { "fingerprint", "state_hash", "device_state", "fault", "layout" };
	static char names[512][64];
	unsigned int nr_names = fault_names(uuids[0], names, 512);
	char text[128];

	while (now_ms() < deadline) {
		const char *uuid = uuids[next(&seed) % count];

		switch (next(&seed) % 8) {
		case 0:
			attribute_set(uuid, "layout", layouts[next(&seed) % 3]);
			break;
		case 1:
			attribute_set(uuid, "state_size", sizes[next(&seed) % 7]);
			break;
		case 2:
			attribute_set(uuid, "zpci", (const char *[]){ "0", "1", "2", "3" }[next(&seed) % 4]);
			break;
		case 3:
			attribute_set(uuid, "strict", next(&seed) % 2 ? "0" : "1");
			break;
		case 4:
			attribute_get(uuid, readable[next(&seed) % 5], text, sizeof(text));
			break;
		default:
			if (nr_names)
				attribute_set(uuid, "fault", next(&seed) % 4 ? names[next(&seed) % nr_names] : "none");
			break;
		}
		usleep(next(&seed) % 20000);
	}
	/* So that nothing hangs on a fault that hangs. */
	for (int i = 0; nr_names && i < count; i++)
		attribute_set(uuids[i], "fault", "none");
}

int main(int argc, char **argv)
{
	uint64_t seed;
	int i, status, bad = 0;

	if (argc < 4) {
		printf("usage: fuzz SECONDS SEED UUID...\n");
		return 2;
	}
	setbuf(stdout, NULL);
	signal(SIGBUS, on_bus_error);
	deadline = now_ms() + strtoull(argv[1], NULL, 0) * 1000;
	seed = strtoull(argv[2], NULL, 0) * 0x9e3779b97f4a7c15ull + 1;
	for (i = 3; i < argc; i++) {
		next(&seed);
		if (!fork()) {
			fuzz_device(argv[i], seed);
			exit(0);
		}
	}
	next(&seed);
	if (!fork()) {
		turn_switches(argv + 3, argc - 3, seed);
		exit(0);
	}
	while (wait(&status) > 0)
		bad |= !WIFEXITED(status) || WEXITSTATUS(status);
	return bad;
}
