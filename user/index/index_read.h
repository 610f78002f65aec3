/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index_read.h: entries of a journal by an index, for who asks a long journal often.
 *
 * Nothing in the index is believed. The checkpoint in it must be signed by the host key that entry 0
 * names, its pieces must give the root that is signed, and each line that is handed on, read from the
 * journal, must be the leaf at its place. What the journal has got since is read first: each line must
 * follow from the one before, up to the last checkpoint that the host key has signed. Then it is in the
 * index as well.
 *
 * So nothing is shown that is not in the journal. But an index that somebody changed can leave entries
 * out, which only a reading of all of the journal shows, or a count: hence the file must be the
 * caller's alone.
 *
 * Owns: all these checks. Must not own: the tables (index_file.h), the filter (journal_filter.h).
 */
#ifndef SLUICE_INDEX_READ_H
#define SLUICE_INDEX_READ_H

#include "journal/journal_read.h"

struct index_read_result {
	uint64_t size; /* entries that the host key has signed: all that is told goes by them */
	char root[MERKLE_HEX];
	uint64_t added; /* that were not in the index before */
	bool rebuilt;	/* what was in it was of no use */
};

/**
 * index_read() - hand on the wanted entries, in order, each one proven.
 * @path: the journal, with the full files beside it
 * @index: the file, which is made where there is none
 * @text: one clause after a failure
 * Return: 0; -EOPNOTSUPP: not by an index: the filter, or the host key was changed, or older files
 * of the journal are missing; -EBADMSG: it is wrong, as a reading of all of it tells; -EPERM,
 * -EUCLEAN, -EBUSY: of the index, see index_file.h; what @fn returned; another negative errno.
 */
int index_read(const char *path, const char *index, const struct journal_filter *filter,
	       journal_entry_fn fn, void *ctx, struct index_read_result *ret, char *text,
	       size_t size);

#endif
