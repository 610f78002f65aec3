// SPDX-License-Identifier: Apache-2.0
/*
 * journal_read.c: see journal_read.h.
 */
#include "journal_read.h"

#include "cleanup.h"
#include "limits.h"

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
	journal_entry_fn fn;
	void *ctx;
	struct held *first, **end; /* end: where the next one is linked */
	uint64_t last; /* number of the last one */
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
			.boot = held->boot,
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

static int on_line(void *ctx, const struct journal_line *line)
{
	struct reading *reading = ctx;
	int r;

	if (line->is_checkpoint)
		return reading->first && line->signed_entries > reading->last ?
			       hand_on(reading, true) :
			       0;
	if (!line->entry)
		return 0;
	journal_boots_count(reading->boots, line->entry);
	if (reading->filter && !journal_filter_wants(reading->filter, line->entry))
		return 0;
	r = hold(reading, line);
	if (r < 0 || reading->bytes <= SLUICE_JOURNAL_READ_BYTES)
		return r;
	return hand_on(reading, false);
}

int journal_read(const char *path, const struct journal_filter *filter,
		 const struct journal_verify_options *options, journal_entry_fn fn, void *ctx,
		 struct journal_verify_result *ret_result)
{
	struct journal_boots boots = { 0 };
	struct reading reading = { .filter = filter,
				   .boots = filter && filter->boots ? filter->boots : &boots,
				   .fn = fn,
				   .ctx = ctx };
	struct journal_verify_options parsing = options ? *options
							: (struct journal_verify_options){ 0 };
	struct journal_verify_result result;
	int r;

	parsing.filter = filter;
	reading.end = &reading.first;
	r = journal_verify_lines(path, &parsing, on_line, &reading, &result);
	if (r == 0 && result.status != JOURNAL_TAMPERED)
		r = hand_on(&reading, false);
	drop_held(&reading);
	if (reading.stopped)
		return reading.stopped;
	if (r < 0)
		return r;
	*ret_result = result;
	return 0;
}
