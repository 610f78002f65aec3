// SPDX-License-Identifier: Apache-2.0
/*
 * journal_read.c: see journal_read.h.
 */
#include "journal_read.h"

#include "base/cleanup.h"
#include "journal_resume.h"
#include "limits.h"
#include "vault/reveal.h"

#include <errno.h>
#include <string.h>

/* gcc 12 loses sight of the list's entries when the next one is linked, and calls each a leak. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* A wanted entry that no signature covers yet. */
struct held {
	struct held *next;
	uint64_t seq, boot;
	json_t *json;
	size_t size;
	char line[];
};

struct reading {
	const struct journal_filter *filter;
	struct journal_boots *boots;
	struct journal_resume *resume; /* may be NULL */
	char origin[NOTE_NAME_MAX];
	journal_entry_fn fn;
	void *ctx;
	struct held *first, **end; /* end: where the next one is linked */
	uint64_t from, last;	   /* numbers: of the first one that is here, of the last held */
	size_t bytes;
	int stopped; /* what fn returned */
};

static void drop_held(struct reading *reading)
{
	struct held *held;

	while ((held = reading->first)) {
		reading->first = held->next;
		json_decref(held->json);
		free(held);
	}
	reading->end = &reading->first;
	reading->bytes = 0;
}

static int hand_on(struct reading *reading, bool is_signed)
{
	for (struct held *held = reading->first; held && !reading->stopped; held = held->next) {
		const struct journal_entry entry = {
			.seq = held->seq,
			.from = reading->from,
			.boot = held->boot,
			.origin = reading->origin,
			.json = held->json,
			.line = held->line,
			.size = held->size,
			.is_signed = is_signed,
		};

		reading->stopped = reading->fn(reading->ctx, &entry);
	}
	drop_held(reading);
	return reading->stopped ? -ECANCELED : 0;
}

static int hold(struct reading *reading, const struct journal_line *line)
{
	struct held *held = malloc(sizeof(*held) + line->size + 1);

	if (!held)
		return -ENOMEM;
	held->next = NULL;
	held->seq = line->seq;
	held->boot = reading->boots->n;
	held->json = json_incref(line->entry);
	held->size = line->size;
	memcpy(held->line, line->text, line->size);
	held->line[line->size] = '\0';
	*reading->end = held;
	reading->end = &held->next;
	reading->last = held->seq;
	reading->bytes += line->size;
	return 0;
}

static int on_checkpoint(struct reading *reading, const struct journal_line *line)
{
	if (reading->resume)
		journal_resume_signed(reading->resume, line->signed_entries);
	return reading->first && line->signed_entries > reading->last ? hand_on(reading, true) : 0;
}

/* Without the entry's JSON where nobody needed it. */
static bool is_wanted(const struct reading *reading, const struct journal_line *line)
{
	const struct journal_filter *filter = reading->filter;

	if (!line->entry) {
		journal_boots_pass(reading->boots, line->text, line->size);
		return filter && journal_filter_wants_line(filter, line->text, line->size);
	}
	journal_boots_count(reading->boots, line->entry);
	if (filter && filter->reveal)
		reveal_json(filter->reveal, line->entry);
	return !filter || journal_filter_wants(filter, line->entry);
}

static int on_line(void *ctx, const struct journal_line *line)
{
	struct reading *reading = ctx;
	int r = 0;

	if (line->is_checkpoint)
		return on_checkpoint(reading, line);
	reading->from = line->from;
	if (line->seq == line->from)
		snprintf(reading->origin, sizeof(reading->origin), "%s", line->origin);
	if (reading->resume && line->seq == line->from)
		r = journal_resume_begin(reading->resume, line->genesis, line->from);
	if (r == 0 && reading->resume)
		r = journal_resume_entry(reading->resume, line->seq, line->text, line->size);
	if (r < 0 || !is_wanted(reading, line))
		return r;
	r = hold(reading, line);
	if (r < 0 || reading->bytes <= SLUICE_JOURNAL_READ_BYTES)
		return r;
	return reading->resume ? -EFBIG : hand_on(reading, false);
}

/* What no signature covers comes at the end, unless the reader goes on from there another time. */
static int finish(struct reading *reading, const struct journal_verify_result *result)
{
	const struct journal_resume *resume = reading->resume;

	if (result->status == JOURNAL_TAMPERED || result->status == JOURNAL_INCOMPLETE)
		return 0;
	if (resume)
		return resume->now.entries < resume->from.entries ? -ESTALE : 0;
	return hand_on(reading, false);
}

int journal_read(const char *path, const struct journal_filter *filter,
		 const struct journal_verify_options *options, journal_entry_fn fn, void *ctx,
		 struct journal_verify_result *ret_result)
{
	struct journal_boots boots = { 0 };
	struct reading reading = { .filter = filter,
				   .boots = filter && filter->boots ? filter->boots : &boots,
				   .resume = filter ? filter->resume : NULL,
				   .fn = fn,
				   .ctx = ctx };
	struct journal_verify_options parsing =
		options ? *options : (struct journal_verify_options){ 0 };
	struct journal_verify_result result;
	int r;

	parsing.filter = filter;
	parsing.from_oldest = true;
	reading.end = &reading.first;
	r = journal_verify_lines(path, &parsing, on_line, &reading, &result);
	if (r == 0)
		r = finish(&reading, &result);
	drop_held(&reading);
	if (reading.stopped)
		return reading.stopped;
	if (r < 0)
		return r;
	*ret_result = result;
	return 0;
}
