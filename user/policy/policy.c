/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.c: see policy.h.
 *
 * Owns: the policy's memory, how mistakes in it are told, and questions to it. Must not own: how it
 * is read (policy_load.c).
 */
#include "policy.h"

#include <errno.h>
#include <stdarg.h>

#include "base/text.h"
#include "policy_build.h"

static void __attribute__((format(printf, 3, 0)))
write_error(struct policy_error *error, const struct policy_origin *origin, const char *format,
	    va_list ap)
{
	int n = snprintf(error->text, sizeof(error->text), "%.400s:%u: ", origin->file,
			 origin->line);

	if (n > 0 && (size_t)n < sizeof(error->text))
		vsnprintf(error->text + n, sizeof(error->text) - (size_t)n, format, ap);
	text_scrub(error->text);
}

int policy_fail(struct policy_build *build, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	write_error(build->error, &build->here, format, ap);
	va_end(ap);
	return -EINVAL;
}

int policy_fail_at(struct policy_build *build, const struct policy_origin *origin,
		   const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	write_error(build->error, origin, format, ap);
	va_end(ap);
	return -EINVAL;
}

int policy_fail_memory(struct policy_build *build)
{
	snprintf(build->error->text, sizeof(build->error->text),
		 "not enough memory for the policy");
	return -ENOMEM;
}

static void free_subjects(struct policy_subject *subjects, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(subjects[i].executable);
		free(subjects[i].unit);
	}
	free(subjects);
}

static void free_endpoints(struct policy_endpoint *endpoints, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(endpoints[i].host);
	free(endpoints);
}

static void free_paths(struct policy_path *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(paths[i].path);
	free(paths);
}

static void free_label(struct policy_label *label)
{
	free_paths(label->paths, label->n_paths);
	for (size_t i = 0; i < label->n_xattrs; i++) {
		free(label->xattrs[i].name);
		free(label->xattrs[i].value);
		free(label->xattrs[i].below);
	}
	free(label->xattrs);
	free_endpoints(label->endpoints, label->n_endpoints);
	free(label->description);
}

static void free_test(struct policy_test *test)
{
	free(test->subject.executable);
	free(test->subject.unit);
	free(test->path);
	free(test->to.host);
}

static void free_person(struct policy_person *person)
{
	for (size_t i = 0; i < person->n_units; i++)
		free(person->units[i]);
	free(person->units);
	free(person->uids);
	free(person->keys);
	free(person->accounts);
	free(person->covers);
	free(person->display);
	free(person->teams);
}

struct policy *policy_free(struct policy *policy)
{
	if (!policy)
		return NULL;
	for (size_t i = 0; i < policy->n_labels; i++)
		free_label(&policy->labels[i]);
	for (size_t i = 0; i < policy->n_rules; i++) {
		free_subjects(policy->rules[i].cleared, policy->rules[i].n_cleared);
		free_endpoints(policy->rules[i].destinations, policy->rules[i].n_destinations);
	}
	for (size_t i = 0; i < policy->n_trusted; i++)
		free_subjects(policy->trusted[i].subjects, policy->trusted[i].n_subjects);
	for (size_t i = 0; i < policy->n_sinks; i++)
		free_paths(policy->sinks[i].paths, policy->sinks[i].n_paths);
	for (size_t i = 0; i < policy->n_people; i++)
		free_person(&policy->people[i]);
	for (size_t i = 0; i < policy->n_groups; i++)
		free(policy->groups[i].members);
	for (size_t i = 0; i < policy->n_files; i++)
		free(policy->files[i]);
	free(policy->labels);
	free(policy->rules);
	free(policy->trusted);
	free(policy->sinks);
	free(policy->people);
	free(policy->groups);
	for (size_t i = 0; i < policy->n_tests; i++)
		free_test(&policy->tests[i]);
	free(policy->channels);
	free(policy->tests);
	free(policy->files);
	free(policy->settings.journal);
	free(policy->settings.state);
	free_paths(policy->guard.paths, policy->guard.n_paths);
	free_paths(policy->privacy.paths, policy->privacy.n_paths);
	free(policy->guard.console);
	free(policy);
	return NULL;
}

const struct policy_rule *policy_rule_for(const struct policy *policy, enum sluice_action action,
					  size_t label)
{
	if (label >= policy->n_labels)
		return NULL;
	for (size_t i = 0; i < policy->n_rules; i++)
		if (policy->rules[i].action == action && policy->rules[i].labels >> label & 1)
			return &policy->rules[i];
	return NULL;
}

bool policy_has_private(const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_labels; i++)
		if (policy->labels[i].is_private)
			return true;
	return policy->privacy.n_paths || policy->privacy.commands;
}

const struct policy_label *policy_find_label(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->n_labels; i++)
		if (!strcmp(policy->labels[i].name, name))
			return &policy->labels[i];
	return NULL;
}

const struct policy_rule *policy_find_rule(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->n_rules; i++)
		if (!strcmp(policy->rules[i].name, name))
			return &policy->rules[i];
	return NULL;
}

const struct policy_person *policy_find_person(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->n_people; i++)
		if (!strcmp(policy->people[i].name, name))
			return &policy->people[i];
	return NULL;
}

const struct policy_person *policy_person_by_uid(const struct policy *policy, uid_t uid)
{
	for (size_t i = 0; i < policy->n_people; i++)
		for (size_t j = 0; j < policy->people[i].n_uids; j++)
			if (policy->people[i].uids[j] == uid)
				return &policy->people[i];
	return NULL;
}

const struct policy_person *policy_person_by_key(const struct policy *policy,
						 const struct sshkey *key,
						 const struct policy_key **ret_key)
{
	for (size_t i = 0; i < policy->n_people; i++) {
		const struct policy_person *person = &policy->people[i];

		for (size_t k = 0; k < person->n_keys; k++) {
			if (!sshkey_equal(&person->keys[k].key, key))
				continue;
			*ret_key = &person->keys[k];
			return person;
		}
	}
	return NULL;
}

const struct policy_person *policy_person_by_account(const struct policy *policy,
						     const struct account *account)
{
	for (size_t i = 0; i < policy->n_people; i++) {
		const struct policy_person *person = &policy->people[i];

		for (size_t k = 0; k < person->n_accounts; k++)
			if (account_equal(&person->accounts[k].account, account))
				return person;
	}
	return NULL;
}

const struct policy_channel *policy_find_channel(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->n_channels; i++)
		if (!strcmp(policy->channels[i].name, name))
			return &policy->channels[i];
	return NULL;
}

bool policy_in_groups(const struct policy *policy, uint64_t groups,
		      const struct policy_person *person)
{
	for (size_t i = 0; i < policy->n_groups; i++) {
		if (!(groups >> i & 1))
			continue;
		for (size_t j = 0; j < policy->groups[i].n_members; j++)
			if (&policy->people[policy->groups[i].members[j]] == person)
				return true;
	}
	return false;
}

bool policy_reviews(const struct policy *policy, uint64_t groups,
		    const struct policy_person *person)
{
	if (policy_in_groups(policy, groups, person))
		return true;
	for (size_t i = 0; i < person->n_covers; i++)
		if (policy_in_groups(policy, groups, &policy->people[person->covers[i]]))
			return true;
	return false;
}
