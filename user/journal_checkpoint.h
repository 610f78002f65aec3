/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_checkpoint.h: the line that signs everything above it: {"checkpoint":"<note>"} LF, where
 * the text of the note is origin LF size LF base64(root) LF (C2SP tlog-checkpoint) and size counts
 * the entries above.
 *
 * Owns: composing and reading that line. Must not own: the tree, and whether it is that of the
 * entries (journal_check.h), the form of a note (note.h).
 */
#ifndef SLUICE_JOURNAL_CHECKPOINT_H
#define SLUICE_JOURNAL_CHECKPOINT_H

#include "merkle.h"
#include "note.h"

#include <stdint.h>

/* How each checkpoint line begins; no entry begins so. */
#define JOURNAL_CHECKPOINT_START "{\"checkpoint\":"

/* The whole line with its LF; the caller frees it. The origin is the key's name. */
int journal_checkpoint_compose(const struct note_key *key, uint64_t size,
			       const uint8_t root[MERKLE_HASH], char **ret_line);

struct journal_checkpoint_info {
	uint64_t size;		   /* entries that it signs */
	uint8_t root[MERKLE_HASH]; /* of their tree */
	unsigned int others;	   /* signatures by other keys, not checked */
};

/**
 * journal_checkpoint_read() - check spelling and signature of one line, without its LF.
 * Return: 0; -ENOMEM; -EBADMSG with one clause in @ret_problem (static).
 */
int journal_checkpoint_read(const struct note_key *key, const char *line, size_t size,
			    struct journal_checkpoint_info *ret, const char **ret_problem);

/* The same for the note alone, as it stands in a proof. */
int journal_checkpoint_read_note(const struct note_key *key, const char *note, size_t size,
				 struct journal_checkpoint_info *ret, const char **ret_problem);

#endif
