/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_policy.c: "sluice policy check": reads policy files as sluiced would and says what they
 * amount to. Needs neither root nor, but for --in-force, a daemon. What is valid but hardly meant
 * is advice.c's.
 */
#include "cmd_policy.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/view.h"
#include "check/advice.h"
#include "policy/rehearse.h"

static const struct table_column label_columns[] = {
	{ "name", "LABEL", 0 },
	{ "sensitivity", "SENSITIVITY", TABLE_RIGHT },
	{ "paths", "PATHS", TABLE_RIGHT },
	{ "xattrs", "XATTRS", TABLE_RIGHT },
	{ "endpoints", "ENDPOINTS", TABLE_RIGHT },
	{ "origin", "WHERE", TABLE_WRAP },
};

static const struct table_column rule_columns[] = {
	{ "name", "RULE", 0 },
	{ "action", "ACTION", 0 },
	{ "labels", "LABELS", TABLE_WRAP },
	{ "verdict", "VERDICT", 0 },
	{ "groups", "ASKED", TABLE_WRAP },
	{ "reviewers", "APPROVALS", TABLE_RIGHT },
	{ "scope", "SCOPE", 0 },
	{ "origin", "WHERE", TABLE_WRAP },
};

struct check_input {
	struct cmd_common *common;
	bool strict;
	bool in_force;
	char **files;
	size_t n;
};

static json_t *origin(const struct policy_origin *where)
{
	return json_sprintf("%s:%u", where->file, where->line);
}

static json_t *label_record(const struct policy_label *label)
{
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:o}", "name", view_text(label->name),
			 "sensitivity", (json_int_t)label->sensitivity, "paths",
			 (json_int_t)label->n_paths, "xattrs", (json_int_t)label->n_xattrs,
			 "endpoints", (json_int_t)label->n_endpoints, "origin",
			 origin(&label->origin));
}

static json_t *rule_labels(const struct policy *policy, const struct policy_rule *rule)
{
	json_t *list = json_array();

	for (size_t i = 0; i < policy->n_labels; i++)
		if (rule->labels & 1ULL << i)
			json_array_append_new(list, view_text(policy->labels[i].name));
	return list;
}

static json_t *rule_groups(const struct policy *policy, const struct policy_rule *rule)
{
	json_t *list = json_array();

	for (size_t i = 0; i < policy->n_groups && i < 64; i++)
		if (rule->groups & 1ULL << i)
			json_array_append_new(list, view_text(policy->groups[i].name));
	return list;
}

static json_t *rule_record(const struct policy *policy, const struct policy_rule *rule)
{
	bool asks = rule->verdict == POLICY_ASK;

	return json_pack("{s:o, s:s, s:o, s:s, s:b, s:o, s:o, s:o, s:o}", "name",
			 view_text(rule->name), "action", policy_action_names[rule->action],
			 "labels", rule_labels(policy, rule), "verdict",
			 policy_verdict_name(rule->verdict), "monitor", (int)rule->monitor,
			 "groups", rule_groups(policy, rule), "reviewers",
			 asks ? json_integer(rule->reviewers) : json_null(), "scope",
			 asks ? json_string(policy_scope_name(rule->scope)) : json_null(), "origin",
			 origin(&rule->origin));
}

static void add_warning(void *arg, const struct policy_origin *where, const char *text,
			const char *remedy)
{
	_cleanup_free_ char *line = NULL;

	if (asprintf(&line, "%s:%u: warning: %s; %s", where->file, where->line, text, remedy) >= 0)
		json_array_append_new(arg, view_text(line));
}

/* Return: the whole answer as one object, NULL when memory ran out. */
static json_t *summary(const struct policy *policy)
{
	json_t *labels = json_array(), *rules = json_array(), *files = json_array();
	json_t *warnings = json_array();
	size_t declassify = 0;

	for (size_t i = 0; i < policy->n_labels; i++)
		json_array_append_new(labels, label_record(&policy->labels[i]));
	for (size_t i = 0; i < policy->n_rules; i++)
		json_array_append_new(rules, rule_record(policy, &policy->rules[i]));
	for (size_t i = 0; i < policy->n_trusted; i++)
		declassify += policy->trusted[i].declassify;
	for (size_t i = 0; i < policy->n_files; i++)
		json_array_append_new(files, view_text(policy->files[i]));
	if (advice_on(policy, add_warning, warnings) < 0) {
		json_decref(warnings);
		warnings = NULL;
	}
	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "valid", 1,
			 "digest", view_text(policy->digest), "files", files, "labels", labels,
			 "rules", rules, "people", (json_int_t)policy->n_people, "groups",
			 (json_int_t)policy->n_groups, "trusted",
			 (json_int_t)(policy->n_trusted - declassify), "declassify",
			 (json_int_t)declassify, "sinks", (json_int_t)policy->n_sinks, "tests",
			 (json_int_t)policy->n_tests, "warnings", warnings);
}

/* How many, and of what: "1 label". */
static void count(size_t n, const char *noun, const char *end)
{
	printf("%zu %s%s%s", n, noun, n == 1 ? "" : "s", end);
}

static int print_text(const struct policy *policy, const json_t *record)
{
	const json_t *warnings = json_object_get(record, "warnings");
	int r = 0;

	count(policy->n_files, "file", ", ");
	count(policy->n_labels, "label", ", ");
	count(policy->n_rules, "rule", ", ");
	printf("%zu %s, ", policy->n_people, policy->n_people == 1 ? "person" : "people");
	count(policy->n_groups, "group",
	      policy->settings.monitor ? "; monitor only: nothing is stopped\n" : "\n");
	if (policy->n_tests)
		count(policy->n_tests, "test", " passed\n");
	printf("digest %s\n", policy->digest);
	if (policy->n_labels) {
		putchar('\n');
		r = table_print(stdout, label_columns, ARRAY_SIZE(label_columns),
				json_object_get(record, "labels"), table_width(stdout));
	}
	if (r == 0 && policy->n_rules) {
		putchar('\n');
		r = table_print(stdout, rule_columns, ARRAY_SIZE(rule_columns),
				json_object_get(record, "rules"), table_width(stdout));
	}
	fputs(json_array_size(warnings) ? "\n" : "", stdout);
	for (size_t i = 0; i < json_array_size(warnings); i++) {
		escape_print(stdout, json_string_value(json_array_get(warnings, i)));
		putchar('\n');
	}
	return r;
}

/* As sluiced says it (label.c). */
static int say_missing(const struct policy_origin *origin, const char *path)
{
	return cmd_fail(
		CMD_FAILED,
		"%s:%u: cannot label '%s': %s; create it or take the line out of the policy",
		origin->file, origin->line, path, strerror(errno));
}

static int check_paths(const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_labels; i++) {
		const struct policy_label *label = &policy->labels[i];

		for (size_t k = 0; k < label->n_paths; k++)
			if (access(label->paths[k].path, F_OK))
				return say_missing(&label->paths[k].origin, label->paths[k].path);
		for (size_t k = 0; k < label->n_xattrs; k++)
			if (access(label->xattrs[k].below, F_OK))
				return say_missing(&label->xattrs[k].origin,
						   label->xattrs[k].below);
	}
	return CMD_OK;
}

static json_t *view_of_status(const union ipc_any *item)
{
	return view_status(&item->status);
}

/* Return: an exit code. @ret: the digest of the policy that sluiced has in force */
static int ask_digest(const struct cmd_common *common, char ret[65])
{
	struct client_call call = { .socket = common->socket,
				    .type = IPC_STATUS,
				    .item = IPC_STATUS_ITEM };
	json_auto_t *rows = NULL;
	int code = cmd_collect(&call, view_of_status, &rows);
	const json_t *policy = json_object_get(json_array_get(rows, 0), "policy");

	snprintf(ret, 65, "%s", json_string_value(json_object_get(policy, "digest")) ?: "");
	return code;
}

/*
 * The daemon reads the files when it gets to the signal, which may be after the first answer; not
 * after the second one.
 */
static int check_in_force(const struct policy *policy, const struct cmd_common *common)
{
	const struct timespec pause = { .tv_nsec = 500 * 1000 * 1000 };
	int code = check_paths(policy);
	char digest[65];

	for (int tries = 3; !code && tries--; nanosleep(&pause, NULL)) {
		code = ask_digest(common, digest);
		if (!code && !strcmp(digest, policy->digest))
			return CMD_OK;
	}
	if (code)
		return code;
	return cmd_fail(CMD_FAILED,
			"sluiced has another policy in force, %.12s…, and not these files, %.12s…; "
			"see why it refused them: journalctl -u sluiced -n 20",
			digest, policy->digest);
}

static int check(const struct cmd_policy_files *files, const struct check_input *input)
{
	const struct cmd_common *common = input->common;
	_cleanup_(cmd_policy_freep) struct policy *policy = NULL;
	struct policy_error error = { 0 };
	json_auto_t *record = NULL;
	int r = cmd_policy_load(common, files, NULL, 0, &policy);

	if (r != CMD_OK)
		return r;
	r = rehearse(policy, &error);
	if (r < 0)
		return cmd_policy_refused(common, r, &error);
	record = summary(policy);
	if (!record)
		return cmd_fail(CMD_FAILED, "out of memory");
	if (common->json)
		r = cmd_print_json(record) ? -EIO : 0;
	else
		r = print_text(policy, record);
	if (r < 0)
		return CMD_FAILED;
	if (input->in_force)
		return check_in_force(policy, common);
	return input->strict && json_array_size(json_object_get(record, "warnings")) ? CMD_FAILED
										     : CMD_OK;
}

static error_t parse_check(int key, char *arg, struct argp_state *state)
{
	struct check_input *input = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->common;
		return 0;
	case 's':
		input->strict = true;
		return 0;
	case 'f':
		input->in_force = true;
		return 0;
	case ARGP_KEY_ARGS:
		input->files = state->argv + state->next;
		input->n = (size_t)(state->argc - state->next);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option check_options[] = {
	{ "strict", 's', NULL, 0, "Exit with 1 when there are warnings", 0 },
	{ "in-force", 'f', NULL, 0, "Exit with 1 when sluiced has not taken these files over", 0 },
	{ 0 },
};

static int policy_check(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		check_options,
		parse_check,
		"[FILE... | FOLDER]",
		"Check policy files as sluiced would read them.\vFiles are read together, as one "
		"policy. A folder stands for its sluice.conf and policy.d/*.conf; without an "
		"argument /etc/sluice is checked. A section [Test] whose expectation is not met "
		"is an error. Neither root nor the daemon is needed, "
		"but for --in-force.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct check_input input = { .common = common };
	struct cmd_policy_files files;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	code = cmd_policy_files(common, input.files, input.n, &files);
	if (code == CMD_OK)
		code = check(&files, &input);
	cmd_policy_files_done(&files);
	return code;
}

const struct cmd cmd_policy_verbs[] = {
	{ "check", policy_check, "check policy files",
	  "  sluice policy check --strict draft/\n"
	  "  sluice policy check && systemctl reload sluiced",
	  NULL },
	{ "explain", cmd_policy_explain, "why something is allowed, asked or denied",
	  "  sluice policy explain --action egress --labels pii --to 203.0.113.9:443\n"
	  "  sluice policy explain --action open --path /srv/list --user etl draft/\n"
	  "  sluice policy explain --pid 428 --action credential",
	  NULL },
	{ "replay", cmd_policy_replay, "what a policy would have made of the past",
	  "  sluice policy replay --since -7d draft/\n"
	  "  sluice policy replay --json draft/ | jq .changes",
	  NULL },
	{ "learn", cmd_policy_learn, "what was stopped, and the lines that would allow it",
	  "  sluice policy learn --since -7d\n"
	  "  sluice policy learn --rule export-customers --user etl",
	  NULL },
	{ .examples = "  sluice policy check" },
};
