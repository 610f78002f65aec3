// SPDX-License-Identifier: Apache-2.0
/*
 * log.c: see log.h. Owns the level and the form of a line, nothing else.
 */
#include "log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

#define LIMIT_WINDOW_S 60
#define LIMIT_LINES    10

static int log_level = LOG_INFO;

void log_set_level(int level)
{
	log_level = level;
}

void log_messagev(int level, const char *format, va_list ap)
{
	char line[2048];

	if (level > log_level)
		return;
	vsnprintf(line, sizeof(line), format, ap);
	text_scrub(line); /* names of files, words of a server: none may begin a line of its own */
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%s\n", line);
	else
		fprintf(stderr, "<%d>%s\n", level, line);
}

void log_message(int level, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_messagev(level, format, ap);
	va_end(ap);
}

int log_errno(int level, int error, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	log_message(level, "%s: %s", text, strerror(-error));
	return error;
}

bool log_limit(struct log_limit *limit, const char *what)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	if (now.tv_sec >= limit->since_s + LIMIT_WINDOW_S) {
		if (limit->n > LIMIT_LINES)
			log_warning("%u more %s", limit->n - LIMIT_LINES, what);
		*limit = (struct log_limit){ .since_s = now.tv_sec };
	}
	return ++limit->n <= LIMIT_LINES;
}
