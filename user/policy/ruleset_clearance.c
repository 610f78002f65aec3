/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset_clearance.c: subject lines as clearances: bits that a process holds when all that the
 * line states matches.
 *
 * Owns: which lines share a bit, what each bit clears, and who is a member of it by user,
 * executable or cgroup. Must not own: identities (the callbacks of struct ruleset_names have them).
 */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "ruleset_build.h"

/**
 * struct clearances: what each bit stands for, while it is filled.
 * @subjects: first line that states it
 */
struct clearances {
	struct ruleset_build *build;
	const struct policy_subject *subjects[SLUICE_MAX_CLEARANCES];
	unsigned int n;
};

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same(const struct policy_subject *a, const struct policy_subject *b)
{
	return a->has_user == b->has_user && (!a->has_user || a->uid == b->uid) &&
	       is_same_text(a->executable, b->executable) && is_same_text(a->unit, b->unit);
}

static int add_member(struct ruleset_build *build, struct sluice_member_key key,
		      unsigned int clearance)
{
	struct ruleset *ruleset = build->ruleset;
	struct ruleset_member *member = NULL;

	key.slot = build->slot;
	for (size_t i = 0; i < ruleset->n_members && !member; i++)
		if (!memcmp(&ruleset->members[i].key, &key, sizeof(key)))
			member = &ruleset->members[i];
	if (!member) {
		member = ARRAY_APPEND(ruleset->members, ruleset->n_members);
		if (!member)
			return ruleset_fail_memory(build);
		member->key = key;
	}
	member->clearances |= UINT64_C(1) << clearance;
	return 0;
}

static int add_user(struct ruleset_build *build, const struct policy_subject *subject,
		    unsigned int clearance)
{
	struct sluice_member_key key = { .dimension = SLUICE_DIM_USER, .a = subject->uid };

	if (subject->has_user)
		return add_member(build, key, clearance);
	build->ruleset->kernel.unstated[SLUICE_DIM_USER] |= UINT64_C(1) << clearance;
	return 0;
}

static int add_executable(struct ruleset_build *build, const struct policy_subject *subject,
			  const struct sluice_object_id *id, unsigned int clearance)
{
	struct sluice_member_key key = {
		.dimension = SLUICE_DIM_EXECUTABLE,
		.a = (uint64_t)id->dev << 32 | id->gen,
		.b = id->ino,
	};

	if (subject->executable)
		return add_member(build, key, clearance);
	build->ruleset->kernel.unstated[SLUICE_DIM_EXECUTABLE] |= UINT64_C(1) << clearance;
	return 0;
}

static int remember_unit(struct ruleset_build *build, const char *name, unsigned int clearance)
{
	struct ruleset *ruleset = build->ruleset;
	struct ruleset_unit *unit = NULL;

	for (size_t i = 0; i < ruleset->n_units && !unit; i++)
		if (!strcmp(ruleset->units[i].name, name))
			unit = &ruleset->units[i];
	if (!unit) {
		unit = ARRAY_APPEND(ruleset->units, ruleset->n_units);
		if (!unit)
			return ruleset_fail_memory(build);
		unit->name = strdup(name);
		if (!unit->name)
			return ruleset_fail_memory(build);
	}
	unit->clearances |= UINT64_C(1) << clearance;
	return 0;
}

static int add_unit(struct ruleset_build *build, const struct policy_subject *subject,
		    unsigned int clearance)
{
	struct sluice_member_key key = { .dimension = SLUICE_DIM_UNIT };
	_cleanup_free_ uint64_t *cgroups = NULL;
	size_t n = 0;
	int r;

	if (!subject->unit) {
		build->ruleset->kernel.unstated[SLUICE_DIM_UNIT] |= UINT64_C(1) << clearance;
		return 0;
	}
	r = remember_unit(build, subject->unit, clearance);
	if (r < 0)
		return r;
	r = build->names->unit(build->names->context, subject->unit, &cgroups, &n);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return ruleset_fail(build, &subject->origin, r,
				    "unit %s cannot be looked up: %s; check systemd", subject->unit,
				    strerror(-r));
	for (size_t i = 0; r == 0 && i < n; i++) {
		key.a = cgroups[i];
		r = add_member(build, key, clearance);
	}
	return r;
}

static int add_members(struct ruleset_build *build, const struct policy_subject *subject,
		       const struct sluice_object_id *id, unsigned int clearance)
{
	int r = add_user(build, subject, clearance);

	if (r == 0)
		r = add_executable(build, subject, id, clearance);
	if (r == 0)
		r = add_unit(build, subject, clearance);
	return r;
}

/* The clearance of @subject, new if no line before says the same; -ENOENT without one when it
 * matches nobody. */
static int find_or_add(struct clearances *set, const struct policy_subject *subject,
		       unsigned int *ret)
{
	struct ruleset_build *build = set->build;
	struct sluice_object_id id = { 0 };
	int r = 0;

	for (unsigned int i = 0; i < set->n; i++) {
		if (is_same(set->subjects[i], subject)) {
			*ret = i;
			return 0;
		}
	}
	if (subject->executable)
		r = build->names->executable(build->names->context, subject->executable, &id);
	if (r == -ENOENT) {
		ruleset_warn(build, &subject->origin, "%s does not exist, this line clears nobody",
			     subject->executable);
		return r;
	}
	if (r < 0)
		return ruleset_fail(build, &subject->origin, r,
				    "%s cannot be identified: %s; check its file system",
				    subject->executable, strerror(-r));
	if (set->n == SLUICE_MAX_CLEARANCES)
		return ruleset_fail(build, &subject->origin, -E2BIG,
				    "this is subject line %d, %d different ones are possible; name "
				    "a user or unit that "
				    "several share",
				    set->n + 1, SLUICE_MAX_CLEARANCES);
	r = add_members(build, subject, &id, set->n);
	if (r < 0)
		return r;
	set->subjects[set->n] = subject;
	build->ruleset->kernel.clearances |= UINT64_C(1) << set->n;
	*ret = set->n++;
	return 0;
}

/* @masks: actions (and the taint) as bits, for which each of @subjects is cleared of @labels */
static int clear_subjects(struct clearances *set, const struct policy_subject *subjects, size_t n,
			  uint64_t labels, unsigned int masks)
{
	struct sluice_policy *kernel = &set->build->ruleset->kernel;

	labels = ruleset_kernel_labels(set->build, labels);
	for (size_t i = 0; i < n; i++) {
		unsigned int clearance = 0;
		int r = find_or_add(set, &subjects[i], &clearance);

		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		for (unsigned int mask = 0; mask < SLUICE_MASKS; mask++)
			if (masks >> mask & 1)
				kernel->cleared[clearance][mask] |= labels;
	}
	return 0;
}

int ruleset_add_clearances(struct ruleset_build *build)
{
	const struct policy *policy = build->policy;
	struct clearances set = { .build = build };
	int r = 0;

	for (size_t i = 0; r == 0 && i < policy->n_rules; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (rule->verdict != POLICY_ALLOW)
			r = clear_subjects(&set, rule->cleared, rule->n_cleared, rule->labels,
					   1U << rule->action);
	}
	for (size_t i = 0; r == 0 && i < policy->n_trusted; i++) {
		const struct policy_trusted *trusted = &policy->trusted[i];
		unsigned int masks = 1U << SLUICE_TAINT | 1U << SLUICE_OPEN;

		if (trusted->declassify)
			masks |= 1U << SLUICE_DECLASSIFY;
		r = clear_subjects(&set, trusted->subjects, trusted->n_subjects, trusted->labels,
				   masks);
	}
	return r;
}
