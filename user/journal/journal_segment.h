/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_segment.h: the entry "journal.segment", with which each file of a journal but the first
 * one begins.
 *
 *	"journal": {
 *	"previous": {"file", "first", "last", "bytes", "sha256", "root"}	the file before
 *	"from": {"genesis", "host_vkey", "offset", "edge", "keys"}	what stands before this entry
 *	"totals": {TYPE: NUMBER}					the same, see journal_totals.h
 *	"state": {"file", "bytes", "sha256"}				see journal_state.h
 *	}
 *
 * With "from" and "totals" the file can be checked without the ones before. The host key signs the
 * checkpoint behind it.
 *
 * Owns: its spelling. Must not own: files (journal_segments.h), whether it is true
 * (journal_check.h).
 */
#ifndef SLUICE_JOURNAL_SEGMENT_H
#define SLUICE_JOURNAL_SEGMENT_H

#include "journal_keys.h"
#include "merkle_growth.h"

#include <limits.h>

#define JOURNAL_SEGMENT_TYPE "journal.segment"

/**
 * struct journal_segment: what the entry says.
 * @previous: the file that ends before the entry: its entries, its bytes, the root behind them
 * @state: the file that a start needs beside this one
 * @offset: bytes of all files before
 * @genesis, @vkey: hash of entry 0, and the host key that it names
 * @keys: without their origin, which @vkey has
 * @tree: of all entries before
 * @time: of the entry, ms since 1970
 */
struct journal_segment {
	struct {
		char file[NAME_MAX + 1];
		uint64_t first, last, bytes;
		char sha256[MERKLE_HEX], root[MERKLE_HEX];
	} previous;
	struct {
		char file[NAME_MAX + 1];
		uint64_t bytes;
		char sha256[MERKLE_HEX];
	} state;
	uint64_t offset;
	char genesis[MERKLE_HEX];
	char vkey[2 * NOTE_NAME_MAX];
	struct journal_keys keys;
	struct merkle_state tree;
	int64_t time;
};

/* Whether an entry is of that type. */
bool journal_segment_is(const struct journal_type *type, const char *line);
bool journal_segment_is_line(const char *line, size_t size);

/* "from" and its like: what stands before an entry that comes now. */
void journal_segment_set(struct journal_segment *segment, const struct journal_keys *keys,
			 const struct merkle *tree, const char *genesis, const char *vkey,
			 uint64_t offset);

/* The entry's body. @totals is stolen. A new reference, NULL: no memory. */
json_t *journal_segment_body(const struct journal_segment *segment, json_t *totals);

/* The other way; @ret_totals: a new reference, may be NULL. Return: 0; -EBADMSG; -ENOMEM. */
int journal_segment_read(const char *line, size_t size, struct journal_segment *ret,
			 json_t **ret_totals);

/* NULL: "from" of both is the same; else a clause that names what is not. */
const char *journal_segment_differs(const struct journal_segment *a,
				    const struct journal_segment *b);

#endif
