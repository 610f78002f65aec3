// SPDX-License-Identifier: Apache-2.0
/*
 * index_follow.c: what the journal has got since it was in the index: see index_read.h.
 */
#include "index_private.h"

#include "base/cleanup.h"
#include "journal/journal_look.h"
#include "journal/journal_proof.h"
#include "limits.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* @last: hash of the entry before; @bytes: behind the last line; @kept: entries that are signed */
struct following {
	struct index_reading *reading;
	uint8_t last[MERKLE_HASH];
	uint64_t bytes, kept;
};

static int wrong(const struct following *f, const char *what)
{
	return index_fail(f->reading, -EBADMSG, "the journal is wrong at byte %" PRIu64 ": %s",
			  f->bytes, what);
}

static int take_entry(struct following *f, const char *line, size_t size)
{
	struct index_reading *reading = f->reading;
	uint64_t seq = index_tree_size(&reading->file.tree);
	const struct index_entry entry = { .seq = seq, .offset = f->bytes, .size = size };
	struct journal_keys nobody = { 0 }; /* an entry is looked at, and they sign checkpoints */
	struct journal_look look = { 0 };
	json_auto_t *json = NULL;
	const char *problem = NULL;
	int r = journal_look(&reading->hasher, &nobody, line, size, &look, &problem);

	if (r == -EBADMSG)
		return wrong(f, problem);
	if (r < 0)
		return r;
	if (look.entry.seq != seq || memcmp(look.entry.prev, f->last, MERKLE_HASH) != 0)
		return wrong(f, "an entry does not follow the one before");
	if (look.entry.kind == JOURNAL_HOST_CHANGES)
		return index_fail(reading, -EOPNOTSUPP,
				  "the host key was changed in entry %" PRIu64
				  ", and an index goes by one",
				  seq);
	json = json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (!json_is_object(json))
		return wrong(f, "the entry is not valid JSON");
	memcpy(f->last, look.hash, MERKLE_HASH);
	return index_file_add(&reading->file, &entry, json, look.hash);
}

/* Those by the key of an epoch alone are passed over: the next one by the host signs the same. */
static int take_checkpoint(struct following *f, const char *line, size_t size)
{
	const struct journal_line as_line = { .text = line, .size = size };
	struct index_reading *reading = f->reading;
	_cleanup_free_ char *note = journal_proof_note(&as_line);
	struct index_place place = { .entries = index_tree_size(&reading->file.tree),
				     .bytes = f->bytes + size + 1,
				     .note = note };
	struct journal_checkpoint_info info;
	uint8_t root[MERKLE_HASH];
	const char *problem;
	int r;

	if (!note)
		return wrong(f, "a checkpoint has no note");
	r = journal_checkpoint_read_note(reading->key, note, strlen(note), &info, &problem);
	if (r == -EBADMSG)
		return 0;
	if (r == 0)
		r = index_tree_root(&reading->file.tree, root);
	if (r < 0)
		return r;
	if (info.size != place.entries || memcmp(info.root, root, MERKLE_HASH) != 0)
		return wrong(f, "a checkpoint does not sign the entries above it");
	memcpy(place.genesis, reading->genesis, sizeof(place.genesis));
	f->kept = place.entries;
	return index_file_keep(&reading->file, &place);
}

static int take_line(struct following *f, const char *line, size_t size)
{
	static const char start[] = JOURNAL_CHECKPOINT_START;
	int r = size > sizeof(start) && memcmp(line, start, sizeof(start) - 1) == 0
			? take_checkpoint(f, line, size)
			: take_entry(f, line, size);

	f->bytes += size + 1;
	return r;
}

/* The last entry of the index, whose hash the next one has to name. */
static int find_last(struct following *f)
{
	struct index_tree *tree = &f->reading->file.tree;
	uint64_t size = index_tree_size(tree);
	uint8_t leaves[INDEX_CHUNK][MERKLE_HASH];
	ssize_t n;
	int r;

	if (size == 0)
		return 0;
	n = index_file_leaves(&f->reading->file, (size - 1) / INDEX_CHUNK, leaves);
	if (n <= 0)
		return n < 0 ? (int)n : -EUCLEAN;
	r = index_tree_check(tree, (size - 1) / INDEX_CHUNK, leaves, (uint64_t)n);
	memcpy(f->last, leaves[n - 1], MERKLE_HASH);
	return r == -EBADMSG ? -EUCLEAN : r;
}

int index_follow(struct index_reading *reading, uint64_t *ret_added)
{
	struct following f = { .reading = reading,
			       .bytes = reading->file.place.bytes,
			       .kept = reading->file.place.entries };
	uint64_t before = f.kept;
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int r = find_last(&f), dropped;

	if (r == 0 && fseeko(reading->journal, (off_t)f.bytes, SEEK_SET) < 0)
		r = -errno;
	while (r == 0 && f.bytes < reading->length &&
	       (n = getline(&line, &room, reading->journal)) > 0 && line[n - 1] == '\n')
		r = take_line(&f, line, (size_t)n - 1);
	if (r == 0 && ferror(reading->journal))
		r = -EIO;
	dropped = index_file_drop(&reading->file);
	*ret_added = f.kept - before;
	return r < 0 ? r : dropped;
}
