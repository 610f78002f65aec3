/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_checkpoint.h: the line that signs everything above it: {"checkpoint":"<note>"} LF, where
 * the text of the note is origin LF size LF base64(root) LF (C2SP tlog-checkpoint) and size counts
 * the entries above.
 *
 * Owns: composing and checking that line. Must not own: the tree (merkle.h), the form of a note
 * (note.h).
 */
#ifndef SLUICE_JOURNAL_CHECKPOINT_H
#define SLUICE_JOURNAL_CHECKPOINT_H

#include "merkle.h"
#include "note.h"

#include <stdbool.h>

/* How each checkpoint line begins; no entry begins so. */
#define JOURNAL_CHECKPOINT_START "{\"checkpoint\":"

/* The whole line with its LF; the caller frees it. The origin is the key's name. */
int journal_checkpoint_compose(const struct note_key *key, uint64_t size,
			       const uint8_t root[MERKLE_HASH], char **ret_line);

struct journal_checkpoint {
	const struct note_key *key;
	uint64_t size;	     /* entries above the line */
	const uint8_t *root; /* of these entries */
};

struct journal_checkpoint_info {
	bool is_signed;	     /* by the key, and right */
	bool by_epoch;	     /* carries a signature in the name of "<origin>/epoch/..." */
	unsigned int others; /* signatures that were not checked */
};

/**
 * journal_checkpoint_check() - compare one line (without LF) with what it must say.
 * Return: 0; -ENOMEM; -EBADMSG with one clause in @ret_problem (static). A missing signature is no
 * error here.
 */
int journal_checkpoint_check(const struct journal_checkpoint *expected, const char *line,
			     size_t size, struct journal_checkpoint_info *ret_info,
			     const char **ret_problem);

#endif
