// SPDX-License-Identifier: Apache-2.0
/*
 * journal.c: see journal.h. Owns: composing lines, the open batch, signing and retrying it.
 * Must not own: opening it (journal_open.c), the file (journal_file.h), the keys
 * (journal_signer.h), the rules for reading (journal_check.h).
 *
 * Format "slj/2" (sluice-journal(5)), lines end with LF:
 *	entry      = {"seq":N,"time":MS,"boottime_us":US, ...body... ,"prev":"HEX"}
 *	checkpoint = {"checkpoint":"<signed note>"}
 * An entry is at most 65,535 bytes; a checkpoint is no entry and has no number. "prev" is the hex
 * of SHA-256(0x00 || entry before, without LF), which is its leaf in the RFC 6962 tree; 64 zeros in
 * entry 0.
 * Valid: numbers and prev fit, and each checkpoint signs size and root of all entries above it with
 * the keys that entry 0 and the entries of journal_keys.h name. A commit is the lines of the batch
 * and one checkpoint, in one write at the end that is known to be durable, then fdatasync(). After
 * a failure the lines stay in memory; the tree already holds them, so that the next try writes the
 * same lines and a new checkpoint.
 */
#include "journal.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "journal_segment.h"
#include "journal_writer.h"
#include "limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINE_ROOM (SLUICE_JOURNAL_ENTRY_MAX + 1)

struct journal *journal_writer_free(struct journal *journal)
{
	if (!journal)
		return NULL;
	journal_file_close(&journal->file);
	journal_signer_done(&journal->signer);
	note_key_free(journal->origin);
	free(journal->key_path);
	free(journal->next_path);
	merkle_done(&journal->tree);
	journal_totals_done(&journal->totals);
	EVP_MD_CTX_free(journal->hash);
	journal_past_forget(&journal->past);
	free(journal->batch.bytes);
	free(journal);
	return NULL;
}

static int64_t clock_in(clockid_t clock, long ns_per_unit)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * (1000000000LL / ns_per_unit) + now.tv_nsec / ns_per_unit;
}

int64_t journal_writer_now(void)
{
	return clock_in(CLOCK_REALTIME, 1000000);
}

/* The whole entry around a body: the order of the members is part of the format. */
static json_t *compose(const struct journal *journal, json_t *body)
{
	static const char *const reserved[] = { "seq", "time", "boottime_us", "prev",
						"checkpoint" };
	char prev[MERKLE_HEX];
	json_t *entry;

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (json_object_get(body, reserved[i]))
			return NULL;
	merkle_hex(journal->last_leaf, prev);
	entry = json_pack("{s:I,s:I,s:I}", "seq", (json_int_t)journal->tree.size, "time",
			  (json_int_t)journal_writer_now(), "boottime_us",
			  (json_int_t)clock_in(CLOCK_BOOTTIME, 1000));
	if (entry && json_object_update(entry, body) == 0 &&
	    json_object_set_new_nocheck(entry, "prev", json_string_nocheck(prev)) == 0)
		return entry;
	json_decref(entry);
	return NULL;
}

/* The line that is added now, of @size bytes, may change who signs. */
static int pass_keys(struct journal *journal, size_t size)
{
	const char *line = journal->batch.bytes + journal->batch.size, *problem;

	return journal->keys.origin ? journal_keys_entry(&journal->keys, journal_kind(line, size),
							 line, size, &problem)
				    : 0;
}

static int count_line(struct journal *journal, size_t size)
{
	const char *line = journal->batch.bytes + journal->batch.size;
	struct journal_type type = journal_type_find(line, size);

	return journal_totals_count(&journal->totals, &type, line, size);
}

int journal_writer_line(struct journal *journal, json_t *body, uint64_t *ret_seq)
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
		r = pass_keys(journal, (size_t)size);
	if (r == 0)
		r = count_line(journal, (size_t)size);
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

/* An entry that names the key of the next epoch: the commit that signs it begins that epoch. */
static int name_epoch(struct journal *journal, enum journal_kind kind, const char *message)
{
	struct journal_keys keys = journal_keys_settled(&journal->keys);
	json_auto_t *body = NULL;
	int r = journal_signer_next(&journal->signer, &keys);

	if (r < 0)
		return r;
	body = json_pack("{s:s,s:s,s:{s:I,s:s}}", "type", journal_kind_type(kind), "message",
			 message, "journal", "epoch", (json_int_t)keys.named, "epoch_vkey",
			 note_key_vkey(journal->signer.next_epoch));
	r = body ? journal_writer_line(journal, body, NULL) : -ENOMEM;
	if (r < 0)
		journal->signer.next_epoch = note_key_free(journal->signer.next_epoch);
	else
		journal->used = false;
	return r;
}

/* The first entry since the journal was opened needs an epoch of its own. */
int journal_writer_epoch(struct journal *journal)
{
	struct journal_keys keys = journal_keys_settled(&journal->keys);

	if (journal->signer.epoch || journal->signer.next_epoch)
		return 0;
	if (keys.in_force)
		return name_epoch(journal, JOURNAL_EPOCH_LOST,
				  "the key of the epoch is lost, since the writer did not end by "
				  "itself: the host key begins the next one");
	return name_epoch(journal, JOURNAL_EPOCH_BEGINS, "the host key begins an epoch");
}

/* What the writer alone says about keys nobody else may. */
static bool is_body(const json_t *body)
{
	const char *type = json_string_value(json_object_get(body, "type"));

	return json_is_object(body) && (!type || (journal_kind_of_type(type) == JOURNAL_ORDINARY &&
						  strcmp(type, JOURNAL_SEGMENT_TYPE) != 0));
}

int journal_add(struct journal *journal, json_t *body, uint64_t *ret_seq)
{
	int r = is_body(body) ? 0 : -EINVAL;

	if (journal->batch.size + LINE_ROOM > SLUICE_JOURNAL_BATCH_BYTES && !journal->broken)
		journal_commit(journal);
	if (r == 0 && journal->batch.size + LINE_ROOM > SLUICE_JOURNAL_BATCH_BYTES)
		r = -ENOSPC;
	if (r == 0)
		r = journal_writer_epoch(journal);
	if (r == 0)
		r = journal_writer_line(journal, body, ret_seq);
	journal->used = journal->used || r == 0;
	json_decref(body);
	return r;
}

void journal_write_behind(struct journal *journal, const struct journal_before *before)
{
	journal->before = *before;
}

int journal_writer_broken(struct journal *journal, int error)
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
		{ -ENOTRECOVERABLE, "restart sluiced" },
		{ -EBADMSG,
		  "somebody else changed the file: move it aside as evidence and restart sluiced" },
		{ -EBUSY, "another program has it open: end that" },
		{ -EUCLEAN, "it is damaged: put a backup in its place, and restart sluiced" },
	};
	const char *remedy = "see the kernel's log";

	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++)
		if (remedies[i].error == error)
			remedy = remedies[i].remedy;
	journal->broken = error;
	snprintf(journal->broken_text, sizeof(journal->broken_text),
		 "cannot write the %s '%.300s': %s; %s",
		 journal->before_failed ? journal->before.what : "journal",
		 journal->before_failed ? journal->before.path : journal->file.path,
		 strerror(-error), remedy);
	return error;
}

/*
 * Puts the checkpoint behind the batch; the batch does not count it, each try has its own. Returns
 * its size.
 */
static ssize_t put_checkpoint(struct journal *journal, const uint8_t root[MERKLE_HASH])
{
	_cleanup_free_ char *line = NULL;
	int r = journal_signer_compose(&journal->signer, &journal->keys, journal->tree.size, root,
				       &line);

	if (r == 0)
		r = journal_batch_reserve(&journal->batch, strlen(line));
	if (r < 0)
		return r;
	memcpy(journal->batch.bytes + journal->batch.size, line, strlen(line));
	return (ssize_t)strlen(line);
}

/* When this fails, the next opening does it. */
void journal_writer_name_key(const struct journal *journal)
{
	if (rename(journal->next_path, journal->key_path) < 0)
		log_warning_errno(-errno, "Cannot give the journal's new key the name '%s'",
				  journal->key_path);
	else
		journal_file_sync_folder(journal->key_path);
}

/* @again: after a failure, on a fresh descriptor, and not believed before it was read back. */
static int write_batch(struct journal *journal, bool again)
{
	uint8_t root[MERKLE_HASH];
	size_t size;
	ssize_t n;
	int r = journal->before.fn ? journal->before.fn(journal->before.ctx) : 0;

	journal->before_failed = r < 0;
	if (r == 0)
		r = journal->headless ? -ENOTRECOVERABLE : merkle_root(&journal->tree, root);
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
	if (EVP_DigestUpdate(journal->hash, journal->batch.bytes, size) != 1) {
		EVP_MD_CTX_free(journal->hash); /* then this file stays the one that is written */
		journal->hash = NULL;
	}
	journal->signed_entries = journal->tree.size;
	merkle_hex(root, journal->root);
	journal_signer_advance(&journal->signer, &journal->keys);
	if (journal->keys.host_changes)
		journal_writer_name_key(journal);
	journal_keys_checkpoint(&journal->keys);
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
	return r < 0 ? journal_writer_broken(journal, r) : 0;
}

int journal_writer_next_epoch(struct journal *journal)
{
	return name_epoch(journal, JOURNAL_EPOCH_BEGINS, "the next epoch begins");
}

int journal_rotate(struct journal *journal, bool always)
{
	/* An epoch that has only been named begins first. */
	int r = journal->signer.next_epoch ? journal_commit(journal) : 0;

	if (r == 0 && !journal->broken && journal->signer.epoch && (journal->used || always))
		r = journal_writer_next_epoch(journal);
	return r < 0 ? r : journal_commit(journal);
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
		return journal_writer_broken(journal, r);
	journal->broken = 0;
	return 0;
}

json_t *journal_totals(const struct journal *journal)
{
	return journal_totals_json(&journal->totals);
}

uint64_t journal_size(const struct journal *journal)
{
	return journal->tree.size;
}

uint64_t journal_durable(const struct journal *journal)
{
	return journal->offset + journal->file.durable;
}

uint64_t journal_signed(const struct journal *journal)
{
	return journal->signed_entries;
}

const char *journal_root(const struct journal *journal)
{
	return journal->root;
}

const char *journal_vkey(const struct journal *journal)
{
	return note_key_vkey(journal->signer.host);
}

const char *journal_genesis(const struct journal *journal)
{
	return journal->genesis;
}

/* The epoch ends by its own key: whoever has the host key later cannot say that it went on. */
static int seal(struct journal *journal)
{
	json_auto_t *body = NULL;

	if (!journal->signer.epoch && !journal->signer.next_epoch)
		return 0;
	body = json_pack("{s:s,s:s,s:{s:o}}", "type", journal_kind_type(JOURNAL_EPOCH_ENDS),
			 "message", "the epoch ends with the writer", "journal", "totals",
			 journal_totals(journal));
	return body ? journal_writer_line(journal, body, NULL) : -ENOMEM;
}

struct journal *journal_close(struct journal *journal)
{
	if (!journal)
		return NULL;
	if (!journal->broken)
		seal(journal);
	if (journal_commit(journal) < 0)
		log_error("%s: %" PRIu64 " entries are lost", journal->broken_text,
			  journal->tree.size - journal->signed_entries);
	return journal_writer_free(journal);
}
