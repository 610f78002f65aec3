/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_totals.h: how many entries of each type a journal has.
 *
 * They are signed now and then, so that whoever is given only the entries of one type between two
 * such places can say whether that is all of them. Owns: counting, and whether what an entry says
 * is what was counted. Must not own: when it is said (pulse.h, journal.c).
 */
#ifndef SLUICE_JOURNAL_TOTALS_H
#define SLUICE_JOURNAL_TOTALS_H

#include "journal_type.h"

#include <jansson.h>

#define JOURNAL_TYPES_MAX 4096 /* of one journal; this program knows about sixty */

struct journal_total {
	struct journal_total *next;  /* of the same bucket */
	struct journal_total *after; /* that came after it */
	uint64_t n;
	size_t size;
	char type[];
};

/* All zeros: nothing was counted. */
struct journal_totals {
	struct journal_total *buckets[256];
	struct journal_total *first, *last;
	size_t n_types;
};

void journal_totals_done(struct journal_totals *totals);

/**
 * journal_totals_count() - count one entry; one without a type is not counted.
 * @type: what journal_type_find() says of @line
 * Return: 0; -E2BIG: too many types; -ENOMEM.
 */
int journal_totals_count(struct journal_totals *totals, const struct journal_type *type,
			 const char *line, size_t size);

/**
 * journal_totals_check() - compare with what an entry says, which is not counted yet.
 * Return: 0: it says nothing; 1: just that; -EBADMSG: something else, with one clause in @problem;
 * -ENOMEM.
 */
int journal_totals_check(const struct journal_totals *totals, const struct journal_type *type,
			 const char *line, size_t size, char *problem, size_t problem_size);

/* {"type": number}: a new reference, NULL: no memory. */
json_t *journal_totals_json(const struct journal_totals *totals);

/* What such an object says; nothing was counted before. Return: 0; -EBADMSG; -E2BIG; -ENOMEM. */
int journal_totals_load(struct journal_totals *totals, json_t *json);

/* The totals that an entry of such a type says; borrowed, NULL: none. */
json_t *journal_totals_of(const json_t *entry);

#endif
