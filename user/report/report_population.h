/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_population.h: whether each list of a report has all entries of its types, by the totals
 * that the journal signs before and behind the period.
 *
 * Owns: member "population" of the report: the two places, what their totals differ by, and for
 * each type that the report lists what was found between them. Must not own: counting
 * (journal_population.h), which types are listed where (report.c).
 */
#ifndef SLUICE_REPORT_POPULATION_H
#define SLUICE_REPORT_POPULATION_H

#include "journal/journal_population.h"

#include <stddef.h>

/* Entries behind the last totals that a report still lists one by one, so that none can hide. */
#define REPORT_REST_MAX 2000

/* One entry of a type that the report lists. @list: in which; @ms: the time it goes by. */
struct report_sample {
	uint64_t seq, ms;
	const char *type, *list;
};

struct report_population {
	struct journal_population counted;
	struct report_sample *samples;
	size_t n, room;
};

int report_population_init(struct report_population *population);
void report_population_done(struct report_population *population);

void report_population_place(struct report_population *population, uint64_t seq, json_t *entry,
			     enum journal_when when);
/* @sample: its "list" is NULL where the type is only counted. Return: 0 or -ENOMEM. */
int report_population_take(struct report_population *population,
			   const struct report_sample *sample, enum journal_when when, bool inside);

/**
 * report_population_finish() - add to a finished report what is said of its lists.
 * @finished: has all lists, and "population"
 * @size: signed entries of the journal
 * Return: 0 or -ENOMEM.
 */
int report_population_finish(struct report_population *population, json_t *finished, uint64_t size,
			     uint64_t from_ms, uint64_t to_ms);

/* Only so many entries have a proof: what rests on others is not shown to be complete. */
void report_population_proven(json_t *finished, uint64_t proven);

#endif
