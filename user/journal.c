// SPDX-License-Identifier: Apache-2.0
/*
 * journal.c: see journal.h. Owns: composing lines, the open batch, signing and retrying it.
 * Must not own: the file (journal_file.h), the rules for reading (journal_check.h), recovery
 * (journal_recover.h).
 *
 * Format "slj/1" (sluice-journal(5)), lines end with LF:
 *	entry      = {"seq":N,"time":MS,"boottime_us":US, ...body... ,"prev":"HEX"}
 *	checkpoint = {"checkpoint":"<signed note>"}
 * An entry is at most 65,535 bytes; a checkpoint is no entry and has no number. "prev" is the hex
 * of SHA-256(0x00 || entry before, without LF), which is its leaf in the RFC 6962 tree; 64 zeros in
 * entry 0.
 * Valid: numbers and prev fit, and each checkpoint signs size and root of all entries above it with
 * the host key that entry 0 names. A commit is the lines of the batch and one checkpoint, in one
 * write at the end that is known to be durable, then fdatasync(). After a failure the lines stay in
 * memory; the tree already holds them, so that the next try writes the same lines and a new
 * checkpoint.
 */
#include "journal.h"

#include "cleanup.h"
#include "journal_batch.h"
#include "journal_checkpoint.h"
#include "journal_file.h"
#include "journal_recover.h"
#include "key_file.h"
#include "limits.h"
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINE_ROOM (SLUICE_JOURNAL_ENTRY_MAX + 1)
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

struct journal {
	struct journal_file file;
	struct note_key *key;
	struct merkle tree; /* the open batch included */
	uint8_t last_leaf[MERKLE_HASH];
	uint64_t signed_entries; /* covered by the last durable checkpoint */
	char root[MERKLE_HEX];
	char genesis[MERKLE_HEX];
	struct journal_batch batch;
	int broken; /* negative errno of the failed commit */
	char broken_text[512];
};

static struct journal *journal_free(struct journal *journal)
{
	if (!journal)
		return NULL;
	journal_file_close(&journal->file);
	note_key_free(journal->key);
	merkle_done(&journal->tree);
	free(journal->batch.bytes);
	free(journal);
	return NULL;
}

static void journal_freep(struct journal **journal)
{
	journal_free(*journal);
}

static void pkey_freep(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static int64_t clock_in(clockid_t clock, long ns_per_unit)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * (1000000000LL / ns_per_unit) + now.tv_nsec / ns_per_unit;
}

/* The whole entry around a body: the order of the members is part of the format. */
static json_t *compose(const struct journal *journal, json_t *body)
{
	static const char *const reserved[] = { "seq", "time", "boottime_us", "prev",
						"checkpoint" };
	char prev[MERKLE_HEX];
	json_t *entry;

	if (!json_is_object(body))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (json_object_get(body, reserved[i]))
			return NULL;
	merkle_hex(journal->last_leaf, prev);
	entry = json_pack("{s:I,s:I,s:I}", "seq", (json_int_t)journal->tree.size, "time",
			  (json_int_t)clock_in(CLOCK_REALTIME, 1000000), "boottime_us",
			  (json_int_t)clock_in(CLOCK_BOOTTIME, 1000));
	if (entry && json_object_update(entry, body) == 0 &&
	    json_object_set_new_nocheck(entry, "prev", json_string_nocheck(prev)) == 0)
		return entry;
	json_decref(entry);
	return NULL;
}

static int add_line(struct journal *journal, json_t *body, uint64_t *ret_seq)
{
	json_auto_t *entry = compose(journal, body);
	uint8_t leaf[MERKLE_HASH];
	ssize_t size = entry ? journal_batch_put(&journal->batch, entry) : -EINVAL;
	int r;

	if (size < 0)
		return (int)size;
	r = merkle_leaf(&journal->tree, journal->batch.bytes + journal->batch.size, (size_t)size,
			leaf);
	if (r == 0)
		r = merkle_append(&journal->tree, leaf);
	if (r < 0)
		return r;
	memcpy(journal->last_leaf, leaf, sizeof(leaf));
	journal->batch.size += (size_t)size + 1;
	if (ret_seq)
		*ret_seq = journal->tree.size - 1;
	return 0;
}

int journal_add(struct journal *journal, json_t *body, uint64_t *ret_seq)
{
	int r = 0;

	if (journal->batch.size + LINE_ROOM > SLUICE_JOURNAL_BATCH_BYTES && !journal->broken)
		journal_commit(journal);
	if (journal->batch.size + LINE_ROOM > SLUICE_JOURNAL_BATCH_BYTES)
		r = -ENOSPC;
	if (r == 0)
		r = add_line(journal, body, ret_seq);
	json_decref(body);
	return r;
}

static int set_broken(struct journal *journal, int error)
{
	static const struct {
		int error;
		const char *remedy;
	} remedies[] = {
		{ -ENOSPC, "free space" },
		{ -EDQUOT, "raise the quota" },
		{ -EROFS, "mount the file system writable" },
		{ -EIO, "check the disk" },
		{ -ESTALE, "the file was moved or replaced: put it back, or restart sluiced" },
		{ -EBADMSG,
		  "somebody else changed the file: move it aside as evidence and restart sluiced" },
	};
	const char *remedy = "see the kernel's log";

	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++)
		if (remedies[i].error == error)
			remedy = remedies[i].remedy;
	journal->broken = error;
	snprintf(journal->broken_text, sizeof(journal->broken_text),
		 "cannot write the journal '%.300s': %s; %s", journal->file.path, strerror(-error),
		 remedy);
	return error;
}

/*
 * Puts the checkpoint behind the batch; the batch does not count it, each try has its own. Returns
 * its size.
 */
static ssize_t put_checkpoint(struct journal *journal, const uint8_t root[MERKLE_HASH])
{
	_cleanup_free_ char *line = NULL;
	int r = journal_checkpoint_compose(journal->key, journal->tree.size, root, &line);

	if (r == 0)
		r = journal_batch_reserve(&journal->batch, strlen(line));
	if (r < 0)
		return r;
	memcpy(journal->batch.bytes + journal->batch.size, line, strlen(line));
	return (ssize_t)strlen(line);
}

/* @again: after a failure, on a fresh descriptor, and not believed before it was read back. */
static int write_batch(struct journal *journal, bool again)
{
	uint8_t root[MERKLE_HASH];
	size_t size;
	ssize_t n;
	int r = merkle_root(&journal->tree, root);

	if (r < 0)
		return r;
	n = put_checkpoint(journal, root);
	if (n < 0)
		return (int)n;
	size = journal->batch.size + (size_t)n;
	r = again ? journal_file_reopen(&journal->file) : 0;
	if (r == 0)
		r = journal_file_append(&journal->file, journal->batch.bytes, size);
	if (r == 0 && again)
		r = journal_file_reread(&journal->file, journal->batch.bytes, size);
	if (r < 0)
		return r;
	journal->signed_entries = journal->tree.size;
	merkle_hex(root, journal->root);
	journal_batch_clear(&journal->batch);
	return 0;
}

int journal_commit(struct journal *journal)
{
	int r;

	if (journal->broken)
		return journal->broken;
	if (journal->signed_entries == journal->tree.size)
		return 0;
	r = write_batch(journal, false);
	return r < 0 ? set_broken(journal, r) : 0;
}

const char *journal_broken(const struct journal *journal)
{
	return journal->broken ? journal->broken_text : NULL;
}

int journal_repair(struct journal *journal)
{
	int r;

	if (!journal->broken)
		return 0;
	r = write_batch(journal, true);
	if (r < 0)
		return set_broken(journal, r);
	journal->broken = 0;
	return 0;
}

uint64_t journal_size(const struct journal *journal)
{
	return journal->tree.size;
}

uint64_t journal_durable(const struct journal *journal)
{
	return journal->file.durable;
}

const char *journal_root(const struct journal *journal)
{
	return journal->root;
}

const char *journal_vkey(const struct journal *journal)
{
	return note_key_vkey(journal->key);
}

const char *journal_genesis(const struct journal *journal)
{
	return journal->genesis;
}

struct journal *journal_close(struct journal *journal)
{
	if (!journal)
		return NULL;
	if (journal_commit(journal) < 0)
		log_error("%s: %" PRIu64 " entries are lost", journal->broken_text,
			  journal->tree.size - journal->signed_entries);
	return journal_free(journal);
}

/* Entry 0: what everything after it is checked with. */
static int write_genesis(struct journal *journal)
{
	char boot[64] = "";
	_cleanup_fclose_ FILE *file = fopen(BOOT_ID, "re");
	json_t *body;
	int r;

	if (!file || !fgets(boot, sizeof(boot), file))
		return file ? -EIO : -errno;
	boot[strcspn(boot, "\n")] = '\0';
	body = json_pack("{s:s,s:s,s:{s:s,s:s,s:s,s:s}}", "type", "journal.opened", "message",
			 "the journal begins", "journal", "format", JOURNAL_FORMAT, "origin",
			 note_key_name(journal->key), "host_vkey", note_key_vkey(journal->key),
			 "boot", boot);
	r = journal_add(journal, body, NULL);
	if (r == 0)
		merkle_hex(journal->last_leaf, journal->genesis);
	if (r == 0)
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
	journal->signed_entries = check->signed_entries;
	memcpy(journal->last_leaf, check->last_leaf, sizeof(journal->last_leaf));
	memcpy(journal->root, check->root, sizeof(journal->root));
	memcpy(journal->genesis, check->genesis, sizeof(journal->genesis));
}

/* The name in entry 0 holds; @origin names a journal that begins now. */
static int name_key(struct journal *journal, const struct journal_check *check, const char *origin,
		    EVP_PKEY *pkey, char *error, size_t error_size)
{
	int r = note_key_new(check->key ? note_key_name(check->key) : origin, pkey, &journal->key);

	if (r == -EINVAL)
		snprintf(error, error_size,
			 "the journal's name '%s' is not 1 to %d printable characters without "
			 "space and '+'",
			 origin, NOTE_NAME_MAX - 1);
	return r;
}

static int start(struct journal *journal, EVP_PKEY *pkey, const char *origin,
		 const struct journal_replay *replay, struct journal_recovery *recovery,
		 char *error, size_t error_size)
{
	uint8_t public_key[NOTE_PUBLIC_KEY];
	size_t size = sizeof(public_key);
	const struct journal_pins pins = { .public_key = public_key };
	struct journal_check check;
	int r;

	if (EVP_PKEY_get_raw_public_key(pkey, public_key, &size) != 1)
		return -EINVAL;
	r = journal_check_init(&check, &pins);
	if (r == 0)
		r = journal_recover(&journal->file, replay, &check, recovery, error, error_size);
	if (r == 0)
		r = name_key(journal, &check, origin, pkey, error, error_size);
	if (r == 0)
		adopt_check(journal, &check);
	journal_check_done(&check);
	if (r < 0 || !recovery->created)
		return r;
	r = write_genesis(journal);
	if (r < 0)
		snprintf(error, error_size, "cannot begin the journal '%s': %s", journal->file.path,
			 strerror(-r));
	return r;
}

int journal_open(const char *path, const char *key_path, const char *origin,
		 journal_replay_fn replay, void *ctx, struct journal **ret,
		 struct journal_recovery *recovery, char *error, size_t error_size)
{
	_cleanup_(journal_freep) struct journal *journal = calloc(1, sizeof(*journal));
	_cleanup_(pkey_freep) EVP_PKEY *pkey = NULL;
	const struct journal_replay replayed = { .fn = replay, .ctx = ctx };
	struct journal_recovery found = { 0 };
	uint64_t size = 0;
	int r;

	error[0] = '\0';
	if (!journal)
		return -ENOMEM;
	r = journal_file_open(&journal->file, path, &size, error, error_size);
	if (r == 0)
		r = open_key(&journal->file, key_path, size, &pkey, error, error_size);
	if (r == 0)
		r = start(journal, pkey, origin, &replayed, &found, error, error_size);
	if (r < 0 && error[0] == '\0')
		snprintf(error, error_size, "cannot open the journal '%s': %s", path, strerror(-r));
	if (r < 0)
		return r;
	*recovery = found;
	*ret = TAKE_PTR(journal);
	return 0;
}
