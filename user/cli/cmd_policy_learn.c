/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_policy_learn.c: "sluice policy learn": what was stopped, or would have been, by rule, and the
 * lines that would let through exactly that.
 */
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/view.h"
#include "cmd_policy.h"
#include "policy/learn.h"

enum { KEY_RULE = 256, KEY_ACTION, KEY_USER, KEY_EXE };

/* @past: first, for cmd_policy_past_parse() */
struct learn_input {
	struct cmd_policy_past past;
	const char *rule, *action, *user, *exe;
};

static const struct table_column columns[] = {
	{ "n", "TIMES", TABLE_RIGHT },
	{ "rule", "RULE", 0 },
	{ "was", "WAS", 0 },
	{ "user", "USER", 0 },
	{ "executable", "EXECUTABLE", TABLE_WRAP },
	{ "unit", "UNIT", TABLE_WRAP },
	{ "target", "WHAT", TABLE_WRAP },
	{ "labels", "LABELS", TABLE_WRAP },
	{ "lines", "LINES", 0 },
};

static bool fits(const char *wanted, const char *text)
{
	return !wanted || (text && !strcmp(wanted, text));
}

/* The rule that stops @past now, or NULL. */
static const struct policy_rule *rule_of(const struct evaluator *evaluator, const struct past *past)
{
	struct evaluation evaluation;

	evaluate(evaluator, &past->attempt, &evaluation);
	return evaluation.verdict == POLICY_ALLOW ? NULL : evaluation.rule;
}

static bool is_wanted(const struct learn_input *input, const struct past *past,
		      const struct policy_rule *rule)
{
	return rule && past->before != POLICY_ALLOW && fits(input->rule, rule->name) &&
	       fits(input->action, policy_action_names[past->attempt.action]) &&
	       fits(input->user, past->user) && fits(input->exe, past->executable);
}

/* Marks what is meant, and makes the rows that tell of it. */
static json_t *choose(const struct learn_input *input, struct learn *learn,
		      const struct evaluator *evaluator)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < learn->list->n; i++) {
		const struct past *past = learn->list->list[i];
		const struct policy_rule *rule = rule_of(evaluator, past);
		json_t *row;

		learn->wanted[i] = is_wanted(input, past, rule);
		if (!learn->wanted[i])
			continue;
		row = past_record(learn->list, past);
		json_object_set_new(row, "rule", json_string(rule->name));
		json_object_set_new(row, "was", json_string(policy_verdict_name(past->before)));
		json_array_append_new(rows, row);
	}
	return rows;
}

/* Adds to each row whether lines were found for it. */
static void mark(const struct learn *learn, json_t *rows)
{
	size_t row = 0;

	for (size_t i = 0; i < learn->list->n; i++)
		if (learn->wanted[i])
			json_object_set_new(json_array_get(rows, row++), "lines",
					    json_boolean(!learn->left[i]));
}

static json_t *lines(const struct learn *learn)
{
	json_t *list = json_array();

	for (size_t i = 0; i < learn->n_lines; i++) {
		const struct learn_line *line = &learn->lines[i];
		char where[512], text[1200];

		snprintf(where, sizeof(where), "%.480s:%u", line->rule->origin.file,
			 line->rule->origin.line);
		snprintf(text, sizeof(text), "%.*s", (int)strcspn(line->text, "\n"), line->text);
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "rule", line->rule->name,
						      "origin", view_text(where), "line",
						      view_text(text)));
	}
	return list;
}

static uint64_t count(const struct learn *learn, bool left)
{
	uint64_t n = 0;

	for (size_t i = 0; i < learn->list->n; i++)
		if (learn->wanted[i] && learn->left[i] == left)
			n += learn->list->list[i]->n;
	return n;
}

static void print_lines(const json_t *found)
{
	const char *last = "";

	for (size_t i = 0; i < json_array_size(found); i++) {
		const json_t *line = json_array_get(found, i);
		const char *where = json_string_value(json_object_get(line, "origin"));

		if (strcmp(where, last) != 0) {
			printf("\nBelow [Rule %s] at ",
			       json_string_value(json_object_get(line, "rule")));
			escape_print(stdout, where);
			puts(":");
		}
		last = where;
		escape_print(stdout, json_string_value(json_object_get(line, "line")));
		putchar('\n');
	}
}

static int print_text(const struct learn_input *input, const struct learn *learn,
		      const json_t *rows, const json_t *found)
{
	uint64_t left = count(learn, true);

	cmd_policy_past_summary(&input->past, learn->list);
	if (!json_array_size(rows)) {
		puts("Nothing of that was stopped that this policy would stop.");
		return CMD_OK;
	}
	putchar('\n');
	if (table_print(stdout, columns, ARRAY_SIZE(columns), rows, table_width(stdout)) < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	print_lines(found);
	if (json_array_size(found))
		printf("\nTried with these lines: %" PRIu64 " attempts would be allowed, and "
		       "nothing else of the journal would be another than now.\n",
		       count(learn, false));
	if (left)
		printf("\nFor %" PRIu64 " of them no line lets through just that; approve them, or "
		       "write a wider line yourself.\n",
		       left);
	return CMD_OK;
}

static int print(const struct learn_input *input, const struct learn *learn, json_t *rows)
{
	json_auto_t *found = lines(learn), *record = NULL;
	int code;

	mark(learn, rows);
	if (input->past.common->json) {
		record = json_pack("{s:s, s:I, s:I, s:O, s:O, s:I, s:I}", "policy",
				   learn->policy->digest, "entries",
				   (json_int_t)learn->list->n_entries, "other_labels",
				   (json_int_t)learn->list->n_other, "attempts", rows, "lines",
				   found, "allowed", (json_int_t)count(learn, false), "left",
				   (json_int_t)count(learn, true));
		code = cmd_print_json(record);
	} else {
		code = print_text(input, learn, rows, found);
	}
	return code ? code : count(learn, true) ? CMD_FAILED : CMD_OK;
}

static int learn_list(const struct learn_input *input, struct learn *learn)
{
	_cleanup_(evaluator_freep) struct evaluator *evaluator = NULL;
	struct policy_error error = { 0 };
	json_auto_t *rows = NULL;
	int r = evaluator_new(learn->policy, &evaluator, &error);

	if (r == 0)
		r = learn_begin(learn, &error);
	if (r == 0) {
		rows = choose(input, learn, evaluator);
		r = learn_lines(learn, &error);
	}
	return r ? cmd_policy_refused(input->past.common, r, &error) : print(input, learn, rows);
}

static int learn_policy(struct learn_input *input, const struct cmd_policy_files *files,
			const struct policy *policy)
{
	struct past_list list;
	struct learn learn = {
		.files = files->list, .n_files = files->n, .policy = policy, .list = &list
	};
	int code = past_begin(&list, policy) ? cmd_fail(CMD_FAILED, "out of memory")
					     : cmd_policy_past_read(&input->past, &list);

	if (code == CMD_OK)
		code = learn_list(input, &learn);
	learn_done(&learn);
	past_done(&list);
	cmd_policy_past_done(&input->past);
	return code;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct learn_input *input = state->input;
	const struct {
		int key;
		const char **text;
	} texts[] = { { KEY_RULE, &input->rule },
		      { KEY_ACTION, &input->action },
		      { KEY_USER, &input->user },
		      { KEY_EXE, &input->exe } };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (key != texts[i].key)
			continue;
		*texts[i].text = arg;
		return 0;
	}
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &input->past;
	return 0;
}

static const struct argp_option options[] = {
	{ "rule", KEY_RULE, "NAME", 0, "Only what this rule stops", 0 },
	{ "action", KEY_ACTION, "ACTION", 0, "Only open, write, egress or credential", 0 },
	{ "user", KEY_USER, "NAME", 0, "Only of this user, as the journal names it", 0 },
	{ "exe", KEY_EXE, "PATH", 0, "Only of this executable", 0 },
	{ 0 },
};

int cmd_policy_learn(int argc, char **argv, struct cmd_common *common)
{
	const struct argp past = { cmd_policy_past_options,
				   cmd_policy_past_parse,
				   NULL,
				   NULL,
				   cmd_common_options,
				   NULL,
				   NULL };
	const struct argp_child children[] = { { &past, 0, NULL, 0 }, { 0 } };
	const struct argp argp = {
		options,
		parse,
		"[FILE... | FOLDER]",
		"What the journal tells of that was asked about or refused, or in monitor mode "
		"would have been, by the rule that stops it; and the narrowest lines for these "
		"rules that let it through.\vThe lines are tried before they are shown: with them "
		"nothing else of the journal comes out otherwise. Whether it should be let through "
		"is for people to say. Exits with 1 when no line lets through just that. Files and "
		"folders as in 'sluice policy check'.",
		children,
		NULL,
		NULL
	};
	struct learn_input input = { .past.common = common };
	_cleanup_(cmd_policy_freep) struct policy *policy = NULL;
	struct cmd_policy_files files;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	code = cmd_policy_files(common, input.past.files, input.past.n, &files);
	if (code == CMD_OK)
		code = cmd_policy_load(common, &files, NULL, 0, &policy);
	if (code == CMD_OK)
		code = learn_policy(&input, &files, policy);
	cmd_policy_files_done(&files);
	return code;
}
