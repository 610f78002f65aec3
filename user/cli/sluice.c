/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice.c: the command line: the table of commands and the options before them, nothing else.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "cmd.h"

#ifndef SLUICE_VERSION
#define SLUICE_VERSION "development"
#endif

static const struct cmd commands[] = {
	{ "status", cmd_status, "whether the agent enforces, and how it is",
	  "  sluice status\n  sluice status --json | jq .requests.pending", NULL },
	{ "metrics", cmd_metrics, "numbers for Prometheus, in its text format",
	  "  sluice metrics\n"
	  "  sluice metrics >$TEXTFILES/sluice.prom.new",
	  NULL },
	{ "doctor", cmd_doctor, "what this host lacks, each with its remedy", "  sluice doctor\n  sluice doctor draft/", NULL },
	{ "bugreport", cmd_bugreport, "what to send to who helps, without secrets",
	  "  sluice bugreport >report.txt", NULL },
	{ "requests", cmd_requests, "requests that wait for a person",
	  "  sluice requests\n  sluice requests --all --json", NULL },
	{ "show", cmd_show, "one request in full", "  sluice show r-3d52b7a1", NULL },
	{ "approve", cmd_approve, "allow what a request asks for",
	  "  sluice approve r-3d52b7a1 9a6a09b2 --reason 'contract signed'\n"
	  "  sluice approve r-3d52b7a1 9a6a09b2 --key ~/.ssh/id_ed25519_sk\n"
	  "  sluice approve r-3d52b7a1 --scope process --for 15min",
	  NULL },
	{ "deny", cmd_deny, "refuse what a request asks for",
	  "  sluice deny r-3d52b7a1 9a6a09b2 --reason 'not before the contract is signed'", NULL },
	{ "submit", cmd_submit, "bring in an answer that was signed elsewhere",
	  "  sluice submit answer\n  sluice submit answer elsewhere/answer.sig", NULL },
	{ "reason", cmd_reason, "say why your session asks",
	  "  sluice reason 'weekly figures, ticket 4711' --for 8h\n  sluice reason --forget",
	  NULL },
	{ "grants", cmd_grants, "what approvals allow now", "  sluice grants", NULL },
	{ "revoke", cmd_revoke, "end a grant",
	  "  sluice revoke g-2\n  sluice revoke s-1f0c77d2 --reason 'contract ended'", NULL },
	{ "label", NULL, "labels on files: list, add, remove", NULL, cmd_label_verbs },
	{ "why", cmd_why, "why a process carries its labels", "  sluice why 428", NULL },
	{ "lineage", cmd_lineage, "where the labels of a file came from",
	  "  sluice lineage /srv/pipeline/export.csv\n"
	  "  sluice lineage --dot /srv/pipeline/export.csv | dot -Tsvg >export.svg",
	  NULL },
	{ "break-glass", cmd_glass, "let root touch the agent itself, for a time",
	  "  sluice break-glass --reason 'upgrade to 0.2' --for 15min\n"
	  "  sluice break-glass --agree\n  sluice break-glass --end",
	  cmd_glass_verbs },
	{ "journal", cmd_journal, "read, follow and verify the signed journal",
	  "  sluice journal --since today --request r-3d52b7a1\n"
	  "  sluice journal -b --decision denied --user paul -g customers\n"
	  "  sluice journal --destination 203.0.113.0/24 -o csv >sent.csv",
	  cmd_journal_verbs },
	{ "events", cmd_events, "what labeled data does, as it happens",
	  "  sluice events --follow\n"
	  "  sluice events --since -1h --label customers --json",
	  NULL },
	{ "enroll", cmd_enroll, "what to keep elsewhere, to know the journal again",
	  "  sluice enroll", NULL },
	{ "report", cmd_report, "evidence for an auditor, of a period",
	  "  sluice report --framework soc2 --from 2026-07-01 --to 2026-09-30 -o evidence", NULL },
	{ "policy", NULL, "check and rehearse policies", NULL, cmd_policy_verbs },
	{ "teams-app", cmd_teams_app, "write the app package of a bot for Microsoft Teams",
	  "  sluice teams-app --app-id ID --url https://approvals.example app.zip", NULL },
	{ .examples = "  sluice requests\n"
		      "  sluice show r-3d52b7a1\n"
		      "  sluice approve r-3d52b7a1 9a6a09b2 --reason 'contract signed'" },
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
		return finish(cmd_dispatch(commands, 2, only_help, &common));
	if (!leading.first)
		return finish(cmd_dispatch(commands, 1, argv, &common));
	argv += leading.first - 1;
	argv[0] = name;
	return finish(cmd_dispatch(commands, argc - leading.first + 1, argv, &common));
}
