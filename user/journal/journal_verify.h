/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_verify.h: the verdict on a whole journal, and where it is wrong, in one sentence.
 *
 * Owns: opening the file and wording the verdict. Must not own: the rules (journal_check.h), which
 * entries somebody wants to see (journal_read.h). Never writes, never locks: works on a copy, on a
 * pipe, and while sluiced writes.
 */
#ifndef SLUICE_JOURNAL_VERIFY_H
#define SLUICE_JOURNAL_VERIFY_H

#include "journal_filter.h"
#include "journal_scan.h"

#include <stdbool.h>
#include <stdint.h>

enum journal_status {
	JOURNAL_OK,	       /* every line is right and the last one is a signed checkpoint */
	JOURNAL_BREAK,	       /* right, but the key of an epoch was lost, see journal_keys.h */
	JOURNAL_TAMPERED,      /* a line is wrong, or it is not the pinned journal */
	JOURNAL_UNSIGNED_TAIL, /* right, but nothing signs the last entries (crash, or sluiced is
				  writing) */
	JOURNAL_TORN,	       /* right up to a line that a crash cut short */
	JOURNAL_UNWITNESSED,   /* right, but the witness that was asked for has not seen it */
	JOURNAL_INCOMPLETE, /* a file is missing, and not one that sluiced said it would remove */
};

struct journal_verify_options {
	/* NULL, or 64 lower case hex digits: the hash that entry 0 must have */
	const char *genesis;
	/* NULL, or the host key that must have signed; else entry 0 is believed */
	const char *vkey;
	/*
	 * The first files may be missing, also when sluiced has not removed them (journal_removed.h):
	 * then what the oldest there says of them is believed, since the host key has signed it.
	 * @elsewhere: also where older ones are there, and one between
	 * is missing.
	 */
	bool from_oldest, elsewhere;
	bool hash_files; /* each file that is full must have the hash that the next one names */
	bool unparsed; /* lines are handed on without their JSON, which costs ten times more */
	/* Which filter's entries are parsed only; NULL: all. */
	const struct journal_filter *filter;
	/* Now and then; may be NULL. */
	void (*progress)(void *ctx, uint64_t entries, uint64_t bytes);
	/*
	 * For the middle of a long file, see journal_parallel.h; 0: what is fast. Given, also for a
	 * short one.
	 */
	unsigned int jobs;
	size_t piece;
	/* To follow a journal: called at its end, sleeps, false to stop; may be NULL. */
	bool (*wait)(void *ctx);
	void *ctx; /* of both */
};

struct journal_verify_result {
	enum journal_status status;
	char problem[640];	   /* one sentence with line and entry; empty when OK */
	uint64_t line;		   /* of the problem, from 1 in each file; 0 when there is none */
	uint64_t entry;		   /* the entry that line should have been, or that comes next */
	uint64_t from;		   /* the first entry that was looked at; 0 unless files are missing */
	uint64_t files;		   /* that were looked at */
	char missing[NAME_MAX + 1]; /* the file before them; empty: there is none, or it is not known */
	/* entries of the files that sluiced has removed up to the oldest that is here, the entry
	 * that says so, and when; 0: none does */
	uint64_t removed_first, removed_last, removed_by;
	int64_t removed_time;
	uint64_t entries;	   /* good ones, those before @from included */
	uint64_t unsigned_entries; /* the last ones, which nothing signs */
	uint64_t checkpoints;
	uint64_t totals_checked;   /* entries whose totals are those of the entries above */
	uint64_t other_signatures; /* by keys that this program does not check */
	uint64_t torn_bytes;
	uint64_t epochs;	/* that have begun */
	uint64_t breaks;	/* of these, in place of one whose key was lost */
	int64_t first_time, last_time; /* ms since 1970, of the first and the last good entry */
	bool clean;		       /* the last entry says that the agent stopped */
	/* by the witness that was asked for, journal_anchor.h: entries, ms since 1970, and entries
	 * that only say so */
	uint64_t witnessed;
	int64_t witnessed_time;
	uint64_t witnessed_wrong;
	/* genesis or vkey was given, and is right; where files are missing, only vkey counts */
	bool pinned;
	char genesis[MERKLE_HEX];
	char root[MERKLE_HEX]; /* of the signed entries; empty when there are none */
	char origin[NOTE_NAME_MAX];
	char vkey[2 * NOTE_NAME_MAX]; /* of the host, as entry 0 names it */
	char signer[2 * NOTE_NAME_MAX]; /* of the host, as it signs at the end */
};

/**
 * journal_verify() - read all of @path ("-": standard input) in bounded memory.
 * @options: may be NULL
 * Return: 0 with the verdict in @ret_result; a negative errno when the file cannot be read to its
 * end.
 */
int journal_verify(const char *path, const struct journal_verify_options *options,
		   struct journal_verify_result *ret_result);

/*
 * The same, and each good line is handed on, in order. What @fn returns below 0 ends it and is
 * returned.
 */
int journal_verify_lines(const char *path, const struct journal_verify_options *options,
			 journal_line_fn fn, void *ctx, struct journal_verify_result *ret_result);

/*
 * "ok", "break", "tampered", "unsigned-tail", "torn", "unwitnessed", "incomplete": for output that
 * programs read.
 */
const char *journal_status_name(enum journal_status status);

#endif
