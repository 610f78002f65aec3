/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_journal_kept.h: entries that "sluice journal" can show only when it has seen the end of the
 * journal: the last ones, the newest first, those of one boot.
 *
 * Owns: the entries and which of them stay. Must not own: how they are printed.
 */
#ifndef SLUICE_CMD_JOURNAL_KEPT_H
#define SLUICE_CMD_JOURNAL_KEPT_H

#include <sys/queue.h>

#include "journal/journal_read.h"

STAILQ_HEAD(journal_kept_list, journal_kept_entry);

/**
 * struct journal_kept: what is asked for, and what is there.
 * @most: of the last entries, 0 for all
 * @boot: only entries of the boot that is @back before the journal's last one
 */
struct journal_kept {
	bool reverse, boot;
	uint64_t back, most;
	struct journal_kept_list list;
	uint64_t n;
};

void journal_kept_init(struct journal_kept *kept); /* the list alone */

/* @boot: number of the newest boot so far. Return: 0 or -ENOMEM. */
int journal_kept_add(struct journal_kept *kept, uint64_t boot, const struct journal_entry *entry);

/* Hands on what is asked for, in its order, and forgets all. */
void journal_kept_flush(struct journal_kept *kept, uint64_t boot,
			void (*fn)(void *ctx, const struct journal_entry *entry), void *ctx);

#endif
