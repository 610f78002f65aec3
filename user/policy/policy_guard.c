/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_guard.c: what the keys of [Guard] do: one setter a key. Must not own: names of keys
 * (policy_keys.c), or what is guarded (guard.h).
 */
#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "policy_build.h"

#define LIMIT_LEAST_S 60

int policy_set_guard_mode(struct policy_build *build, const char *value)
{
	static const char *const names[] = {
		[SLUICE_GUARD_OFF] = "off",
		[SLUICE_GUARD_MONITOR] = "monitor",
		[SLUICE_GUARD_ENFORCE] = "enforce",
		NULL,
	};
	unsigned int chosen = 0;
	int r = policy_value_choice(build, value, names, &chosen);

	if (r == 0)
		build->policy->guard.mode = (enum sluice_guard_mode)chosen;
	return r;
}

int policy_set_guard_policy(struct policy_build *build, const char *value)
{
	return policy_value_bool(build, value, &build->policy->guard.policy);
}

int policy_set_guard_libraries(struct policy_build *build, const char *value)
{
	return policy_value_bool(build, value, &build->policy->guard.libraries);
}

int policy_set_guard_path(struct policy_build *build, const char *value)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	struct policy_guard *guard = &build->policy->guard;
	int r = policy_value_words(build, value, &words);

	for (size_t i = 0; r == 0 && words[i]; i++) {
		struct policy_path *path = ARRAY_APPEND(guard->paths, guard->n_paths);

		if (!path)
			return policy_fail_memory(build);
		path->origin = build->here;
		r = policy_value_path(build, words[i], &path->path);
	}
	return r;
}

int policy_set_guard_reviewers(struct policy_build *build, const char *value)
{
	return policy_value_references(build, value, REFERENCE_GUARD_GROUP, 0);
}

/* A device, or a word that means none. */
int policy_set_guard_console(struct policy_build *build, const char *value)
{
	_cleanup_free_ char *path = NULL;
	char **setting = &build->policy->guard.console;
	int r = 0;

	if (strcmp(value, "no") != 0)
		r = policy_value_path(build, value, &path);
	if (r < 0)
		return r;
	free(*setting);
	*setting = TAKE_PTR(path);
	return 0;
}

int policy_set_guard_limit(struct policy_build *build, const char *value)
{
	return policy_value_seconds(build, value, LIMIT_LEAST_S, SLUICE_MAX_GLASS_S,
				    &build->policy->guard.limit_s);
}
