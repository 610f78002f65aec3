/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_check.c: what only the whole policy shows: names that sections give each other, keys that
 * belong together.
 *
 * Owns: resolving references to bits and indices, and contradictions between lines. Must not own:
 * what one line says (policy_value.c), or whether files and hosts exist (label.h, ruleset.h).
 */
#include <errno.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "policy_build.h"

static uint64_t all_labels(const struct policy *policy)
{
	return policy->n_labels < 64 ? (UINT64_C(1) << policy->n_labels) - 1 : UINT64_MAX;
}

static int add_bit(struct policy_build *build, const struct policy_reference *reference,
		   const char *name, uint64_t bit, uint64_t *set)
{
	if (*set & bit)
		return policy_fail_at(build, &reference->origin,
				      "%.100s is named twice here; keep one of them", name);
	*set |= bit;
	return 0;
}

static int resolve_label(struct policy_build *build, const struct policy_reference *reference,
			 const char *name, uint64_t *set)
{
	const struct policy *policy = build->policy;
	const struct policy_label *label = policy_find_label(policy, name);

	if (label)
		return add_bit(build, reference, name, UINT64_C(1) << (label - policy->labels),
			       set);
	if (strcmp(name, "*") != 0)
		return policy_fail_at(build, &reference->origin,
				      "label %.100s is not defined; add [Label %.100s] or "
				      "correct the name",
				      name, name);
	if (!policy->n_labels)
		return policy_fail_at(build, &reference->origin,
				      "\"*\" means all labels, but none is defined; add a "
				      "[Label]");
	if (*set)
		return policy_fail_at(build, &reference->origin,
				      "\"*\" already means all labels; remove the names");
	*set = all_labels(policy);
	return 0;
}

static int resolve_rule_label(struct policy_build *build, const struct policy_reference *reference,
			      const char *name)
{
	return resolve_label(build, reference, name,
			     &build->policy->rules[reference->index].labels);
}

static int resolve_trusted_label(struct policy_build *build,
				 const struct policy_reference *reference, const char *name)
{
	return resolve_label(build, reference, name,
			     &build->policy->trusted[reference->index].labels);
}

static int resolve_sink_label(struct policy_build *build, const struct policy_reference *reference,
			      const char *name)
{
	return resolve_label(build, reference, name,
			     &build->policy->sinks[reference->index].labels);
}

static int resolve_group(struct policy_build *build, const struct policy_reference *reference,
			 const char *name, uint64_t *mask)
{
	const struct policy *policy = build->policy;

	for (size_t i = 0; i < policy->n_groups; i++)
		if (!strcmp(policy->groups[i].name, name))
			return add_bit(build, reference, name, UINT64_C(1) << i, mask);
	return policy_fail_at(build, &reference->origin,
			      "group %.100s is not defined; add [Group %.100s] or correct the "
			      "name",
			      name, name);
}

static int resolve_rule_group(struct policy_build *build, const struct policy_reference *reference,
			      const char *name)
{
	return resolve_group(build, reference, name,
			     &build->policy->rules[reference->index].groups);
}

static int resolve_rule_escalation(struct policy_build *build,
				   const struct policy_reference *reference, const char *name)
{
	return resolve_group(build, reference, name,
			     &build->policy->rules[reference->index].escalate_groups);
}

static int resolve_guard_group(struct policy_build *build, const struct policy_reference *reference,
			       const char *name)
{
	return resolve_group(build, reference, name, &build->policy->guard.groups);
}

/* A list of people, as indices. @twice: what is wrong when one is in it already */
static int add_person(struct policy_build *build, const struct policy_reference *reference,
		      const char *name, size_t **list, size_t *n, const char *twice)
{
	const struct policy_person *person = policy_find_person(build->policy, name);
	size_t index, *slot;

	if (!person)
		return policy_fail_at(build, &reference->origin,
				      "person %.100s is not defined; add [Person %.100s] or "
				      "correct the name",
				      name, name);
	index = (size_t)(person - build->policy->people);
	for (size_t i = 0; i < *n; i++)
		if ((*list)[i] == index)
			return policy_fail_at(build, &reference->origin,
					      "%.100s %s; keep one of them", name, twice);
	slot = ARRAY_APPEND(*list, *n);
	if (!slot)
		return policy_fail_memory(build);
	*slot = index;
	return 0;
}

static int resolve_member(struct policy_build *build, const struct policy_reference *reference,
			  const char *name)
{
	struct policy_group *group = &build->policy->groups[reference->index];

	return add_person(build, reference, name, &group->members, &group->n_members,
			  "is a member twice");
}

static int resolve_covered(struct policy_build *build, const struct policy_reference *reference,
			   const char *name)
{
	struct policy_person *person = &build->policy->people[reference->index];

	if (!strcmp(person->name, name))
		return policy_fail_at(build, &reference->origin,
				      "nobody covers for themselves; remove %.100s", name);
	return add_person(build, reference, name, &person->covers, &person->n_covers,
			  "is covered for twice");
}

static int resolve_test_label(struct policy_build *build, const struct policy_reference *reference,
			      const char *name)
{
	return resolve_label(build, reference, name,
			     &build->policy->tests[reference->index].labels);
}

static int resolve_test_rule(struct policy_build *build, const struct policy_reference *reference,
			     const char *name)
{
	struct policy_test *test = &build->policy->tests[reference->index];

	if (test->rule)
		return policy_fail_at(build, &reference->origin,
				      "Rule= takes one name; write a [Test] for each rule");
	test->rule = policy_find_rule(build->policy, name);
	if (test->rule)
		return 0;
	return policy_fail_at(build, &reference->origin,
			      "rule %.100s is not defined; add [Rule %.100s] or correct the name",
			      name, name);
}

static int resolve_references(struct policy_build *build)
{
	static int (*const resolve[])(struct policy_build * build,
				      const struct policy_reference *reference,
				      const char *name) = {
		[REFERENCE_RULE_LABEL] = resolve_rule_label,
		[REFERENCE_RULE_GROUP] = resolve_rule_group,
		[REFERENCE_RULE_ESCALATION] = resolve_rule_escalation,
		[REFERENCE_TRUSTED_LABEL] = resolve_trusted_label,
		[REFERENCE_SINK_LABEL] = resolve_sink_label,
		[REFERENCE_GROUP_MEMBER] = resolve_member,
		[REFERENCE_GUARD_GROUP] = resolve_guard_group,
		[REFERENCE_PERSON_COVERS] = resolve_covered,
		[REFERENCE_TEST_LABEL] = resolve_test_label,
		[REFERENCE_TEST_RULE] = resolve_test_rule,
	};

	for (size_t i = 0; i < build->n_references; i++) {
		const struct policy_reference *reference = &build->references[i];

		for (char **name = reference->names; *name; name++) {
			int r = resolve[reference->kind](build, reference, *name);

			if (r < 0)
				return r;
		}
	}
	for (size_t i = 0; i < build->policy->n_trusted; i++)
		if (!build->policy->trusted[i].labels)
			build->policy->trusted[i].labels = all_labels(build->policy);
	for (size_t i = 0; i < build->policy->n_sinks; i++)
		if (!build->policy->sinks[i].labels)
			build->policy->sinks[i].labels = all_labels(build->policy);
	return 0;
}

/* @counts: policy_in_groups, or policy_reviews where others may cover for them */
static size_t count_people(const struct policy *policy, uint64_t groups,
			   __typeof__(policy_reviews) counts)
{
	size_t count = 0;

	for (size_t i = 0; i < policy->n_people; i++)
		count += counts(policy, groups, &policy->people[i]);
	return count;
}

/* Whether a channel that reaches @tier may name the person. */
static bool has_channel(const struct policy *policy, const struct policy_person *person,
			enum policy_tier tier)
{
	unsigned int kinds = 0;

	for (size_t i = 0; i < policy->n_channels; i++)
		kinds |= policy->channels[i].tier >= tier ? policy->channels[i].accounts : 0;
	for (size_t i = 0; i < person->n_accounts; i++)
		if (kinds >> person->accounts[i].account.kind & 1)
			return true;
	return false;
}

/* How many of them can answer at @tier: above A1 that takes a key, or an account of a channel. */
static size_t count_able(const struct policy *policy, const struct policy_rule *rule)
{
	size_t count = 0;

	for (size_t i = 0; i < policy->n_people; i++) {
		const struct policy_person *person = &policy->people[i];

		count += policy_reviews(policy, rule->groups, person) &&
			 (rule->tier <= POLICY_A1 || person->n_keys ||
			  has_channel(policy, person, rule->tier));
	}
	return count;
}

static int check_tier(struct policy_build *build, const struct policy_section *section)
{
	const struct policy_rule *rule = &build->policy->rules[section->index];
	struct policy_origin origin = policy_key_origin(section, "Tier");
	size_t able = count_able(build->policy, rule);

	if (rule->verdict != POLICY_ASK || able >= rule->reviewers)
		return 0;
	return policy_fail_at(
		build, &origin,
		"Tier=%s takes a person's key, or an account of a channel that reaches it, and "
		"%zu of the reviewers have one where %u must approve; add Key=, or OIDC= and a "
		"[Channel], to more of them",
		policy_tier_name(rule->tier), able, rule->reviewers);
}

static int check_reviewers(struct policy_build *build, const struct policy_section *section)
{
	const struct policy_rule *rule = &build->policy->rules[section->index];
	struct policy_origin origin = policy_key_origin(section, "Approvals");
	size_t people;

	if (!rule->groups) {
		if (rule->verdict != POLICY_ASK)
			return 0;
		origin = policy_key_origin(section, "Verdict");
		return policy_fail_at(
			build, &origin,
			"Verdict=ask without anybody to ask; add Reviewers= with a group");
	}
	people = count_people(build->policy, rule->groups, policy_reviews);
	if (people >= rule->reviewers)
		return 0;
	return policy_fail_at(build, &origin,
			      "%u approvals can never come from groups of %zu people together; add "
			      "members or lower Approvals=",
			      rule->reviewers, people);
}

/* Whoever waits for more people must get them, and before it is too late. */
static int check_escalation(struct policy_build *build, const struct policy_section *section)
{
	const struct policy *policy = build->policy;
	const struct policy_rule *rule = &policy->rules[section->index];
	struct policy_origin after = policy_key_origin(section, "EscalateAfter");
	struct policy_origin to = policy_key_origin(section, "EscalateTo");
	uint64_t all = rule->groups | rule->escalate_groups;

	if (!rule->escalate_s && !rule->escalate_groups)
		return 0;
	if (!rule->escalate_groups)
		return policy_fail_at(build, &after,
				      "EscalateAfter= without anybody to ask then; add EscalateTo= "
				      "with a group");
	if (!rule->escalate_s)
		return policy_fail_at(build, &to, "EscalateTo= without a time; add EscalateAfter=");
	if (rule->verdict != POLICY_ASK)
		return policy_fail_at(
			build, &after,
			"EscalateAfter= has a meaning for Verdict=ask only; remove it");
	if (rule->escalate_s >= rule->limit_s)
		return policy_fail_at(
			build, &after,
			"EscalateAfter= comes when the answer is no already: Timeout= "
			"is %u s; write less than that",
			rule->limit_s);
	if (count_people(policy, all, policy_in_groups) ==
	    count_people(policy, rule->groups, policy_in_groups))
		return policy_fail_at(build, &to,
				      "EscalateTo= adds nobody who is not in Reviewers=; name "
				      "another group");
	return 0;
}

static int check_destinations(struct policy_build *build, const struct policy_section *section)
{
	const struct policy_rule *rule = &build->policy->rules[section->index];
	struct policy_origin origin = policy_key_origin(section, "To");

	if ((!rule->n_destinations && !rule->media) || rule->action == SLUICE_EGRESS)
		return 0;
	return policy_fail_at(build, &origin,
			      "To= has a meaning for Action=egress only; remove it");
}

/* A label with two rules for one action would have two answers. */
static int check_only_rule(struct policy_build *build, const struct policy_section *section)
{
	const struct policy *policy = build->policy;
	const struct policy_rule *rule = &policy->rules[section->index];
	struct policy_origin origin = policy_key_origin(section, "Labels");

	for (const struct policy_rule *other = policy->rules; other < rule; other++) {
		uint64_t both = other->action == rule->action ? other->labels & rule->labels : 0;

		if (!both)
			continue;
		return policy_fail_at(
			build, &origin,
			"%s of label %s has a rule at %s:%u already; take the label out of "
			"one of them",
			policy_action_names[rule->action],
			policy->labels[__builtin_ctzll(both)].name, other->origin.file,
			other->origin.line);
	}
	return 0;
}

/* Else nobody could ever change the policy again. */
static int check_guard(struct policy_build *build, const struct policy_section *section)
{
	const struct policy *policy = build->policy;
	struct policy_origin origin = policy_key_origin(section, "Console");
	size_t people = policy->guard.groups
				? count_people(policy, policy->guard.groups, policy_in_groups)
				: policy->n_people;

	if (policy->guard.mode != SLUICE_GUARD_ENFORCE || policy->guard.console || people >= 2)
		return 0;
	return policy_fail_at(build, &origin,
			      "nobody could break the glass; name a Console=, or two people in "
			      "Reviewers=");
}

int policy_check(struct policy_build *build)
{
	int r = policy_check_required(build);

	if (r == 0)
		r = resolve_references(build);
	for (size_t i = 0; r == 0 && i < build->n_sections; i++) {
		const struct policy_section *section = &build->sections[i];

		if (section->kind == KIND_GUARD)
			r = check_guard(build, section);
		if (section->kind == KIND_CHANNEL)
			r = policy_check_channel(build, section);
		if (section->kind == KIND_TEST)
			r = policy_check_test(build, section);
		if (section->kind != KIND_RULE)
			continue;
		r = check_destinations(build, section);
		if (r == 0)
			r = check_reviewers(build, section);
		if (r == 0)
			r = check_tier(build, section);
		if (r == 0)
			r = check_escalation(build, section);
		if (r == 0)
			r = check_only_rule(build, section);
	}
	return r;
}
