/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd.h: what the commands of sluice share: options, exit codes, and how results are shown.
 *
 * Owns: the contract between sluice.c and the cmd_*.c files, one file a family of commands. Must
 * not own: what a command does.
 */
#ifndef SLUICE_CMD_H
#define SLUICE_CMD_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/table.h"
#include "client.h"
#include "ipc.h"

/* Exit codes of every command; sluice(1) documents them. */
enum cmd_exit {
	CMD_OK = 0,
	CMD_FAILED = 1,	     /* refused, failed, or the answer is "no" */
	CMD_USAGE = 2,	     /* also: journal verify found a tail that nothing signs */
	CMD_UNREACHABLE = 3, /* no daemon, or it broke off */
	CMD_NOT_FOUND = 4,
	CMD_NOT_PERMITTED = 5,
	CMD_BREAK = 6, /* journal verify: right, but the key of an epoch was lost */
	/* journal --checkpoint: */
	CMD_PLACE_WRONG = 10, /* the file with the place is damaged */
	CMD_PLACE_OTHER = 11, /* it is of another journal */
	CMD_PLACE_GONE = 12,  /* what was read up to there is not in the journal any more */
	CMD_NOTHING_NEW = 13,
};

/*
 * Options that every command takes. @socket: NULL for the default.
 * @command: the one that runs, whose --help shows its examples
 */
struct cmd_common {
	const char *socket;
	const struct cmd *command;
	bool json;
};

/**
 * struct cmd: one row of a table of commands, which ends with a row without name, but with examples
 * for the whole table. What people see
 * of it, and what shells complete (user/completion), is made from the table.
 * @run: argv[0] is the whole name ("sluice label add"); NULL when there are only @verbs
 * @examples: whole lines of a shell, for --help
 * @verbs: table of what may follow the name, or NULL
 */
struct cmd {
	const char *name;
	int (*run)(int argc, char **argv, struct cmd_common *common);
	const char *help;
	const char *examples;
	const struct cmd *verbs;
};

extern const struct cmd cmd_glass_verbs[];
extern const struct cmd cmd_label_verbs[];
extern const struct cmd cmd_journal_verbs[];
extern const struct cmd cmd_policy_verbs[];

/* Arguments that are not options: at least @min, at most ARRAY_SIZE(values) or @max. */
struct cmd_positional {
	const char *values[2];
	size_t n;
	size_t min;
	size_t max;
};

/*
 * What the parser of each command gets as argp_state::input, as its first member;
 * cmd_parse_common() hands the common options on and collects the arguments. Commands without
 * options of their own use it as their parser.
 */
struct cmd_input {
	struct cmd_common *common;
	struct cmd_positional positional;
};

error_t cmd_parse_common(int key, char *arg, struct argp_state *state);
extern const struct argp_child cmd_common_options[];
extern const struct argp cmd_common_argp;

/* Runs the command of @table that argv[1] names, or lists the table for "help". Return: CMD_…. */
int cmd_dispatch(const struct cmd *table, int argc, char **argv, struct cmd_common *common);

/* Parses a command without options of its own; exits with CMD_USAGE when the line is wrong. */
void cmd_parse_simple(const char *args_doc, const char *doc, int argc, char **argv,
		      struct cmd_input *input);

/* Prints "sluice: …" to standard error, escaped. Return: @code. */
int cmd_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* CMD_… for an errno (positive or negative, 0 is CMD_OK) that sluiced or the system gave. */
int cmd_exit_code(int error);

/**
 * cmd_collect() - ask sluiced and gather the items of its answer as records.
 * @view: makes the record of an item (view.h)
 * @ret: array, owned by the caller, when CMD_OK is returned
 * Return: CMD_…; the reason of a failure has been printed.
 */
int cmd_collect(const struct client_call *call, json_t *(*view)(const union ipc_any *item),
		json_t **ret);

/* The same; @said: what sluiced says of the whole answer, as large as ipc_result::text. */
int cmd_collect_said(const struct client_call *call, json_t *(*view)(const union ipc_any *item),
		     json_t **ret, char *said);

/*
 * The one item of an answer, @size bytes of it into @ret. Return: CMD_…; the reason of a failure
 * has been printed.
 */
int cmd_take(const struct client_call *call, void *ret, size_t size);

/* Asks for something to be done and shows what sluiced says. Return: CMD_…. */
int cmd_act(const struct client_call *call, const struct cmd_common *common);

/* Writes one JSON value and a newline to standard output, safe for terminals. Return: CMD_…. */
int cmd_print_json(const json_t *value);

/* Shows records as a table, or as JSON, or @empty when there are none. Return: CMD_…. */
int cmd_print_rows(const struct cmd_common *common, const json_t *rows,
		   const struct table_column *columns, size_t n, const char *empty);

/* Shows the member "id" of each record, one a line or as JSON, for scripts and completion. */
int cmd_print_ids(const struct cmd_common *common, const json_t *rows);

/* Copies an argument into a field of a message. Return: CMD_OK, or CMD_USAGE with @what named:
 * nothing is cut. */
int cmd_copy(char *field, size_t size, const char *text, const char *what);

/*
 * An id of sluiced, by @kind "r-…", or "g-…" and "s-…", into @field. Return: CMD_OK or CMD_USAGE.
 */
int cmd_copy_id(char *field, size_t size, const char *text, char kind);

/* Opens without any right to the content. @ret_path: its real path, visibly shortened when too
 * long. */
int cmd_open_path(const char *path, char *ret_path, size_t size, int *ret_fd);

int cmd_status(int argc, char **argv, struct cmd_common *common);
int cmd_doctor(int argc, char **argv, struct cmd_common *common);
int cmd_requests(int argc, char **argv, struct cmd_common *common);
int cmd_show(int argc, char **argv, struct cmd_common *common);
int cmd_approve(int argc, char **argv, struct cmd_common *common);
int cmd_deny(int argc, char **argv, struct cmd_common *common);
int cmd_submit(int argc, char **argv, struct cmd_common *common);
int cmd_grants(int argc, char **argv, struct cmd_common *common);
int cmd_revoke(int argc, char **argv, struct cmd_common *common);
int cmd_why(int argc, char **argv, struct cmd_common *common);
int cmd_lineage(int argc, char **argv, struct cmd_common *common);
int cmd_enroll(int argc, char **argv, struct cmd_common *common);
int cmd_metrics(int argc, char **argv, struct cmd_common *common);
int cmd_bugreport(int argc, char **argv, struct cmd_common *common);
int cmd_events(int argc, char **argv, struct cmd_common *common);
int cmd_journal(int argc, char **argv, struct cmd_common *common);
int cmd_report(int argc, char **argv, struct cmd_common *common);
int cmd_reason(int argc, char **argv, struct cmd_common *common);
int cmd_glass(int argc, char **argv, struct cmd_common *common);
int cmd_teams_app(int argc, char **argv, struct cmd_common *common);

/* Shared by show, approve and deny: the request @id as a record. Return: CMD_…. */
int cmd_fetch_request(const struct cmd_common *common, const char *id, json_t **ret);
/* The statement of @answer to @request, into @ret. @standing: for the same again too. CMD_…. */
int cmd_state(const json_t *request, const struct ipc_decide *answer, bool standing,
	      struct ipc_signed *ret);
/* Has ssh-keygen sign it with @key, a file or the public half of a key of an agent. */
int cmd_sign(const char *key, struct ipc_signed *answer);
int cmd_send_signed(const struct cmd_common *common, const struct ipc_signed *answer);
/* The whole request for a person's eyes. */
int cmd_print_request(FILE *out, const json_t *request);

#endif
