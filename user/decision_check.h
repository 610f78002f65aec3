/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision_check.h: what decision.c and decision_check.c share; nobody else includes it.
 */
#ifndef SLUICE_DECISION_CHECK_H
#define SLUICE_DECISION_CHECK_H

#include "decision.h"
#include "request.h"

/* One answer on its way through the checks; each may rely on what those before it filled in. */
struct context {
	struct agent *agent;
	const struct ipc_decide *answer;
	const struct decider *decider;
	char *text;
	size_t size;
	struct request *request;
	const struct policy_person *person;
	struct request_terms terms;
	enum policy_scope scope;
	uint32_t duration_s;
};

typedef int (*decision_check_fn)(struct context *c);

extern const decision_check_fn decision_checks[];
extern const size_t decision_n_checks;

#endif
