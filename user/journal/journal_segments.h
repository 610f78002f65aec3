/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_segments.h: the files of one journal.
 *
 *	PATH				the one that is written
 *	PATH.<first entry, 20 digits>	one that is full: never written again
 *	PATH.<first entry, 20 digits>.state	what a start needs beside the file that begins with
 *					this entry (journal_state.h)
 *	PATH.next, PATH.state.new	on their way to be one of these; left behind by a crash
 *
 * Owns: these names, and which files are there. Must not own: what stands in them.
 */
#ifndef SLUICE_JOURNAL_SEGMENTS_H
#define SLUICE_JOURNAL_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"

#define JOURNAL_SEGMENT_DIGITS 20
#define JOURNAL_STATE_END      ".state"

/* The first commit to a file is two entries and a checkpoint: no more bytes than this. */
#define JOURNAL_FIRST_COMMIT (4 * (SLUICE_JOURNAL_ENTRY_MAX + 1))

/* @first: the entry with which it begins; @bytes: in it */
struct journal_segment_file {
	uint64_t first;
	uint64_t bytes;
	char *path;
};

/* In the order of their entries. */
struct journal_segments {
	struct journal_segment_file *list;
	size_t n;
};

/* @end: "" or JOURNAL_STATE_END. To be freed; NULL: no memory. */
char *journal_segment_path(const char *path, uint64_t first, const char *end);

/**
 * journal_segments_find() - the full files beside @path that begin before entry @before.
 * @end: as above: those, or the states
 * Return: 0, or a negative errno; journal_segments_done() also then.
 */
int journal_segments_find(const char *path, uint64_t before, const char *end,
			  struct journal_segments *ret);
/* One more at the end; @path is taken over, NULL: no memory. Return: 0 or -ENOMEM. */
int journal_segments_add(struct journal_segments *segments, char *path, uint64_t first,
			 uint64_t bytes);
void journal_segments_done(struct journal_segments *segments);

/* The number of its first entry, by its first line: 0, -EBADMSG, or another negative errno. */
int journal_segment_first(int fd, uint64_t *ret);

#endif
