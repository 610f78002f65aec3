// SPDX-License-Identifier: Apache-2.0
/*
 * journal_check.c: see journal_check.h. First the bytes (place of "seq" and "prev", which other
 * tools find with head and tail), then the JSON, then the hashes: nothing of a wrong line is taken
 * over.
 */
#include "journal_check.h"

#include "cleanup.h"
#include "journal_checkpoint.h"
#include "limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PREV_START ",\"prev\":\""
#define PREV_SIZE \
	(sizeof(PREV_START) - 1 + 2 * MERKLE_HASH + 2) /* with the closing quote and brace */

int journal_check_init(struct journal_check *check, const struct journal_pins *pins)
{
	*check = (struct journal_check){ .pins = pins ? *pins : (struct journal_pins){ 0 } };
	return merkle_init(&check->tree);
}

void journal_check_done(struct journal_check *check)
{
	if (!check)
		return;
	merkle_done(&check->tree);
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

/* The text @start and a decimal number as the writer spells it; moves the cursor behind both. */
static bool take_number(const char **cursor, const char *end, const char *start,
			uint64_t *ret_number)
{
	const char *p = *cursor;
	size_t size = strlen(start), digits = 0;
	uint64_t number = 0;

	if ((size_t)(end - p) < size || memcmp(p, start, size) != 0)
		return false;
	p += size;
	for (; p + digits < end && digits < 19 && p[digits] >= '0' && p[digits] <= '9'; digits++)
		number = number * 10 + (uint64_t)(p[digits] - '0');
	if (digits == 0 || (digits > 1 && p[0] == '0') || number > INT64_MAX)
		return false;
	*cursor = p + digits;
	*ret_number = number;
	return true;
}

/* The members that the writer adds, at their places. */
static int check_frame(struct journal_check *check, const char *line, size_t size,
		       int64_t *ret_time)
{
	const char *end = line + size, *cursor = line;
	char prev[MERKLE_HEX];
	uint64_t seq, time, boottime;

	if (!take_number(&cursor, end, "{\"seq\":", &seq))
		return problem(check, -EBADMSG, "the line is neither an entry nor a checkpoint");
	if (seq != check->entries)
		return problem(check, -EBADMSG, "seq is %" PRIu64 " where %" PRIu64 " was expected",
			       seq, check->entries);
	if (!take_number(&cursor, end, ",\"time\":", &time) ||
	    !take_number(&cursor, end, ",\"boottime_us\":", &boottime))
		return problem(check, -EBADMSG,
			       "\"time\" and \"boottime_us\" do not follow \"seq\"");
	if ((size_t)(end - cursor) < PREV_SIZE ||
	    memcmp(end - PREV_SIZE, PREV_START, sizeof(PREV_START) - 1) != 0)
		return problem(check, -EBADMSG, "the last member is not \"prev\"");
	merkle_hex(check->last_leaf, prev);
	if (memcmp(end - 2 - 2 * MERKLE_HASH, prev, 2 * MERKLE_HASH) != 0)
		return problem(check, -EBADMSG,
			       check->entries == 0 ? "\"prev\" of entry 0 is not 64 zeros"
						   : "\"prev\" is not the hash of the entry "
						     "before: that one or this one was changed");
	*ret_time = (int64_t)time;
	return 0;
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
	if (pins->public_key &&
	    memcmp(pins->public_key, note_key_public(key), NOTE_PUBLIC_KEY) != 0)
		return problem(check, -EKEYREJECTED, "the journal was begun with another host key");
	return 0;
}

/* Entry 0 names the format and the key that everything after it is checked with. */
static int check_genesis(struct journal_check *check, json_t *entry, const uint8_t *leaf)
{
	const char *format = NULL, *origin = NULL, *vkey = NULL;
	struct note_key *key = NULL;
	char genesis[MERKLE_HEX];
	int r;

	if (json_unpack(entry, "{s:{s:s,s:s,s:s}}", "journal", "format", &format, "origin", &origin,
			"host_vkey", &vkey) < 0)
		return problem(check, -EBADMSG,
			       "entry 0 does not name format, origin and host key");
	if (strcmp(format, JOURNAL_FORMAT) != 0)
		return problem(check, -EBADMSG, "the format of the journal is not " JOURNAL_FORMAT);
	r = note_key_parse(vkey, &key);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || strcmp(note_key_name(key), origin) != 0)
		r = problem(check, -EBADMSG,
			    "the host key in entry 0 is not a key in the name of the origin");
	merkle_hex(leaf, genesis);
	if (r == 0)
		r = check_pins(check, genesis, key);
	if (r < 0) {
		note_key_free(key);
		return r;
	}
	check->key = key;
	memcpy(check->genesis, genesis, sizeof(genesis));
	return 0;
}

/*
 * What later lines depend on: parsed only where the words occur, because parsing costs ten times
 * more than the hashes, and JSON that nobody asked for proves nothing that they do not.
 */
static bool worth_parsing(const char *line, size_t size)
{
	static const char stop[] = "\"agent.stop\"", epoch[] = "\"epoch_vkey\"";

	return memmem(line, size, stop, sizeof(stop) - 1) ||
	       memmem(line, size, epoch, sizeof(epoch) - 1);
}

static void learn(struct journal_check *check, const json_t *entry)
{
	const char *type = json_string_value(json_object_get(entry, "type"));

	check->clean = type && strcmp(type, "agent.stop") == 0;
	check->epochs =
		check->epochs || json_object_get(json_object_get(entry, "journal"), "epoch_vkey");
}

static int check_entry(struct journal_check *check, const char *line, size_t size,
		       json_t **ret_entry)
{
	json_auto_t *entry = NULL;
	uint8_t leaf[MERKLE_HASH];
	int64_t time = 0;
	int r;

	r = check_frame(check, line, size, &time);
	if (r < 0)
		return r;
	if (ret_entry || check->entries == 0 || worth_parsing(line, size)) {
		entry = json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
		if (!json_is_object(entry))
			return problem(check, -EBADMSG, "the entry is not valid JSON");
	}
	r = merkle_leaf(&check->tree, line, size, leaf);
	if (r == 0 && check->entries == 0)
		r = check_genesis(check, entry, leaf);
	if (r == 0)
		r = merkle_append(&check->tree, leaf);
	if (r < 0)
		return r;
	memcpy(check->last_leaf, leaf, sizeof(leaf));
	if (check->entries++ == 0)
		check->first_time = time;
	check->last_time = time;
	learn(check, entry);
	if (ret_entry)
		*ret_entry = TAKE_PTR(entry);
	return 0;
}

/* The entries up to the last good checkpoint are as they were signed, so it is a later one. */
static int wrong_checkpoint(struct journal_check *check, int error, const char *text)
{
	unsigned long long first = check->signed_entries, end = check->entries;

	if (end <= first)
		return problem(check, error, "%s", text);
	if (end - first == 1)
		return problem(check, error, "%s; look at entry %llu", text, first);
	return problem(check, error, "%s; look at entries %llu to %llu", text, first, end - 1);
}

static int check_checkpoint(struct journal_check *check, const char *line, size_t size)
{
	uint8_t root[MERKLE_HASH], hash[MERKLE_HASH];
	const struct journal_checkpoint expected = { .key = check->key,
						     .size = check->entries,
						     .root = root };
	struct journal_checkpoint_info info = { 0 };
	const char *text = NULL;
	int r;

	if (!check->key)
		return problem(check, -EBADMSG, "a checkpoint stands before entry 0");
	r = merkle_root(&check->tree, root);
	if (r == 0)
		r = merkle_leaf(&check->tree, line, size, hash);
	if (r == 0)
		r = journal_checkpoint_check(&expected, line, size, &info, &text);
	if (r < 0)
		return text ? wrong_checkpoint(check, r, text) : r;
	if (memcmp(hash, check->last_checkpoint, sizeof(hash)) == 0)
		return problem(check, -EBADMSG, "the line repeats the checkpoint before it");
	/* Epoch keys come with a later version: a checkpoint by them alone is passed over, and
	 * signs nothing here. */
	if (!info.is_signed && !(check->epochs && info.by_epoch))
		return problem(check, -EBADMSG, "the checkpoint is not signed by the host key");
	memcpy(check->last_checkpoint, hash, sizeof(hash));
	check->checkpoints++;
	check->other_signatures += info.others;
	if (info.is_signed) {
		check->signed_entries = check->entries;
		merkle_hex(root, check->root);
	}
	return 0;
}

int journal_check_line(struct journal_check *check, const char *line, size_t size,
		       json_t **ret_entry)
{
	static const char start[] = JOURNAL_CHECKPOINT_START;

	check->line++;
	check->problem[0] = '\0';
	if (ret_entry)
		*ret_entry = NULL;
	if (size > SLUICE_JOURNAL_ENTRY_MAX)
		return problem(check, -EBADMSG, "the line is longer than %d bytes",
			       SLUICE_JOURNAL_ENTRY_MAX);
	if (memchr(line, '\0', size))
		return problem(check, -EBADMSG, "the line has NUL bytes");
	if (size >= sizeof(start) - 1 && memcmp(line, start, sizeof(start) - 1) == 0)
		return check_checkpoint(check, line, size);
	return check_entry(check, line, size, ret_entry);
}
