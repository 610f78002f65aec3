/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_lineage.c: "sluice why" and "sluice lineage": the steps that brought labels to a process or a
 * file, as a table, as JSON or as a graph.
 */
#include "base/view.h"
#include "cmd.h"

#include <limits.h>
#include <string.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/dot.h"
#include "base/text.h"

enum { KEY_STEPS = 256, KEY_DEPTH, KEY_DOT, KEY_REBUILD };

/* The columns of a table; that of requests only when some step has one. */
static const struct table_column columns[] = {
	{ "time", "TIME", TABLE_TIME },
	{ "user", "USER", 0 },
	{ "who", "WHO", TABLE_WRAP },
	{ "did", "DID", 0 },
	{ "object", "WHAT", TABLE_WRAP },
	{ "labels", "LABELS", TABLE_WRAP },
	{ "journal_seq", "ENTRY", TABLE_RIGHT },
	{ "request", "REQUEST", 0 },
};

struct lineage_input {
	struct cmd_input input;
	struct ipc_why why;
	bool dot;
	bool rebuild;
};

/* The first is of "lineage" alone. */
static const struct argp_option options[] = {
	{ "rebuild", KEY_REBUILD, NULL, 0, "Build the index again from the journal", 0 },
	{ "steps", KEY_STEPS, "N", 0, "Only the nearest N steps", 0 },
	{ "depth", KEY_DEPTH, "N", 0, "No step further than N away", 0 },
	{ "dot", KEY_DOT, NULL, 0, "Print a graph for Graphviz: pipe it into 'dot -Tsvg'", 0 },
	{ 0 },
};

static error_t parse_bound(struct argp_state *state, char *arg, const char *name, uint32_t *ret)
{
	uint64_t number;

	if (text_to_number(arg, UINT32_MAX, &number) < 0 || !number)
		argp_error(state, "--%s takes a number from 1: '%s'", name, arg);
	else
		*ret = (uint32_t)number;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct lineage_input *input = state->input;

	switch (key) {
	case KEY_STEPS:
		return parse_bound(state, arg, "steps", &input->why.steps);
	case KEY_DEPTH:
		return parse_bound(state, arg, "depth", &input->why.depth);
	case KEY_DOT:
		input->dot = true;
		return 0;
	case KEY_REBUILD:
		input->rebuild = true;
		input->input.positional.min = input->input.positional.max = 0;
		return 0;
	case ARGP_KEY_END:
		if (input->dot && input->input.common->json)
			argp_error(state, "--dot and --json exclude each other");
		return cmd_parse_common(key, arg, state);
	default:
		return cmd_parse_common(key, arg, state);
	}
}

static json_t *view(const union ipc_any *item)
{
	return view_edge(&item->edge);
}

/* What a table says in one cell. */
static int add_cells(json_t *rows)
{
	size_t i;
	json_t *row;
	int r = 0;

	json_array_foreach(rows, i, row)
	{
		const char *subject = json_string_value(json_object_get(row, "subject"));
		const char *verb = json_string_value(json_object_get(row, "verb"));
		const char *exe = json_string_value(json_object_get(row, "executable"));
		bool former = json_is_true(json_object_get(row, "former"));

		r |= json_object_set_new(row, "who",
					 json_sprintf("%s%s%s", subject ? subject : "",
						      exe ? " " : "", exe ? exe : ""));
		r |= json_object_set_new(
			row, "did",
			json_sprintf("%s%s", verb ? verb : "", former ? " (former)" : ""));
	}
	return r;
}

static bool has_request(const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i,
			   row) if (json_is_string(json_object_get(row, "request"))) return true;
	return false;
}

static int print_table(const struct cmd_common *common, json_t *rows, const char *empty)
{
	if (add_cells(rows))
		return cmd_fail(CMD_FAILED, "out of memory");
	return cmd_print_rows(common, rows, columns, ARRAY_SIZE(columns) - !has_request(rows),
			      empty);
}

static int print_edges(struct client_call *call, const struct lineage_input *input,
		       const char *empty)
{
	const struct cmd_common *common = input->input.common;
	char said[sizeof(((struct ipc_result *)NULL)->text)] = "";
	json_auto_t *rows = NULL;
	int code;

	call->socket = common->socket;
	call->item = IPC_EDGE_ITEM;
	code = cmd_collect_said(call, view, &rows, said);
	if (code)
		return code;
	if (input->dot)
		code = dot_print(stdout, rows, said) ? cmd_fail(CMD_FAILED, "out of memory") : 0;
	else if (common->json)
		code = cmd_print_json(rows);
	else
		code = print_table(common, rows, empty);
	if (said[0])
		cmd_fail(code, "note: %s", said);
	return code;
}

int cmd_why(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		options + 1,
		parse,
		"PID",
		"Why a process carries its labels: what was read, started and written, oldest "
		"first.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct lineage_input input = { .input = { .common = common,
						  .positional = { .min = 1, .max = 1 } },
				       .why = { .fd = -1 } };
	struct client_call call = { .type = IPC_WHY,
				    .payload = &input.why,
				    .size = sizeof(input.why) };
	const char *word;
	uint64_t pid;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	word = input.input.positional.values[0];
	if (text_to_number(word, INT_MAX, &pid) < 0 || pid == 0)
		return cmd_fail(CMD_USAGE, "'%s' is not a process id", word);
	input.why.pid = (pid_t)pid;
	return print_edges(&call, &input, "The process carries no labels.");
}

int cmd_lineage(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = { options,
				   parse,
				   "PATH\n--rebuild",
				   "Where the labels of a file came from, oldest step first.",
				   cmd_common_options,
				   NULL,
				   NULL };
	struct lineage_input input = { .input = { .common = common,
						  .positional = { .min = 1, .max = 1 } } };
	struct client_call call = { .type = IPC_LINEAGE,
				    .payload = &input.why,
				    .size = sizeof(input.why) };
	struct client_call rebuild = { .type = IPC_REINDEX };
	_cleanup_close_ int fd = -1;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	rebuild.socket = common->socket;
	if (input.rebuild)
		return cmd_act(&rebuild, common);
	code = cmd_open_path(input.input.positional.values[0], input.why.path,
			     sizeof(input.why.path), &fd);
	if (code)
		return code;
	input.why.fd = fd;
	return print_edges(&call, &input, "The file carries no labels that came from elsewhere.");
}
