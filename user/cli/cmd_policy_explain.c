/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_policy_explain.c: "sluice policy explain": why something would be allowed, asked about or
 * denied. What is asked about is written as a section [Test] and read with the policy, so that it
 * has its forms and its mistakes. Needs no daemon, but for what a process carries (--pid).
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "cmd_policy.h"
#include "policy/evaluate.h"
#include "policy/explain.h"

#define TEST "sluice-policy-explain"

enum { KEY_ACTION = 256, KEY_USER, KEY_EXE, KEY_UNIT, KEY_LABELS, KEY_PATH, KEY_TO };

static const struct table_column columns[] = {
	{ "line", "LINE", TABLE_WRAP },	   { "matched", "MATCHES", 0 },
	{ "why", "WHY", TABLE_WRAP },	   { "labels", "LABELS", TABLE_WRAP },
	{ "origin", "WHERE", TABLE_WRAP },
};

/* The command line, and what is known of the process of --pid. */
struct explain_input {
	struct cmd_common *common;
	const char *action, *user, *exe, *unit, *labels, *path, *to, *pid;
	char **files;
	size_t n;
	struct cmd_policy_process process;
	char uid[16];
};

/* Fills in what the command line does not say. Return: CMD_…. */
static int read_process(struct explain_input *input)
{
	struct cmd_policy_process *process = &input->process;
	bool ask = !input->labels && strcmp(input->action, "open") != 0;
	int code = cmd_policy_process(input->common, input->pid, ask, process);

	snprintf(input->uid, sizeof(input->uid), "%u", process->facts.uid);
	if (!input->user)
		input->user = input->uid;
	if (!input->exe && process->facts.exe[0])
		input->exe = process->facts.exe;
	if (!input->unit && process->facts.unit[0])
		input->unit = process->facts.unit;
	return code;
}

/* ---- the question as a section ---- */

static void put_quoted(FILE *out, const char *prefix, const char *text)
{
	fprintf(out, "\"%s", prefix);
	for (; *text; text++)
		fprintf(out, "%s%c", strchr("\"\\", *text) ? "\\" : "", *text);
	fputc('"', out);
}

static void put_subject(FILE *out, const struct explain_input *input)
{
	const struct {
		const char *prefix;
		const char *text;
	} parts[] = { { "user:", input->user }, { "exe:", input->exe }, { "unit:", input->unit } };

	if (!input->user && !input->exe && !input->unit)
		return;
	fputs("Subject=", out);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!parts[i].text)
			continue;
		put_quoted(out, parts[i].prefix, parts[i].text);
		fputc(' ', out);
	}
	fputc('\n', out);
}

/* Return: the section, owned by the caller, or NULL without memory. */
static char *write_section(const struct explain_input *input)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	const json_t *name;
	size_t i;

	if (!out)
		return NULL;
	fprintf(out, "[Test " TEST "]\nAction=%s\nExpect=allow\n", input->action);
	put_subject(out, input);
	if (input->labels)
		fprintf(out, "Labels=%s\n", input->labels);
	json_array_foreach(input->process.carried, i, name)
		fprintf(out, "Labels=%s\n", json_string_value(name));
	if (input->path) {
		fputs("Path=", out);
		put_quoted(out, "", input->path);
		fputc('\n', out);
	}
	if (input->to)
		fprintf(out, "To=%s\n", input->to);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* What stands on the command line may not begin another line of the section. */
static int check_texts(const struct explain_input *input)
{
	const char *texts[] = { input->action, input->user, input->exe, input->unit,
				input->labels, input->path, input->to };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i] && text_find_bad(texts[i], strlen(texts[i])) != strlen(texts[i]))
			return cmd_fail(CMD_USAGE, "'%s' holds what no policy can name", texts[i]);
	return CMD_OK;
}

/* ---- the answer ---- */

static void print_list(const char *before, const json_t *names, const char *after)
{
	fputs(before, stdout);
	for (size_t i = 0; i < json_array_size(names); i++) {
		fputs(i ? ", " : "", stdout);
		escape_print(stdout, json_string_value(json_array_get(names, i)));
	}
	fputs(after, stdout);
}

static void print_verdict(const json_t *record)
{
	static const struct {
		const char *verdict;
		const char *words;
	} outcomes[] = { { "allow", "allowed" },
			 { "audit", "allowed, and journaled as what a rule would stop" },
			 { "ask", "put to " },
			 { "deny", "refused" } };
	const char *verdict = json_string_value(json_object_get(record, "verdict"));
	const char *where = json_string_value(json_object_get(record, "origin"));

	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		if (!strcmp(outcomes[i].verdict, verdict))
			printf("It is %s", outcomes[i].words);
	print_list("", json_object_get(record, "reviewers"), "");
	if (!strcmp(verdict, "ask"))
		fputs(json_is_true(json_object_get(record, "hold"))
			      ? ", while the process waits"
			      : ", and the call fails until then",
		      stdout);
	if (where) {
		printf(", by [Rule %s] at ", json_string_value(json_object_get(record, "rule")));
		escape_print(stdout, where);
	}
	puts(where ? "." : ": no rule guards what is at stake.");
	if (json_is_true(json_object_get(record, "monitor")) && strcmp(verdict, "allow") != 0)
		puts("Now it would go on and be journaled only: [Agent] has Monitor=yes.");
}

static int print_record(const struct cmd_common *common, const json_t *record)
{
	const json_t *steps = json_object_get(record, "steps");
	const json_t *notes = json_object_get(record, "notes");

	if (!record)
		return cmd_fail(CMD_FAILED, "out of memory");
	if (common->json)
		return cmd_print_json(record);
	print_verdict(record);
	if (json_array_size(steps)) {
		putchar('\n');
		if (table_print(stdout, columns, ARRAY_SIZE(columns), steps, table_width(stdout)))
			return cmd_fail(CMD_FAILED, "out of memory");
	}
	fputs(json_array_size(notes) ? "\n" : "", stdout);
	for (size_t i = 0; i < json_array_size(notes); i++)
		printf("note: %s\n", json_string_value(json_array_get(notes, i)));
	return CMD_OK;
}

static int decide(const struct explain_input *input, const struct policy *policy)
{
	_cleanup_(evaluator_freep) struct evaluator *evaluator = NULL;
	const struct policy_test *test = &policy->tests[policy->n_tests - 1];
	struct evaluate_attempt attempt = { .action = test->action,
					    .above = (const char *const *)input->process.above,
					    .n_above = input->process.n_above,
					    .labels = test->labels,
					    .to = test->has_to ? &test->to : NULL,
					    .medium = test->medium };
	char executable[SLUICE_PATH_TEXT], path[SLUICE_PATH_TEXT];
	struct policy_error error = { 0 };
	struct evaluation evaluation;
	json_auto_t *record = NULL;
	int r = evaluator_new(policy, &evaluator, &error);

	if (r < 0)
		return cmd_policy_refused(input->common, r, &error);
	attempt.subject = test->subject;
	if (test->subject.executable) {
		evaluate_path(test->subject.executable, executable);
		attempt.subject.executable = executable;
	}
	if (test->path) {
		evaluate_path(test->path, path);
		attempt.path = path;
	}
	evaluate(evaluator, &attempt, &evaluation);
	record = explain(policy, &attempt, &evaluation);
	return print_record(input->common, record);
}

/* A process that carries nothing is stopped by no rule; only a file's labels could be at stake. */
static bool is_nothing(const struct explain_input *input)
{
	return input->process.carried && !json_array_size(input->process.carried) && !input->path;
}

static int explain_files(const struct explain_input *input)
{
	_cleanup_(cmd_policy_freep) struct policy *policy = NULL;
	_cleanup_free_ char *section = write_section(input);
	struct policy_extra extra = { .file = "(command line)", .text = section };
	struct cmd_policy_files files;
	int code;

	if (!section)
		return cmd_fail(CMD_FAILED, "out of memory");
	code = cmd_policy_files(input->common, input->files, input->n, &files);
	if (code == CMD_OK)
		code = cmd_policy_load(input->common, &files, &extra, 1, &policy);
	if (code == CMD_OK)
		code = decide(input, policy);
	cmd_policy_files_done(&files);
	return code;
}

static int print_nothing(const struct explain_input *input)
{
	json_auto_t *record =
		json_pack("{s:s, s:b, s:n, s:n, s:n, s:[], s:[], s:b, s:[], s:[]}", "verdict",
			  "allow", "hold", 0, "rule", "origin", "reviewers", "labels", "missing",
			  "monitor", 0, "steps", "notes");

	if (!input->common->json) {
		puts("It is allowed: the process carries no labels, so no rule is looked at.");
		return CMD_OK;
	}
	return cmd_print_json(record);
}

static void check_options(struct argp_state *state, const struct explain_input *input)
{
	if (!input->action)
		argp_error(state, "say with --action what is tried: open, write, egress or "
				  "credential");
	else if (!strcmp(input->action, "egress") && !input->to)
		argp_error(state, "say with --to where it is sent: ADDRESS:PORT, HOST:PORT or a "
				  "medium like fs:nfs");
	else if (!input->labels && !input->path && !input->pid &&
		 (strcmp(input->action, "open") != 0 || !input->to))
		argp_error(state, "say what is at stake: --labels, with --path the file, or with "
				  "--pid the process");
	else if (input->pid && !strcmp(input->action, "open") && !input->labels && !input->path &&
		 !input->to)
		argp_error(state, "say with --path or --labels what the process opens");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct explain_input *input = state->input;
	const struct {
		int key;
		const char **text;
	} texts[] = { { KEY_ACTION, &input->action }, { KEY_USER, &input->user },
		      { KEY_EXE, &input->exe },	      { KEY_UNIT, &input->unit },
		      { KEY_LABELS, &input->labels }, { KEY_PATH, &input->path },
		      { KEY_TO, &input->to },	      { 'p', &input->pid } };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (key != texts[i].key)
			continue;
		*texts[i].text = arg;
		return 0;
	}
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->common;
		return 0;
	case ARGP_KEY_ARGS:
		input->files = state->argv + state->next;
		input->n = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_END:
		check_options(state, input);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "action", KEY_ACTION, "ACTION", 0, "What is tried: open, write, egress or credential",
	  0 },
	{ "user", KEY_USER, "NAME", 0, "Who tries: name or number", 0 },
	{ "exe", KEY_EXE, "PATH", 0, "By which executable", 0 },
	{ "unit", KEY_UNIT, "UNIT", 0, "In which systemd unit", 0 },
	{ "labels", KEY_LABELS, "NAMES", 0, "What it carries; for open: what the file carries", 0 },
	{ "path", KEY_PATH, "PATH", 0, "The file that is opened or written", 0 },
	{ "to", KEY_TO, "WHERE", 0, "Where it is sent: 10.20.0.5:5432, files.example:443, fs:nfs",
	  0 },
	{ "pid", 'p', "PID", 0, "Take the rest from this process; sluiced says what it carries",
	  0 },
	{ 0 },
};

int cmd_policy_explain(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		options,
		parse,
		"[FILE... | FOLDER]",
		"Why something would be allowed, asked about or denied: each line that is looked "
		"at, in order.\vFiles and folders as in 'sluice policy check'. What is not stated "
		"is nobody's in particular. Neither root nor the daemon is needed, but for --pid "
		"without --labels.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct explain_input input = { .common = common };
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	code = input.pid ? read_process(&input) : CMD_OK;
	if (code == CMD_OK)
		code = check_texts(&input);
	if (code == CMD_OK)
		code = is_nothing(&input) ? print_nothing(&input) : explain_files(&input);
	cmd_policy_process_done(&input.process);
	return code;
}
