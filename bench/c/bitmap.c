/*
 * A dirty bitmap in C: what a -O2 loop with popcount takes to count its bits, or those that one bitmap has and another has not.
 * Usage: bitmap FILE count|compare|get BYTES REPEATS; FILE holds the bitmap and behind it the expected one. Prints milliseconds per go.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static uint64_t *load(int fd, size_t bytes, off_t at)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	size_t done = 0;

	if (memory == MAP_FAILED)
		exit(3);
	while (done < bytes) {
		ssize_t count = pread(fd, memory + done, bytes - done, at + done);

		if (count <= 0)
			exit(3);
		done += count;
	}
	return (uint64_t *)memory;
}

static uint64_t count(const uint64_t *words, size_t n)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < n; i++)
		bits += __builtin_popcountll(words[i]);
	return bits;
}

int main(int argc, char **argv)
{
	uint64_t *here, *there, sum = 0, more = 0;
	double started, elapsed;
	size_t bytes, n;
	long repeats;
	int fd;

	if (argc != 5)
		return 2;
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	bytes = strtoull(argv[3], NULL, 10);
	repeats = atol(argv[4]);
	n = bytes / 8;
	if (fd < 0 || n == 0 || repeats <= 0)
		return 3;
	if (strcmp(argv[2], "get") == 0) {
		started = now_ms();
		for (long r = 0; r < repeats; r++) {
			here = load(fd, bytes, 0);
			sum += count(here, n);
			munmap(here, bytes);
		}
		elapsed = now_ms() - started;
	} else {
		here = load(fd, bytes, 0);
		there = load(fd, bytes, bytes);
		started = now_ms();
		for (long r = 0; r < repeats; r++) {
			/* The memory may have changed, as far as the compiler knows: each go counts anew. */
			__asm__ volatile("" ::: "memory");
			if (strcmp(argv[2], "count") == 0) {
				sum += count(here, n);
				continue;
			}
			for (size_t i = 0; i < n; i++) {
				sum += __builtin_popcountll(there[i] & ~here[i]);
				more += __builtin_popcountll(here[i] & ~there[i]);
			}
		}
		elapsed = now_ms() - started;
	}
	printf("%.6f %llu\n", elapsed / repeats, (unsigned long long)((sum + more) / repeats));
	return 0;
}
