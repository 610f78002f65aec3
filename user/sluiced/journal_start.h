/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_start.h: the journal when the agent starts, with what stands beside it: names of labels,
 * labels that are kept, the index of the lineage.
 *
 * Owns: opening these, and the first entries. Must not own: the journal (journal.h), the order of
 * the start (sluiced.c).
 */
#ifndef SLUICE_JOURNAL_START_H
#define SLUICE_JOURNAL_START_H

#include <stdbool.h>

#include "agent.h"
#include "journal/journal.h"
#include "policy/policy.h"

/* Each returns 0, or a negative errno, which is logged. */
int journal_start_open(struct agent *agent, const struct policy *policy,
		       struct journal_recovery *ret_recovery);

/* @adopted: what enforced before goes on. */
int journal_start_tell(struct agent *agent, const struct journal_recovery *recovery, bool adopted);

#endif
