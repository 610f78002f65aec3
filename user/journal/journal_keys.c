// SPDX-License-Identifier: Apache-2.0
/*
 * journal_keys.c: see journal_keys.h.
 */
#include "journal_keys.h"

#include "base/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const types[] = {
	[JOURNAL_EPOCH_BEGINS] = "journal.epoch",
	[JOURNAL_EPOCH_ENDS] = "journal.sealed",
	[JOURNAL_EPOCH_LOST] = "key.recover",
	[JOURNAL_HOST_CHANGES] = "journal.host",
};

enum journal_kind journal_kind_of_type(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i] && strcmp(types[i], type) == 0)
			return (enum journal_kind)i;
	return JOURNAL_ORDINARY;
}

const char *journal_kind_type(enum journal_kind kind)
{
	return types[kind];
}

enum journal_kind journal_kind_found(const struct journal_type *type, const char *line)
{
	if (!type->size || (line[type->at] != 'j' && line[type->at] != 'k'))
		return JOURNAL_ORDINARY;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i] && journal_type_is(type, line, types[i]))
			return (enum journal_kind)i;
	return JOURNAL_ORDINARY;
}

/* The fourth member is a type that begins like one of ours. */
static bool may_be_kind(const char *line, size_t size)
{
	static const char type[] = "\"type\":\"";
	const char *end = line + size, *p = line;

	for (unsigned int i = 0; i < 3 && p; i++) {
		p = memchr(p, ',', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	return p && (size_t)(end - p) > sizeof(type) && memcmp(p, type, sizeof(type) - 1) == 0 &&
	       (p[sizeof(type) - 1] == 'j' || p[sizeof(type) - 1] == 'k');
}

enum journal_kind journal_kind(const char *line, size_t size)
{
	struct journal_type type;

	/* said fast, as it is asked of each line */
	if (!may_be_kind(line, size))
		return JOURNAL_ORDINARY;
	type = journal_type_find(line, size);
	return journal_kind_found(&type, line);
}

static void epoch_name(const struct journal_keys *keys, uint64_t number,
		       char name[NOTE_NAME_MAX + JOURNAL_EPOCH_NAME])
{
	snprintf(name, NOTE_NAME_MAX + JOURNAL_EPOCH_NAME, "%s/epoch/%" PRIu64, keys->origin,
		 number);
}

/* The public key of @vkey, when its name is @name. */
static bool take_key(const char *vkey, const char *name, uint8_t *ret_public)
{
	struct note_key *key = NULL;
	bool right = vkey && note_key_parse(vkey, &key) == 0;

	right = right && strcmp(note_key_name(key), name) == 0;
	if (right)
		memcpy(ret_public, note_key_public(key), NOTE_PUBLIC_KEY);
	note_key_free(key);
	return right;
}

/* Names the next epoch. */
static int take_epoch(struct journal_keys *keys, const json_t *journal)
{
	const json_t *number = json_object_get(journal, "epoch");
	const char *vkey = json_string_value(json_object_get(journal, "epoch_vkey"));
	char name[NOTE_NAME_MAX + JOURNAL_EPOCH_NAME];

	epoch_name(keys, keys->named, name);
	if (!json_is_integer(number) || json_integer_value(number) != (json_int_t)keys->named ||
	    !take_key(vkey, name, keys->next_epoch))
		return -EBADMSG;
	keys->named++;
	return 0;
}

int journal_keys_begin(struct journal_keys *keys, const struct note_key *host,
		       const json_t *journal, bool epochs)
{
	*keys = (struct journal_keys){ .origin = note_key_name(host) };
	memcpy(keys->host, note_key_public(host), sizeof(keys->host));
	if (!epochs)
		return 0;
	keys->in_force = true;
	if (take_epoch(keys, journal) < 0)
		return -EBADMSG;
	memcpy(keys->epoch, keys->next_epoch, sizeof(keys->epoch));
	return 0;
}

/* What the signed entries said comes into force. */
static void settle(struct journal_keys *keys)
{
	if (!keys->is_signed)
		return;
	if (keys->begins || keys->lost) {
		memcpy(keys->epoch, keys->next_epoch, sizeof(keys->epoch));
		keys->number = keys->named - 1;
		keys->in_force = true;
	}
	if (keys->ends)
		keys->in_force = false;
	if (keys->host_changes)
		memcpy(keys->host, keys->next_host, sizeof(keys->host));
	keys->begins = keys->ends = keys->lost = keys->host_changes = keys->is_signed = false;
}

struct journal_keys journal_keys_settled(const struct journal_keys *keys)
{
	struct journal_keys settled = *keys;

	settle(&settled);
	return settled;
}

/* Only once between two checkpoints, and only while an epoch is in force. */
static int take_host(struct journal_keys *keys, const json_t *journal)
{
	const char *vkey = json_string_value(json_object_get(journal, "host_vkey"));

	if (keys->host_changes || !take_key(vkey, keys->origin, keys->next_host))
		return -EBADMSG;
	keys->host_changes = true;
	return 0;
}

static int take_begin(struct journal_keys *keys, const json_t *journal)
{
	keys->begins = true;
	keys->ends = false;
	return take_epoch(keys, journal);
}

static int take_end(struct journal_keys *keys, const json_t *journal)
{
	(void)journal;
	if (!keys->in_force && !keys->begins)
		return -EBADMSG;
	keys->ends = true;
	return 0;
}

static int take_loss(struct journal_keys *keys, const json_t *journal)
{
	if (!keys->in_force)
		return -EBADMSG;
	keys->lost = true;
	keys->ends = false;
	return take_epoch(keys, journal);
}

int journal_keys_entry(struct journal_keys *keys, enum journal_kind kind, const char *line,
		       size_t size, const char **ret_problem)
{
	static const struct {
		int (*take)(struct journal_keys *keys, const json_t *journal);
		const char *problem;
	} kinds[] = {
		[JOURNAL_EPOCH_BEGINS] = { take_begin, "the entry does not name the next epoch" },
		[JOURNAL_EPOCH_ENDS] = { take_end, "the entry ends an epoch, and none has begun" },
		[JOURNAL_EPOCH_LOST] = { take_loss, "the entry names no epoch in place of a lost "
						    "one" },
		[JOURNAL_HOST_CHANGES] = { take_host, "the entry does not name a new host key" },
	};
	json_auto_t *entry = NULL;

	settle(keys);
	if (!kinds[kind].take)
		return 0;
	entry = json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	if (!entry || kinds[kind].take(keys, json_object_get(entry, "journal")) < 0) {
		*ret_problem = kinds[kind].problem;
		return -EBADMSG;
	}
	if (kind == JOURNAL_EPOCH_LOST && keys->breaks++ == 0)
		keys->first_break = (uint64_t)json_integer_value(json_object_get(entry, "seq"));
	return 0;
}

void journal_keys_checkpoint(struct journal_keys *keys)
{
	keys->is_signed = true;
}

const uint8_t *journal_keys_role(const struct journal_keys *keys, enum journal_role role,
				 char *name, bool *ret_needed)
{
	switch (role) {
	case JOURNAL_HOST:
		*ret_needed = !keys->in_force || keys->begins || keys->ends || keys->lost ||
			      keys->host_changes;
		snprintf(name, NOTE_NAME_MAX, "%s", keys->origin);
		return keys->host;
	case JOURNAL_NEW_HOST:
		*ret_needed = keys->host_changes;
		snprintf(name, NOTE_NAME_MAX, "%s", keys->origin);
		return keys->host_changes ? keys->next_host : NULL;
	case JOURNAL_EPOCH:
		*ret_needed = !keys->lost;
		epoch_name(keys, keys->number, name);
		return keys->in_force ? keys->epoch : NULL;
	default:
		return NULL;
	}
}

const char *journal_keys_unsigned(const struct journal_keys *keys)
{
	bool begun = keys->in_force || keys->begins || keys->named == 0;

	return begun ? NULL : "an epoch has ended, and none was begun by the host key";
}
