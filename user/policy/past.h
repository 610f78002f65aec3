/* SPDX-License-Identifier: Apache-2.0 */
/*
 * past.h: what was tried before, read from a journal, with equal attempts counted together.
 *
 * Owns: which entries tell of an attempt, and turning them into what a policy can be asked about
 * (evaluate.h). Must not own: the journal's verification (journal_read.h), or what follows
 * (cmd_policy_replay.c, learn.h).
 *
 * Attempts are: event.stop (refused, or in monitor mode gone on), request.opened (asked about),
 * event.read and event.declassify (read), event.label and event.sink (written). What a rule let
 * through without a word (a send, a change of credentials) is in no journal. Uses of a grant are
 * the question that it answered once more, and not counted. Labels are those that the entry names:
 * of what was stopped the missing ones, not all that the process carried.
 */
#ifndef SLUICE_PAST_H
#define SLUICE_PAST_H

#include <jansson.h>

#include "evaluate.h"
#include "journal/journal_read.h"

/**
 * struct past: attempts that are the same to a policy.
 * @before: what came of it then; POLICY_AUDIT: it went on, and would have been stopped
 * @attempt: borrows from this and from @endpoint
 * @user, @target: as the journal names them
 * @n: how often, with the equal ones that a refusal only counts
 * @first, @last: numbers of the first and the last entry
 */
struct past {
	enum policy_verdict before;
	struct evaluate_attempt attempt;
	struct policy_endpoint endpoint;
	char *executable;
	char *unit;
	char *user;
	char *target;
	uint64_t n;
	uint64_t first, last;
};

/**
 * struct past_list: all of them, in the order of their first entries.
 * @n_entries: entries that told of an attempt
 * @n_other: of these, left out: labels that the policy does not have any more
 */
struct past_list {
	const struct policy *policy;
	struct past **list;
	size_t n;
	json_t *index; /* key of an attempt: its number in @list */
	uint64_t n_entries;
	uint64_t n_other;
};

/* @policy: whose labels are meant; outlives the list. Return: 0 or -ENOMEM. */
int past_begin(struct past_list *list, const struct policy *policy);
void past_done(struct past_list *list);

/* journal_entry_fn. @ctx: struct past_list */
int past_add(void *ctx, const struct journal_entry *entry);

/* As records show it: "action", "user", "executable", "unit", "target", "labels", "n", "entry". */
json_t *past_record(const struct past_list *list, const struct past *past);

#endif
