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

#include "journal_keys.h"
#include "key/note.h"
#include "merkle.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * journal_checkpoint_compose() - the whole line with its LF; the caller frees it.
 * @signers: whose signatures it has, in this order; @n: one at least
 */
int journal_checkpoint_compose(const char *origin, const struct note_key *const *signers, size_t n,
			       uint64_t size, const uint8_t root[MERKLE_HASH], char **ret_line);

struct journal_checkpoint_info {
	uint64_t size;		   /* entries that it signs */
	uint8_t root[MERKLE_HASH]; /* of their tree */
	bool by_host;		   /* the host key has signed it too */
	unsigned int others;	   /* signatures by other keys, not checked */
};

/**
 * journal_checkpoint_read() - check spelling and signatures of one line, without its LF.
 * @keys: whose signatures it must have, and whose it may have
 * Return: 0; -ENOMEM; -EBADMSG with one clause in @ret_problem (static).
 */
int journal_checkpoint_read(const struct journal_keys *keys, const char *line, size_t size,
			    struct journal_checkpoint_info *ret, const char **ret_problem);

/* The note alone, as it stands in a proof: by @key, whatever else has signed it. */
int journal_checkpoint_read_note(const struct note_key *key, const char *note, size_t size,
				 struct journal_checkpoint_info *ret, const char **ret_problem);

#endif
