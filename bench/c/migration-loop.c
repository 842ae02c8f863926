/*
 * What the kit does in the saving and in the resuming loop, in C, on a file whose migration region begins at 4096: the fields of an
 * iteration, the data by read() or through a mapping, SHA-256 of it, and a spool file that it is written to or comes from.
 * Usage: migration-loop FILE SPOOL save|resume read|mmap BUFFER_BYTES TOTAL_BYTES; prints seconds.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define REGION 4096
#define SECTION 4096
#define PENDING 8
#define OFFSET 16
#define SIZE 24
#define CHUNK (1 << 20)

static unsigned char *(*sha256)(const unsigned char *, size_t, unsigned char *);

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
	perror(what);
	exit(3);
}

static uint64_t field(int fd, long at)
{
	uint64_t value;

	if (pread(fd, &value, 8, REGION + at) != 8)
		fail("field");
	return value;
}

static void all(int fd, char *bytes, size_t count, off_t at, int writing)
{
	while (count > 0) {
		ssize_t done = writing ? pwrite(fd, bytes, count, at) : pread(fd, bytes, count, at);

		if (done <= 0)
			fail(writing ? "pwrite" : "pread");
		bytes += done;
		count -= done;
		at += done;
	}
}

int main(int argc, char **argv)
{
	unsigned char digest[32];
	size_t size, total, done, chunk, used = 0;
	char *buffer, *section = NULL;
	int fd, spool, saving, mapped;
	off_t spooled = 0;
	double started;
	void *crypto;

	if (argc != 7)
		return 2;
	crypto = dlopen("libcrypto.so.3", RTLD_NOW);
	if (!crypto)
		crypto = dlopen("libcrypto.so", RTLD_NOW);
	if (!crypto || !(sha256 = (unsigned char *(*)(const unsigned char *, size_t, unsigned char *))dlsym(crypto, "SHA256"))) {
		fprintf(stderr, "no SHA256 in libcrypto\n");
		return 3;
	}
	saving = strcmp(argv[3], "save") == 0;
	mapped = strcmp(argv[4], "mmap") == 0;
	size = strtoull(argv[5], NULL, 10);
	total = strtoull(argv[6], NULL, 10);
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	spool = open(argv[2], O_RDWR | O_CREAT | (saving ? O_TRUNC : 0) | O_CLOEXEC, 0600);
	if (fd < 0 || spool < 0)
		fail("open");
	/* Small buffers are gathered, as the kit does it. */
	chunk = size > CHUNK ? size : CHUNK / size * size;
	buffer = malloc(chunk);
	if (mapped) {
		section = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, REGION + SECTION);
		if (section == MAP_FAILED)
			fail("mmap");
	}
	started = now();
	for (done = 0; done < total; done += size) {
		if (saving) {
			if (field(fd, PENDING) == 0 || field(fd, OFFSET) != SECTION || field(fd, SIZE) != size)
				return 4;
			if (mapped)
				memcpy(buffer + used, section, size);
			else
				all(fd, buffer + used, size, REGION + SECTION, 0);
			used += size;
			if (used + size > chunk || done + size >= total) {
				all(spool, buffer, used, spooled, 1);
				sha256((unsigned char *)buffer, used, digest);
				spooled += used;
				used = 0;
			}
		} else {
			uint64_t told = size;

			if (used == 0) {
				size_t left = total - done < chunk ? total - done : chunk;

				all(spool, buffer, left, spooled, 0);
				sha256((unsigned char *)buffer, left, digest);
				spooled += left;
			}
			if (field(fd, OFFSET) != SECTION)
				return 4;
			if (mapped)
				memcpy(section, buffer + used, size);
			else
				all(fd, buffer + used, size, REGION + SECTION, 1);
			if (pwrite(fd, &told, 8, REGION + SIZE) != 8)
				fail("data_size");
			used = used + size >= chunk ? 0 : used + size;
		}
	}
	printf("%.6f\n", now() - started);
	return digest[0] == 256;
}
