// SPDX-License-Identifier: Apache-2.0
/*
 * ruleset_sink.c: paths that take no labels, as members of the kernel's map.
 *
 * Owns: one entry an object, with the labels of all sections that name it. Must not own: identities
 * (the callbacks of struct ruleset_names have them).
 */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "ruleset_build.h"

static int add_sink(struct ruleset_build *build, const struct sluice_object_id *id, uint64_t labels)
{
	struct ruleset *ruleset = build->ruleset;
	const struct sluice_member_key key = {
		.slot = build->slot,
		.dimension = SLUICE_DIM_SINK,
		.a = (uint64_t)id->dev << 32 | id->gen,
		.b = id->ino,
	};
	struct ruleset_member *member = NULL;

	for (size_t i = 0; i < ruleset->n_members && !member; i++)
		if (!memcmp(&ruleset->members[i].key, &key, sizeof(key)))
			member = &ruleset->members[i];
	if (!member) {
		member = ARRAY_APPEND(ruleset->members, ruleset->n_members);
		if (!member)
			return ruleset_fail_memory(build);
		member->key = key;
	}
	member->clearances |= labels;
	ruleset->kernel.flags |= SLUICE_POLICY_SINKS;
	return 0;
}

static int add_path(struct ruleset_build *build, const struct policy_path *path, uint64_t labels)
{
	struct sluice_object_id id = { 0 };
	int r = build->names->executable(build->names->context, path->path, &id);

	if (r == -ENOENT) {
		ruleset_warn(build, &path->origin, "%s does not exist, so it is no sink",
			     path->path);
		return 0;
	}
	if (r < 0)
		return ruleset_fail(build, &path->origin, r,
				    "%s cannot be identified: %s; check its file system",
				    path->path, strerror(-r));
	return add_sink(build, &id, labels);
}

int ruleset_add_sinks(struct ruleset_build *build)
{
	const struct policy *policy = build->policy;
	int r = 0;

	for (size_t i = 0; i < policy->n_sinks; i++) {
		const struct policy_sink *sink = &policy->sinks[i];
		uint64_t labels = ruleset_kernel_labels(build, sink->labels);

		for (size_t p = 0; r == 0 && p < sink->n_paths; p++)
			r = add_path(build, &sink->paths[p], labels);
	}
	return r;
}
