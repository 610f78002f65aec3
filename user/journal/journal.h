/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal.h: the signed record of everything that happened: the one writer.
 *
 * Owns: the file, its bytes, the chain, the tree and the signatures of each commit (format:
 * journal.c). Must not own: what entries mean (record.h), reading for people (journal_read.h),
 * checking (journal_verify.h).
 */
#ifndef SLUICE_JOURNAL_H
#define SLUICE_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct journal;

/* What journal_open() found: filled for the caller to journal as the first entry. */
struct journal_recovery {
	bool created;	  /* no journal was there: the first entry is its genesis */
	uint64_t entries; /* entries that were there, the re-adopted ones included */
	uint64_t
		adopted; /* complete entries after the last signature: the next commit signs them */
	uint64_t torn_bytes; /* bytes of a torn last line, moved to <path>.torn */
	char torn_sha256[65];
	bool clean; /* the last entry says that the agent stopped */
};

/*
 * Called while the journal is opened for each old entry, in order, that may count: lets what was
 * known be known again.
 */
typedef int (*journal_replay_fn)(void *ctx, uint64_t seq, json_t *entry);

/**
 * struct journal_memory: what the owner of a journal knows from its entries; all may be NULL.
 * @replay: as above
 * @facts: when a file is full: what no entry stands for any more, a new reference, NULL: no memory.
 * Then @stands is asked for each entry of which it is not said already that it does not count
 * @stands: whether what is known now stands on that entry: then @replay gets it at each start
 * @recall: what @facts said, behind the entries that stood then
 */
struct journal_memory {
	journal_replay_fn replay;
	json_t *(*facts)(void *ctx);
	bool (*stands)(void *ctx, uint64_t seq, const char *line, size_t size);
	void (*recall)(void *ctx, const json_t *facts);
	void *ctx;
};

/**
 * journal_open() - open or create, check the file that is written, recover a torn end.
 * Full files (journal_segments.h) are read only where the state that belongs to the one that is
 * written is missing or wrong, which is logged.
 * @path: the journal
 * @key_path: PEM private key (Ed25519), created with mode 0600 when neither file exists
 * @origin: name of this journal in its signatures ("host.example.com/journal"), for its creation
 * A torn end (crash) is moved to "<path>.torn" and told in @recovery. A new journal has its entry 0
 * when this returns.
 * Return: 0; -EBADMSG: the middle does not verify: the message names the entry and the remedy, and
 * nothing is appended to a journal that cannot be trusted; -ENOKEY: a journal without its key;
 * -EKEYREJECTED: its host key is another one; -EACCES: a key open to others; -EBUSY: a second
 * writer; another negative errno.
 * @memory: copied; may be NULL; an error that its @replay returns ends the opening with that error
 * @error: text of the failure, at least 512 bytes
 */
int journal_open(const char *path, const char *key_path, const char *origin,
		 const struct journal_memory *memory, struct journal **ret,
		 struct journal_recovery *recovery, char *error, size_t error_size);

/**
 * journal_make_next_key() - make "<key_path>.next", unless it is there already.
 * journal_open() then hands the journal over to that key: the old one, the new one and that of the
 * epoch sign an entry that names it, and the new one takes the place of the old one's file. It does
 * so only where nothing was to be recovered.
 */
int journal_make_next_key(const char *key_path, char *error, size_t error_size);

/* To be kept in another place: the host key, and the hex of the hash of entry 0. */
const char *journal_vkey(const struct journal *journal);
const char *journal_genesis(const struct journal *journal);

/*
 * The entry "journal.recovered" for what was found: added first and committed at once when adopted
 * or torn_bytes is not zero, so that no entry is signed later than it was written without the
 * journal saying so. A new reference.
 */
json_t *journal_recovery_body(const struct journal_recovery *recovery);

/**
 * journal_add() - append one entry to the open batch.
 * @body: JSON object without "seq", "time", "boottime_us", "prev", which the writer adds; the
 * reference is stolen
 * The first one since journal_open() gets an entry before it that begins an epoch.
 * Return: 0 and the entry's number in @ret_seq (may be NULL); -EINVAL: not an object, or it has one
 * of these members, or a type of journal_keys.h;
 * -E2BIG: longer than SLUICE_JOURNAL_ENTRY_MAX; -ENOSPC: SLUICE_JOURNAL_BATCH_BYTES wait already (a
 * full batch is committed first, so this happens only to a broken journal); -ENOMEM. Nothing is
 * durable before journal_commit(). A broken journal still takes entries into memory up to that
 * limit.
 */
int journal_add(struct journal *journal, json_t *body, uint64_t *ret_seq);

/**
 * journal_commit() - sign the batch and make it durable (one checkpoint line, write, fdatasync).
 * Return: 0, also when there was nothing to do. On failure the journal is broken: journal_broken()
 * tells why, each later commit fails with the same errno until journal_repair() succeeds, and what
 * was not durable is kept.
 */
int journal_commit(struct journal *journal);

/**
 * journal_rotate() - journal_commit(), and the epoch ends: its key signs once more, and is erased.
 * For each second in which something was added, and behind each entry that matters most.
 * @always: also an epoch that nothing was added in (the memory may have been written to a disk)
 */
int journal_rotate(struct journal *journal, bool always);

/* Whether the file that is written has so many bytes, or is so old; 0: that does not matter. */
bool journal_is_full(const struct journal *journal, uint64_t bytes, uint64_t age_ms);

/**
 * journal_begin_file() - commit; the file gets another name for ever, and the journal goes on in a
 * new one.
 * Return: 0; -EAGAIN: nothing was written since the journal was opened; a negative errno: all is as
 * it was, or the journal is broken as after journal_commit().
 */
int journal_begin_file(struct journal *journal);

/**
 * struct journal_before: what must be durable before the entries that name it.
 * @fn: 0, or a negative errno: then the commit fails with it, and nothing is written
 * @what, @path: the file that it writes, for the text of a failure
 */
struct journal_before {
	int (*fn)(void *ctx);
	void *ctx;
	const char *what;
	const char *path;
};

/* From now on each commit begins with it. */
void journal_write_behind(struct journal *journal, const struct journal_before *before);

/* NULL when the journal can be written, else one line for status. */
const char *journal_broken(const struct journal *journal);

/* Tries again after a failure (disk full, read only): rewrites what was not durable. */
int journal_repair(struct journal *journal);

/* Entries of each type so far (journal_totals.h): a new reference, NULL: no memory. */
json_t *journal_totals(const struct journal *journal);
uint64_t journal_size(const struct journal *journal); /* entries, the open batch included */
/* Bytes that are safely on the disk, in all files from entry 0 on, those that were removed too. */
uint64_t journal_durable(const struct journal *journal);
uint64_t journal_signed(const struct journal *journal); /* entries among them: all are signed */

/**
 * struct journal_part: one file of the journal.
 * @from, @to: its bytes, counted from entry 0 on; @to of the one that is written: up to now
 * @first: its first entry
 * @written: it is the one that is written
 */
struct journal_part {
	uint64_t from, to;
	uint64_t first;
	bool written;
};

/* Where the file begins that is written. */
uint64_t journal_written_from(const struct journal *journal);
/* The file that has byte @at, or the oldest that is there. Return: 0 or a negative errno. */
int journal_part(struct journal *journal, uint64_t at, struct journal_part *ret);
/* A descriptor that reads it; the caller's. Return: it or a negative errno. */
int journal_reader(struct journal *journal, const struct journal_part *part);
/* Durable bytes from @from on, of one file. Return: how many; -ENODATA: they are not there. */
ssize_t journal_read_at(struct journal *journal, char *bytes, size_t room, uint64_t from);
/* Hex of the tree root at the last commit, 64 characters and NUL. */
const char *journal_root(const struct journal *journal);
/* Commits and ends the epoch by its own key; returns NULL. */
struct journal *journal_close(struct journal *journal);

#endif
