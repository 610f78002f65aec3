/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_removed.h: the entry "journal.removed", which says that the oldest file of a journal
 * goes:
 *
 *	"removed": {"file", "first", "last", "bytes", "sha256", "root", "since", ...}
 *
 * All but "since" are what the file behind it names it by (journal_segment.h): a reader who misses
 * a file knows by them whether it is this one. "since" is the first entry of the files that went
 * in this way one after the other, up to this one: what stood before it somebody else has taken.
 *
 * Owns: its spelling. Must not own: the removal (journal_retire.h).
 */
#ifndef SLUICE_JOURNAL_REMOVED_H
#define SLUICE_JOURNAL_REMOVED_H

#include "journal_segment.h"

#define JOURNAL_REMOVED_TYPE "journal.removed"

struct journal_removed {
	char file[NAME_MAX + 1];
	uint64_t first, last, bytes;
	char sha256[MERKLE_HEX], root[MERKLE_HEX];
	uint64_t since;
};

/* The value of "removed": a new reference, NULL: no memory. */
json_t *journal_removed_body(const struct journal_removed *removed);
/* The other way, of a whole entry. Return: 0; -EBADMSG. */
int journal_removed_read(const char *line, size_t size, struct journal_removed *ret);

/* The file before, as @segment names it; "since" is its first entry. */
void journal_removed_name(const struct journal_segment *segment, struct journal_removed *ret);
bool journal_removed_same(const struct journal_removed *a, const struct journal_removed *b);

#endif
