/* SPDX-License-Identifier: Apache-2.0 */
/*
 * advice.c: see advice.h. One function a topic, called from one table.
 */
#include "advice.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "view.h"

struct advice {
	const struct policy *policy;
	json_t *warnings;
};

static void __attribute__((format(printf, 3, 4)))
warn(struct advice *advice, const struct policy_origin *where, const char *format, ...)
{
	_cleanup_free_ char *text = NULL, *line = NULL;
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(&text, format, ap);
	va_end(ap);
	if (r < 0 || asprintf(&line, "%s:%u: warning: %s", where->file, where->line, text) < 0) {
		json_decref(advice->warnings);
		advice->warnings = NULL;
		return;
	}
	json_array_append_new(advice->warnings, view_text(line));
}

static void on_paths(struct advice *advice, const struct policy_label *label)
{
	struct stat st;

	for (size_t i = 0; i < label->n_paths; i++)
		if (stat(label->paths[i].path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
			warn(advice, &label->paths[i].origin,
			     "the path '%s' of label '%s' does not exist here; sluiced refuses "
			     "the policy until it does",
			     label->paths[i].path, label->name);
	for (size_t i = 0; i < label->n_xattrs; i++)
		if (stat(label->xattrs[i].below, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
			warn(advice, &label->xattrs[i].origin,
			     "the folder '%s' of label '%s' does not exist here; sluiced "
			     "refuses the policy until it does",
			     label->xattrs[i].below, label->name);
}

static void on_labels(struct advice *advice)
{
	const struct policy *policy = advice->policy;
	const struct policy_label *label;
	uint64_t guarded = 0;

	for (size_t i = 0; i < policy->n_rules; i++)
		if (policy->rules[i].verdict != POLICY_ALLOW)
			guarded |= policy->rules[i].labels;
	for (size_t i = 0; i < policy->n_labels; i++) {
		label = &policy->labels[i];
		on_paths(advice, label);
		if (!(guarded & 1ULL << i))
			warn(advice, &label->origin, "no rule guards the label '%s'", label->name);
		else if (!label->n_paths && !label->n_xattrs && !label->n_endpoints)
			warn(advice, &label->origin,
			     "rules guard the label '%s', but no path, attribute or endpoint "
			     "carries it",
			     label->name);
	}
}

static void on_executables(struct advice *advice, const struct policy_subject *subjects, size_t n)
{
	struct stat st;

	for (size_t i = 0; i < n; i++)
		if (subjects[i].executable && stat(subjects[i].executable, &st) < 0 &&
		    (errno == ENOENT || errno == ENOTDIR))
			warn(advice, &subjects[i].origin, "the executable '%s' does not exist here",
			     subjects[i].executable);
}

/* Persons in any of @groups. */
static size_t reviewers_of(const struct policy *policy, uint64_t groups)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->n_people; i++)
		n += policy_in_groups(policy, groups, &policy->people[i]);
	return n;
}

static void on_rules(struct advice *advice)
{
	const struct policy_rule *rule;
	size_t persons;

	for (size_t i = 0; i < advice->policy->n_rules; i++) {
		rule = &advice->policy->rules[i];
		on_executables(advice, rule->cleared, rule->n_cleared);
		if (rule->monitor)
			warn(advice, &rule->origin, "the rule '%s' monitors only: it stops nothing",
			     rule->name);
		if (rule->verdict != POLICY_ASK) {
			if (rule->groups)
				warn(advice, &rule->origin,
				     "the rule '%s' names reviewers but asks nobody: its verdict "
				     "is %s",
				     rule->name, policy_verdict_name(rule->verdict));
			continue;
		}
		persons = reviewers_of(advice->policy, rule->groups);
		if (persons <= rule->reviewers)
			warn(advice, &rule->origin,
			     "the rule '%s' needs %u of %zu person%s: when one of them asks or is "
			     "away, nobody can approve",
			     rule->name, rule->reviewers, persons, persons == 1 ? "" : "s");
	}
}

static void on_trusted(struct advice *advice)
{
	const struct policy *policy = advice->policy;

	for (size_t i = 0; i < policy->n_trusted; i++)
		on_executables(advice, policy->trusted[i].subjects, policy->trusted[i].n_subjects);
}

static void on_sinks(struct advice *advice)
{
	const struct policy *policy = advice->policy;
	struct stat st;

	for (size_t i = 0; i < policy->n_sinks; i++)
		for (size_t p = 0; p < policy->sinks[i].n_paths; p++)
			if (stat(policy->sinks[i].paths[p].path, &st) < 0 && errno == ENOENT)
				warn(advice, &policy->sinks[i].paths[p].origin,
				     "'%s' does not exist here, so nothing is a sink by this line",
				     policy->sinks[i].paths[p].path);
}

static void on_groups(struct advice *advice)
{
	const struct policy_group *group;
	uint64_t used = 0;

	for (size_t i = 0; i < advice->policy->n_rules; i++)
		used |= advice->policy->rules[i].groups;
	for (size_t i = 0; i < advice->policy->n_groups && i < 64; i++) {
		group = &advice->policy->groups[i];
		if (!(used & 1ULL << i))
			warn(advice, &group->origin, "no rule asks the group '%s'", group->name);
		else if (group->n_members < 2)
			warn(advice, &group->origin,
			     "the group '%s' has one person: nobody else can answer for them or to "
			     "them",
			     group->name);
	}
}

/* By which kinds of accounts: a bit mask over enum account_kind. */
static unsigned int kinds_of(const struct policy_person *person)
{
	unsigned int kinds = 0;

	for (size_t i = 0; i < person->n_accounts; i++)
		kinds |= 1U << person->accounts[i].account.kind;
	return kinds;
}

static unsigned int kinds_of_channels(const struct policy *policy)
{
	unsigned int kinds = 0;

	for (size_t i = 0; i < policy->n_channels; i++)
		kinds |= policy->channels[i].accounts;
	return kinds;
}

static void on_channels(struct advice *advice)
{
	unsigned int known = 0;

	for (size_t i = 0; i < advice->policy->n_people; i++)
		known |= kinds_of(&advice->policy->people[i]);
	for (size_t i = 0; i < advice->policy->n_channels; i++) {
		const struct policy_channel *channel = &advice->policy->channels[i];

		if (!(channel->accounts & known))
			warn(advice, &channel->origin,
			     "the channel '%s' can name nobody: no person has such an account",
			     channel->name);
	}
}

static void on_people(struct advice *advice)
{
	unsigned int channels = kinds_of_channels(advice->policy);
	const struct policy_person *person;

	for (size_t i = 0; i < advice->policy->n_people; i++) {
		person = &advice->policy->people[i];
		if (person->n_uids == 0)
			warn(advice, &person->origin,
			     "the person '%s' has no local account: %sis not known as requester",
			     person->name,
			     kinds_of(person) & channels ? "" : "cannot decide here, and ");
		if (kinds_of(person) & ~channels)
			warn(advice, &person->origin,
			     "the person '%s' has an account that no channel takes", person->name);
	}
}

json_t *advice_on(const struct policy *policy)
{
	static void (*const topics[])(struct advice * advice) = {
		on_labels, on_rules, on_trusted, on_sinks, on_groups, on_people, on_channels,
	};
	struct advice advice = { .policy = policy, .warnings = json_array() };

	for (size_t i = 0; i < ARRAY_SIZE(topics) && advice.warnings; i++)
		topics[i](&advice);
	return advice.warnings;
}
