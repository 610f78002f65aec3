/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_parallel.h: the long middle of a journal, looked at by all processors at once.
 *
 * Owns: the threads and the pieces of the file that they look at. Must not own: any rule: each line
 * is looked at by journal_look.h and taken in order by journal_check.h. Stops before the first line
 * that is not right, so that journal_scan.h says what is wrong with it.
 */
#ifndef SLUICE_JOURNAL_PARALLEL_H
#define SLUICE_JOURNAL_PARALLEL_H

#include "journal_check.h"
#include "journal_stream.h"

#include <stdint.h>

struct journal_parallel {
	struct journal_stream *stream;
	uint64_t from, to; /* bytes: where a line begins, and where to stop at the latest */
	unsigned int jobs; /* threads; 0: as many as processors */
	size_t piece;	   /* bytes; 0: what is fast */
	/* After each piece; may be NULL. */
	void (*progress)(void *ctx, uint64_t entries, uint64_t bytes);
	void *ctx;
};

/**
 * journal_parallel() - take the lines that are right, up to the first that is not or to the last
 * complete one.
 * @check: has taken entry 0 already
 * @ret_bytes: offset of the first byte that was not taken
 * Return: 0, also when a line was wrong; negative errno: -ENOMEM, -EAGAIN (no thread could be
 * started: nothing was taken), or from reading.
 */
int journal_parallel(const struct journal_parallel *what, struct journal_check *check,
		     uint64_t *ret_bytes);

#endif
