/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice.c: the command line: the table of commands and the options before them, nothing else.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "cmd.h"
#include "escape.h"

#ifndef SLUICE_VERSION
#define SLUICE_VERSION "development"
#endif

static const struct cmd commands[] = {
	{ "status", cmd_status, "whether the agent enforces, and how it is" },
	{ "doctor", cmd_doctor, "what this host lacks, each with its remedy" },
	{ "requests", cmd_requests, "requests that wait for a person" },
	{ "show", cmd_show, "one request in full" },
	{ "approve", cmd_approve, "allow what a request asks for" },
	{ "deny", cmd_deny, "refuse what a request asks for" },
	{ "submit", cmd_submit, "bring in an answer that was signed elsewhere" },
	{ "reason", cmd_reason, "say why your session asks" },
	{ "grants", cmd_grants, "what approvals allow now" },
	{ "revoke", cmd_revoke, "end a grant" },
	{ "label", cmd_label, "labels on files: list, add, remove" },
	{ "why", cmd_why, "why a process carries its labels" },
	{ "lineage", cmd_lineage, "where the labels of a file came from" },
	{ "break-glass", cmd_glass, "let root touch the agent itself, for a time" },
	{ "journal", cmd_journal, "read, follow and verify the signed journal" },
	{ "enroll", cmd_enroll, "what to keep elsewhere, to know the journal again" },
	{ "report", cmd_report, "evidence for an auditor, of a period" },
	{ "policy", cmd_policy, "check policy files" },
	{ "teams-app", cmd_teams_app, "write the app package of a bot for Microsoft Teams" },
};

const char *argp_program_version = "sluice " SLUICE_VERSION;

/* @first: index of the command in argv, 0 if there is none. */
struct leading {
	struct cmd_common *common;
	int first;
	bool help;
};

static error_t parse_leading(int key, char *arg, struct argp_state *state)
{
	struct leading *leading = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = leading->common;
		return 0;
	case '?':
	case 'h':
		leading->help = true;
		return 0;
	case 'V':
		puts(argp_program_version);
		exit(CMD_OK);
	case ARGP_KEY_ARG:
		(void)arg;
		leading->first = state->next - 1;
		state->next = state->argc;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option leading_options[] = {
	{ "help", '?', NULL, 0, "List the commands", 0 },
	{ "version", 'V', NULL, 0, "Print the version", 0 },
	{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0 },
	{ 0 },
};

/* What could not be written was not answered. */
static int finish(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	return code ? code : cmd_fail(CMD_FAILED, "cannot write the answer: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	const struct argp argp = { leading_options,    parse_leading, NULL, NULL,
				   cmd_common_options, NULL,	      NULL };
	struct cmd_common common = { 0 };
	struct leading leading = { .common = &common };
	char name[] = "sluice", help[] = "help";
	char *only_help[] = { name, help, NULL };

	escape_locale();
	argp_err_exit_status = CMD_USAGE;
	argv[0] = name;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, NULL, &leading);
	if (leading.help)
		return finish(cmd_dispatch(commands, ARRAY_SIZE(commands), 2, only_help, &common));
	if (!leading.first)
		return finish(cmd_dispatch(commands, ARRAY_SIZE(commands), 1, argv, &common));
	argv += leading.first - 1;
	argv[0] = name;
	return finish(cmd_dispatch(commands, ARRAY_SIZE(commands), argc - leading.first + 1, argv,
				   &common));
}
