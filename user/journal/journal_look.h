/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_look.h: what one line of a journal says by itself, without the lines before it: its
 * frame, its hash, and whether its signatures are right.
 *
 * Owns: the spelling of a line. Must not own: whether it fits to the lines before
 * (journal_check.h). Keeps nothing, so that many lines can be looked at at once.
 */
#ifndef SLUICE_JOURNAL_LOOK_H
#define SLUICE_JOURNAL_LOOK_H

#include "journal_checkpoint.h"
#include "key/note.h"
#include "merkle.h"

#include <stdbool.h>

struct journal_look {
	bool is_checkpoint;
	uint8_t hash[MERKLE_HASH]; /* of the line; of an entry it is the leaf */
	union {
		struct {
			uint64_t seq;
			int64_t time;
			uint8_t prev[MERKLE_HASH];
			enum journal_kind kind;
			struct journal_type type;
		} entry;
		struct journal_checkpoint_info checkpoint;
	};
};

/**
 * journal_look() - look at one line, without its LF.
 * @hasher: hashes for the caller's thread; its tree is not touched
 * @keys: who must sign here, by the lines before; before entry 0 no checkpoint can stand
 * @ret_problem: one clause after -EBADMSG, static
 * Return: 0; -EBADMSG: the line is wrong; -ENOMEM.
 */
int journal_look(struct merkle *hasher, const struct journal_keys *keys, const char *line,
		 size_t size, struct journal_look *ret, const char **ret_problem);

#endif
