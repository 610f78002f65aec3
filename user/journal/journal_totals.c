// SPDX-License-Identifier: Apache-2.0
/*
 * journal_totals.c: see journal_totals.h.
 */
#include "journal_totals.h"

#include "base/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Entries of these types say totals in "journal". */
static const char *const says_totals[] = { "journal.heartbeat", "journal.sealed",
					   "journal.segment" };

void journal_totals_done(struct journal_totals *totals)
{
	struct journal_total *after;

	for (struct journal_total *total = totals->first; total; total = after) {
		after = total->after;
		free(total);
	}
	*totals = (struct journal_totals){ 0 };
}

static struct journal_total *find(const struct journal_totals *totals, uint32_t hash,
				  const char *text, size_t size)
{
	struct journal_total *total = totals->buckets[hash % ARRAY_SIZE(totals->buckets)];

	while (total && (total->size != size || memcmp(total->type, text, size) != 0))
		total = total->next;
	return total;
}

static int add_type(struct journal_totals *totals, uint32_t hash, const char *text, size_t size)
{
	struct journal_total **bucket = &totals->buckets[hash % ARRAY_SIZE(totals->buckets)];
	struct journal_total *total;

	if (totals->n_types == JOURNAL_TYPES_MAX)
		return -E2BIG;
	total = calloc(1, sizeof(*total) + size + 1);
	if (!total)
		return -ENOMEM;
	memcpy(total->type, text, size);
	total->size = size;
	total->n = 1;
	total->next = *bucket;
	*bucket = total;
	if (totals->last)
		totals->last->after = total;
	else
		totals->first = total;
	totals->last = total;
	totals->n_types++;
	return 0;
}

static int count(struct journal_totals *totals, uint32_t hash, const char *text, size_t size)
{
	struct journal_total *total = find(totals, hash, text, size);

	if (!total)
		return add_type(totals, hash, text, size);
	total->n++;
	return 0;
}

/* What no writer of ours writes: the type stands elsewhere, or there is none. */
static int count_parsed(struct journal_totals *totals, const char *line, size_t size)
{
	json_auto_t *entry = json_loadb(line, size, JSON_ALLOW_NUL, NULL);
	const json_t *type = json_object_get(entry, "type");
	const char *text = json_string_value(type);
	size_t length = json_string_length(type);

	if (!text || strlen(text) != length)
		return 0;
	return count(totals, journal_type_hash(text, length), text, length);
}

int journal_totals_count(struct journal_totals *totals, const struct journal_type *type,
			 const char *line, size_t size)
{
	return type->size ? count(totals, type->hash, line + type->at, type->size)
			  : count_parsed(totals, line, size);
}

static bool may_say(const struct journal_type *type, const char *line)
{
	/* said fast, as it is asked of each line */
	if (!type->size || line[type->at] != says_totals[0][0])
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(says_totals); i++)
		if (journal_type_is(type, line, says_totals[i]))
			return true;
	return false;
}

int journal_totals_load(struct journal_totals *totals, json_t *json)
{
	const char *type;
	json_t *value;
	int r = 0;

	json_object_foreach(json, type, value) {
		size_t size = strlen(type);

		if (!json_is_integer(value) || json_integer_value(value) <= 0)
			return -EBADMSG;
		r = add_type(totals, journal_type_hash(type, size), type, size);
		if (r < 0)
			return r;
		totals->last->n = (uint64_t)json_integer_value(value);
	}
	return 0;
}

json_t *journal_totals_of(const json_t *entry)
{
	const char *type = json_string_value(json_object_get(entry, "type"));

	for (size_t i = 0; type && i < ARRAY_SIZE(says_totals); i++)
		if (strcmp(type, says_totals[i]) == 0)
			return json_object_get(json_object_get(entry, "journal"), "totals");
	return NULL;
}

/* Types are words of this program; what else stands there is not repeated. */
static int differ(const char *type, json_int_t said, uint64_t counted, char *problem, size_t size)
{
	bool plain = strspn(type, "abcdefghijklmnopqrstuvwxyz._") == strlen(type);

	snprintf(problem, size,
		 "its totals are not those of the entries above: of type %.40s it counts %lld, and "
		 "there are %" PRIu64 ": entries are missing, or were added",
		 plain ? type : "(not printable)", (long long)said, counted);
	return -EBADMSG;
}

static int compare(const struct journal_totals *totals, json_t *said, char *problem, size_t size)
{
	const char *type;
	json_t *value;

	json_object_foreach(said, type, value) {
		const struct journal_total *total =
			find(totals, journal_type_hash(type, strlen(type)), type, strlen(type));
		uint64_t n = total ? total->n : 0;

		if (!json_is_integer(value) || json_integer_value(value) != (json_int_t)n)
			return differ(type, json_integer_value(value), n, problem, size);
	}
	for (const struct journal_total *total = totals->first; total; total = total->after)
		if (!json_object_get(said, total->type))
			return differ(total->type, 0, total->n, problem, size);
	return 1;
}

int journal_totals_check(const struct journal_totals *totals, const struct journal_type *type,
			 const char *line, size_t size, char *problem, size_t problem_size)
{
	json_auto_t *entry = NULL;
	json_t *said;

	if (!may_say(type, line))
		return 0;
	entry = json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	said = journal_totals_of(entry);
	return said ? compare(totals, said, problem, problem_size) : 0;
}

json_t *journal_totals_json(const struct journal_totals *totals)
{
	json_t *json = json_object();

	for (const struct journal_total *total = totals->first; json && total; total = total->after)
		if (json_object_set_new(json, total->type, json_integer((json_int_t)total->n))) {
			json_decref(json);
			json = NULL;
		}
	return json;
}
