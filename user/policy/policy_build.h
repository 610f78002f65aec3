/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_build.h: a policy while it is being read; private to policy*.c.
 *
 * Owns: the state between the first line of the first file and the last check. Must not own:
 * anything that outlives the load (policy.h).
 */
#ifndef SLUICE_POLICY_BUILD_H
#define SLUICE_POLICY_BUILD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

/* In the order of the table in policy_keys.c. */
enum policy_kind {
	KIND_AGENT,
	KIND_LABEL,
	KIND_RULE,
	KIND_TRUSTED,
	KIND_DECLASSIFY,
	KIND_SINK,
	KIND_PERSON,
	KIND_GROUP,
	KIND_GUARD,
	KIND_CHANNEL,
	KIND_REQUESTS,
	KIND_JOURNAL,
	KIND_TEST,
};

#define POLICY_MAX_KEYS 24

/**
 * struct policy_section: where a section and its keys stand.
 * @index: of its element in the policy's array of that kind
 * @lines: for each key of the kind's table the first line that sets it, 0 when none does
 */
struct policy_section {
	enum policy_kind kind;
	size_t index;
	struct policy_origin origin;
	unsigned int lines[POLICY_MAX_KEYS];
};

enum policy_reference_kind {
	REFERENCE_RULE_LABEL,
	REFERENCE_RULE_GROUP,
	REFERENCE_RULE_ESCALATION,
	REFERENCE_TRUSTED_LABEL,
	REFERENCE_SINK_LABEL,
	REFERENCE_GROUP_MEMBER,
	REFERENCE_GUARD_GROUP,
	REFERENCE_PERSON_COVERS,
	REFERENCE_TEST_LABEL,
	REFERENCE_TEST_RULE,
};

/* A line of names that other sections, perhaps of later files, must define. @index: of the rule,
 * trusted, sink, group, person or test. */
struct policy_reference {
	enum policy_reference_kind kind;
	size_t index;
	struct policy_origin origin;
	char **names;
};

/**
 * struct policy_build: the load in progress.
 * @here: line being read
 * @key: key being set
 * @open: whether a section of the current file is open; it is the last of @sections
 * @n_paths, @n_endpoints: of the whole policy, for the limits
 * @extra: lines that stand in no file
 */
struct policy_build {
	struct policy *policy;
	struct policy_error *error;
	struct policy_origin here;
	const char *key;
	bool open;
	struct policy_section *sections;
	size_t n_sections;
	struct policy_reference *references;
	size_t n_references;
	size_t n_paths;
	size_t n_endpoints;
	const struct policy_extra *extra;
	size_t n_extra;
};

/* Each writes the one message of the load and returns -EINVAL; policy_fail() blames the line being
 * read. */
int policy_fail(struct policy_build *build, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int policy_fail_at(struct policy_build *build, const struct policy_origin *origin,
		   const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same for memory: returns -ENOMEM. */
int policy_fail_memory(struct policy_build *build);

/* policy_file.c: reads a whole file after checking who may write it; @ret_bytes is owned by the
 * caller. */
int policy_file_read(struct policy_build *build, const char *path, char **ret_bytes,
		     size_t *ret_length);

/* policy_parse.c: @file must outlive the policy. */
int policy_parse(struct policy_build *build, const char *file, const char *bytes, size_t length);

/* policy_keys.c: @heading is what stands between the brackets. */
int policy_open_section(struct policy_build *build, const char *heading);
int policy_assign(struct policy_build *build, const char *key, const char *value);
/* Where @key of @section was set, or the section's heading when it was not. */
struct policy_origin policy_key_origin(const struct policy_section *section, const char *key);
bool policy_key_is_set(const struct policy_section *section, const char *key);
/* Refuses the first section without a key that its kind requires. */
int policy_check_required(struct policy_build *build);

/* policy_section.c: what each section's keys do; the tables in policy_keys.c name them. */
typedef int (*policy_setter)(struct policy_build *build, const char *value);
int policy_set_agent_monitor(struct policy_build *build, const char *value);
int policy_set_agent_journal(struct policy_build *build, const char *value);
int policy_set_agent_state(struct policy_build *build, const char *value);
int policy_set_agent_stale(struct policy_build *build, const char *value);
int policy_set_agent_file_size(struct policy_build *build, const char *value);
int policy_set_agent_file_age(struct policy_build *build, const char *value);
int policy_set_agent_keep(struct policy_build *build, const char *value);
int policy_set_agent_to_gateway(struct policy_build *build, const char *value);
int policy_set_agent_files(struct policy_build *build, const char *value);
int policy_set_label_sensitivity(struct policy_build *build, const char *value);
int policy_set_label_description(struct policy_build *build, const char *value);
int policy_set_label_path(struct policy_build *build, const char *value);
int policy_set_label_xattr(struct policy_build *build, const char *value);
int policy_set_label_endpoint(struct policy_build *build, const char *value);
int policy_set_trusted_labels(struct policy_build *build, const char *value);
int policy_set_trusted_subject(struct policy_build *build, const char *value);
int policy_set_declassify_subject(struct policy_build *build, const char *value);
int policy_set_sink_labels(struct policy_build *build, const char *value);
int policy_set_sink_path(struct policy_build *build, const char *value);
int policy_set_group_member(struct policy_build *build, const char *value);

/* policy_person.c: the keys of [Person]. */
int policy_set_person_display(struct policy_build *build, const char *value);
int policy_set_person_uid(struct policy_build *build, const char *value);
int policy_set_person_unit(struct policy_build *build, const char *value);
int policy_set_person_teams(struct policy_build *build, const char *value);
int policy_set_person_covers(struct policy_build *build, const char *value);
int policy_set_person_key(struct policy_build *build, const char *value);

/* policy_channel.c: the keys of [Channel], and accounts of [Person]. */
int policy_set_channel_key(struct policy_build *build, const char *value);
int policy_set_channel_tier(struct policy_build *build, const char *value);
int policy_set_channel_accounts(struct policy_build *build, const char *value);
int policy_set_person_oidc(struct policy_build *build, const char *value);
int policy_set_person_entra(struct policy_build *build, const char *value);
int policy_set_person_slack(struct policy_build *build, const char *value);
int policy_set_person_client(struct policy_build *build, const char *value);
/* Refuses the key of a channel. */
int policy_refuse_channel_key(struct policy_build *build, const struct sshkey *key);
int policy_check_channel(struct policy_build *build, const struct policy_section *section);

/* policy_rule.c: the keys of [Rule]. */
/* A1 to A3, for [Channel] too. */
int policy_value_tier(struct policy_build *build, const char *value, enum policy_tier *ret);
int policy_value_action(struct policy_build *build, const char *value, enum sluice_action *ret);
int policy_value_verdict(struct policy_build *build, const char *value, enum policy_verdict *ret);
int policy_value_medium(struct policy_build *build, const char *word, enum sluice_medium *ret);
int policy_set_rule_action(struct policy_build *build, const char *value);
int policy_set_rule_labels(struct policy_build *build, const char *value);
int policy_set_rule_clear(struct policy_build *build, const char *value);
int policy_set_rule_to(struct policy_build *build, const char *value);
int policy_set_rule_verdict(struct policy_build *build, const char *value);
int policy_set_rule_mode(struct policy_build *build, const char *value);
int policy_set_rule_timeout(struct policy_build *build, const char *value);
int policy_set_rule_reviewers(struct policy_build *build, const char *value);
int policy_set_rule_approvals(struct policy_build *build, const char *value);
int policy_set_rule_scope(struct policy_build *build, const char *value);
int policy_set_rule_duration(struct policy_build *build, const char *value);
int policy_set_rule_standing(struct policy_build *build, const char *value);
int policy_set_rule_tier(struct policy_build *build, const char *value);
int policy_set_rule_reason(struct policy_build *build, const char *value);
int policy_set_rule_escalate_after(struct policy_build *build, const char *value);
int policy_set_rule_escalate_to(struct policy_build *build, const char *value);
int policy_set_rule_monitor(struct policy_build *build, const char *value);

/* policy_test.c: the keys of [Test]. */
int policy_set_test_action(struct policy_build *build, const char *value);
int policy_set_test_subject(struct policy_build *build, const char *value);
int policy_set_test_labels(struct policy_build *build, const char *value);
int policy_set_test_path(struct policy_build *build, const char *value);
int policy_set_test_to(struct policy_build *build, const char *value);
int policy_set_test_expect(struct policy_build *build, const char *value);
int policy_set_test_rule(struct policy_build *build, const char *value);
/* Refuses an attempt that could not be made. */
int policy_check_test(struct policy_build *build, const struct policy_section *section);

/* policy_guard.c: the keys of [Guard]. */
int policy_set_guard_mode(struct policy_build *build, const char *value);
int policy_set_guard_policy(struct policy_build *build, const char *value);
int policy_set_guard_libraries(struct policy_build *build, const char *value);
int policy_set_guard_path(struct policy_build *build, const char *value);
int policy_set_guard_reviewers(struct policy_build *build, const char *value);
int policy_set_guard_console(struct policy_build *build, const char *value);
int policy_set_guard_limit(struct policy_build *build, const char *value);

/* policy_requests.c: the keys of [Requests]. */
int policy_set_requests_terminal(struct policy_build *build, const char *value);
int policy_set_requests_pending(struct policy_build *build, const char *value);
int policy_set_requests_rate(struct policy_build *build, const char *value);
int policy_set_requests_unknown(struct policy_build *build, const char *value);

/* policy_private.c: the keys of [Journal], and Private= of [Label]. */
int policy_set_label_private(struct policy_build *build, const char *value);
int policy_set_journal_private(struct policy_build *build, const char *value);
int policy_set_journal_commands(struct policy_build *build, const char *value);

/* policy_value.c, policy_endpoint.c: values that keys share; each fails with a message. */
int policy_value_words(struct policy_build *build, const char *value, char ***ret);
int policy_value_bool(struct policy_build *build, const char *value, bool *ret);
int policy_value_seconds(struct policy_build *build, const char *value, unsigned int min,
			 unsigned int max, unsigned int *ret);
/* A number with K, M or G behind it, of 1024. */
int policy_value_bytes(struct policy_build *build, const char *value, uint64_t min, uint64_t max,
		       uint64_t *ret);
/* @names: alternatives, ended by NULL; @ret is the index. */
int policy_value_choice(struct policy_build *build, const char *value, const char *const *names,
			unsigned int *ret);
int policy_value_path(struct policy_build *build, const char *word, char **ret);
int policy_value_text(struct policy_build *build, const char *value, char **ret);
int policy_value_user(struct policy_build *build, const char *word, uid_t *ret);
int policy_value_unit(struct policy_build *build, const char *word, char **ret);
int policy_value_references(struct policy_build *build, const char *value,
			    enum policy_reference_kind kind, size_t index);
/* These fill an element that policy_free() frees, also when it is half-filled. */
int policy_value_subject(struct policy_build *build, const char *value,
			 struct policy_subject *subject);
int policy_value_xattr(struct policy_build *build, const char *value, struct policy_xattr *xattr);
int policy_value_endpoint(struct policy_build *build, const char *word,
			  struct policy_endpoint *endpoint);

/* policy_check.c: resolves references and looks at what only the whole shows. */
int policy_check(struct policy_build *build);

#endif
