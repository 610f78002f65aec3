// SPDX-License-Identifier: Apache-2.0
/*
 * cmd_journal_count.c: see cmd_journal_count.h.
 */
#include "cmd_journal_count.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static bool fits(const char *type, const char *wanted)
{
	size_t size = strlen(wanted);

	return strncmp(type, wanted, size) == 0 && (type[size] == '\0' || type[size] == '.');
}

/* Of an entry that nobody parsed, as it is of another time: as its line spells it. */
static void look(const struct journal_entry *entry, int64_t *ret_time, char *ret_type, size_t size)
{
	struct journal_type type = journal_type_find(entry->line, entry->size);
	const json_t *text = json_object_get(entry->json, "type");

	*ret_time = json_integer_value(json_object_get(entry->json, "time"));
	snprintf(ret_type, size, "%s", text ? json_string_value(text) : "");
	if (entry->json)
		return;
	snprintf(ret_type, size, "%.*s", (int)type.size, entry->line + type.at);
	if (sscanf(entry->line, "{\"seq\":%*u,\"time\":%" SCNd64, ret_time) != 1)
		*ret_time = 0;
}

int journal_count_entry(struct journal_population *population, const struct journal_filter *filter,
			const struct journal_entry *entry)
{
	enum journal_when when = WHEN_INSIDE;
	char type[256];
	int64_t time;

	if (!entry->is_signed)
		return 0;
	look(entry, &time, type, sizeof(type));
	if (filter->since_ms && time < filter->since_ms)
		when = WHEN_BEFORE;
	else if (filter->until_ms && time > filter->until_ms)
		when = WHEN_BEHIND;
	/* What it says of the entries before, which are not here, they are not compared with. */
	if (entry->json)
		journal_population_place(population, entry->seq, entry->json,
					 entry->from && entry->seq == entry->from ? WHEN_BEFORE
										  : when);
	if (!fits(type, filter->type))
		return 0;
	return journal_population_take(population, type, when, when == WHEN_INSIDE);
}

static uint64_t count_delta(const struct journal_population *population, const char *wanted)
{
	uint64_t n = 0;
	const char *type;
	json_t *value;

	json_object_foreach(population->to.totals, type, value)
		if (fits(type, wanted))
			n += journal_population_delta(population, type);
	return n;
}

static void say_places(const struct journal_population *population, FILE *out)
{
	if (population->from.entry)
		fprintf(out, "entries %" PRIu64 " and %" PRIu64, population->from.seq,
			population->to.seq);
	else
		fprintf(out, "entry %" PRIu64, population->to.seq);
}

void journal_count_say(struct journal_population *population, const struct journal_filter *filter,
		       FILE *out)
{
	uint64_t inside = 0, outside = 0, behind = 0, delta;

	journal_population_end(population);
	if (!population->to.entry) {
		fputs("-- no totals are signed yet that would say whether these are all\n", out);
		return;
	}
	for (size_t i = 0; i < population->n; i++) {
		inside += population->types[i].inside[STRETCH_BETWEEN];
		outside += population->types[i].outside[STRETCH_BETWEEN];
		behind += population->types[i].inside[STRETCH_REST];
	}
	delta = count_delta(population, filter->type);
	fprintf(out, "-- %s: by the totals signed in ",
		delta == inside + outside ? "complete" : "NOT COMPLETE");
	say_places(population, out);
	fprintf(out, ", %" PRIu64 " of type %s: %" PRIu64 " above", delta, filter->type, inside);
	if (outside || delta != inside)
		fprintf(out, ", %" PRIu64 " of another time", outside);
	if (behind)
		fprintf(out, "; %" PRIu64 " more behind entry %" PRIu64 ", where none count yet",
			behind, population->to.seq);
	fputc('\n', out);
}
