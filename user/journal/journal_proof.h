/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_proof.h: one entry of a journal with all that a stranger needs to check it: C2SP
 * tlog-proof.
 *
 *	c2sp.org/tlog-proof@v1
 *	extra <base64 of the entry's line>
 *	index <number of the entry>
 *	<base64 of a hash>, from the entry's sibling up to below the root
 *
 *	<the checkpoint's signed note>
 *
 * Owns: these bytes. Must not own: hashes (merkle.h), signatures (journal_checkpoint.h).
 */
#ifndef SLUICE_JOURNAL_PROOF_H
#define SLUICE_JOURNAL_PROOF_H

#include "journal_verify.h"

#define JOURNAL_PROOF_MAX                                                                          \
	(256U << 10) /* bytes of a proof: an entry, 63 hashes and a checkpoint are less */

/**
 * journal_prove() - the proof of entry @seq under the last checkpoint that the host key has signed:
 * of the keys of epochs nobody else knows.
 * The whole journal is verified first: of one that was tampered with nothing is proven.
 * @ret_proof: NUL-terminated, to be freed
 * Return: 0; -EBADMSG: tampered with, @ret_result tells; -ERANGE: there is no such entry; -ENODATA:
 * the host key has not signed it (yet); another negative errno.
 */
int journal_prove(const char *path, uint64_t seq, char **ret_proof,
		  struct journal_verify_result *ret_result);

/* The signed note in a line that is a checkpoint, to be freed; NULL: none, or no memory. */
char *journal_proof_note(const struct journal_line *line);

/* The bytes of a proof, NUL-terminated and to be freed. @checkpoint: the signed note. */
int journal_proof_write(const struct merkle_proof *proof, const char *line, size_t line_size,
			const char *checkpoint, char **ret);

struct journal_proven {
	uint64_t seq;
	uint64_t size; /* entries of the tree that was signed */
	char root[MERKLE_HEX];
	unsigned int others; /* signatures of the checkpoint by keys that are not checked */
	char *line;	     /* of the entry, NUL-terminated; to be freed */
	size_t line_size;
};

/**
 * journal_proof_check() - what a proof shows.
 * @vkey: of the host, known from elsewhere
 * @entry: the line when the proof does not carry it; else NULL
 * @ret_problem: one clause after -EBADMSG, static
 * Return: 0; -EINVAL: @vkey is none; -EBADMSG; -ENOMEM.
 */
int journal_proof_check(const char *proof, size_t size, const char *vkey, const char *entry,
			struct journal_proven *ret, const char **ret_problem);

#endif
