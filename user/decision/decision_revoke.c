/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision_revoke.c: a reviewer takes back what was approved, by whatever channel: what is in force
 * of the request's approval ends at once. See decision_check.h.
 *
 * Owns: what that ends. Must not own: the checks (decision_check.c), or what is said of the request
 * from then on (request/request_revoke.c). It only takes away: neither tier nor number nor reason is
 * asked for, and a journal that cannot be written keeps nothing in force.
 */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "decision_check.h"
#include "event/record.h"
#include "grant.h"
#include "standing.h"

static int run_checks(struct context *c)
{
	for (size_t i = 0; i < decision_n_revoke_checks; i++) {
		int r = decision_revoke_checks[i](c);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Return: how many it were. */
static unsigned int end_all(const struct context *c, json_t *evidence)
{
	struct agent *agent = c->agent;
	const char *id = c->request->id, *why = c->answer->reason;
	struct standing *standing;
	struct grant *grant;
	unsigned int n = 0;

	while ((standing = standing_from(agent->standings, id))) {
		standing_revoke(agent, standing, c->person->name, why, evidence);
		n++;
	}
	while ((grant = grant_of_request(agent->grants, id))) {
		grant_revoke(agent, grant, c->person->name, why, evidence);
		n++;
	}
	return n;
}

int decision_revoke(struct context *c)
{
	json_auto_t *evidence = NULL;
	int r = run_checks(c);

	if (r < 0)
		return r;
	evidence = decision_evidence(c);
	if (!end_all(c, evidence)) {
		snprintf(c->text, c->size, "nothing of %s is in force any more", c->request->id);
		return -EALREADY;
	}
	r = record_commit(c->agent);
	snprintf(c->text, c->size, "what %s allowed is revoked%s", c->request->id,
		 r < 0 ? "; the journal cannot be written and will say so when it can" : "");
	request_committed(c->agent, r);
	return 0;
}
