/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_scan.h: one pass over a journal's bytes in bounded memory: lines are cut, checked and
 * handed on.
 *
 * Owns: the reading, and telling a torn end (crash) from a wrong line (tampering). Must not own:
 * the rules of a line (journal_check.h), mending (journal_recover.h).
 *
 * A crash can leave, after the last write that was made durable, any mix of: complete lines, the
 * start of a line, and NUL bytes where pages never reached the disk. So a wrong line is "torn" when
 * it has no LF or holds NUL bytes, and nothing follows that only a later write can have put there
 * (a second checkpoint, or bytes behind one). Whoever forges a torn end gains what cutting the file
 * at the same place would give, which no file can show by itself.
 */
#ifndef SLUICE_JOURNAL_SCAN_H
#define SLUICE_JOURNAL_SCAN_H

#include "journal_check.h"
#include "journal_stream.h"

#include <stdint.h>

/* One good line. */
struct journal_line {
	json_t *entry;	  /* borrowed; NULL: a checkpoint, or not parsed */
	bool is_checkpoint;
	uint64_t seq;	  /* of the entry */
	const char *text; /* without LF, not NUL-terminated */
	size_t size;
	uint64_t signed_entries; /* covered by a signature once this line is read */
	bool by_host;		 /* of a checkpoint: the host key has signed it too */
	const char *root;	 /* of the signed entries, hex */
	const char *genesis;	 /* hash of entry 0, hex */
	const char *origin;	 /* name of the journal */
	uint64_t from;		 /* the first entry that was read */
};

/* Called after each good line; a negative errno ends the scan. */
typedef int (*journal_line_fn)(void *ctx, const struct journal_line *line);

struct journal_scan {
	struct journal_stream *stream;
	bool middle;	 /* it may begin with a later file than the first */
	bool parse;	 /* entries as JSON, for fn */
	/* Whether this line is worth parsing; NULL: each is. */
	bool (*worth)(void *ctx, const char *text, size_t size);
	bool live;	 /* the file may be being written: wait a little for the end of a commit */
	/* Bytes: end at the first signed place behind them, as a writer may be faster; 0: all. */
	uint64_t enough;
	/* At the end of the file: true to look again (sleeps itself); may be NULL. */
	bool (*wait)(void *ctx);
	journal_line_fn fn;	 /* may be NULL */
	void *ctx;
};

struct journal_end {
	uint64_t good_bytes; /* up to the end of the last good line */
	uint64_t torn_bytes; /* behind it, when torn */
	bool torn;
};

/**
 * journal_scan() - feed all lines to @check.
 * Return: 0, with @ret_end; -EBADMSG or -EKEYREJECTED: a wrong line, check->line and check->problem
 * tell; what @fn returned; another negative errno from reading.
 */
int journal_scan(const struct journal_scan *scan, struct journal_check *check,
		 struct journal_end *ret_end);

#endif
