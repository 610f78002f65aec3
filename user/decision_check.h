/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision_check.h: what decision.c and decision_check.c share; nobody else includes it.
 */
#ifndef SLUICE_DECISION_CHECK_H
#define SLUICE_DECISION_CHECK_H

#include "decision.h"
#include "decision_channel.h"
#include "decision_proof.h"
#include "request.h"

/*
 * One answer on its way through the checks; each may rely on what those before it filled in.
 * @proof: of a signed answer, @vouched: of one that a channel brings; both NULL: the process at the
 * other end answers
 * @covered: in whose place @person answers, or NULL
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
};

typedef int (*decision_check_fn)(struct context *c);

extern const decision_check_fn decision_checks[];
extern const size_t decision_n_checks;

#endif
