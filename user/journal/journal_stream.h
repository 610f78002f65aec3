/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_stream.h: the files of a journal, read as if they were one.
 *
 * Owns: which file is read, and going on to the next, also while sluiced begins one. Must not own:
 * lines (journal_scan.h), names (journal_segments.h). A pipe, or one file taken elsewhere, is a
 * stream too.
 */
#ifndef SLUICE_JOURNAL_STREAM_H
#define SLUICE_JOURNAL_STREAM_H

#include "journal_segment.h"
#include "journal_segments.h"

#include <sys/types.h>

/**
 * struct journal_stream: made by journal_stream_open() or journal_stream_of().
 * @path: as it was opened; NULL: nothing comes behind @last
 * @files: all that are there, the one that is written at the end
 * @whole: the first of those that have no gap between them up to the end
 * @at, @fd, @offset: what is read: the file, its descriptor and the place in it
 * @last: descriptor of the last file, which may get another name meanwhile
 * @bytes: of the files from @whole on when it was opened; 0: not known
 * @owned: @last is closed with it
 */
struct journal_stream {
	char *path;
	struct journal_segments files;
	size_t whole;
	size_t at;
	int fd;
	int last;
	uint64_t offset;
	uint64_t bytes;
	bool regular;
	bool owned;
};

/**
 * journal_stream_open() - the journal @path, "-": standard input.
 * Return: 0, also where files are missing; a negative errno. journal_stream_done() also then.
 */
int journal_stream_open(const char *path, struct journal_stream *ret);
/* One descriptor, which stays the caller's, from its current offset on. */
void journal_stream_of(int fd, struct journal_stream *ret);
void journal_stream_done(struct journal_stream *stream);

/* The first entry that can be read, when @path has one. */
uint64_t journal_stream_first(const struct journal_stream *stream);

/*
 * What is missing before the files that can be read: the name of the file before them, to be freed;
 * NULL: nothing, or no memory.
 */
char *journal_stream_missing(const struct journal_stream *stream);

/* Place @offset counts from the begin of the first file that can be read. 0, or a negative errno. */
int journal_stream_seek(struct journal_stream *stream, uint64_t offset);

/* Return: bytes, 0: there is nothing (yet); or a negative errno. */
ssize_t journal_stream_read(struct journal_stream *stream, char *bytes, size_t room);

/* What the first line of @fd says, which is read from its begin: as journal_segment_read(). */
int journal_stream_claim(int fd, struct journal_segment *ret);

#endif
