/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_rule.c: what the keys of [Rule] do, and the words for action, verdict, mode and scope.
 *
 * Owns: one setter a key. Must not own: whether the keys fit together (policy_check.c).
 */
#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "medium.h"
#include "policy_build.h"

/* Each in the order of its enumeration. */
const char *const policy_action_names[SLUICE_ACTIONS] = { "open", "write", "egress", "credential" };
static const char *const verdicts[] = { "allow", "audit", "ask", "deny", NULL };
static const char *const modes[] = { "hold", "fail", NULL };
static const char *const scopes[] = { "once", "process", "executable", NULL };
static const char *const tiers[] = { "A0", "A1", "A2", "A3", NULL };
static const char *const *const chosen_tiers = tiers + POLICY_A1; /* that a rule may name */
static const char *const reasons[] = { "optional", "required", NULL };

const char *policy_verdict_name(enum policy_verdict verdict)
{
	return verdicts[verdict];
}

const char *policy_scope_name(enum policy_scope scope)
{
	return scopes[scope];
}

const char *policy_tier_name(unsigned int tier)
{
	return tiers[tier];
}

static struct policy_rule *current_rule(struct policy_build *build)
{
	return &build->policy->rules[build->policy->n_rules - 1];
}

int policy_value_action(struct policy_build *build, const char *value, enum sluice_action *ret)
{
	const char *names[SLUICE_ACTIONS + 1] = { NULL };
	unsigned int chosen = 0;
	int r;

	memcpy(names, policy_action_names, sizeof(policy_action_names));
	r = policy_value_choice(build, value, names, &chosen);
	*ret = (enum sluice_action)chosen;
	return r;
}

int policy_set_rule_action(struct policy_build *build, const char *value)
{
	return policy_value_action(build, value, &current_rule(build)->action);
}

int policy_set_rule_labels(struct policy_build *build, const char *value)
{
	return policy_value_references(build, value, REFERENCE_RULE_LABEL,
				       build->policy->n_rules - 1);
}

int policy_set_rule_clear(struct policy_build *build, const char *value)
{
	struct policy_rule *rule = current_rule(build);
	struct policy_subject *subject = ARRAY_APPEND(rule->cleared, rule->n_cleared);

	return subject ? policy_value_subject(build, value, subject) : policy_fail_memory(build);
}

int policy_value_medium(struct policy_build *build, const char *word, enum sluice_medium *ret)
{
	char known[512];

	*ret = medium_of_word(word);
	if (*ret != SLUICE_MEDIUM_NONE)
		return 0;
	medium_list(known, sizeof(known));
	return policy_fail(build, "To=%.100s is not known; write one of %s", word, known);
}

static int add_medium(struct policy_build *build, struct policy_rule *rule, const char *word)
{
	enum sluice_medium medium = SLUICE_MEDIUM_NONE;
	int r = policy_value_medium(build, word, &medium);

	if (r == 0)
		rule->media |= UINT64_C(1) << medium;
	return r;
}

static int add_destination(struct policy_build *build, struct policy_rule *rule, const char *word)
{
	struct policy_endpoint *endpoint;

	if (medium_is_meant(word))
		return add_medium(build, rule, word);
	endpoint = ARRAY_APPEND(rule->destinations, rule->n_destinations);
	return endpoint ? policy_value_endpoint(build, word, endpoint) : policy_fail_memory(build);
}

int policy_set_rule_to(struct policy_build *build, const char *value)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	int r = policy_value_words(build, value, &words);

	for (size_t i = 0; r == 0 && words[i]; i++)
		r = add_destination(build, current_rule(build), words[i]);
	return r;
}

int policy_value_verdict(struct policy_build *build, const char *value, enum policy_verdict *ret)
{
	unsigned int chosen = 0;
	int r = policy_value_choice(build, value, verdicts, &chosen);

	*ret = (enum policy_verdict)chosen;
	return r;
}

int policy_set_rule_verdict(struct policy_build *build, const char *value)
{
	return policy_value_verdict(build, value, &current_rule(build)->verdict);
}

int policy_set_rule_mode(struct policy_build *build, const char *value)
{
	unsigned int chosen = 0;
	int r = policy_value_choice(build, value, modes, &chosen);

	current_rule(build)->mode = (enum policy_mode)chosen;
	return r;
}

int policy_set_rule_timeout(struct policy_build *build, const char *value)
{
	return policy_value_seconds(build, value, 1, SLUICE_MAX_LIMIT_S,
				    &current_rule(build)->limit_s);
}

int policy_set_rule_reviewers(struct policy_build *build, const char *value)
{
	return policy_value_references(build, value, REFERENCE_RULE_GROUP,
				       build->policy->n_rules - 1);
}

int policy_set_rule_approvals(struct policy_build *build, const char *value)
{
	uint64_t number;

	if (text_to_number(value, SLUICE_MAX_REVIEWERS, &number) < 0 || number == 0)
		return policy_fail(build,
				   "Approvals=%.100s is not possible; write a number from 1 to %d",
				   value, SLUICE_MAX_REVIEWERS);
	current_rule(build)->reviewers = (unsigned int)number;
	return 0;
}

int policy_set_rule_scope(struct policy_build *build, const char *value)
{
	unsigned int chosen = 0;
	int r = policy_value_choice(build, value, scopes, &chosen);

	current_rule(build)->scope = (enum policy_scope)chosen;
	return r;
}

int policy_set_rule_duration(struct policy_build *build, const char *value)
{
	return policy_value_seconds(build, value, 1, SLUICE_MAX_DURATION_S,
				    &current_rule(build)->duration_s);
}

int policy_set_rule_standing(struct policy_build *build, const char *value)
{
	return policy_value_seconds(build, value, 1, SLUICE_MAX_STANDING_S,
				    &current_rule(build)->standing_s);
}

int policy_value_tier(struct policy_build *build, const char *value, enum policy_tier *ret)
{
	unsigned int chosen = 0;
	int r;

	if (!strcmp(value, tiers[POLICY_A0]))
		return policy_fail(build, "Tier=A0 is a notice, which decides nothing; write A1, "
					  "A2 or A3");
	r = policy_value_choice(build, value, chosen_tiers, &chosen);
	*ret = (enum policy_tier)(POLICY_A1 + chosen);
	return r;
}

int policy_set_rule_tier(struct policy_build *build, const char *value)
{
	return policy_value_tier(build, value, &current_rule(build)->tier);
}

int policy_set_rule_reason(struct policy_build *build, const char *value)
{
	unsigned int chosen = 0;
	int r = policy_value_choice(build, value, reasons, &chosen);

	current_rule(build)->reason = chosen == 1;
	return r;
}

int policy_set_rule_escalate_after(struct policy_build *build, const char *value)
{
	return policy_value_seconds(build, value, 1, SLUICE_MAX_LIMIT_S,
				    &current_rule(build)->escalate_s);
}

int policy_set_rule_escalate_to(struct policy_build *build, const char *value)
{
	return policy_value_references(build, value, REFERENCE_RULE_ESCALATION,
				       build->policy->n_rules - 1);
}

int policy_set_rule_monitor(struct policy_build *build, const char *value)
{
	return policy_value_bool(build, value, &current_rule(build)->monitor);
}
