// SPDX-License-Identifier: Apache-2.0
/*
 * witness_scan.c: see witness_scan.h.
 */
#include "witness_scan.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "journal/journal_keys.h"
#include "journal/journal_segment.h"
#include "sink.h"

/* Within so many bytes of a line its type stands. */
#define TYPE_WITHIN 160

int witness_scan_init(struct witness_scan *scan)
{
	memset(scan, 0, sizeof(*scan));
	return merkle_growth_init(&scan->growth);
}

void witness_scan_done(struct witness_scan *scan)
{
	free(scan->note);
	merkle_growth_done(&scan->growth);
}

static void reach(struct witness_scan *scan)
{
	merkle_growth_mark(&scan->growth);
	scan->reached = true;
	scan->worth = false;
}

void witness_scan_begin(struct witness_scan *scan, const struct gateway_journal *journal,
			uint64_t base, const uint8_t *root)
{
	static const struct merkle_state empty;

	free(scan->note);
	scan->note = NULL;
	scan->at = base >= journal->first ? journal->from : journal->oldest;
	scan->begins = scan->at > 0;
	scan->base = base;
	scan->root_known = root;
	if (root)
		memcpy(scan->root, root, sizeof(scan->root));
	scan->reached = false;
	merkle_growth_restore(&scan->growth, &empty);
	if (base == 0 && !scan->begins)
		reach(scan);
}

void witness_scan_advance(struct witness_scan *scan)
{
	free(scan->note);
	scan->note = NULL;
	scan->base = scan->size;
	scan->at = scan->spot.at;
	merkle_growth_restore(&scan->growth, &scan->spot.tree);
	reach(scan);
}

/* What sluiced writes because a witness has signed would be signed for ever. */
static bool is_worth(const char *line, size_t size)
{
	static const char start[] = ",\"type\":\"";
	static const char *const housekeeping[] = { "journal.witness\"", "journal.sink\"",
						    "journal.epoch\"", "journal.sealed\"" };
	const char *type =
		memmem(line, size < TYPE_WITHIN ? size : TYPE_WITHIN, start, sizeof(start) - 1);

	for (size_t i = 0; type && i < ARRAY_SIZE(housekeeping); i++)
		if (strncmp(type + sizeof(start) - 1, housekeeping[i], strlen(housekeeping[i])) ==
		    0)
			return false;
	return true;
}

/* Whether the tree as it is now, of @base entries, is what the witness has seen. */
static int compare(struct witness_scan *scan)
{
	uint8_t hash[MERKLE_HASH];
	int r = merkle_root(&scan->growth.tree, hash);

	if (r < 0)
		return r;
	reach(scan);
	return scan->root_known && memcmp(hash, scan->root, sizeof(hash)) != 0 ? -EBADMSG : 0;
}

/* What it says is signed with it, so that a witness does not take anything else. */
static int begin_file(struct witness_scan *scan, const char *line, size_t size)
{
	struct journal_segment segment;
	int r = journal_segment_read(line, size, &segment, NULL);

	if (r < 0)
		return r;
	if (segment.tree.size > scan->base && scan->base > 0)
		return -ENODATA;
	scan->begins = false;
	merkle_growth_restore(&scan->growth, &segment.tree);
	if (scan->base == 0) { /* every tree has grown from nothing */
		scan->growth.from = 0;
		scan->reached = true;
	}
	return segment.tree.size == scan->base ? compare(scan) : 0;
}

static int add_entry(struct witness_scan *scan, const char *line, size_t size)
{
	struct merkle *tree = &scan->growth.tree;
	uint8_t hash[MERKLE_HASH];
	int r = scan->begins ? begin_file(scan, line, size) : 0;

	if (r == 0)
		r = merkle_leaf(tree, line, size, hash);
	if (r == 0)
		r = merkle_append(tree, hash);
	scan->worth = scan->worth || is_worth(line, size);
	if (r < 0 || scan->reached || tree->size < scan->base)
		return r;
	return compare(scan);
}

/* The first line of a checkpoint is the name of the host key. */
static bool is_by_host(const char *note)
{
	char mark[NOTE_NAME_MAX + 16];

	snprintf(mark, sizeof(mark), "\n" NOTE_MARK "%.*s ", (int)strcspn(note, "\n"), note);
	return strstr(note, mark);
}

bool witness_scan_read(const char *note, uint64_t *ret_size, uint8_t ret_root[MERKLE_HASH])
{
	const char *size = strchr(note, '\n');
	char *root;

	if (!size)
		return false;
	*ret_size = strtoull(size + 1, &root, 10);
	return *root == '\n' && base64_decode(root + 1, strcspn(root + 1, "\n"), ret_root,
					      MERKLE_HASH) == MERKLE_HASH;
}

static int add_checkpoint(struct witness_scan *scan, const char *line, size_t size)
{
	json_auto_t *json = NULL;
	const char *note;

	if (!scan->reached || !scan->worth || scan->growth.tree.size == scan->base)
		return 0;
	json = json_loadb(line, size, 0, NULL);
	note = json_string_value(json_object_get(json, "checkpoint"));
	if (!note)
		return -EBADMSG;
	if (!is_by_host(note))
		return 0;
	free(scan->note);
	scan->note = strdup(note);
	scan->size = scan->growth.tree.size;
	merkle_growth_save(&scan->growth, &scan->spot.tree);
	scan->spot.at = scan->at + size + 1;
	return scan->note ? merkle_growth_prove(&scan->growth, &scan->proof) : -ENOMEM;
}

static int add_line(struct witness_scan *scan, const char *line, size_t size)
{
	static const char start[] = JOURNAL_CHECKPOINT_START;
	bool checkpoint = size > sizeof(start) && memcmp(line, start, sizeof(start) - 1) == 0;
	int r = checkpoint ? add_checkpoint(scan, line, size) : add_entry(scan, line, size);

	scan->at += size + 1;
	return r;
}

int witness_scan_step(struct witness_scan *scan, const struct gateway_journal *journal)
{
	_cleanup_free_ char *bytes = malloc(SINK_CHUNK);
	ssize_t n = bytes ? gateway_journal_read(journal, scan->at, bytes, SINK_CHUNK) : -ENOMEM;
	const char *line = bytes, *end;
	int r = 0;

	if (n < 0)
		return (int)n;
	while (r == 0 && line < bytes + n) { /* lint: it ends with LF */
		end = memchr(line, '\n', (size_t)(bytes + n - line));
		r = add_line(scan, line, (size_t)(end - line));
		line = end + 1;
	}
	return r < 0 ? r : scan->at < journal->bytes;
}
