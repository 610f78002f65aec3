// SPDX-License-Identifier: Apache-2.0
/*
 * journal_removed.c: see journal_removed.h.
 */
#include "journal_removed.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

json_t *journal_removed_body(const struct journal_removed *removed)
{
	return json_pack("{s:s,s:I,s:I,s:I,s:s,s:s,s:I}", "file", removed->file, "first",
			 (json_int_t)removed->first, "last", (json_int_t)removed->last, "bytes",
			 (json_int_t)removed->bytes, "sha256", removed->sha256, "root",
			 removed->root, "since", (json_int_t)removed->since);
}

int journal_removed_read(const char *line, size_t size, struct journal_removed *ret)
{
	json_auto_t *entry = json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	const char *file, *sha256, *root;
	json_int_t first, last, bytes, since;

	if (json_unpack(entry, "{s:{s:s,s:I,s:I,s:I,s:s,s:s,s:I}}", "removed", "file", &file,
			"first", &first, "last", &last, "bytes", &bytes, "sha256", &sha256, "root",
			&root, "since", &since) < 0 ||
	    since < 0 || first < since || last < first || bytes < 0 ||
	    strlen(file) >= sizeof(ret->file) || strlen(sha256) != MERKLE_HEX - 1 ||
	    strlen(root) != MERKLE_HEX - 1)
		return -EBADMSG;
	*ret = (struct journal_removed){ .first = (uint64_t)first,
					 .last = (uint64_t)last,
					 .bytes = (uint64_t)bytes,
					 .since = (uint64_t)since };
	strcpy(ret->file, file);
	memcpy(ret->sha256, sha256, MERKLE_HEX);
	memcpy(ret->root, root, MERKLE_HEX);
	return 0;
}

void journal_removed_name(const struct journal_segment *segment, struct journal_removed *ret)
{
	*ret = (struct journal_removed){ .first = segment->previous.first,
					 .last = segment->previous.last,
					 .bytes = segment->previous.bytes,
					 .since = segment->previous.first };
	memcpy(ret->file, segment->previous.file, sizeof(ret->file));
	memcpy(ret->sha256, segment->previous.sha256, sizeof(ret->sha256));
	memcpy(ret->root, segment->previous.root, sizeof(ret->root));
}

/* The name says nothing: a copy of the journal may have another one. */
bool journal_removed_same(const struct journal_removed *a, const struct journal_removed *b)
{
	return a->first == b->first && a->last == b->last && a->bytes == b->bytes &&
	       strcmp(a->sha256, b->sha256) == 0 && strcmp(a->root, b->root) == 0;
}
