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

#include "base/cleanup.h"

struct advice {
	const struct policy *policy;
	advice_fn fn;
	void *arg;
	int r;
};

static void __attribute__((format(printf, 4, 5)))
warn(struct advice *advice, const struct policy_origin *where, const char *remedy,
     const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(&text, format, ap);
	va_end(ap);
	if (r < 0)
		advice->r = -ENOMEM;
	else
		advice->fn(advice->arg, where, text, remedy);
}

static void on_paths(struct advice *advice, const struct policy_label *label)
{
	struct stat st;

	for (size_t i = 0; i < label->n_paths; i++)
		if (stat(label->paths[i].path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
			warn(advice, &label->paths[i].origin, "make it, or take the line out",
			     "the path '%s' of label '%s' does not exist here; sluiced refuses "
			     "the policy until it does",
			     label->paths[i].path, label->name);
	for (size_t i = 0; i < label->n_xattrs; i++)
		if (stat(label->xattrs[i].below, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
			warn(advice, &label->xattrs[i].origin, "make it, or take the line out",
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
			warn(advice, &label->origin,
			     "write a [Rule] with it in Labels=, or take the label out",
			     "no rule guards the label '%s'", label->name);
		else if (!label->n_paths && !label->n_xattrs && !label->n_endpoints)
			warn(advice, &label->origin, "give it a Path=, or take it out of the rules",
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
			warn(advice, &subjects[i].origin, "correct the path, or take the line out",
			     "the executable '%s' does not exist here", subjects[i].executable);
}

/* Persons in any of @groups. */
static size_t reviewers_of(const struct policy *policy, uint64_t groups)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->n_people; i++)
		n += policy_in_groups(policy, groups, &policy->people[i]);
	return n;
}

/* By which kinds of accounts: a bit mask over enum account_kind. */
static unsigned int kinds_of(const struct policy_person *person)
{
	unsigned int kinds = 0;

	for (size_t i = 0; i < person->n_accounts; i++)
		kinds |= 1U << person->accounts[i].account.kind;
	return kinds;
}

/* By a key of their own, by a channel of the gateway that counts so far, or on this host. */
static bool can_answer(const struct policy *policy, const struct policy_person *person,
		       enum policy_tier tier)
{
	unsigned int kinds = kinds_of(person);

	if (person->n_keys || (tier <= POLICY_A1 && person->n_uids))
		return true;
	for (size_t i = 0; i < policy->n_channels; i++)
		if (policy->channels[i].accounts & kinds && policy->channels[i].tier >= tier)
			return true;
	return false;
}

static size_t able_reviewers_of(const struct policy *policy, const struct policy_rule *rule)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->n_people; i++)
		n += policy_reviews(policy, rule->groups, &policy->people[i]) &&
		     can_answer(policy, &policy->people[i], rule->tier);
	return n;
}

/* Whom a rule asks, and who has no way to answer it. */
static void on_unable(struct advice *advice, const struct policy_rule *rule)
{
	const struct policy *policy = advice->policy;
	uint64_t groups = rule->groups | rule->escalate_groups;

	for (size_t i = 0; i < policy->n_people; i++) {
		const struct policy_person *person = &policy->people[i];

		if (policy_in_groups(policy, groups, person) &&
		    !can_answer(policy, person, rule->tier))
			warn(advice, &person->origin,
			     "give the person Key=, or an account of a [Channel] of that tier",
			     "the rule '%s' asks the person '%s', who has no way to answer what is "
			     "of "
			     "tier %s",
			     rule->name, person->name, policy_tier_name(rule->tier));
	}
}

/* Are there more reviewers, and those who can answer, than must say yes? */
static void on_reviewers(struct advice *advice, const struct policy_rule *rule)
{
	size_t persons = reviewers_of(advice->policy, rule->groups);
	size_t able = able_reviewers_of(advice->policy, rule);

	if (persons <= rule->reviewers)
		warn(advice, &rule->origin, "add people to its groups, or lower Approvals=",
		     "the rule '%s' needs %u of %zu person%s: when one of them asks or is "
		     "away, nobody can approve",
		     rule->name, rule->reviewers, persons, persons == 1 ? "" : "s");
	else if (able <= rule->reviewers)
		warn(advice, &rule->origin,
		     "give more of them Key=, or an account of a [Channel] of that tier",
		     "the rule '%s' is of tier %s, which %zu of %zu reviewers can answer: when one "
		     "of them asks or is away, nobody can approve, and what nobody of the policy "
		     "stands behind takes two",
		     rule->name, policy_tier_name(rule->tier), able, persons);
	on_unable(advice, rule);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether all that @b means is meant by @a. */
static bool subject_covers(const struct policy_subject *a, const struct policy_subject *b)
{
	return (!a->has_user || (b->has_user && a->uid == b->uid)) &&
	       (!a->executable || same(a->executable, b->executable)) &&
	       (!a->unit || same(a->unit, b->unit));
}

static void on_subjects(struct advice *advice, const struct policy_subject *subjects, size_t n)
{
	on_executables(advice, subjects, n);
	for (size_t b = 0; b < n; b++)
		for (size_t a = 0; a < n; a++)
			if (a != b && subject_covers(&subjects[a], &subjects[b]) &&
			    (a < b || !subject_covers(&subjects[b], &subjects[a]))) {
				warn(advice, &subjects[b].origin,
				     "take the line out, or say more in the other one",
				     "this line changes nothing: line %u of the same section "
				     "already "
				     "names whom it names",
				     subjects[a].origin.line);
				break;
			}
}

static bool same_bits(const uint8_t a[16], const uint8_t b[16], unsigned int n)
{
	unsigned int rest = n % 8;

	return memcmp(a, b, n / 8) == 0 && (!rest || !((a[n / 8] ^ b[n / 8]) >> (8 - rest)));
}

/* Version 4 lies in ::ffff:0:0/96, and is no part of what holds that. */
static bool is_v4(const struct policy_endpoint *endpoint)
{
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff };

	return endpoint->prefix >= 96 && same_bits(endpoint->addr, mapped, 96);
}

static bool endpoint_covers(const struct policy_endpoint *a, const struct policy_endpoint *b)
{
	if (a->low > b->low || a->high < b->high || (a->protocol && a->protocol != b->protocol))
		return false;
	if (a->host || b->host)
		return same(a->host, b->host);
	return is_v4(a) == is_v4(b) && a->prefix <= b->prefix &&
	       same_bits(a->addr, b->addr, a->prefix);
}

static const struct policy_endpoint any_v4 = { .addr = { [10] = 0xff, [11] = 0xff },
					       .prefix = 96,
					       .high = UINT16_MAX };
static const struct policy_endpoint any_v6 = { .high = UINT16_MAX };

static bool allows(const struct policy_rule *rule, const struct policy_endpoint *what)
{
	for (size_t i = 0; i < rule->n_destinations; i++)
		if (endpoint_covers(&rule->destinations[i], what))
			return true;
	return false;
}

static void on_destinations(struct advice *advice, const struct policy_rule *rule)
{
	const struct policy_endpoint *list = rule->destinations;

	if (allows(rule, &any_v4) && allows(rule, &any_v6))
		warn(advice, &rule->origin, "take out the line To= that names all addresses",
		     "the rule '%s' stops nothing on the network: its To= lines allow every "
		     "destination",
		     rule->name);
	for (size_t b = 0; b < rule->n_destinations; b++)
		for (size_t a = 0; a < rule->n_destinations; a++)
			if (a != b && endpoint_covers(&list[a], &list[b]) &&
			    (a < b || !endpoint_covers(&list[b], &list[a]))) {
				warn(advice, &list[b].origin,
				     "take this destination out, or make the other one narrower",
				     "a destination of this line changes nothing: one of line %u "
				     "already holds it",
				     list[a].origin.line);
				break;
			}
}

static void on_rules(struct advice *advice)
{
	const struct policy_rule *rule;

	for (size_t i = 0; i < advice->policy->n_rules; i++) {
		rule = &advice->policy->rules[i];
		on_subjects(advice, rule->cleared, rule->n_cleared);
		on_destinations(advice, rule);
		if (rule->monitor)
			warn(advice, &rule->origin,
			     "take Monitor=yes out when the journal shows what it should",
			     "the rule '%s' monitors only: it stops nothing", rule->name);
		if (rule->verdict != POLICY_ASK) {
			if (rule->groups)
				warn(advice, &rule->origin,
				     "write Verdict=ask, or take Reviewers= out",
				     "the rule '%s' names reviewers but asks nobody: its verdict "
				     "is %s",
				     rule->name, policy_verdict_name(rule->verdict));
			continue;
		}
		on_reviewers(advice, rule);
	}
}

static void on_trusted(struct advice *advice)
{
	const struct policy *policy = advice->policy;

	for (size_t i = 0; i < policy->n_trusted; i++)
		on_subjects(advice, policy->trusted[i].subjects, policy->trusted[i].n_subjects);
}

static void on_sinks(struct advice *advice)
{
	const struct policy *policy = advice->policy;
	struct stat st;

	for (size_t i = 0; i < policy->n_sinks; i++)
		for (size_t p = 0; p < policy->sinks[i].n_paths; p++)
			if (stat(policy->sinks[i].paths[p].path, &st) < 0 && errno == ENOENT)
				warn(advice, &policy->sinks[i].paths[p].origin,
				     "make it, or take the line out",
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
			warn(advice, &group->origin,
			     "name it in Reviewers= of a rule, or take it out",
			     "no rule asks the group '%s'", group->name);
		else if (group->n_members < 2)
			warn(advice, &group->origin, "add a second Member=",
			     "the group '%s' has one person: nobody else can answer for them or to "
			     "them",
			     group->name);
	}
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
			     "give people their accounts of it, or take the channel out",
			     "the channel '%s' can name nobody: no person has such an account",
			     channel->name);
	}
}

static void on_person(struct advice *advice, const struct policy_person *person)
{
	unsigned int kinds = kinds_of(person), channels = kinds_of_channels(advice->policy);

	if (!person->n_uids && !kinds && !person->n_keys && !person->n_units)
		warn(advice, &person->origin,
		     "give the person Uid=, Key= or an account, or take the section out",
		     "nothing tells who the person '%s' is: no local account, no key, no account "
		     "of "
		     "a channel",
		     person->name);
	else if (person->n_uids == 0)
		warn(advice, &person->origin, "give the person Uid=",
		     "the person '%s' has no local account: %sis not known as requester",
		     person->name, kinds & channels ? "" : "cannot decide here, and ");
	if (kinds & ~channels)
		warn(advice, &person->origin,
		     "put the [Channel] sections into the policy: sluice-gateway --print-keys",
		     "the person '%s' has an account that no channel takes", person->name);
}

static void on_people(struct advice *advice)
{
	for (size_t i = 0; i < advice->policy->n_people; i++)
		on_person(advice, &advice->policy->people[i]);
}

int advice_on(const struct policy *policy, advice_fn fn, void *arg)
{
	static void (*const topics[])(struct advice * advice) = {
		on_labels, on_rules, on_trusted, on_sinks, on_groups, on_people, on_channels,
	};
	struct advice advice = { .policy = policy, .fn = fn, .arg = arg };

	for (size_t i = 0; i < ARRAY_SIZE(topics); i++)
		topics[i](&advice);
	return advice.r;
}
