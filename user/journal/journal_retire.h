/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_retire.h: the oldest file of a journal, which is full, goes.
 *
 * Owns: which one that is, and its removal. Must not own: when (retire.h), the entry before it
 * (journal_removed.h).
 */
#ifndef SLUICE_JOURNAL_RETIRE_H
#define SLUICE_JOURNAL_RETIRE_H

#include "journal.h"
#include "journal_removed.h"

/**
 * journal_oldest() - the oldest file, when it is full.
 * @ret_ended_ms: when the one behind it was begun
 * @ret_to: its bytes end there, counted from entry 0 on
 * Return: 0; -ENOENT: the one that is written is the only one; -EUCLEAN: one that is full is not
 * what the one behind it says; another negative errno.
 */
int journal_oldest(struct journal *journal, struct journal_removed *ret, int64_t *ret_ended_ms,
		   uint64_t *ret_to);

/* Whether a start could do without it. Return: 0, or the negative errno of what it needs. */
int journal_starts_without(const struct journal *journal);

/* After journal_oldest() named it and the entry about it is durable. 0 or a negative errno. */
int journal_remove_oldest(struct journal *journal, const struct journal_removed *removed);

#endif
