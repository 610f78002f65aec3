/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_section.c: what the keys of [Agent], [Label], [Trusted], [Sink] and [Group] do.
 *
 * Owns: one setter a key. Must not own: names of keys (policy_keys.c), forms of values
 * (policy_value.c), people (policy_person.c), rules (policy_rule.c) or checks that need the whole
 * policy (policy_check.c).
 */
#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "policy_build.h"

/* At least one heartbeat may come late; a minute of holding without anybody who wakes is long
 * enough. */
#define STALE_LEAST_S (2 * SLUICE_HEARTBEAT_MS / 1000)
#define STALE_MOST_S  60

static struct policy_label *current_label(struct policy_build *build)
{
	return &build->policy->labels[build->policy->n_labels - 1];
}

static struct policy_trusted *current_trusted(struct policy_build *build)
{
	return &build->policy->trusted[build->policy->n_trusted - 1];
}

int policy_set_agent_monitor(struct policy_build *build, const char *value)
{
	return policy_value_bool(build, value, &build->policy->settings.monitor);
}

/* Replaces a default. */
static int set_path(struct policy_build *build, const char *value, char **setting)
{
	char **words = NULL;
	char *path = NULL;
	int r = policy_value_words(build, value, &words);

	if (r == 0 && words[1])
		r = policy_fail(build, "%s= takes one path; quote it if it holds a space",
				build->key);
	if (r == 0)
		r = policy_value_path(build, words[0], &path);
	text_free_words(words);
	if (r < 0)
		return r;
	free(*setting);
	*setting = path;
	return 0;
}

int policy_set_agent_journal(struct policy_build *build, const char *value)
{
	return set_path(build, value, &build->policy->settings.journal);
}

int policy_set_agent_to_gateway(struct policy_build *build, const char *value)
{
	return policy_value_bool(build, value, &build->policy->settings.journal_to_gateway);
}

int policy_set_agent_file_size(struct policy_build *build, const char *value)
{
	return policy_value_bytes(build, value, 1U << 20, 1U << 30,
				  &build->policy->settings.journal_file_bytes);
}

int policy_set_agent_file_age(struct policy_build *build, const char *value)
{
	return policy_value_seconds(build, value, 60, 366 * 86400,
				    &build->policy->settings.journal_file_s);
}

/* A day is long enough for a mistake to be seen. */
int policy_set_agent_keep(struct policy_build *build, const char *value)
{
	return policy_value_seconds(build, value, 86400, 100U * 366 * 86400,
				    &build->policy->settings.journal_keep_s);
}

int policy_set_agent_state(struct policy_build *build, const char *value)
{
	return set_path(build, value, &build->policy->settings.state);
}

int policy_set_agent_stale(struct policy_build *build, const char *value)
{
	unsigned int seconds = 0;
	int r = policy_value_seconds(build, value, STALE_LEAST_S, STALE_MOST_S, &seconds);

	if (r == 0)
		build->policy->settings.stale_ms = seconds * 1000;
	return r;
}

int policy_set_agent_files(struct policy_build *build, const char *value)
{
	uint64_t number;

	if (text_to_number(value, SLUICE_MAX_OBJECTS, &number) < 0 || !number)
		return policy_fail(build,
				   "FilesPerUser=%.100s is not possible; write a number from 1 to "
				   "%d",
				   value, SLUICE_MAX_OBJECTS);
	build->policy->settings.files_per_user = (unsigned int)number;
	return 0;
}

int policy_set_label_sensitivity(struct policy_build *build, const char *value)
{
	static const struct {
		const char *name;
		unsigned int value;
	} names[] = {
		{ "public", 0 }, { "internal", 25 }, { "confidential", 50 }, { "restricted", 75 }
	};
	uint64_t number;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(names[i].name, value)) {
			current_label(build)->sensitivity = names[i].value;
			return 0;
		}
	}
	if (text_to_number(value, 100, &number) < 0)
		return policy_fail(
			build,
			"Sensitivity=%.100s is not known; write public, internal, confidential, "
			"restricted or a number from 0 to 100",
			value);
	current_label(build)->sensitivity = (unsigned int)number;
	return 0;
}

int policy_set_label_description(struct policy_build *build, const char *value)
{
	return policy_value_text(build, value, &current_label(build)->description);
}

static int count_path(struct policy_build *build)
{
	if (++build->n_paths > SLUICE_MAX_PATHS)
		return policy_fail(
			build,
			"more than %d Path= and Xattr= in the policy; label a folder above them",
			SLUICE_MAX_PATHS);
	return 0;
}

static int add_path(struct policy_build *build, struct policy_path **paths, size_t *n,
		    const char *word)
{
	struct policy_path *path;
	int r = count_path(build);

	if (r < 0)
		return r;
	path = ARRAY_APPEND(*paths, *n);
	if (!path)
		return policy_fail_memory(build);
	path->origin = build->here;
	r = policy_value_path(build, word, &path->path);
	if (r < 0)
		return r;
	if (!strcmp(path->path, "/"))
		return policy_fail(
			build,
			"Path=/ would mean the whole system; name the folders that hold the data");
	for (const struct policy_path *other = *paths; other < path; other++)
		if (!strcmp(other->path, path->path))
			return policy_fail(build,
					   "Path=%.200s is already at line %u; keep one of them",
					   path->path, other->origin.line);
	return 0;
}

static int add_paths(struct policy_build *build, struct policy_path **paths, size_t *n,
		     const char *value)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	int r = policy_value_words(build, value, &words);

	for (size_t i = 0; r == 0 && words[i]; i++)
		r = add_path(build, paths, n, words[i]);
	return r;
}

int policy_set_label_path(struct policy_build *build, const char *value)
{
	struct policy_label *label = current_label(build);

	return add_paths(build, &label->paths, &label->n_paths, value);
}

int policy_set_label_xattr(struct policy_build *build, const char *value)
{
	struct policy_label *label = current_label(build);
	struct policy_xattr *xattr;
	int r = count_path(build);

	if (r < 0)
		return r;
	xattr = ARRAY_APPEND(label->xattrs, label->n_xattrs);
	if (!xattr)
		return policy_fail_memory(build);
	return policy_value_xattr(build, value, xattr);
}

int policy_set_label_endpoint(struct policy_build *build, const char *value)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	struct policy_label *label = current_label(build);
	int r = policy_value_words(build, value, &words);

	for (size_t i = 0; r == 0 && words[i]; i++) {
		struct policy_endpoint *endpoint =
			ARRAY_APPEND(label->endpoints, label->n_endpoints);

		r = endpoint ? policy_value_endpoint(build, words[i], endpoint)
			     : policy_fail_memory(build);
	}
	return r;
}

int policy_set_trusted_labels(struct policy_build *build, const char *value)
{
	return policy_value_references(build, value, REFERENCE_TRUSTED_LABEL,
				       build->policy->n_trusted - 1);
}

int policy_set_trusted_subject(struct policy_build *build, const char *value)
{
	struct policy_trusted *trusted = current_trusted(build);
	struct policy_subject *subject = ARRAY_APPEND(trusted->subjects, trusted->n_subjects);

	return subject ? policy_value_subject(build, value, subject) : policy_fail_memory(build);
}

/* Data loses its labels here: by one program, and only when one account or service runs it. */
int policy_set_declassify_subject(struct policy_build *build, const char *value)
{
	const struct policy_trusted *trusted = current_trusted(build);
	int r = policy_set_trusted_subject(build, value);
	const struct policy_subject *subject;

	if (r < 0)
		return r;
	subject = &trusted->subjects[trusted->n_subjects - 1];
	if (subject->executable && (subject->has_user || subject->unit))
		return 0;
	return policy_fail(build, "Subject= of [Declassify] names a program and who runs it; write "
				  "exe:PATH and user:NAME or unit:NAME");
}

int policy_set_sink_labels(struct policy_build *build, const char *value)
{
	return policy_value_references(build, value, REFERENCE_SINK_LABEL,
				       build->policy->n_sinks - 1);
}

int policy_set_sink_path(struct policy_build *build, const char *value)
{
	struct policy_sink *sink = &build->policy->sinks[build->policy->n_sinks - 1];

	return add_paths(build, &sink->paths, &sink->n_paths, value);
}

int policy_set_group_member(struct policy_build *build, const char *value)
{
	return policy_value_references(build, value, REFERENCE_GROUP_MEMBER,
				       build->policy->n_groups - 1);
}
