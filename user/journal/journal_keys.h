/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_keys.h: who must sign the next checkpoint of a journal, as its entries say.
 *
 * Owns: the order of the keys: epochs, their ends, a new host key. Must not own: private keys
 * (journal_signer.h), signatures (journal_checkpoint.h).
 *
 * An epoch's key signs every checkpoint of its time; its private half is erased when the next epoch
 * begins, so that nobody can sign the past again. Entries of four types change who signs:
 *	journal.epoch	names the key of the next epoch: signed by the one before and by the host
 *	journal.sealed	ends an epoch without a next one (stop): signed by its key and by the host;
 *			then the host key alone may begin the next epoch
 *	key.recover	begins an epoch although the one before was not ended, because its key is
 *			lost (a crash): signed by the host alone, and counted as a break
 *	journal.host	names the next host key: signed by the epoch's, the old and the new one
 * What they say comes into force behind the checkpoint that signs them. A value: copied freely.
 */
#ifndef SLUICE_JOURNAL_KEYS_H
#define SLUICE_JOURNAL_KEYS_H

#include "journal_type.h"
#include "key/note.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* How each checkpoint line begins; no entry begins so. */
#define JOURNAL_CHECKPOINT_START "{\"checkpoint\":"

#define JOURNAL_EPOCH_NAME	 32 /* bytes of "/epoch/" and its number, at most, with the NUL */

/* What an entry does to the keys. */
enum journal_kind {
	JOURNAL_ORDINARY,
	JOURNAL_EPOCH_BEGINS,
	JOURNAL_EPOCH_ENDS,
	JOURNAL_EPOCH_LOST,
	JOURNAL_HOST_CHANGES,
};

/* Whose signatures a checkpoint may need, in the order in which they are written. */
enum journal_role { JOURNAL_HOST, JOURNAL_NEW_HOST, JOURNAL_EPOCH, JOURNAL_ROLES };

struct journal_keys {
	const char *origin; /* NULL before entry 0; the owner's memory */
	uint8_t host[NOTE_PUBLIC_KEY], next_host[NOTE_PUBLIC_KEY];
	uint8_t epoch[NOTE_PUBLIC_KEY], next_epoch[NOTE_PUBLIC_KEY];
	uint64_t number; /* of the epoch in force */
	uint64_t named;	 /* epochs that were named so far: the number of the next one */
	bool in_force;	 /* an epoch is: its key must sign */
	bool begins, ends, lost, host_changes; /* what the entries since the last checkpoint say */
	bool is_signed;			       /* a checkpoint stands behind them */
	uint64_t breaks;		       /* epochs whose key was lost */
	uint64_t first_break;		       /* number of the entry that says so first */
};

/* From the type, which stands behind "boottime_us" in entries of these kinds. */
enum journal_kind journal_kind(const char *line, size_t size);
enum journal_kind journal_kind_found(const struct journal_type *type, const char *line);

/* The same by type; JOURNAL_ORDINARY: none of them. */
enum journal_kind journal_kind_of_type(const char *type);
const char *journal_kind_type(enum journal_kind kind);

/**
 * journal_keys_begin() - take what entry 0 says.
 * @origin: stays with the caller, as long as @keys is used; is the host key's name
 * @journal: member "journal" of entry 0. @epochs: the format has them from the beginning
 * Return: 0; -EBADMSG: the key of the first epoch is missing or is not one.
 */
int journal_keys_begin(struct journal_keys *keys, const struct note_key *host,
		       const json_t *journal, bool epochs);

/* Take the next line. -EBADMSG with one clause in @ret_problem (static): it names no right key. */
int journal_keys_entry(struct journal_keys *keys, enum journal_kind kind, const char *line,
		       size_t size, const char **ret_problem);
void journal_keys_checkpoint(struct journal_keys *keys);

/* As an entry after the last line would find them. */
struct journal_keys journal_keys_settled(const struct journal_keys *keys);

/**
 * journal_keys_role() - the key in a role, NULL: there is none.
 * @name: gets its name, NOTE_NAME_MAX + JOURNAL_EPOCH_NAME bytes
 * @ret_needed: the next checkpoint is not right without its signature
 */
const uint8_t *journal_keys_role(const struct journal_keys *keys, enum journal_role role,
				 char *name, bool *ret_needed);

/* Why no checkpoint can stand here, whoever signs it: a clause; or NULL. */
const char *journal_keys_unsigned(const struct journal_keys *keys);

#endif
