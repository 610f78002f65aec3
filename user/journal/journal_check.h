/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_check.h: the rules of the format, one line at a time (sluice-journal(5)).
 *
 * Owns: what makes the next line right after the ones before. Must not own: the spelling of a line
 * (journal_look.h), bytes and files (journal_scan.h), what is done about a wrong line
 * (journal_recover.h cuts or refuses, journal_verify.h reports).
 *
 * This is the one place that a new rule of the format goes (who signs: journal_keys.h): the
 * writer's recovery, the verifier and the reader all come through here.
 */
#ifndef SLUICE_JOURNAL_CHECK_H
#define SLUICE_JOURNAL_CHECK_H

#include "journal_look.h"
#include "journal_removed.h"
#include "journal_segment.h"
#include "journal_totals.h"

#include <jansson.h>
#include <stdbool.h>

#define JOURNAL_FORMAT "slj/2"
#define JOURNAL_FORMAT_1 "slj/1" /* the host key alone signs, until the first epoch begins */

/* What the caller trusts from elsewhere; all may be NULL: then entry 0 is believed. */
struct journal_pins {
	const char *genesis;	   /* 64 hex: leaf hash of entry 0 */
	const char *vkey;	   /* the host key */
};

/**
 * struct journal_check_file: the file that the last line is in (journal_segment.h).
 * @first, @offset: its first entry, and the bytes of all files before
 * @bytes, @hash: of its lines so far; the hash only where it is wanted, journal_check_hash()
 * @time: of its first entry, ms since 1970
 * @seen: from its begin on; else the line before the next file's first is not known
 */
struct journal_check_file {
	uint64_t first, offset, bytes;
	EVP_MD_CTX *hash;
	int64_t time;
	bool seen;
};

/**
 * struct journal_check_before: the file before the ones that are here.
 * @file: as the oldest that is here names it, signed by the host key; @file.since: as @by says
 * @by: the entry that says that sluiced was about to remove it; 0: there is none
 * @time: of that entry
 */
struct journal_check_before {
	struct journal_removed file;
	uint64_t by;
	int64_t time;
};

struct journal_check {
	struct journal_pins pins;
	struct merkle tree;
	struct note_key *key;		      /* of the host in entry 0; NULL before it */
	struct journal_keys keys;
	uint8_t last_leaf[MERKLE_HASH];	      /* zeros before entry 0 */
	uint8_t last_checkpoint[MERKLE_HASH]; /* hash of the line */
	char genesis[MERKLE_HEX];
	char root[MERKLE_HEX]; /* of the signed entries */
	uint64_t from; /* the first entry that was looked at, not 0 where files are missing */
	uint64_t entries;
	uint64_t signed_entries; /* covered by the last good checkpoint */
	uint64_t checkpoints;
	struct journal_totals totals;
	uint64_t totals_checked; /* entries that told right ones */
	bool by_host; /* the host key has signed the last one too */
	uint64_t other_signatures;     /* by keys that are not checked: witnesses */
	int64_t first_time, last_time; /* ms since 1970 */
	struct journal_check_before before; /* where @from is not 0 */
	struct journal_check_file file;
	uint64_t files;		       /* that have begun */
	bool segment_waits;	       /* the first entry of a file has no signature yet */
	char *last_entry;	       /* its line, for journal_check_clean() */
	size_t last_size;
	uint64_t line;	   /* number of the line just looked at, from 1 in each file */
	char problem[256]; /* one clause, after -EBADMSG and -EKEYREJECTED */
};

int journal_check_init(struct journal_check *check, const struct journal_pins *pins);
void journal_check_done(struct journal_check *check);

/* The hashes of files are compared too, which costs as much as those of the entries. 0 or -ENOMEM. */
int journal_check_hash(struct journal_check *check);
/* The hash of the file so far, 0 or -ENOMEM. */
int journal_check_file_hash(const struct journal_check *check, char ret[MERKLE_HEX]);

/**
 * journal_check_begin() - begin with a file that is not the first: @line is its first one.
 * What it says of the entries before is believed, once the host key has signed it. Then
 * journal_check_line() must be given the same line.
 * Return: 0; -EKEYREJECTED, -EBADMSG as there; -ENOMEM.
 */
int journal_check_begin(struct journal_check *check, const char *line, size_t size);

/**
 * journal_check_line() - take the next line, without its LF.
 * @ret_entry: a new reference to the parsed entry; NULL after a checkpoint. May be NULL: then frame
 * and hashes are checked, and the JSON between them is not looked at (nobody but the owner of the
 * key can have written it)
 * Return: 0; -ENOMEM; -EKEYREJECTED: not the pinned key or genesis; -EBADMSG: the line is wrong.
 * After an error the counters are those of the line before.
 */
int journal_check_line(struct journal_check *check, const char *line, size_t size,
		       json_t **ret_entry);

/**
 * journal_check_take() - the same for a line after entry 0 that somebody else has looked at.
 * @line, @size: it, for what it says about keys. Does not keep the line: journal_check_keep() must
 * be told of the last entry that was taken.
 */
int journal_check_take(struct journal_check *check, const struct journal_look *look,
		       const char *line, size_t size);
/* An entry that ends an epoch is not kept: what stands before it tells how the agent ended. */
void journal_check_keep(struct journal_check *check, const char *line, size_t size);

/* Whether the last entry says that the agent stopped. */
bool journal_check_clean(const struct journal_check *check);

#endif
