/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_signer.h: the private keys of the writer: the host's, that of the epoch in force and that
 * of the next one.
 *
 * Owns: making, using and erasing them. Must not own: who must sign (journal_keys.h), the file of
 * the host key (key_file.h), when an epoch ends (journal.c).
 *
 * Keys of epochs are in memory only, in pages that are locked and left out of core files; one is
 * erased as soon as the checkpoint that hands over to the next one is durable.
 */
#ifndef SLUICE_JOURNAL_SIGNER_H
#define SLUICE_JOURNAL_SIGNER_H

#include "journal_keys.h"
#include "merkle.h"

struct journal_signer {
	struct note_key *host;
	struct note_key *new_host;   /* named in the open batch, signs beside the old one */
	struct note_key *epoch;	     /* in force; NULL: none, or its key is lost */
	struct note_key *next_epoch; /* named in the open batch */
};

/*
 * Before the first private key is in memory; later calls do nothing. Logs a warning when the pages
 * cannot be locked.
 */
void journal_signer_prepare(void);
void journal_signer_done(struct journal_signer *signer);

/**
 * journal_signer_next() - make the key of the next epoch.
 * Return: 0; -EINVAL: the origin is too long for a name; -ENOTSUP: no key could be made; -ENOMEM.
 */
int journal_signer_next(struct journal_signer *signer, const struct journal_keys *keys);

/* The checkpoint line by all who must sign it; the caller frees it. */
int journal_signer_compose(const struct journal_signer *signer, const struct journal_keys *keys,
			   uint64_t size, const uint8_t root[MERKLE_HASH], char **ret_line);

/* That checkpoint is durable: what was named is in force, and what was in force is erased. */
void journal_signer_advance(struct journal_signer *signer, const struct journal_keys *keys);

#endif
