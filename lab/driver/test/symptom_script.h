/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One long conversation with two devices, told in lines that are the same each
 * time as long as the devices are.
 */
#ifndef SYMPTOM_SCRIPT_H
#define SYMPTOM_SCRIPT_H

#include <stddef.h>

struct transcript {
	char *text;
	size_t length, size;
};

void transcript_line(struct transcript *transcript, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* `a` saves, `b` resumes. `mapped`: goes through the mapped areas as well. */
void symptom_script(struct transcript *transcript, const char *a, const char *b, int mapped);

#endif
