/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd.c: see cmd.h.
 */
#include "cmd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"

static error_t parse_common_option(int key, char *arg, struct argp_state *state)
{
	struct cmd_common *common = state->input;

	switch (key) {
	case 'j':
		common->json = true;
		return 0;
	case 'S':
		common->socket = arg;
		return 0;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option common_options[] = {
	{ "json", 'j', NULL, 0, "Print JSON instead of text", 0 },
	{ "socket", 'S', "PATH", 0,
	  "Socket of sluiced (default: $SLUICE_SOCKET, else " IPC_CONTROL_SOCKET ")", 0 },
	{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0 }, /* what most people type for --help */
	{ 0 },
};

/* Asked for each text of --help; the examples come last, where the eye stays. */
static char *show_examples(int key, const char *text, void *input)
{
	const struct cmd_common *common = input;
	char *examples;

	if (key != ARGP_KEY_HELP_EXTRA || !common || !common->command ||
	    !common->command->examples ||
	    asprintf(&examples, "Examples:\n%s", common->command->examples) < 0)
		return (char *)text;
	return examples;
}

const struct argp cmd_common_argp = { common_options, parse_common_option, NULL, NULL,
				      NULL,	      show_examples,	   NULL };
const struct argp_child cmd_common_options[] = { { &cmd_common_argp, 0, "Common options:", -2 },
						 { 0 } };

error_t cmd_parse_common(int key, char *arg, struct argp_state *state)
{
	struct cmd_input *input = state->input;
	struct cmd_positional *positional = &input->positional;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->common;
		return 0;
	case ARGP_KEY_ARG:
		if (positional->n >= positional->max)
			argp_error(state, "too many arguments: '%s'", arg);
		else
			positional->values[positional->n++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (positional->n < positional->min)
			argp_error(state, "an argument is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void cmd_parse_simple(const char *args_doc, const char *doc, int argc, char **argv,
		      struct cmd_input *input)
{
	const struct argp argp = {
		.parser = cmd_parse_common,
		.args_doc = args_doc,
		.doc = doc,
		.children = cmd_common_options,
	};

	argp_parse(&argp, argc, argv, 0, NULL, input);
}

/* A row, and those below it with the name that they take on a command line. */
static void print_command(FILE *out, const struct cmd *command)
{
	char name[32];

	fprintf(out, "  %-15s %s\n", command->name, command->help);
	for (const struct cmd *verb = command->verbs; verb && verb->name; verb++) {
		snprintf(name, sizeof(name), "%s %s", command->name, verb->name);
		fprintf(out, "  %-15s %s\n", name, verb->help);
	}
}

static void print_commands(FILE *out, const struct cmd *table, const char *name)
{
	fprintf(out, "Usage: %s COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n", name);
	for (; table->name; table++)
		print_command(out, table);
	fprintf(out,
		"\n'%s COMMAND --help' explains one command; sluice(1) has all of it.\n\n"
		"Examples:\n%s\n",
		name, table->examples);
}

static bool is_help(const char *word)
{
	return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 ||
	       strcmp(word, "-?") == 0 || strcmp(word, "-h") == 0;
}

static const struct cmd *find(const struct cmd *table, const char *name)
{
	for (; table && table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

/*
 * @argv: the name of the table, then that of @command. A command that also has verbs runs itself
 * when none of them follows.
 */
static int run(const struct cmd *command, int argc, char **argv, struct cmd_common *common)
{
	_cleanup_free_ char *name = NULL;

	if (asprintf(&name, "%s %s", argv[0], argv[1]) < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	argv[1] = name;
	argc--;
	argv++;
	if (!command->run || (argc > 1 && find(command->verbs, argv[1])))
		return cmd_dispatch(command->verbs, argc, argv, common);
	common->command = command;
	return command->run(argc, argv, common);
}

int cmd_dispatch(const struct cmd *table, int argc, char **argv, struct cmd_common *common)
{
	const struct cmd *command;
	char option[] = "--help";

	if (argc < 2) {
		print_commands(stderr, table, argv[0]);
		return CMD_USAGE;
	}
	if (argc == 2 && is_help(argv[1])) {
		print_commands(stdout, table, argv[0]);
		return CMD_OK;
	}
	if (is_help(argv[1])) {
		memmove(argv + 1, argv + 2, (size_t)(argc - 2) * sizeof(*argv));
		argv[argc - 1] = option;
	}
	command = find(table, argv[1]);
	if (!command)
		return cmd_fail(CMD_USAGE, "no command '%s'; see: %s help", argv[1], argv[0]);
	return run(command, argc, argv, common);
}

int cmd_fail(int code, const char *format, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fputs("sluice: ", stderr);
	escape_print(stderr, text);
	fputc('\n', stderr);
	return code;
}

int cmd_exit_code(int error)
{
	switch (error < 0 ? -error : error) {
	case 0:
		return CMD_OK;
	case ENOENT:
	case ESRCH:
		return CMD_NOT_FOUND;
	case EPERM:
	case EACCES:
		return CMD_NOT_PERMITTED;
	default:
		return CMD_FAILED;
	}
}

/* Why a call failed, on standard error. Return: CMD_…. */
static int report(int r, const struct ipc_result *result)
{
	int code = cmd_exit_code(result->error);

	if (r < 0 && code != CMD_NOT_PERMITTED)
		code = CMD_UNREACHABLE;
	return cmd_fail(code, "%s", *result->text ? result->text : strerror(result->error));
}

struct collection {
	json_t *(*view)(const union ipc_any *item);
	json_t *rows;
};

static int collect(void *ctx, const union ipc_any *item)
{
	struct collection *collection = ctx;

	return json_array_append_new(collection->rows, collection->view(item)) < 0 ? -ENOMEM : 0;
}

int cmd_collect(const struct client_call *call, json_t *(*view)(const union ipc_any *item),
		json_t **ret)
{
	char said[sizeof(((struct ipc_result *)NULL)->text)];

	return cmd_collect_said(call, view, ret, said);
}

int cmd_collect_said(const struct client_call *call, json_t *(*view)(const union ipc_any *item),
		     json_t **ret, char *said)
{
	struct collection collection = { .view = view, .rows = json_array() };
	struct client_call collecting = *call;
	struct ipc_result result;
	int r;

	if (!collection.rows)
		return cmd_fail(CMD_FAILED, "out of memory");
	collecting.item_fn = collect;
	collecting.ctx = &collection;
	r = client_call(&collecting, &result);
	if (r < 0 || result.error) {
		json_decref(collection.rows);
		return report(r, &result);
	}
	*ret = collection.rows;
	memcpy(said, result.text, sizeof(result.text));
	return CMD_OK;
}

struct taking {
	void *ret;
	size_t size;
	size_t n;
};

static int take(void *ctx, const union ipc_any *item)
{
	struct taking *taking = ctx;

	memcpy(taking->ret, item, taking->size);
	taking->n++;
	return 0;
}

int cmd_take(const struct client_call *call, void *ret, size_t size)
{
	struct taking taking = { .ret = ret, .size = size };
	struct client_call taker = *call;
	struct ipc_result result;
	int r;

	taker.item_fn = take;
	taker.ctx = &taking;
	r = client_call(&taker, &result);
	if (r < 0 || result.error)
		return report(r, &result);
	return taking.n == 1 ? CMD_OK
			     : cmd_fail(CMD_UNREACHABLE, "sluiced sent %zu answers instead of one",
					taking.n);
}

int cmd_act(const struct client_call *call, const struct cmd_common *common)
{
	json_auto_t *record = NULL;
	struct ipc_result result;
	int r;

	r = client_call(call, &result);
	if (r < 0 || result.error)
		return report(r, &result);
	if (common->json) {
		record =
			json_pack("{s:b, s:s#}", "ok", 1, "text", result.text, strlen(result.text));
		return cmd_print_json(record);
	}
	escape_print(stdout, *result.text ? result.text : "done");
	putchar('\n');
	return CMD_OK;
}

int cmd_print_json(const json_t *value)
{
	/* ASCII only: what is escaped cannot reorder or hide the rest of a line on a terminal. */
	if (!value ||
	    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_ENCODE_ANY) < 0)
		return cmd_fail(CMD_FAILED, "cannot write the JSON: out of memory or space");
	putchar('\n');
	return CMD_OK;
}

int cmd_print_rows(const struct cmd_common *common, const json_t *rows,
		   const struct table_column *columns, size_t n, const char *empty)
{
	if (common->json)
		return cmd_print_json(rows);
	if (json_array_size(rows) == 0) {
		puts(empty);
		return CMD_OK;
	}
	if (table_print(stdout, columns, n, rows, table_width(stdout)) < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	return CMD_OK;
}

int cmd_print_ids(const struct cmd_common *common, const json_t *rows)
{
	json_auto_t *ids = json_array();
	const json_t *row;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		if (common->json) {
			json_array_append(ids, json_object_get(row, "id"));
		} else {
			escape_print(stdout, json_string_value(json_object_get(row, "id")) ?: "?");
			putchar('\n');
		}
	}
	return common->json ? cmd_print_json(ids) : CMD_OK;
}

int cmd_copy(char *field, size_t size, const char *text, const char *what)
{
	size_t length = strlen(text);

	if (!escape_valid(text))
		return cmd_fail(CMD_USAGE, "the %s is not UTF-8", what);
	if (length >= size)
		return cmd_fail(CMD_USAGE,
				"the %s has %zu bytes, at most %zu are possible; shorten it", what,
				length, size - 1);
	memcpy(field, text, length + 1);
	return CMD_OK;
}

int cmd_copy_id(char *field, size_t size, const char *text, char kind)
{
	const char *list = kind == 'r' ? "requests" : kind == 'b' ? "status" : "grants";
	size_t length = strlen(text);
	/* what stands is among the grants */
	bool good = length > 2 && length < size && text[1] == '-' &&
		    (text[0] == kind || (kind == 'g' && text[0] == 's'));

	for (size_t i = 2; good && i < length; i++)
		good = isalnum((unsigned char)text[i]);
	if (!good)
		return cmd_fail(CMD_USAGE,
				"'%s' is not an id (\"%c-…\"); list them with: sluice %s", text,
				kind, list);
	memcpy(field, text, length + 1);
	return CMD_OK;
}

int cmd_open_path(const char *path, char *ret_path, size_t size, int *ret_fd)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	char link[64], target[PATH_MAX + 16];
	ssize_t n;

	if (fd < 0)
		return cmd_fail(cmd_exit_code(errno), "cannot open '%s': %s", path,
				strerror(errno));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return cmd_fail(CMD_FAILED, "cannot find the path of '%s': %s", path,
				strerror(errno));
	target[n] = 0;
	if ((size_t)n < size)
		memcpy(ret_path, target, (size_t)n + 1);
	else
		snprintf(ret_path, size, "[...]%s", target + n - (ssize_t)size + 6);
	*ret_fd = TAKE_FD(fd);
	return CMD_OK;
}
