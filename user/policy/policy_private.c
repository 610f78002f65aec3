/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_private.c: what the keys of [Journal] and Private= of [Label] do: one setter a key. Must
 * not own: names of keys (policy_keys.c), what a pattern matches (match.h), or what becomes of what
 * is private (record_seal.h).
 */
#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "policy_build.h"

int policy_set_label_private(struct policy_build *build, const char *value)
{
	return policy_value_bool(build, value,
				 &build->policy->labels[build->policy->n_labels - 1].is_private);
}

/* What would match other files than its writer means. */
static int check_pattern(struct policy_build *build, const char *pattern)
{
	if (strpbrk(pattern, "[]\\"))
		return policy_fail(build,
				   "Private=%.200s has a bracket or backslash; only * and ? stand "
				   "for others: write ? in its place",
				   pattern);
	if (strstr(pattern, "**"))
		return policy_fail(build,
				   "Private=%.200s has **; write *: what lies below is meant "
				   "anyway",
				   pattern);
	if (!strcmp(pattern, "/"))
		return policy_fail(build, "Private=/ names no folder; name those that hold private "
					  "data, or write /* for every path");
	return 0;
}

static int add_pattern(struct policy_build *build, const char *word)
{
	struct policy_privacy *privacy = &build->policy->privacy;
	struct policy_path *path;
	int r;

	if (privacy->n_paths >= SLUICE_MAX_PRIVATE)
		return policy_fail(build, "more than %d paths in Private=; name folders above them",
				   SLUICE_MAX_PRIVATE);
	path = ARRAY_APPEND(privacy->paths, privacy->n_paths);
	if (!path)
		return policy_fail_memory(build);
	path->origin = build->here;
	r = policy_value_path(build, word, &path->path);
	if (r == 0)
		r = check_pattern(build, path->path);
	for (const struct policy_path *other = privacy->paths; r == 0 && other < path; other++)
		if (!strcmp(other->path, path->path))
			r = policy_fail(build,
					"Private=%.200s is already at line %u; keep one of them",
					path->path, other->origin.line);
	return r;
}

int policy_set_journal_private(struct policy_build *build, const char *value)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	int r = policy_value_words(build, value, &words);

	for (size_t i = 0; r == 0 && words[i]; i++)
		r = add_pattern(build, words[i]);
	return r;
}

int policy_set_journal_commands(struct policy_build *build, const char *value)
{
	return policy_value_bool(build, value, &build->policy->privacy.commands);
}
