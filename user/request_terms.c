/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_terms.c: what the policy in force demands for a request: see request.h. A request may
 * miss labels of several rules: each rule that asks must get its own approvals, and what is allowed
 * is what the strictest allows.
 */
#include "request.h"
#include "wording.h"

static void add_rule(struct request_terms *terms, const struct policy_rule *rule)
{
	for (size_t i = 0; i < terms->n_rules; i++)
		if (terms->rules[i] == rule)
			return;
	if (!terms->shown) /* labels come the most sensitive first */
		terms->shown = rule;
	if (!terms->n_rules || rule->scope < terms->scope)
		terms->scope = rule->scope;
	if (!terms->n_rules || rule->duration_s < terms->duration_s)
		terms->duration_s = rule->duration_s;
	terms->reason |= rule->reason;
	terms->groups |= rule->groups;
	terms->rules[terms->n_rules++] = rule;
}

void request_terms(const struct agent *agent, uint32_t action, uint64_t labels,
		   struct request_terms *ret)
{
	uint8_t bits[SLUICE_MAX_LABELS];
	size_t n = wording_sort_labels(agent, labels, bits);

	*ret = (struct request_terms){ .scope = POLICY_ONCE,
				       .duration_s = SLUICE_DEFAULT_DURATION_S };
	for (size_t i = 0; i < n; i++) {
		int label = agent_bit_to_policy(agent, bits[i]);
		const struct policy_rule *rule = NULL;

		if (label >= 0 && agent->policy && action < SLUICE_ACTIONS)
			rule = policy_rule_for(agent->policy, (enum sluice_action)action,
					       (size_t)label);
		if (!rule || rule->monitor)
			continue;
		if (rule->verdict == POLICY_DENY)
			ret->denied = true;
		else if (rule->verdict == POLICY_ASK)
			add_rule(ret, rule);
	}
}

unsigned int request_needed(const struct agent *agent, const struct request *request,
			    const struct policy_rule *rule)
{
	unsigned int needed = rule->reviewers ? rule->reviewers : 1;

	if (request->who.partial)
		needed++;
	if (!person_requester(agent->policy, &request->who) && needed < 2)
		needed = 2;
	return needed;
}

unsigned int request_approvals(const struct agent *agent, const struct request *request,
			       const struct policy_rule *rule)
{
	unsigned int n = 0;

	for (size_t i = 0; i < request->n_decisions; i++) {
		const struct policy_person *person =
			policy_find_person(agent->policy, request->decisions[i].person);

		n += request->decisions[i].approve && person &&
		     policy_in_groups(agent->policy, rule->groups, person);
	}
	return n;
}

unsigned int request_missing(const struct agent *agent, const struct request *request,
			     const struct request_terms *terms)
{
	unsigned int missing = 0;

	for (size_t i = 0; i < terms->n_rules; i++) {
		unsigned int needed = request_needed(agent, request, terms->rules[i]);
		unsigned int have = request_approvals(agent, request, terms->rules[i]);

		if (needed > have && needed - have > missing)
			missing = needed - have;
	}
	return missing;
}
