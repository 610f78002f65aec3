/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_journal_count.h: what "sluice journal --type" says at its end: whether what it showed is all,
 * by the totals that the journal signs.
 *
 * Owns: these words. Must not own: counting (journal_population.h), which entries are shown.
 */
#ifndef SLUICE_CMD_JOURNAL_COUNT_H
#define SLUICE_CMD_JOURNAL_COUNT_H

#include "journal/journal_population.h"
#include "journal/journal_read.h"

/* To be given each entry that a filter with "counts" lets through. Return: 0 or -ENOMEM. */
int journal_count_entry(struct journal_population *population, const struct journal_filter *filter,
			const struct journal_entry *entry);

/* One line: what the totals say of the type, and whether that was there. */
void journal_count_say(struct journal_population *population, const struct journal_filter *filter,
		       FILE *out);

#endif
