// SPDX-License-Identifier: Apache-2.0
/*
 * journal_segments.c: see journal_segments.h.
 */
#include "journal_segments.h"

#include "base/cleanup.h"
#include "base/read_whole.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

char *journal_segment_path(const char *path, uint64_t first, const char *end)
{
	char *name = NULL;

	if (asprintf(&name, "%s.%0*" PRIu64 "%s", path, JOURNAL_SEGMENT_DIGITS, first, end) < 0)
		return NULL;
	return name;
}

/* Whether @name is that of such a file of the journal @base. */
static bool is_name(const char *name, const char *base, const char *end, uint64_t *ret_first)
{
	size_t length = strlen(base);
	const char *digits = name + length + 1;

	if (strncmp(name, base, length) != 0 || name[length] != '.' ||
	    strspn(digits, "0123456789") != JOURNAL_SEGMENT_DIGITS ||
	    strcmp(digits + JOURNAL_SEGMENT_DIGITS, end) != 0)
		return false;
	errno = 0;
	*ret_first = strtoull(digits, NULL, 10);
	return errno == 0;
}

int journal_segments_add(struct journal_segments *segments, char *path, uint64_t first,
			 uint64_t bytes)
{
	struct journal_segment_file *list =
		realloc(segments->list, (segments->n + 1) * sizeof(*segments->list));

	if (list)
		segments->list = list;
	if (!list || !path) {
		free(path);
		return -ENOMEM;
	}
	segments->n++;
	list[segments->n - 1].first = first;
	list[segments->n - 1].bytes = bytes;
	list[segments->n - 1].path = path;
	return 0;
}

static int add(struct journal_segments *segments, const char *path, const char *end, uint64_t first)
{
	_cleanup_free_ char *name = journal_segment_path(path, first, end);
	struct stat st;

	if (!name)
		return -ENOMEM;
	if (stat(name, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return journal_segments_add(segments, TAKE_PTR(name), first, (uint64_t)st.st_size);
}

static int by_first(const void *a, const void *b)
{
	const struct journal_segment_file *left = a, *right = b;

	return (left->first > right->first) - (left->first < right->first);
}

static void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

int journal_segments_find(const char *path, uint64_t before, const char *end,
			  struct journal_segments *ret)
{
	_cleanup_free_ char *copy = strdup(path), *other = strdup(path);
	_cleanup_(close_folder) DIR *folder = copy ? opendir(dirname(copy)) : NULL;
	const char *base = other ? basename(other) : NULL;
	const struct dirent *entry;
	uint64_t first;
	int r = 0;

	*ret = (struct journal_segments){ 0 };
	if (!folder || !base)
		return copy && other ? -errno : -ENOMEM;
	errno = 0;
	while (r == 0 && (entry = readdir(folder))) {
		if (is_name(entry->d_name, base, end, &first) && first < before)
			r = add(ret, path, end, first);
		errno = 0;
	}
	if (r == 0)
		r = -errno;
	if (ret->n > 1)
		qsort(ret->list, ret->n, sizeof(*ret->list), by_first);
	return r;
}

void journal_segments_done(struct journal_segments *segments)
{
	for (size_t i = 0; i < segments->n; i++)
		free(segments->list[i].path);
	free(segments->list);
	*segments = (struct journal_segments){ 0 };
}

int journal_segment_first(int fd, uint64_t *ret)
{
	static const char start[] = "{\"seq\":";
	char bytes[sizeof(start) + 24], *end;
	ssize_t n = read_whole_at(fd, bytes, sizeof(bytes) - 1, 0);

	if (n < 0)
		return (int)n;
	bytes[n] = '\0';
	if (strncmp(bytes, start, sizeof(start) - 1) != 0)
		return -EBADMSG;
	errno = 0;
	*ret = strtoull(bytes + sizeof(start) - 1, &end, 10);
	return errno == 0 && end > bytes + sizeof(start) - 1 && *end == ',' ? 0 : -EBADMSG;
}
