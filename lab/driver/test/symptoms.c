// SPDX-License-Identifier: GPL-2.0-only
/*
 * symptoms UUID UUID [FAULT...]: shows that every fault of the module can be
 * seen. Holds the same long conversation with two devices that keep every clause
 * and with two of which one has a fault, and compares what was said, line by
 * line. A conversation that never ends, or ends with a signal, differs too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "symptom_script.h"
#include "vfio_session.h"

#define FAULTS_MAX 512
#define PATIENCE_MS 12000

struct fault {
	char name[64], breaks[96], where[32];
};

enum kind { TRAPPED, MAPPED, ZPCI, NR_KINDS };

static struct transcript expected[NR_KINDS];
static const char *source, *destination;

/* The conversation, in a process of its own: what it said, and how it ended. */
static void converse(enum kind kind, struct transcript *heard)
{
	uint64_t deadline = now_ms() + PATIENCE_MS;
	struct transcript said = { 0 };
	char buffer[65536];
	int fds[2], status;
	ssize_t done;
	pid_t child;

	if (pipe(fds))
		die("pipe");
	child = fork();
	if (!child) {
		close(fds[0]);
		dup2(fds[1], 1);
		symptom_script(&said, source, destination, kind == MAPPED);
		for (size_t at = 0; at < said.length; at += done) {
			done = write(fds[1], said.text + at, said.length - at);
			if (done <= 0)
				_exit(3);
		}
		_exit(0);
	}
	close(fds[1]);
	for (;;) {
		struct pollfd ready = { .fd = fds[0], .events = POLLIN };
		int64_t left = deadline - now_ms();

		if (left <= 0 || poll(&ready, 1, left) <= 0) {
			kill(child, SIGKILL);
			transcript_line(heard, "it never ended");
			break;
		}
		done = read(fds[0], buffer, sizeof(buffer) - 1);
		if (done <= 0)
			break;
		buffer[done] = 0;
		if (heard->length + done + 1 > heard->size) {
			heard->size = (heard->length + done) * 2 + 4096;
			heard->text = realloc(heard->text, heard->size);
		}
		memcpy(heard->text + heard->length, buffer, done + 1);
		heard->length += done;
	}
	close(fds[0]);
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		transcript_line(heard, "it ended with signal %d", WTERMSIG(status));
}

static void prepare(enum kind kind)
{
	const char *uuids[] = { source, destination };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (attribute_set(uuids[i], "fault", "none") ||
		    attribute_set(uuids[i], "layout", kind == MAPPED ? "partitioned" : "trapped") ||
		    attribute_set(uuids[i], "zpci", kind == ZPCI ? "2" : "0") ||
		    attribute_set(uuids[i], "state_size", "100000") ||
		    attribute_set(uuids[i], "section_size", "16384"))
			die("settings");
	}
}

static size_t line_length(const char *at)
{
	return strcspn(at, "\n");
}

/* Number of the first line that differs, 0: none; the lines are shown cut to 100 characters. */
static unsigned int first_difference(const char *a, const char *b, char *shown, size_t size)
{
	unsigned int line;

	for (line = 1; *a || *b; line++) {
		size_t la = line_length(a), lb = line_length(b);

		if (la != lb || memcmp(a, b, la)) {
			snprintf(shown, size, "%.*s | %.*s", (int)(la < 100 ? la : 100), a, (int)(lb < 100 ? lb : 100), b);
			return line;
		}
		a += la + !!a[la];
		b += lb + !!b[lb];
	}
	return 0;
}

static unsigned int read_faults(struct fault *faults)
{
	char path[256], line[512];
	unsigned int count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/dut/faults", source);
	file = fopen(path, "r");
	if (!file)
		die(path);
	while (count < FAULTS_MAX && fgets(line, sizeof(line), file)) {
		char *name = line, *breaks = strchr(name, '\t'), *where, *summary;

		if (!breaks)
			continue;
		*breaks++ = 0;
		where = strchr(breaks, '\t');
		*where++ = 0;
		summary = strchr(where, '\t');
		*summary++ = 0;
		snprintf(faults[count].name, sizeof(faults[count].name), "%.63s", name);
		snprintf(faults[count].breaks, sizeof(faults[count].breaks), "%.95s", breaks);
		snprintf(faults[count].where, sizeof(faults[count].where), "%.31s", where);
		count++;
	}
	fclose(file);
	return count;
}

static bool chosen(const char *name, int argc, char **argv)
{
	int i;

	for (i = 3; i < argc; i++) {
		if (!strcmp(argv[i], name))
			return true;
	}
	return argc == 3;
}

int main(int argc, char **argv)
{
	static struct fault faults[FAULTS_MAX];
	unsigned int i, count, shown = 0, missed = 0, kind;
	struct transcript again = { 0 };
	char lines[256];
	uint64_t start;

	if (argc < 3)
		return 2;
	setbuf(stdout, NULL);
	source = argv[1];
	destination = argv[2];
	count = read_faults(faults);

	for (kind = 0; kind < NR_KINDS; kind++) {
		start = now_ms();
		prepare(kind);
		converse(kind, &expected[kind]);
		again.length = 0;
		converse(kind, &again);
		if (getenv("SHOW"))
			printf("%s", expected[kind].text);
		printf("baseline %u: %zu bytes, %llu ms\n", kind, again.length, (unsigned long long)(now_ms() - start) / 2);
		if (first_difference(expected[kind].text, again.text, lines, sizeof(lines))) {
			printf("BROKEN: two conversations without a fault differ: %s\n", lines);
			return 2;
		}
	}

	for (i = 0; i < count; i++) {
		if (!strcmp(faults[i].name, "none") || !chosen(faults[i].name, argc, argv))
			continue;
		kind = strstr(faults[i].where, "mapped") || strstr(faults[i].where, "partitioned") ? MAPPED : strstr(faults[i].where, "s390x") ? ZPCI : TRAPPED;
		prepare(kind);
		if (attribute_set(source, "fault", faults[i].name) || attribute_set(destination, "fault", faults[i].name))
			die(faults[i].name);
		again.length = 0;
		converse(kind, &again);
		if (first_difference(expected[kind].text, again.length ? again.text : "", lines, sizeof(lines))) {
			printf("seen %s: %s\n", faults[i].name, lines);
			shown++;
		} else {
			printf("NOT SEEN %s (%s)\n", faults[i].name, *faults[i].breaks ? faults[i].breaks : "benign");
			missed += *faults[i].breaks != 0;
		}
	}
	attribute_set(source, "fault", "none");
	attribute_set(destination, "fault", "none");
	printf("%u seen, %u faults not\n", shown, missed);
	return missed ? 1 : 0;
}
