// SPDX-License-Identifier: Apache-2.0
/*
 * journal_check.c: see journal_check.h. First the line by itself, then its place, then the JSON:
 * nothing of a wrong line is taken over.
 */
#include "journal_check.h"

#include "base/cleanup.h"
#include "limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int journal_check_init(struct journal_check *check, const struct journal_pins *pins)
{
	*check = (struct journal_check){ .pins = pins ? *pins : (struct journal_pins){ 0 } };
	check->last_entry = malloc(SLUICE_JOURNAL_ENTRY_MAX);
	check->file.seen = true;
	return check->last_entry ? merkle_init(&check->tree) : -ENOMEM;
}

void journal_check_done(struct journal_check *check)
{
	if (!check)
		return;
	merkle_done(&check->tree);
	journal_totals_done(&check->totals);
	EVP_MD_CTX_free(check->file.hash);
	check->file.hash = NULL;
	free(check->last_entry);
	check->last_entry = NULL;
	check->key = note_key_free(check->key);
}

static int __attribute__((format(printf, 3, 4)))
problem(struct journal_check *check, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(check->problem, sizeof(check->problem), format, ap);
	va_end(ap);
	return error;
}

static int check_pins(struct journal_check *check, const char *genesis, const struct note_key *key)
{
	const struct journal_pins *pins = &check->pins;

	if (pins->genesis && strcmp(pins->genesis, genesis) != 0)
		return problem(check, -EKEYREJECTED,
			       "entry 0 is not the pinned genesis: its hash is %s", genesis);
	if (pins->vkey && strcmp(pins->vkey, note_key_vkey(key)) != 0)
		return problem(check, -EKEYREJECTED,
			       "the journal names another host key than the expected one");
	return 0;
}

int journal_check_hash(struct journal_check *check)
{
	check->file.hash = EVP_MD_CTX_new();
	return check->file.hash && EVP_DigestInit_ex(check->file.hash, EVP_sha256(), NULL) == 1
		       ? 0
		       : -ENOMEM;
}

int journal_check_file_hash(const struct journal_check *check, char ret[MERKLE_HEX])
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	uint8_t hash[MERKLE_HASH];
	bool done = copy && EVP_MD_CTX_copy_ex(copy, check->file.hash) == 1 &&
		    EVP_DigestFinal_ex(copy, hash, NULL) == 1;

	EVP_MD_CTX_free(copy);
	if (done)
		merkle_hex(hash, ret);
	return done ? 0 : -ENOMEM;
}

/*
 * What the file says of entry 0 anybody can have written who has a host key: the one that signs is
 * what counts.
 */
static int check_later_pins(struct journal_check *check)
{
	const struct journal_pins *pins = &check->pins;
	struct note_key *key = NULL;
	bool other;
	int r;

	if (pins->genesis && strcmp(pins->genesis, check->genesis) != 0)
		return problem(check, -EKEYREJECTED,
			       "the files are of a journal with another genesis: its hash is %s",
			       check->genesis);
	r = pins->vkey ? note_key_from_public(check->keys.origin, check->keys.host, &key) : 0;
	if (r < 0)
		return r;
	other = pins->vkey && strcmp(pins->vkey, note_key_vkey(key)) != 0;
	note_key_free(key);
	return other ? problem(check, -EKEYREJECTED,
			       "the first file that is here is signed by another host key than the "
			       "expected one")
		     : 0;
}

int journal_check_begin(struct journal_check *check, const char *line, size_t size)
{
	json_auto_t *totals = NULL;
	struct journal_segment said;
	struct note_key *key = NULL;
	int r = journal_segment_read(line, size, &said, &totals);

	if (r == 0)
		r = note_key_parse(said.vkey, &key);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return problem(check, -EBADMSG,
			       "the file does not begin with an entry that says what stands before "
			       "it");
	check->key = key;
	check->keys = said.keys;
	check->keys.origin = note_key_name(key);
	check->tree.size = said.tree.size;
	memcpy(check->tree.edge, said.tree.edge, sizeof(check->tree.edge));
	merkle_unhex(line + size - 2 - 2 * MERKLE_HASH, check->last_leaf);
	memcpy(check->genesis, said.genesis, sizeof(check->genesis));
	memcpy(check->root, said.previous.root, sizeof(check->root));
	check->from = check->entries = check->signed_entries = said.tree.size;
	journal_removed_name(&said, &check->before.file);
	check->file = (struct journal_check_file){ .first = said.previous.first,
						   .offset = said.offset - said.previous.bytes,
						   .bytes = said.previous.bytes,
						   .hash = check->file.hash };
	r = journal_totals_load(&check->totals, totals);
	if (r == -EBADMSG || r == -E2BIG)
		return problem(check, -EBADMSG, "the totals that the file begins with are none");
	return r < 0 ? r : check_later_pins(check);
}

/* Entry 0 names the format and the keys that everything after it is checked with. */
static int check_genesis(struct journal_check *check, json_t *entry, const uint8_t *leaf)
{
	const char *format = NULL, *origin = NULL, *vkey = NULL;
	struct journal_keys keys;
	struct note_key *key = NULL;
	char genesis[MERKLE_HEX];
	int r;

	if (json_unpack(entry, "{s:{s:s,s:s,s:s}}", "journal", "format", &format, "origin", &origin,
			"host_vkey", &vkey) < 0)
		return problem(check, -EBADMSG,
			       "entry 0 does not name format, origin and host key");
	if (strcmp(format, JOURNAL_FORMAT) != 0 && strcmp(format, JOURNAL_FORMAT_1) != 0)
		return problem(check, -EBADMSG,
			       "the format of the journal is neither " JOURNAL_FORMAT
			       " nor " JOURNAL_FORMAT_1);
	r = note_key_parse(vkey, &key);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || strcmp(note_key_name(key), origin) != 0)
		r = problem(check, -EBADMSG,
			    "the host key in entry 0 is not a key in the name of the origin");
	if (r == 0 && journal_keys_begin(&keys, key, json_object_get(entry, "journal"),
					 strcmp(format, JOURNAL_FORMAT) == 0) < 0)
		r = problem(check, -EBADMSG, "entry 0 does not name the key of epoch 0");
	merkle_hex(leaf, genesis);
	if (r == 0)
		r = check_pins(check, genesis, key);
	if (r < 0) {
		note_key_free(key);
		return r;
	}
	check->key = key;
	check->keys = keys;
	memcpy(check->genesis, genesis, sizeof(genesis));
	return 0;
}

/* The entries up to the last good checkpoint are as they were signed, so it is a later one. */
static int wrong_checkpoint(struct journal_check *check, const char *text)
{
	unsigned long long first = check->signed_entries, end = check->entries;

	if (end <= first)
		return problem(check, -EBADMSG, "%s", text);
	if (end - first == 1)
		return problem(check, -EBADMSG, "%s; look at entry %llu", text, first);
	return problem(check, -EBADMSG, "%s; look at entries %llu to %llu", text, first, end - 1);
}

static int check_order(struct journal_check *check, const struct journal_look *look)
{
	if (look->entry.seq != check->entries)
		return problem(check, -EBADMSG, "seq is %" PRIu64 " where %" PRIu64 " was expected",
			       look->entry.seq, check->entries);
	if (memcmp(look->entry.prev, check->last_leaf, MERKLE_HASH) != 0)
		return problem(check, -EBADMSG,
			       check->entries == 0 ? "\"prev\" of entry 0 is not 64 zeros"
						   : "\"prev\" is not the hash of the entry "
						     "before: that one or this one was changed");
	return 0;
}

/* What an entry says of how many there are above it; then it counts itself. */
static int take_totals(struct journal_check *check, const struct journal_look *look,
		       const char *line, size_t size)
{
	char text[sizeof(check->problem)];
	int r = journal_totals_check(&check->totals, &look->entry.type, line, size, text,
				     sizeof(text));

	if (r == -EBADMSG)
		return problem(check, r, "%s", text);
	check->totals_checked += r > 0;
	if (r >= 0)
		r = journal_totals_count(&check->totals, &look->entry.type, line, size);
	return r == -E2BIG ? problem(check, -EBADMSG, "there are too many types of entries") : r;
}

static const char *compare_file(const struct journal_check *check,
				const struct journal_segment *said)
{
	const struct journal_check_file *file = &check->file;

	if (said->previous.last + 1 != check->entries || said->previous.first != file->first)
		return "it names other entries than those of the file before";
	if (strcmp(said->previous.root, check->root) != 0 ||
	    check->signed_entries != check->entries)
		return "the root that it names is not that of the entries before";
	if (said->previous.bytes != file->bytes || said->offset != file->offset + file->bytes)
		return "the file before has not as many bytes as it names: lines were taken away or "
		       "added";
	return NULL;
}

/* What the first entry of a file says of the ones before must be so. */
static int compare_segment(struct journal_check *check, const struct journal_segment *said)
{
	struct journal_segment is = { 0 };
	char hash[MERKLE_HEX] = "";
	const char *text = compare_file(check, said);

	journal_segment_set(&is, &check->keys, &check->tree, check->genesis,
			    note_key_vkey(check->key), 0);
	text = text ?: journal_segment_differs(said, &is);
	if (!text && check->file.hash && check->file.seen) {
		if (journal_check_file_hash(check, hash) < 0)
			return -ENOMEM;
		if (strcmp(hash, said->previous.sha256) != 0)
			text = "the file before has another hash than it names";
	}
	return text ? problem(check, -EBADMSG, "%s", text) : 0;
}

/* The line begins a file. */
static int take_segment(struct journal_check *check, const struct journal_look *look,
			const char *line, size_t size)
{
	struct journal_segment said;
	int r;

	if (check->entries == 0)
		return 0;
	r = journal_segment_read(line, size, &said, NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return problem(check, r, "the entry does not say what stands before it");
	r = compare_segment(check, &said);
	if (r < 0)
		return r;
	if (check->file.hash && EVP_DigestInit_ex(check->file.hash, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	check->file = (struct journal_check_file){ .first = check->entries,
						   .offset = said.offset,
						   .hash = check->file.hash,
						   .time = look->entry.time,
						   .seen = true };
	check->files++;
	check->line = 1;
	check->segment_waits = true;
	return 0;
}

/* A line that was taken is part of the file. */
static int pass(struct journal_check *check, const char *line, size_t size)
{
	check->file.bytes += size + 1;
	if (check->file.hash && (EVP_DigestUpdate(check->file.hash, line, size) != 1 ||
				 EVP_DigestUpdate(check->file.hash, "\n", 1) != 1))
		return -ENOMEM;
	return 0;
}

/* Of other files than the missing one it says nothing that matters here. */
static void note_removed(struct journal_check *check, const struct journal_look *look,
			 const char *line, size_t size)
{
	struct journal_check_before *before = &check->before;
	struct journal_removed said;

	if (journal_removed_read(line, size, &said) < 0 ||
	    !journal_removed_same(&said, &before->file))
		return;
	before->file.since = said.since;
	before->by = look->entry.seq;
	before->time = look->entry.time;
}

static int take_entry(struct journal_check *check, const struct journal_look *look,
		      const char *line, size_t size)
{
	const char *text = NULL;
	int r = 0;

	if (journal_segment_is(&look->entry.type, line))
		r = take_segment(check, look, line, size);
	if (check->from && journal_type_is(&look->entry.type, line, JOURNAL_REMOVED_TYPE))
		note_removed(check, look, line, size);
	if (r == 0)
		r = take_totals(check, look, line, size);
	if (r < 0)
		return r;
	r = journal_keys_entry(&check->keys, look->entry.kind, line, size, &text);
	if (r < 0)
		return problem(check, r, "%s", text);
	r = merkle_append(&check->tree, look->hash);
	if (r < 0)
		return r;
	memcpy(check->last_leaf, look->hash, MERKLE_HASH);
	if (check->entries++ == check->from)
		check->first_time = look->entry.time;
	if (check->entries == 1) {
		check->file.time = look->entry.time;
		check->files = 1;
	}
	check->last_time = look->entry.time;
	return 0;
}

static int take_checkpoint(struct journal_check *check, const struct journal_look *look)
{
	const struct journal_checkpoint_info *info = &look->checkpoint;
	uint8_t root[MERKLE_HASH];
	int r = merkle_root(&check->tree, root);

	if (r < 0)
		return r;
	if (info->size != check->entries || memcmp(info->root, root, MERKLE_HASH) != 0)
		return wrong_checkpoint(check, "the signed size or root of the checkpoint is not "
					       "that of the entries above");
	if (memcmp(look->hash, check->last_checkpoint, MERKLE_HASH) == 0)
		return problem(check, -EBADMSG, "the line repeats the checkpoint before it");
	if (check->segment_waits && !info->by_host)
		return wrong_checkpoint(check, "the begin of a file is not signed by the host key");
	check->segment_waits = false;
	memcpy(check->last_checkpoint, look->hash, MERKLE_HASH);
	check->checkpoints++;
	check->other_signatures += info->others;
	check->signed_entries = check->entries;
	check->by_host = info->by_host;
	journal_keys_checkpoint(&check->keys);
	merkle_hex(root, check->root);
	return 0;
}

int journal_check_take(struct journal_check *check, const struct journal_look *look,
		       const char *line, size_t size)
{
	int r;

	check->line++;
	if (look->is_checkpoint) {
		r = take_checkpoint(check, look);
	} else {
		r = check_order(check, look);
		if (r == 0)
			r = take_entry(check, look, line, size);
	}
	if (r < 0) {
		check->line--;
		return r;
	}
	return pass(check, line, size);
}

void journal_check_keep(struct journal_check *check, const char *line, size_t size)
{
	if (journal_kind(line, size) == JOURNAL_EPOCH_ENDS)
		return;
	memcpy(check->last_entry, line, size);
	check->last_size = size;
}

bool journal_check_clean(const struct journal_check *check)
{
	json_auto_t *entry = json_loadb(check->last_entry, check->last_size,
					JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	const char *type = json_string_value(json_object_get(entry, "type"));

	return type && strcmp(type, "agent.stop") == 0;
}

/*
 * Parsed where somebody wants the entry, and entry 0: parsing costs ten times more than the hashes.
 */
static int parse(struct journal_check *check, const char *line, size_t size, json_t **ret)
{
	*ret = json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	return json_is_object(*ret) ? 0 : problem(check, -EBADMSG, "the entry is not valid JSON");
}

static int check_entry(struct journal_check *check, const struct journal_look *look,
		       const char *line, size_t size, json_t **ret_entry)
{
	json_auto_t *entry = NULL;
	int r = check_order(check, look);

	if (r == 0 && (ret_entry || check->entries == 0))
		r = parse(check, line, size, &entry);
	if (r == 0 && check->entries == 0)
		r = check_genesis(check, entry, look->hash);
	if (r == 0)
		r = take_entry(check, look, line, size);
	if (r < 0)
		return r;
	journal_check_keep(check, line, size);
	if (ret_entry)
		*ret_entry = TAKE_PTR(entry);
	return 0;
}

int journal_check_line(struct journal_check *check, const char *line, size_t size,
		       json_t **ret_entry)
{
	struct journal_look look;
	const char *text = NULL;
	int r;

	check->line++;
	check->problem[0] = '\0';
	if (ret_entry)
		*ret_entry = NULL;
	r = journal_look(&check->tree, &check->keys, line, size, &look, &text);
	if (r == -EBADMSG)
		return look.is_checkpoint ? wrong_checkpoint(check, text)
					  : problem(check, r, "%s", text);
	if (r < 0)
		return r;
	r = look.is_checkpoint ? take_checkpoint(check, &look)
			       : check_entry(check, &look, line, size, ret_entry);
	return r == 0 ? pass(check, line, size) : r;
}
