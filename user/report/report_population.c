// SPDX-License-Identifier: Apache-2.0
/*
 * report_population.c: see report_population.h. What is said here an auditor recomputes from
 * lines.jsonl, by the commands in VERIFY.md: so all that is counted is in there.
 */
#include "report_population.h"

#include "base/cleanup.h"
#include "base/when.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows that are there also when nothing was found: that there was none is an answer, too. */
static const struct {
	const char *type, *list;
} always[] = {
	{ "request.opened", "approvals" }, { "decision", "decisions" },
	{ "grant.issued", "grants" },	   { "grant.revoked", "revocations" },
	{ "policy.loaded", "policy_changes" }, { "glass.broken", "break_glass" },
};

int report_population_init(struct report_population *population)
{
	*population = (struct report_population){ 0 };
	return journal_population_init(&population->counted);
}

void report_population_done(struct report_population *population)
{
	journal_population_done(&population->counted);
	free(population->samples);
	*population = (struct report_population){ 0 };
}

void report_population_place(struct report_population *population, uint64_t seq, json_t *entry,
			     enum journal_when when)
{
	journal_population_place(&population->counted, seq, entry, when);
	if (!population->counted.begun && population->counted.from.seq == seq)
		population->n = 0;
}

/* The name of a type outlives the entry that it came in. */
static const char *kept_type(const struct journal_population *counted, const char *type)
{
	return counted->types[json_integer_value(json_object_get(counted->index, type))].type;
}

int report_population_take(struct report_population *population,
			   const struct report_sample *sample, enum journal_when when, bool inside)
{
	struct report_sample *samples = population->samples;
	size_t room = population->room ? 2 * population->room : 256;
	int r = journal_population_take(&population->counted, sample->type, when, inside);

	if (r < 0 || !sample->list)
		return r;
	if (population->n == population->room) {
		samples = realloc(samples, room * sizeof(*samples));
		if (!samples)
			return -ENOMEM;
		population->samples = samples;
		population->room = room;
	}
	samples[population->n] = *sample;
	samples[population->n++].type = kept_type(&population->counted, sample->type);
	return 0;
}

/* Numbers of the entries that a list of the report has: a set, by their text. */
static void add_number(json_t *set, const json_t *seq)
{
	char text[24];

	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(seq));
	json_object_set_new(set, text, json_true());
}

static void add_rows(json_t *set, const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		add_number(set, json_is_integer(row) ? row : json_object_get(row, "seq"));
}

static json_t *numbers_of(const json_t *finished, const char *list)
{
	static const struct {
		const char *list, *member; /* of each request */
	} inner[] = {
		{ "approvals", "entries" },
		{ "decisions", "decisions" },
		{ "grants", "grants" },
	};
	json_t *set = json_object(), *request;
	size_t i;

	for (size_t k = 0; k < ARRAY_SIZE(inner); k++) {
		if (strcmp(inner[k].list, list) != 0)
			continue;
		json_array_foreach(json_object_get(finished, "approvals"), i, request)
			add_rows(set, json_object_get(request, inner[k].member));
	}
	add_rows(set, json_object_get(finished, list));
	return set;
}

/* The report in the making. @sets: by list; @lines: entries that all this rests on. */
struct finishing {
	struct report_population *population;
	json_t *finished, *part, *sets, *lines, *rows;
	uint64_t size, from_ms, to_ms;
	uint64_t rest_from, rest; /* entries behind the last totals */
	bool complete;
	char problem[256];
};

static void __attribute__((format(printf, 2, 3))) incomplete(struct finishing *f,
							      const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (!f->problem[0])
		vsnprintf(f->problem, sizeof(f->problem), format, ap);
	va_end(ap);
	f->complete = false;
}

static bool is_listed(struct finishing *f, const struct report_sample *sample)
{
	json_t *set = json_object_get(f->sets, sample->list);
	char text[24];

	if (!set) {
		set = numbers_of(f->finished, sample->list);
		json_object_set_new(f->sets, sample->list, set);
	}
	snprintf(text, sizeof(text), "%" PRIu64, sample->seq);
	return json_object_get(set, text);
}

static bool is_counted(const struct finishing *f, uint64_t seq)
{
	const struct journal_population *counted = &f->population->counted;

	return seq >= counted->from.seq &&
	       (seq < counted->to.seq ||
		(seq >= f->rest_from && seq < f->rest_from + f->rest));
}

static bool is_inside(const struct finishing *f, uint64_t ms)
{
	return ms >= f->from_ms && ms <= f->to_ms;
}

/* Entries of a type inside the period that its list does not have. */
static uint64_t count_unlisted(struct finishing *f, const char *type)
{
	uint64_t n = 0;

	for (size_t i = 0; i < f->population->n; i++) {
		const struct report_sample *sample = &f->population->samples[i];

		if (strcmp(sample->type, type) == 0 && is_counted(f, sample->seq) &&
		    is_inside(f, sample->ms))
			n += !is_listed(f, sample);
	}
	return n;
}

static void add_row(struct finishing *f, const struct journal_population_type *type,
		    const char *list)
{
	uint64_t delta = journal_population_delta(&f->population->counted, type->type);
	uint64_t between = type->inside[STRETCH_BETWEEN] + type->outside[STRETCH_BETWEEN];
	uint64_t rest = f->rest ? type->inside[STRETCH_REST] + type->outside[STRETCH_REST] : 0;
	uint64_t matched = type->inside[STRETCH_BETWEEN] +
			   (rest ? type->inside[STRETCH_REST] : 0);
	uint64_t unlisted = count_unlisted(f, type->type);

	if (delta != between)
		incomplete(f, "the totals count %" PRIu64 " entries %s, and %" PRIu64 " were found",
			   delta, type->type, between);
	if (unlisted)
		incomplete(f, "%" PRIu64 " of %" PRIu64 " entries %s of the period are in no list",
			   unlisted, matched, type->type);
	json_array_append_new(
		f->rows,
		json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b}", "type", type->type, "list",
			  list, "totals_delta", (json_int_t)delta, "behind_totals",
			  (json_int_t)rest, "matched", (json_int_t)matched, "outside",
			  (json_int_t)(between + rest - matched), "unlisted", (json_int_t)unlisted,
			  "complete", delta == between && unlisted == 0));
}

static const struct journal_population_type *type_of(const struct finishing *f, const char *type)
{
	const struct journal_population *counted = &f->population->counted;
	const json_t *at = json_object_get(counted->index, type);

	return at ? &counted->types[json_integer_value(at)] : NULL;
}

/* In which list entries of that type are; NULL: none was found that has one. */
static const char *list_of(const struct finishing *f, const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		if (strcmp(always[i].type, type) == 0)
			return always[i].list;
	for (size_t i = 0; i < f->population->n; i++)
		if (strcmp(f->population->samples[i].type, type) == 0)
			return f->population->samples[i].list;
	return NULL;
}

static bool is_always(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		if (strcmp(always[i].type, type) == 0)
			return true;
	return false;
}

static void add_types(struct finishing *f)
{
	const struct journal_population *counted = &f->population->counted;

	for (size_t i = 0; i < ARRAY_SIZE(always); i++) {
		const struct journal_population_type none = { .type = always[i].type };
		const struct journal_population_type *type = type_of(f, always[i].type);

		add_row(f, type ? type : &none, always[i].list);
	}
	for (size_t i = 0; i < counted->n; i++) {
		const char *type = counted->types[i].type, *list = list_of(f, type);

		if (list && !is_always(type))
			add_row(f, &counted->types[i], list);
	}
}

static void add_deltas(struct finishing *f)
{
	const struct journal_population *counted = &f->population->counted;
	json_t *deltas = json_object(), *outside = json_object(), *n;
	const char *type;

	json_object_foreach(counted->to.totals, type, n)
		json_object_set_new(
			deltas, type,
			json_integer((json_int_t)journal_population_delta(counted, type)));
	for (size_t i = 0; i < counted->n; i++) {
		const struct journal_population_type *seen = &counted->types[i];
		uint64_t number = seen->outside[STRETCH_BETWEEN] + seen->outside[STRETCH_REST];

		if (number)
			json_object_set_new(outside, seen->type, json_integer((json_int_t)number));
	}
	json_object_set_new(f->part, "totals_delta", deltas);
	json_object_set_new(f->part, "outside_by_type", outside);
}

static json_t *place_of(const struct journal_place_told *place)
{
	uint64_t ms = (uint64_t)json_integer_value(json_object_get(place->entry, "time"));
	char time[WHEN_TEXT];

	if (!place->entry)
		return json_null();
	return json_pack("{s:I, s:O, s:s}", "seq", (json_int_t)place->seq, "type",
			 json_object_get(place->entry, "type"), "time", when_iso(ms, time));
}

static void add_places(struct finishing *f)
{
	const struct journal_population *counted = &f->population->counted;

	json_object_set_new(f->part, "from_ms", json_integer((json_int_t)f->from_ms));
	json_object_set_new(f->part, "to_ms", json_integer((json_int_t)f->to_ms));
	json_object_set_new(f->part, "from", place_of(&counted->from));
	json_object_set_new(f->part, "to", place_of(&counted->to));
	json_object_set_new(f->part, "rest",
			    json_pack("{s:I, s:I}", "from", (json_int_t)f->rest_from, "to",
				      (json_int_t)(f->rest_from + f->rest)));
}

/* Requests that were open when the period began: those opened before, less those ended before. */
static void add_open(struct finishing *f)
{
	const json_t *totals = f->population->counted.from.totals, *request;
	json_int_t open = json_integer_value(json_object_get(totals, "request.opened")) -
			  json_integer_value(json_object_get(totals, "request.decided")) -
			  json_integer_value(json_object_get(totals, "request.closed"));
	json_int_t listed = 0;
	size_t i;

	for (i = 0; i < f->population->n; i++) {
		const struct report_sample *sample = &f->population->samples[i];

		if (strcmp(sample->list, "approvals") == 0 && is_counted(f, sample->seq) &&
		    sample->ms < f->from_ms)
			open += strcmp(sample->type, "request.opened") == 0 ? 1 : -1;
	}
	json_array_foreach(json_object_get(f->finished, "approvals"), i, request)
		listed += (uint64_t)json_integer_value(json_object_get(request, "opened_ms")) <
			  f->from_ms;
	json_object_set_new(f->part, "open_before",
			    json_pack("{s:I, s:I, s:b}", "by_totals", open, "listed", listed,
				      "complete", open == listed));
	if (open != listed)
		incomplete(f,
			   "%" JSON_INTEGER_FORMAT " requests were open when the period began, "
			   "and %" JSON_INTEGER_FORMAT " are listed",
			   open, listed);
}

static void add_lines(struct finishing *f)
{
	const struct journal_population *counted = &f->population->counted;

	if (counted->from.entry)
		json_array_append_new(f->lines, json_integer((json_int_t)counted->from.seq));
	if (counted->to.entry)
		json_array_append_new(f->lines, json_integer((json_int_t)counted->to.seq));
	for (size_t i = 0; i < f->population->n; i++)
		if (is_counted(f, f->population->samples[i].seq))
			json_array_append_new(
				f->lines,
				json_integer((json_int_t)f->population->samples[i].seq));
	for (uint64_t i = 0; i < f->rest; i++)
		json_array_append_new(f->lines, json_integer((json_int_t)(f->rest_from + i)));
}

static void settle_rest(struct finishing *f, bool more)
{
	const struct journal_population *counted = &f->population->counted;

	f->rest_from = counted->to.seq;
	if (!more)
		return;
	f->rest = f->size - f->rest_from;
	if (f->rest <= REPORT_REST_MAX)
		return;
	incomplete(f,
		   "no totals are signed behind the period yet, and %" PRIu64
		   " entries stand behind the last ones: make the report again in a minute",
		   f->rest);
	f->rest = 0;
}

static void set_complete(json_t *part, bool complete, const char *problem)
{
	json_object_set_new(part, "complete", json_boolean(complete));
	json_object_set_new(part, "problem", json_string(problem));
}

int report_population_finish(struct report_population *population, json_t *finished, uint64_t size,
			     uint64_t from_ms, uint64_t to_ms)
{
	struct finishing f = { .population = population,
			       .finished = finished,
			       .part = json_object_get(finished, "population"),
			       .sets = json_object(),
			       .lines = json_array(),
			       .rows = json_array(),
			       .size = size,
			       .from_ms = from_ms,
			       .to_ms = to_ms,
			       .complete = true };

	settle_rest(&f, journal_population_end(&population->counted));
	add_places(&f);
	add_deltas(&f);
	add_types(&f);
	add_open(&f);
	add_lines(&f);
	set_complete(f.part, f.complete, f.problem);
	json_decref(f.sets);
	return json_object_set_new(f.part, "lists", f.rows) |
			       json_object_set_new(f.part, "lines", f.lines)
		       ? -ENOMEM
		       : 0;
}

void report_population_proven(json_t *finished, uint64_t proven)
{
	json_t *part = json_object_get(finished, "population");
	const json_t *to = json_object_get(part, "to"), *rest = json_object_get(part, "rest");
	json_int_t last = json_integer_value(json_object_get(rest, "to"));
	char problem[160];

	if (json_is_object(to) && json_integer_value(json_object_get(to, "seq")) >= last)
		last = json_integer_value(json_object_get(to, "seq")) + 1;
	if ((uint64_t)last <= proven || !json_is_true(json_object_get(part, "complete")))
		return;
	snprintf(problem, sizeof(problem),
		 "the host's key has signed %" PRIu64 " of %" JSON_INTEGER_FORMAT
		 " entries that this rests on: make the report again",
		 proven, last);
	set_complete(part, false, problem);
}
