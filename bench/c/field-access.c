/*
 * What the kit does for one field access, in C: pread of 8 bytes or pwrite of 4 bytes at an offset of a memfd-like file.
 * Usage: field-access FILE read|write COUNT; prints nanoseconds per call.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	uint64_t value = 0, sum = 0;
	double started;
	long count, n;
	int fd, write;

	if (argc != 4)
		return 2;
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	count = atol(argv[3]);
	write = strcmp(argv[2], "write") == 0;
	if (fd < 0 || count <= 0)
		return 3;
	started = now_ns();
	for (n = 0; n < count; n++) {
		ssize_t done = write ? pwrite(fd, &value, 4, 4096) : pread(fd, &value, 8, 4096 + 8);

		if (done < 0)
			return 4;
		sum += value;
	}
	printf("%.3f\n", (now_ns() - started) / count);
	return sum == 1;
}
