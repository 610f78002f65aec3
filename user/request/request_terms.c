/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_terms.c: what the policy in force demands for a request: see request.h. A request may
 * miss labels of several rules: each rule that asks must get its own approvals, and what is allowed
 * is what the strictest allows.
 */
#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/wording.h"

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
	if (!terms->n_rules || rule->standing_s < terms->standing_s)
		terms->standing_s = rule->standing_s;
	if (rule->tier > terms->tier)
		terms->tier = rule->tier;
	terms->reason |= rule->reason;
	terms->groups |= rule->groups;
	terms->rules[terms->n_rules++] = rule;
}

void request_terms(const struct agent *agent, uint32_t action, uint64_t labels,
		   struct request_terms *ret)
{
	uint8_t bits[SLUICE_MAX_LABELS];
	size_t n = wording_sort_labels(agent, labels, bits);

	*ret = (struct request_terms){ .tier = POLICY_A1,
				       .scope = POLICY_ONCE,
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

/* Who may decide for @rule: more once it was escalated. */
static uint64_t groups_of(const struct request *request, const struct policy_rule *rule)
{
	bool escalated = rule->escalate_s && rule->escalate_s <= request->escalated_s;

	return rule->groups | (escalated ? rule->escalate_groups : 0);
}

void request_terms_of(const struct agent *agent, const struct request *request,
		      struct request_terms *ret)
{
	request_terms(agent, request->key.action, request->labels, ret);
	for (size_t i = 0; i < ret->n_rules; i++)
		ret->groups |= groups_of(request, ret->rules[i]);
}

unsigned int request_needed(const struct agent *agent, const struct request *request,
			    const struct policy_rule *rule)
{
	unsigned int needed = rule->reviewers ? rule->reviewers : 1;

	if (request->who.partial)
		needed++;
	if (needed < agent->policy->requests.unknown &&
	    !person_requester(agent->policy, &request->who))
		needed = agent->policy->requests.unknown;
	return needed;
}

bool request_reviewer(const struct agent *agent, const struct request *request, uint64_t groups,
		      const struct policy_person *person, const struct policy_person **ret_for)
{
	const struct policy *policy = agent->policy;

	if (ret_for)
		*ret_for = NULL;
	if (policy_in_groups(policy, groups, person))
		return true;
	for (size_t i = 0; i < person->n_covers; i++) {
		const struct policy_person *covered = &policy->people[person->covers[i]];

		if (!policy_in_groups(policy, groups, covered) ||
		    person_behind(policy, &request->who, covered))
			continue;
		if (ret_for)
			*ret_for = covered;
		return true;
	}
	return false;
}

static bool has_key(const struct policy_person *person, const char *fingerprint)
{
	for (size_t i = 0; i < person->n_keys; i++)
		if (!strcmp(person->keys[i].fingerprint, fingerprint))
			return true;
	return false;
}

int request_note_account(struct request *request, const struct account *account)
{
	if (!request->accounts && account)
		request->accounts = calloc(SLUICE_MAX_REVIEWERS, sizeof(*account));
	if (!request->accounts)
		return account ? -ENOMEM : 0;
	request->accounts[request->n_decisions] = account ? *account : (struct account){ 0 };
	return 0;
}

/*
 * Whether a channel still has that key, reaches what it reached, and may name the person by that
 * very account: it may have been taken out of the policy because somebody else had got hold of it.
 */
static bool has_channel(const struct policy *policy, const struct policy_person *person,
			const struct ipc_decision *decision, const struct account *account)
{
	if (!account || policy_person_by_account(policy, account) != person)
		return false;
	for (size_t i = 0; i < policy->n_channels; i++) {
		const struct policy_channel *channel = &policy->channels[i];

		if (!strcmp(channel->key.fingerprint, decision->key))
			return channel->accounts >> account->kind & 1 &&
			       channel->tier >= decision->tier;
	}
	return false;
}

/* What the decision rests on may have been taken from the person since. */
static bool is_still_theirs(const struct policy *policy, const struct request *request, size_t i,
			    const struct policy_person *person)
{
	const struct ipc_decision *decision = &request->decisions[i];
	const struct account *account = request->accounts ? &request->accounts[i] : NULL;

	if (!*decision->key)
		return policy_person_by_uid(policy, request->logins[i]) == person;
	return has_key(person, decision->key) || has_channel(policy, person, decision, account);
}

/* A policy that came in force since may see it in another way than the one it was given under. */
static bool counts(const struct agent *agent, const struct request *request, size_t i,
		   const struct policy_rule *rule)
{
	const struct ipc_decision *decision = &request->decisions[i];
	const struct policy_person *person = policy_find_person(agent->policy, decision->person);

	return decision->approve && decision->tier >= rule->tier && person &&
	       request_reviewer(agent, request, groups_of(request, rule), person, NULL) &&
	       is_still_theirs(agent->policy, request, i, person);
}

unsigned int request_approvals(const struct agent *agent, const struct request *request,
			       const struct policy_rule *rule)
{
	unsigned int n = 0;

	for (size_t i = 0; i < request->n_decisions; i++)
		n += counts(agent, request, i, rule);
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
