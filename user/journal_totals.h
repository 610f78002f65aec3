/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_totals.h: how many entries of each type a journal has, as a JSON object of numbers.
 *
 * Signed now and then, so that whoever is given only the entries of one type between two such
 * places can say whether that is all of them. Must not own: when that is (pulse.h, journal.c).
 */
#ifndef SLUICE_JOURNAL_TOTALS_H
#define SLUICE_JOURNAL_TOTALS_H

#include <jansson.h>

/* Counts one entry, or body of one; without a type it is not counted. Return: 0 or -ENOMEM. */
int journal_totals_count(json_t *totals, const json_t *entry);

#endif
