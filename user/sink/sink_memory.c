// SPDX-License-Identifier: Apache-2.0
/*
 * sink_memory.c: see sink_memory.h.
 */
#include "sink_memory.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

static void name_file(const struct sink_run *run, const char *what, const char *end, char *path,
		      size_t size)
{
	snprintf(path, size, "%s/%s-%s%s", run->context->state, what, run->sink->name, end);
}

int sink_memory_write(const struct sink_run *run, const char *what, const char *text)
{
	char path[512], new[512];
	_cleanup_fclose_ FILE *file = NULL;

	name_file(run, what, "", path, sizeof(path));
	name_file(run, what, ".new", new, sizeof(new));
	file = fopen(new, "we");
	if (!file || fputs(text, file) < 0 || fflush(file) < 0 || fdatasync(fileno(file)) < 0 ||
	    rename(new, path) < 0)
		return -errno;
	return 0;
}

void sink_memory_read(const struct sink_run *run, const char *what, char *text, size_t size)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[512];
	size_t n = 0;

	name_file(run, what, "", path, sizeof(path));
	file = fopen(path, "re");
	if (file)
		n = fread(text, 1, size, file);
	text[n < size ? n : 0] = '\0';
}
