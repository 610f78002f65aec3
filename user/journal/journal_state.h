/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_state.h: the file PATH.<first entry>.state: what the owner of the journal still remembers
 * of the entries before that one, so that a start need not read them.
 *
 *	{"format": "sluice-state/1", "facts": {...}}	what is only a number by now
 *	the lines of entries that count still, as they are in the journal, in order
 *
 * "journal.segment" has its hash, which the host key signs: so it is durable before that entry is.
 *
 * Owns: this file. Must not own: what counts still (struct journal_memory).
 */
#ifndef SLUICE_JOURNAL_STATE_H
#define SLUICE_JOURNAL_STATE_H

#include "journal.h"
#include "journal_segment.h"

/* Bytes @from up to @to of a descriptor: whole lines. */
struct journal_state_source {
	int fd;
	uint64_t from, to;
};

/**
 * journal_state_write() - gather from the @sources, in order, what still counts, durably.
 * @path: of the journal; @first: the entry that will name the file
 * @segment: its @state is filled
 */
int journal_state_write(const char *path, uint64_t first, const struct journal_memory *memory,
			const struct journal_state_source *sources, size_t n,
			struct journal_segment *segment);

/**
 * journal_state_open() - the file that @segment names, once its hash is right.
 * Return: a descriptor, @ret_lines: where its entries begin; -ENOENT; -EBADMSG: it is not the one;
 * another negative errno.
 */
int journal_state_open(const char *path, const struct journal_segment *segment,
		       uint64_t *ret_lines);

/* Hands what it says to @memory. Return: 0; what a replay returned; a negative errno. */
int journal_state_replay(int fd, const struct journal_segment *segment,
			 const struct journal_memory *memory);

#endif
