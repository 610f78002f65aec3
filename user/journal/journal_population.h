/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_population.h: whether the entries of a period are all that there are, by totals that are
 * signed before and behind it.
 *
 * A place is an entry that tells totals (journal_totals.h). The period is enclosed by two of them:
 * the last place before all entries that are not older than it, or the begin of the journal; and
 * the first place behind its last entry that is younger. What the totals of both differ by has to
 * be what was counted between them, inside the period and outside of it. Where nothing younger
 * tells totals yet, the last place serves, and what stands behind it is the rest.
 *
 * Owns: finding both places, and counting. Must not own: which entries belong to a period, and what
 * is done when the numbers differ.
 */
#ifndef SLUICE_JOURNAL_POPULATION_H
#define SLUICE_JOURNAL_POPULATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* @totals NULL: the begin of the journal, above which there is nothing. */
struct journal_place_told {
	uint64_t seq; /* as many entries stand above */
	json_t *entry, *totals;
};

/* Entries of one type: between the places, behind @to up to the last place, and behind that. */
enum journal_stretch { STRETCH_BETWEEN, STRETCH_WAITING, STRETCH_REST, STRETCHES };

/* Where an entry is, by its time. */
enum journal_when { WHEN_BEFORE, WHEN_INSIDE, WHEN_BEHIND };

struct journal_population_type {
	const char *type;
	uint64_t inside[STRETCHES], outside[STRETCHES];
};

/* All zeros but @index, which journal_population_init() makes. */
struct journal_population {
	struct journal_place_told from, to, last;
	json_t *index; /* by type: where it is in @types */
	struct journal_population_type *types;
	size_t n, room;
	bool begun, closed, waiting, rest; /* the last two: something inside the period is there */
};

int journal_population_init(struct journal_population *population);
void journal_population_done(struct journal_population *population);

/* To be told first of an entry that tells totals, as JSON; any other is passed over. */
void journal_population_place(struct journal_population *population, uint64_t seq, json_t *entry,
			      enum journal_when when);

/**
 * journal_population_take() - count a signed entry.
 * @inside: it belongs to the period, which need not be by its time
 * Return: 0 or -ENOMEM.
 */
int journal_population_take(struct journal_population *population, const char *type,
			    enum journal_when when, bool inside);

/*
 * After the last entry: @to is settled. Return: what stands behind it is needed, too, to know all.
 */
bool journal_population_end(struct journal_population *population);

/* What the totals of both places differ by; 0: neither counts that type, or fewer than before. */
uint64_t journal_population_delta(const struct journal_population *population, const char *type);

#endif
