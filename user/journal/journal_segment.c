// SPDX-License-Identifier: Apache-2.0
/*
 * journal_segment.c: see journal_segment.h.
 */
#include "journal_segment.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool journal_segment_is(const struct journal_type *type, const char *line)
{
	return journal_type_is(type, line, JOURNAL_SEGMENT_TYPE);
}

bool journal_segment_is_line(const char *line, size_t size)
{
	struct journal_type type = journal_type_find(line, size);

	return journal_segment_is(&type, line);
}

void journal_segment_set(struct journal_segment *segment, const struct journal_keys *keys,
			 const struct merkle *tree, const char *genesis, const char *vkey,
			 uint64_t offset)
{
	segment->keys = journal_keys_settled(keys);
	segment->keys.origin = NULL;
	segment->tree.size = tree->size;
	memcpy(segment->tree.edge, tree->edge, sizeof(segment->tree.edge));
	snprintf(segment->genesis, sizeof(segment->genesis), "%s", genesis);
	snprintf(segment->vkey, sizeof(segment->vkey), "%s", vkey);
	segment->offset = offset;
}

/* The subtrees that the digits of the size name, the smallest first. */
static json_t *edge_body(const struct merkle_state *tree)
{
	json_t *edge = json_array();
	char hex[MERKLE_HEX];

	for (unsigned int level = 0; level < 64; level++) {
		if (!(tree->size >> level & 1))
			continue;
		merkle_hex(tree->edge[level], hex);
		if (json_array_append_new(edge, json_string(hex)) < 0) {
			json_decref(edge);
			return NULL;
		}
	}
	return edge;
}

static json_t *keys_body(const struct journal_keys *keys)
{
	char host[MERKLE_HEX], epoch[MERKLE_HEX];

	_Static_assert(NOTE_PUBLIC_KEY == MERKLE_HASH, "a key is spelled as a hash is");
	merkle_hex(keys->host, host);
	merkle_hex(keys->epoch, epoch);
	return json_pack("{s:s,s:s*,s:I,s:I,s:b,s:I,s:I}", "host", host, "epoch",
			 keys->in_force ? epoch : NULL, "number", (json_int_t)keys->number, "named",
			 (json_int_t)keys->named, "in_force", keys->in_force, "breaks",
			 (json_int_t)keys->breaks, "first_break", (json_int_t)keys->first_break);
}

json_t *journal_segment_body(const struct journal_segment *segment, json_t *totals)
{
	return json_pack(
		"{s:s,s:s,s:{s:{s:s,s:I,s:I,s:I,s:s,s:s},s:{s:s,s:s,s:I,s:o,s:o},s:o,"
		"s:{s:s,s:I,s:s}}}",
		"type", JOURNAL_SEGMENT_TYPE, "message", "the journal goes on in another file",
		"journal", "previous", "file", segment->previous.file, "first",
		(json_int_t)segment->previous.first, "last", (json_int_t)segment->previous.last,
		"bytes", (json_int_t)segment->previous.bytes, "sha256", segment->previous.sha256,
		"root", segment->previous.root, "from", "genesis", segment->genesis, "host_vkey",
		segment->vkey, "offset", (json_int_t)segment->offset, "edge",
		edge_body(&segment->tree), "keys", keys_body(&segment->keys), "totals", totals,
		"state", "file", segment->state.file, "bytes", (json_int_t)segment->state.bytes,
		"sha256", segment->state.sha256);
}

static bool take_hash(const char *text, char ret[MERKLE_HEX])
{
	uint8_t hash[MERKLE_HASH];

	if (!text || strlen(text) != MERKLE_HEX - 1 || !merkle_unhex(text, hash))
		return false;
	memcpy(ret, text, MERKLE_HEX);
	return true;
}

static bool take_key(const char *text, uint8_t ret[NOTE_PUBLIC_KEY])
{
	return text && strlen(text) == MERKLE_HEX - 1 && merkle_unhex(text, ret);
}

/* A name in the folder of the journal, and nothing else. */
static bool take_name(const char *text, char *ret, size_t size)
{
	size_t length = strlen(text);

	if (!length || length >= size || strchr(text, '/') || text[0] == '.')
		return false;
	memcpy(ret, text, length + 1);
	return true;
}

static bool read_previous(const json_t *journal, struct journal_segment *ret)
{
	const char *file, *sha256, *root;
	json_int_t first, last, bytes;

	if (json_unpack((json_t *)journal, "{s:{s:s,s:I,s:I,s:I,s:s,s:s}}", "previous", "file",
			&file, "first", &first, "last", &last, "bytes", &bytes, "sha256", &sha256,
			"root", &root) < 0 ||
	    first < 0 || last < first || bytes <= 0)
		return false;
	ret->previous.first = (uint64_t)first;
	ret->previous.last = (uint64_t)last;
	ret->previous.bytes = (uint64_t)bytes;
	return take_name(file, ret->previous.file, sizeof(ret->previous.file)) &&
	       take_hash(sha256, ret->previous.sha256) && take_hash(root, ret->previous.root);
}

static bool read_state(const json_t *journal, struct journal_segment *ret)
{
	const char *file, *sha256;
	json_int_t bytes;

	if (json_unpack((json_t *)journal, "{s:{s:s,s:I,s:s}}", "state", "file", &file, "bytes",
			&bytes, "sha256", &sha256) < 0 ||
	    bytes < 0)
		return false;
	ret->state.bytes = (uint64_t)bytes;
	return take_name(file, ret->state.file, sizeof(ret->state.file)) &&
	       take_hash(sha256, ret->state.sha256);
}

static bool read_keys(const json_t *keys, struct journal_keys *ret)
{
	const char *host, *epoch = NULL;
	json_int_t number, named, breaks, first_break;
	int in_force;

	if (json_unpack((json_t *)keys, "{s:s,s?s,s:I,s:I,s:b,s:I,s:I}", "host", &host, "epoch",
			&epoch, "number", &number, "named", &named, "in_force", &in_force, "breaks",
			&breaks, "first_break", &first_break) < 0 ||
	    number < 0 || named < 0 || breaks < 0 || first_break < 0 || !take_key(host, ret->host))
		return false;
	ret->number = (uint64_t)number;
	ret->named = (uint64_t)named;
	ret->breaks = (uint64_t)breaks;
	ret->first_break = (uint64_t)first_break;
	ret->in_force = in_force;
	return !in_force || take_key(epoch, ret->epoch);
}

/* As many hashes as the size has digits that are 1. */
static bool read_edge(const json_t *edge, uint64_t size, struct merkle_state *ret)
{
	size_t at = 0;

	ret->size = size;
	for (unsigned int level = 0; level < 64; level++) {
		if (!(size >> level & 1))
			continue;
		if (!take_key(json_string_value(json_array_get(edge, at++)), ret->edge[level]))
			return false;
	}
	return at == json_array_size(edge);
}

static bool read_from(const json_t *journal, struct journal_segment *ret)
{
	const json_t *edge, *keys;
	const char *genesis, *vkey;
	json_int_t offset;

	if (json_unpack((json_t *)journal, "{s:{s:s,s:s,s:I,s:o,s:o}}", "from", "genesis", &genesis,
			"host_vkey", &vkey, "offset", &offset, "edge", &edge, "keys", &keys) < 0 ||
	    offset < 0 || strlen(vkey) >= sizeof(ret->vkey) || !take_hash(genesis, ret->genesis))
		return false;
	ret->offset = (uint64_t)offset;
	snprintf(ret->vkey, sizeof(ret->vkey), "%s", vkey);
	return read_edge(edge, ret->previous.last + 1, &ret->tree) && read_keys(keys, &ret->keys);
}

int journal_segment_read(const char *line, size_t size, struct journal_segment *ret,
			 json_t **ret_totals)
{
	json_auto_t *entry = json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	const json_t *journal = json_object_get(entry, "journal");
	const json_t *seq = json_object_get(entry, "seq");
	json_t *totals = json_object_get(journal, "totals");

	*ret = (struct journal_segment){ 0 };
	if (!read_previous(journal, ret) || !read_from(journal, ret) || !read_state(journal, ret) ||
	    !json_is_object(totals) ||
	    json_integer_value(seq) != (json_int_t)(ret->previous.last + 1))
		return -EBADMSG;
	ret->time = json_integer_value(json_object_get(entry, "time"));
	if (ret_totals)
		*ret_totals = json_incref(totals);
	return 0;
}

static bool same_keys(const struct journal_keys *a, const struct journal_keys *b)
{
	return memcmp(a->host, b->host, sizeof(a->host)) == 0 && a->in_force == b->in_force &&
	       (!a->in_force || memcmp(a->epoch, b->epoch, sizeof(a->epoch)) == 0) &&
	       a->number == b->number && a->named == b->named && a->breaks == b->breaks &&
	       a->first_break == b->first_break;
}

static bool same_tree(const struct merkle_state *a, const struct merkle_state *b)
{
	for (unsigned int level = 0; level < 64; level++)
		if ((a->size >> level & 1) &&
		    memcmp(a->edge[level], b->edge[level], MERKLE_HASH) != 0)
			return false;
	return a->size == b->size;
}

const char *journal_segment_differs(const struct journal_segment *a,
				    const struct journal_segment *b)
{
	if (!same_tree(&a->tree, &b->tree))
		return "the tree that it goes on from is not that of the entries before";
	if (!same_keys(&a->keys, &b->keys))
		return "the keys that it goes on from are not those of the entries before";
	if (strcmp(a->genesis, b->genesis) != 0 || strcmp(a->vkey, b->vkey) != 0)
		return "it is of another journal";
	return NULL;
}
