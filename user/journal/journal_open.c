// SPDX-License-Identifier: Apache-2.0
/*
 * journal_open.c: see journal.h. Owns: beginning a journal, and taking one over: its host key, what
 * is in it, another host key that waits. Must not own: checking and mending (journal_recover.h),
 * what is written from then on (journal.c).
 */
#include "base/cleanup.h"
#include "journal_recover.h"
#include "journal_settle.h"
#include "journal_writer.h"
#include "key/key_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static void journal_freep(struct journal **journal)
{
	journal_writer_free(*journal);
}

static json_t *genesis_body(const struct journal *journal, const char *boot)
{
	return json_pack("{s:s,s:s,s:{s:s,s:s,s:s,s:i,s:s,s:s}}", "type", "journal.opened",
			 "message", "the journal begins", "journal", "format", JOURNAL_FORMAT,
			 "origin", note_key_name(journal->origin), "host_vkey",
			 note_key_vkey(journal->origin), "epoch", 0, "epoch_vkey",
			 note_key_vkey(journal->signer.next_epoch), "boot", boot);
}

/* Entry 0: what everything after it is checked with. */
static int write_genesis(struct journal *journal)
{
	char boot[64] = "";
	_cleanup_fclose_ FILE *file = fopen(BOOT_ID, "re");
	json_auto_t *body = NULL;
	int r;

	if (!file || !fgets(boot, sizeof(boot), file))
		return file ? -EIO : -errno;
	boot[strcspn(boot, "\n")] = '\0';
	r = journal_signer_next(&journal->signer, &journal->keys);
	if (r < 0)
		return r;
	body = genesis_body(journal, boot);
	r = body ? journal_writer_line(journal, body, NULL) : -ENOMEM;
	if (r == 0)
		r = journal_keys_begin(&journal->keys, journal->origin,
				       json_object_get(body, "journal"), true);
	if (r < 0)
		return r;
	journal->time = journal_writer_now();
	/* Entry 0 names the key that signs it. */
	journal->signer.epoch = TAKE_PTR(journal->signer.next_epoch);
	journal->used = true;
	merkle_hex(journal->last_leaf, journal->genesis);
	r = journal_commit(journal);
	return r < 0 ? r : journal_file_sync_folder(journal->file.path);
}

static const struct key_use key_use = { .what = "journal key",
					.anew = "move key and journal aside to begin new ones",
					.mode = 0700 };

static int open_key(const struct journal_file *file, const char *key_path, uint64_t size,
		    EVP_PKEY **ret, char *error, size_t error_size)
{
	int r = key_file_load(&key_use, key_path, ret, error, error_size);

	if (r != -ENOENT)
		return r;
	if (size == 0)
		return key_file_create(&key_use, key_path, ret, error, error_size);
	snprintf(error, error_size,
		 "the journal '%s' is there, but its key '%s' is not: restore the key from a "
		 "backup, or move the "
		 "journal aside to begin a new one",
		 file->path, key_path);
	return -ENOKEY;
}

/* Takes over what the scan of the file has learned. */
static void adopt_check(struct journal *journal, struct journal_check *check)
{
	merkle_done(&journal->tree);
	journal->tree = check->tree;
	check->tree = (struct merkle){ 0 };
	journal_totals_done(&journal->totals);
	journal->totals = check->totals;
	check->totals = (struct journal_totals){ 0 };
	journal->signed_entries = check->signed_entries;
	memcpy(journal->last_leaf, check->last_leaf, sizeof(journal->last_leaf));
	memcpy(journal->root, check->root, sizeof(journal->root));
	memcpy(journal->genesis, check->genesis, sizeof(journal->genesis));
	journal->hash = TAKE_PTR(check->file.hash);
	journal->first = check->file.first;
	journal->offset = check->file.offset;
	journal->time = check->file.time;
	if (!check->key)
		return;
	note_key_free(journal->origin);
	journal->origin = TAKE_PTR(check->key); /* lint: its name stays where check->keys has it */
	journal->keys = check->keys;
}

/* The name in entry 0 holds; @origin names a journal that begins now. */
static int name_key(struct journal *journal, const struct journal_check *check, const char *origin,
		    EVP_PKEY *pkey, char *error, size_t error_size)
{
	const char *name = check->key ? note_key_name(check->key) : origin;
	int r = note_key_new(name, pkey, &journal->signer.host);

	if (r == 0)
		r = note_key_new(name, pkey, &journal->origin);
	if (r == 0 && strlen(name) + JOURNAL_EPOCH_NAME > NOTE_NAME_MAX)
		r = -EINVAL;
	if (r == -EINVAL)
		snprintf(error, error_size,
			 "the journal's name '%s' is not 1 to %d printable characters without "
			 "space and '+'",
			 origin, NOTE_NAME_MAX - JOURNAL_EPOCH_NAME);
	return r;
}

/* The host keys that are there: the journal's, and where one waits, the next. */
struct host_keys {
	EVP_PKEY *pkeys[2];
	uint8_t public_keys[2][NOTE_PUBLIC_KEY];
	size_t n;
};

static void host_keys_done(struct host_keys *keys)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys->pkeys); i++)
		EVP_PKEY_free(keys->pkeys[i]);
}

static int load_keys(const struct journal *journal, uint64_t size, struct host_keys *keys,
		     char *error, size_t error_size)
{
	int r = open_key(&journal->file, journal->key_path, size, &keys->pkeys[0], error,
			 error_size);

	keys->n = 1;
	if (r == 0) {
		r = key_file_load(&key_use, journal->next_path, &keys->pkeys[1], error, error_size);
		keys->n += r == 0;
		r = r == -ENOENT ? 0 : r;
	}
	for (size_t i = 0; r == 0 && i < keys->n; i++) {
		size_t length = NOTE_PUBLIC_KEY;

		if (EVP_PKEY_get_raw_public_key(keys->pkeys[i], keys->public_keys[i], &length) != 1)
			r = -EINVAL;
	}
	return r;
}

/* The next host key takes over, signed by the old one too. */
static int change_host(struct journal *journal, EVP_PKEY *next)
{
	json_auto_t *body = NULL;
	int r = note_key_new(note_key_name(journal->origin), next, &journal->signer.new_host);

	if (r == 0)
		r = journal_writer_epoch(journal);
	if (r < 0)
		return r;
	body = json_pack("{s:s,s:s,s:{s:s}}", "type", journal_kind_type(JOURNAL_HOST_CHANGES),
			 "message", "the host has another key from now on", "journal", "host_vkey",
			 note_key_vkey(journal->signer.new_host));
	r = body ? journal_writer_line(journal, body, NULL) : -ENOMEM;
	return r < 0 ? r : journal_commit(journal);
}

/* Finishes a change of the host key that a crash cut short, or makes one where nothing is amiss. */
/* The entry that names a new host key reached the disk in a crash, and its checkpoint did not. */
static int finish_change(struct journal *journal, const struct host_keys *keys)
{
	if (keys->n == 1 ||
	    memcmp(journal->keys.next_host, keys->public_keys[1], NOTE_PUBLIC_KEY) != 0)
		return -ENOKEY;
	return note_key_new(note_key_name(journal->origin), keys->pkeys[1],
			    &journal->signer.new_host);
}

static int settle_host(struct journal *journal, const struct host_keys *keys, size_t in_force,
		       const struct journal_recovery *recovery)
{
	if (journal->keys.host_changes && !journal->keys.is_signed)
		return finish_change(journal, keys);
	if (in_force == 1)
		journal_writer_name_key(journal);
	if (in_force == 1 || keys->n == 1 || recovery->adopted || recovery->torn_bytes)
		return 0;
	return change_host(journal, keys->pkeys[1]);
}

static int start(struct journal *journal, const struct host_keys *keys, const char *origin,
		 struct journal_recovery *recovery, char *error, size_t error_size)
{
	struct journal_check check;
	size_t in_force = 0;
	int r = journal_check_init(&check, NULL);

	if (r == 0)
		r = journal_check_hash(&check);
	if (r == 0)
		r = journal_recover(&journal->file, &journal->memory, keys->public_keys, keys->n, &in_force,
				    &check, recovery, error, error_size);
	if (r == 0)
		r = name_key(journal, &check, origin, keys->pkeys[in_force], error, error_size);
	if (r == 0)
		adopt_check(journal, &check);
	journal_check_done(&check);
	if (r == 0 && recovery->created)
		r = write_genesis(journal);
	if (r == 0)
		r = settle_host(journal, keys, in_force, recovery);
	if (r < 0 && error[0] == '\0')
		snprintf(error, error_size, "cannot begin the journal '%s': %s", journal->file.path,
			 strerror(-r));
	return r;
}

int journal_make_next_key(const char *key_path, char *error, size_t error_size)
{
	_cleanup_free_ char *next = NULL;
	EVP_PKEY *pkey = NULL;
	int r;

	journal_signer_prepare();
	if (asprintf(&next, "%s.next", key_path) < 0)
		return -ENOMEM;
	r = key_file_create(&key_use, next, &pkey, error, error_size);
	EVP_PKEY_free(pkey);
	return r == -EEXIST ? 0 : r;
}

int journal_open(const char *path, const char *key_path, const char *origin,
		 const struct journal_memory *memory, struct journal **ret,
		 struct journal_recovery *recovery, char *error, size_t error_size)
{
	_cleanup_(journal_freep) struct journal *journal = calloc(1, sizeof(*journal));
	struct host_keys keys = { 0 };
	struct journal_recovery found = { 0 };
	uint64_t size = 0;
	int r;

	error[0] = '\0';
	if (!journal)
		return -ENOMEM;
	journal->key_path = strdup(key_path);
	if (!journal->key_path || asprintf(&journal->next_path, "%s.next", key_path) < 0)
		return -ENOMEM;
	journal->memory = memory ? *memory : (struct journal_memory){ 0 };
	journal->past.fd = -1;
	journal->file = (struct journal_file){ .lock_fd = -1, .fd = -1 };
	journal_signer_prepare();
	r = journal_settle_missing(path, error, error_size);
	if (r == 0)
		r = journal_file_open(&journal->file, path, &size, error, error_size);
	if (r == 0)
		r = journal_settle(&journal->file, &size, &found, error, error_size);
	if (r == 0)
		r = load_keys(journal, size, &keys, error, error_size);
	if (r == 0)
		r = start(journal, &keys, origin, &found, error, error_size);
	host_keys_done(&keys);
	if (r < 0 && error[0] == '\0')
		snprintf(error, error_size, "cannot open the journal '%s': %s", path, strerror(-r));
	if (r < 0)
		return r;
	*recovery = found;
	*ret = TAKE_PTR(journal);
	return 0;
}
