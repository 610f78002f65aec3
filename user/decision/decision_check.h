/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision_check.h: what decision.c and decision_check.c share; nobody else includes it.
 */
#ifndef SLUICE_DECISION_CHECK_H
#define SLUICE_DECISION_CHECK_H

#include "decision.h"
#include "decision_channel.h"
#include "decision_proof.h"
#include "request/request.h"

/*
 * One answer on its way through the checks; each may rely on what those before it filled in.
 * @proof: of a signed answer, @vouched: of one that a channel brings; both NULL: the process at the
 * other end answers
 * @covered: in whose place @person answers, or NULL
 * @standing_s: the approval is meant for the same again within so many seconds, else 0
 * @tier: how sure it is that @person says so
 */
struct context {
	struct agent *agent;
	const struct ipc_decide *answer;
	const struct decider *decider;
	struct proof *proof;
	const struct vouched *vouched;
	char *text;
	size_t size;
	struct request *request;
	const struct policy_person *person;
	const struct policy_person *covered;
	enum policy_tier tier;
	struct request_terms terms;
	enum policy_scope scope;
	uint32_t duration_s;
	uint32_t standing_s;
};

typedef int (*decision_check_fn)(struct context *c);

extern const decision_check_fn decision_checks[];
extern const size_t decision_n_checks;
/* Of those, what must hold before something is taken back. */
extern const decision_check_fn decision_revoke_checks[];
extern const size_t decision_n_revoke_checks;

/* What the person's word rests on, for the journal: a new reference, or NULL without memory. */
json_t *decision_evidence(const struct context *c);

/*
 * Instead of an answer: ends what is in force of what was approved. Return: 0; -ENOENT, -ESTALE,
 * -EPERM, -EACCES as decision_make(); -EALREADY nothing is in force.
 */
int decision_revoke(struct context *c);

#endif
