/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_keys.c: which sections and keys a policy may have, as one table.
 *
 * Owns: their names, which may repeat and which must be there. Must not own: what a key does
 * (policy_section.c, policy_rule.c) or how values are written (policy_value.c). A new key is one
 * row here and one setter there.
 */
#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "policy_build.h"

enum { KEY_LIST = 1, KEY_REQUIRED = 2 };

struct key {
	const char *name;
	policy_setter set;
	unsigned int flags;
};

static const struct key agent_keys[] = {
	{ "Monitor", policy_set_agent_monitor, 0 },
	{ "Journal", policy_set_agent_journal, 0 },
	{ "JournalFileSize", policy_set_agent_file_size, 0 },
	{ "JournalFileAge", policy_set_agent_file_age, 0 },
	{ "JournalKeep", policy_set_agent_keep, 0 },
	{ "JournalToGateway", policy_set_agent_to_gateway, 0 },
	{ "State", policy_set_agent_state, 0 },
	{ "StaleAfter", policy_set_agent_stale, 0 },
	{ "FilesPerUser", policy_set_agent_files, 0 },
	{ NULL, NULL, 0 },
};

static const struct key label_keys[] = {
	{ "Sensitivity", policy_set_label_sensitivity, 0 },
	{ "Private", policy_set_label_private, 0 },
	{ "Description", policy_set_label_description, 0 },
	{ "Path", policy_set_label_path, KEY_LIST },
	{ "Xattr", policy_set_label_xattr, KEY_LIST },
	{ "Endpoint", policy_set_label_endpoint, KEY_LIST },
	{ NULL, NULL, 0 },
};

static const struct key rule_keys[] = {
	{ "Action", policy_set_rule_action, KEY_REQUIRED },
	{ "Labels", policy_set_rule_labels, KEY_LIST | KEY_REQUIRED },
	{ "Clear", policy_set_rule_clear, KEY_LIST },
	{ "To", policy_set_rule_to, KEY_LIST },
	{ "Verdict", policy_set_rule_verdict, KEY_REQUIRED },
	{ "Mode", policy_set_rule_mode, 0 },
	{ "Timeout", policy_set_rule_timeout, 0 },
	{ "Reviewers", policy_set_rule_reviewers, KEY_LIST },
	{ "Approvals", policy_set_rule_approvals, 0 },
	{ "Scope", policy_set_rule_scope, 0 },
	{ "Duration", policy_set_rule_duration, 0 },
	{ "Standing", policy_set_rule_standing, 0 },
	{ "Tier", policy_set_rule_tier, 0 },
	{ "Reason", policy_set_rule_reason, 0 },
	{ "EscalateAfter", policy_set_rule_escalate_after, 0 },
	{ "EscalateTo", policy_set_rule_escalate_to, KEY_LIST },
	{ "Monitor", policy_set_rule_monitor, 0 },
	{ NULL, NULL, 0 },
};

static const struct key trusted_keys[] = {
	{ "Labels", policy_set_trusted_labels, KEY_LIST },
	{ "Subject", policy_set_trusted_subject, KEY_LIST | KEY_REQUIRED },
	{ NULL, NULL, 0 },
};

static const struct key declassify_keys[] = {
	{ "Labels", policy_set_trusted_labels, KEY_LIST | KEY_REQUIRED },
	{ "Subject", policy_set_declassify_subject, KEY_LIST | KEY_REQUIRED },
	{ NULL, NULL, 0 },
};

static const struct key sink_keys[] = {
	{ "Labels", policy_set_sink_labels, KEY_LIST },
	{ "Path", policy_set_sink_path, KEY_LIST | KEY_REQUIRED },
	{ NULL, NULL, 0 },
};

static const struct key person_keys[] = {
	{ "Display", policy_set_person_display, 0 },
	{ "Uid", policy_set_person_uid, KEY_LIST },
	{ "Unit", policy_set_person_unit, KEY_LIST },
	{ "Covers", policy_set_person_covers, KEY_LIST },
	{ "Key", policy_set_person_key, KEY_LIST },
	{ "Teams", policy_set_person_teams, 0 },
	{ "OIDC", policy_set_person_oidc, KEY_LIST },
	{ "Entra", policy_set_person_entra, KEY_LIST },
	{ "Slack", policy_set_person_slack, KEY_LIST },
	{ "Client", policy_set_person_client, KEY_LIST },
	{ NULL, NULL, 0 },
};

static const struct key group_keys[] = {
	{ "Member", policy_set_group_member, KEY_LIST | KEY_REQUIRED },
	{ NULL, NULL, 0 },
};

static const struct key guard_keys[] = {
	{ "Mode", policy_set_guard_mode, 0 },
	{ "Policy", policy_set_guard_policy, 0 },
	{ "Libraries", policy_set_guard_libraries, 0 },
	{ "Path", policy_set_guard_path, KEY_LIST },
	{ "Reviewers", policy_set_guard_reviewers, KEY_LIST },
	{ "Console", policy_set_guard_console, 0 },
	{ "Limit", policy_set_guard_limit, 0 },
	{ NULL, NULL, 0 },
};

static const struct key channel_keys[] = {
	{ "Key", policy_set_channel_key, KEY_REQUIRED },
	{ "Tier", policy_set_channel_tier, KEY_REQUIRED },
	{ "Accounts", policy_set_channel_accounts, KEY_LIST | KEY_REQUIRED },
	{ NULL, NULL, 0 },
};

static const struct key requests_keys[] = {
	{ "Terminal", policy_set_requests_terminal, 0 },
	{ "MaxPending", policy_set_requests_pending, 0 },
	{ "Rate", policy_set_requests_rate, 0 },
	{ "UnknownRequester", policy_set_requests_unknown, 0 },
	{ NULL, NULL, 0 },
};

static const struct key journal_keys[] = {
	{ "Private", policy_set_journal_private, KEY_LIST },
	{ "PrivateCommands", policy_set_journal_commands, 0 },
	{ NULL, NULL, 0 },
};

static const struct key test_keys[] = {
	{ "Action", policy_set_test_action, KEY_REQUIRED },
	{ "Subject", policy_set_test_subject, 0 },
	{ "Labels", policy_set_test_labels, KEY_LIST },
	{ "Path", policy_set_test_path, 0 },
	{ "To", policy_set_test_to, 0 },
	{ "Expect", policy_set_test_expect, KEY_REQUIRED },
	{ "Rule", policy_set_test_rule, 0 },
	{ NULL, NULL, 0 },
};

_Static_assert(ARRAY_SIZE(rule_keys) <= POLICY_MAX_KEYS, "struct policy_section::lines");

/*
 * Each adds one element to its array of the policy, with name, origin and defaults. Agent, Guard,
 * Requests and Journal are there once, and always.
 */
static int begin_agent(struct policy_build *build, const char *name, size_t *ret_index)
{
	(void)build, (void)name;
	*ret_index = 0;
	return 0;
}

/* Puts a zeroed element with name and origin at the end of one of the policy's arrays. */
#define BEGIN(build, array, count, limit, kind_of, name, ret_index)                               \
	({                                                                                        \
		__typeof__(array) _e = NULL;                                                      \
		int _r = 0;                                                                       \
		if ((count) >= (limit))                                                           \
			_r = policy_fail(build, "more than %d sections [" kind_of "]; join some", \
					 (limit));                                                \
		else if (!(_e = ARRAY_APPEND(array, count)))                                      \
			_r = policy_fail_memory(build);                                           \
		if (_e) {                                                                         \
			snprintf(_e->name, sizeof(_e->name), "%s", name);                         \
			_e->origin = (build)->here;                                               \
			*(ret_index) = (count)-1;                                                 \
		}                                                                                 \
		_r;                                                                               \
	})

static int begin_label(struct policy_build *build, const char *name, size_t *ret_index)
{
	struct policy *policy = build->policy;

	return BEGIN(build, policy->labels, policy->n_labels, SLUICE_MAX_LABELS, "Label", name,
		     ret_index);
}

static int begin_rule(struct policy_build *build, const char *name, size_t *ret_index)
{
	struct policy *policy = build->policy;
	int r = BEGIN(build, policy->rules, policy->n_rules, SLUICE_MAX_RULES, "Rule", name,
		      ret_index);

	if (r < 0)
		return r;
	policy->rules[*ret_index].limit_s = SLUICE_DEFAULT_LIMIT_S;
	policy->rules[*ret_index].duration_s = SLUICE_DEFAULT_DURATION_S;
	policy->rules[*ret_index].reviewers = 1;
	policy->rules[*ret_index].tier = POLICY_A1;
	return 0;
}

static int begin_trusted(struct policy_build *build, const char *name, size_t *ret_index)
{
	struct policy *policy = build->policy;

	return BEGIN(build, policy->trusted, policy->n_trusted, SLUICE_MAX_RULES, "Trusted", name,
		     ret_index);
}

static int begin_declassify(struct policy_build *build, const char *name, size_t *ret_index)
{
	struct policy *policy = build->policy;
	int r = BEGIN(build, policy->trusted, policy->n_trusted, SLUICE_MAX_RULES, "Declassify",
		      name, ret_index);

	if (r == 0)
		policy->trusted[*ret_index].declassify = true;
	return r;
}

static int begin_sink(struct policy_build *build, const char *name, size_t *ret_index)
{
	struct policy *policy = build->policy;

	return BEGIN(build, policy->sinks, policy->n_sinks, SLUICE_MAX_RULES, "Sink", name,
		     ret_index);
}

static int begin_person(struct policy_build *build, const char *name, size_t *ret_index)
{
	struct policy *policy = build->policy;

	return BEGIN(build, policy->people, policy->n_people, SLUICE_MAX_PEOPLE, "Person", name,
		     ret_index);
}

static int begin_group(struct policy_build *build, const char *name, size_t *ret_index)
{
	struct policy *policy = build->policy;

	return BEGIN(build, policy->groups, policy->n_groups, SLUICE_MAX_GROUPS, "Group", name,
		     ret_index);
}

static int begin_channel(struct policy_build *build, const char *name, size_t *ret_index)
{
	struct policy *policy = build->policy;

	return BEGIN(build, policy->channels, policy->n_channels, SLUICE_MAX_CHANNELS, "Channel",
		     name, ret_index);
}

static int begin_test(struct policy_build *build, const char *name, size_t *ret_index)
{
	struct policy *policy = build->policy;

	return BEGIN(build, policy->tests, policy->n_tests, SLUICE_MAX_TESTS, "Test", name,
		     ret_index);
}

/* @extra: characters that names of this kind may have beyond the usual; NULL: has no name */
static const struct section_kind {
	const char *name;
	const char *extra;
	int (*begin)(struct policy_build *build, const char *name, size_t *ret_index);
	const struct key *keys;
} kinds[] = {
	[KIND_AGENT] = { "Agent", NULL, begin_agent, agent_keys },
	[KIND_LABEL] = { "Label", "", begin_label, label_keys },
	[KIND_RULE] = { "Rule", "", begin_rule, rule_keys },
	[KIND_TRUSTED] = { "Trusted", "", begin_trusted, trusted_keys },
	[KIND_DECLASSIFY] = { "Declassify", "", begin_declassify, declassify_keys },
	[KIND_SINK] = { "Sink", "", begin_sink, sink_keys },
	[KIND_PERSON] = { "Person", "@", begin_person, person_keys },
	[KIND_GROUP] = { "Group", "", begin_group, group_keys },
	[KIND_GUARD] = { "Guard", NULL, begin_agent, guard_keys },
	[KIND_CHANNEL] = { "Channel", "", begin_channel, channel_keys },
	[KIND_REQUESTS] = { "Requests", NULL, begin_agent, requests_keys },
	[KIND_JOURNAL] = { "Journal", NULL, begin_agent, journal_keys },
	[KIND_TEST] = { "Test", "", begin_test, test_keys },
};

static const char *name_of(const struct policy *policy, enum policy_kind kind, size_t index)
{
	switch (kind) {
	case KIND_AGENT:
	case KIND_GUARD:
	case KIND_REQUESTS:
	case KIND_JOURNAL:
		return "";
	case KIND_LABEL:
		return policy->labels[index].name;
	case KIND_RULE:
		return policy->rules[index].name;
	case KIND_TRUSTED:
	case KIND_DECLASSIFY:
		return policy->trusted[index].name;
	case KIND_SINK:
		return policy->sinks[index].name;
	case KIND_PERSON:
		return policy->people[index].name;
	case KIND_GROUP:
		return policy->groups[index].name;
	case KIND_CHANNEL:
		return policy->channels[index].name;
	case KIND_TEST:
		return policy->tests[index].name;
	}
	return "";
}

static int refuse_second(struct policy_build *build, enum policy_kind kind, const char *name)
{
	for (size_t i = 0; i < build->n_sections; i++) {
		const struct policy_section *other = &build->sections[i];

		if (other->kind != kind ||
		    strcmp(name_of(build->policy, kind, other->index), name) != 0)
			continue;
		return policy_fail(build, "[%s%s%s] is already at %s:%u; join them or rename one",
				   kinds[kind].name, *name ? " " : "", name, other->origin.file,
				   other->origin.line);
	}
	return 0;
}

static int check_name(struct policy_build *build, const struct section_kind *kind, const char *name)
{
	if (!kind->extra)
		return *name ? policy_fail(build, "[%s] takes no name; write [%s]", kind->name,
					   kind->name)
			     : 0;
	if (!*name)
		return policy_fail(build, "[%s] needs a name; write [%s NAME]", kind->name,
				   kind->name);
	if (!text_is_name(name, kind->extra))
		return policy_fail(build,
				   "\"%.100s\" is no name; start with a-z, go on with a-z 0-9 - _ "
				   ".%s%s, at most "
				   "%d bytes",
				   name, *kind->extra ? " " : "", kind->extra, SLUICE_NAME_MAX - 1);
	return 0;
}

static const struct section_kind *find_kind(const char *heading, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].name) == length && !strncmp(kinds[i].name, heading, length))
			return &kinds[i];
	return NULL;
}

int policy_open_section(struct policy_build *build, const char *heading)
{
	size_t length = strcspn(heading, " "), index = 0;
	const char *name = heading[length] ? heading + length + 1 : "";
	const struct section_kind *kind = find_kind(heading, length);
	struct policy_section *section;
	int r;

	if (!kind)
		return policy_fail(build,
				   "unknown section [%.100s]; known are Agent, Guard, Requests, "
				   "Journal, Label, Rule, Trusted, Declassify, Sink, Person, "
				   "Group, Channel and Test, each but the first four with a name",
				   heading);
	r = check_name(build, kind, name);
	if (r < 0)
		return r;
	r = refuse_second(build, (enum policy_kind)(kind - kinds), name);
	if (r < 0)
		return r;
	r = kind->begin(build, name, &index);
	if (r < 0)
		return r;
	section = ARRAY_APPEND(build->sections, build->n_sections);
	if (!section)
		return policy_fail_memory(build);
	section->kind = (enum policy_kind)(kind - kinds);
	section->index = index;
	section->origin = build->here;
	build->open = true;
	return 0;
}

static int find_key(enum policy_kind kind, const char *name)
{
	const struct key *keys = kinds[kind].keys;

	for (int i = 0; keys[i].name; i++)
		if (!strcmp(keys[i].name, name))
			return i;
	return -1;
}

static int refuse_key(struct policy_build *build, enum policy_kind kind, const char *name)
{
	const struct key *keys = kinds[kind].keys;
	char known[256] = "";
	size_t used = 0;

	for (size_t i = 0; keys[i].name && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i ? " " : "",
					 keys[i].name);
	return policy_fail(build, "unknown key %.100s= in [%s]; known are: %s", name,
			   kinds[kind].name, known);
}

int policy_assign(struct policy_build *build, const char *name, const char *value)
{
	struct policy_section *section;
	int i;

	if (!build->open)
		return policy_fail(build,
				   "%.100s= stands before any section; write a heading like [Label "
				   "pii] above it",
				   name);
	section = &build->sections[build->n_sections - 1];
	i = find_key(section->kind, name);
	if (i < 0)
		return refuse_key(build, section->kind, name);
	if (section->lines[i] && !(kinds[section->kind].keys[i].flags & KEY_LIST))
		return policy_fail(build, "%s= is already set in line %u; keep one of them", name,
				   section->lines[i]);
	if (!*value)
		return policy_fail(build, "%s= has no value; write one or remove the line", name);
	if (!section->lines[i])
		section->lines[i] = build->here.line;
	build->key = kinds[section->kind].keys[i].name;
	return kinds[section->kind].keys[i].set(build, value);
}

bool policy_key_is_set(const struct policy_section *section, const char *key)
{
	int i = find_key(section->kind, key);

	return i >= 0 && section->lines[i];
}

struct policy_origin policy_key_origin(const struct policy_section *section, const char *key)
{
	struct policy_origin origin = section->origin;

	if (policy_key_is_set(section, key))
		origin.line = section->lines[find_key(section->kind, key)];
	return origin;
}

int policy_check_required(struct policy_build *build)
{
	for (size_t s = 0; s < build->n_sections; s++) {
		const struct policy_section *section = &build->sections[s];
		const struct key *keys = kinds[section->kind].keys;

		for (size_t i = 0; keys[i].name; i++)
			if ((keys[i].flags & KEY_REQUIRED) && !section->lines[i])
				return policy_fail_at(
					build, &section->origin, "[%s %s] has no %s=; add it",
					kinds[section->kind].name,
					name_of(build->policy, section->kind, section->index),
					keys[i].name);
	}
	return 0;
}
