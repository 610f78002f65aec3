/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_erase.c: "sluice journal erase". Owns what a person confirms before. Must not own: erasing;
 * sluiced does that, and journals it.
 */
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd.h"
#include "cmd_journal.h"

enum { KEY_PATH = 256, KEY_USER, KEY_REQUEST, KEY_BEFORE };

struct erase_input {
	struct cmd_input input;
	struct ipc_erase act;
	bool any;
	bool yes;
};

static void parse_user(const char *arg, struct argp_state *state, struct erase_input *input)
{
	const struct passwd *user = getpwnam(arg);
	uint64_t number;

	if (user)
		input->act.uid = user->pw_uid;
	else if (text_to_number(arg, UINT32_MAX, &number) == 0)
		input->act.uid = (int64_t)number;
	else
		argp_error(state, "there is no user '%s'; give the number", arg);
}

static void parse_path(const char *arg, struct argp_state *state, struct erase_input *input)
{
	if (*arg != '/')
		argp_error(state, "'%s' is no pattern of a path: start it with '/'", arg);
	if (cmd_copy(input->act.path, sizeof(input->act.path), arg, "path"))
		argp_error(state, "name a folder above");
}

/* What says which texts. */
static error_t parse_choice(int key, char *arg, struct argp_state *state)
{
	struct erase_input *input = state->input;
	int64_t ms = 0;

	switch (key) {
	case KEY_PATH:
		parse_path(arg, state, input);
		break;
	case KEY_USER:
		parse_user(arg, state, input);
		break;
	case KEY_REQUEST:
		if (cmd_copy_id(input->act.request, sizeof(input->act.request), arg, 'r'))
			argp_error(state, "'%s' is no request", arg);
		break;
	case KEY_BEFORE:
		cmd_journal_time(arg, state, &ms);
		input->act.before_ms = (uint64_t)ms;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	input->any = true;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct erase_input *input = state->input;

	switch (key) {
	case 'r':
		if (cmd_copy(input->act.reason, sizeof(input->act.reason), arg, "reason"))
			argp_error(state, "say it in fewer words");
		return 0;
	case 'y':
		input->yes = true;
		return 0;
	case ARGP_KEY_SUCCESS:
		if (!input->any)
			argp_error(state, "say what: --path, --user, --request or --before");
		if (!input->act.reason[0])
			argp_error(state,
				   "--reason is needed: it goes into the journal; do not name "
				   "there what is erased");
		return cmd_parse_common(key, arg, state);
	default:
		return parse_choice(key, arg, state) ? cmd_parse_common(key, arg, state) : 0;
	}
}

static const struct argp_option options[] = {
	{ "path", KEY_PATH, "PATTERN", 0, "Texts that are or name this path, or one below", 0 },
	{ "user", KEY_USER, "NAME", 0, "About processes of this user: name or number", 0 },
	{ "request", KEY_REQUEST, "ID", 0, "In entries about this request", 0 },
	{ "before", KEY_BEFORE, "WHEN", 0, "Of days (UTC) that ended before", 0 },
	{ "reason", 'r', "TEXT", 0, "Why; goes into the journal", 0 },
	{ "yes", 'y', NULL, 0, "Do not ask for confirmation", 0 },
	{ 0 },
};

static int confirm(const struct erase_input *input, const struct cmd_common *common)
{
	struct ipc_erase act = input->act;
	struct ipc_erase_item found = { 0 };
	const struct client_call call = { .socket = common->socket,
					  .type = IPC_ERASE,
					  .payload = &act,
					  .size = sizeof(act),
					  .item = IPC_ERASE_ITEM };
	char answer[16];
	int code;

	if (input->yes)
		return CMD_OK;
	if (!isatty(STDIN_FILENO))
		return cmd_fail(CMD_FAILED, "standard input is no terminal to ask on; give --yes");
	act.count = 1;
	code = cmd_take(&call, &found, sizeof(found));
	if (code)
		return code;
	fprintf(stderr,
		"%" PRIu64 " private text%s of the journal would be erased for good. Do it? "
		"[y/N] ",
		found.texts, found.texts == 1 ? "" : "s");
	if (fgets(answer, sizeof(answer), stdin) &&
	    (!strcasecmp(answer, "y\n") || !strcasecmp(answer, "yes\n")))
		return CMD_OK;
	return cmd_fail(CMD_FAILED, "nothing was erased");
}

int cmd_erase(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		options,
		parse,
		"--reason=TEXT",
		"Erase private text for good: all that fits each option given.\vThe journal keeps "
		"its "
		"commitments, which nobody can open any more, and verifies as before. It says how "
		"many were erased, by whom and why, and not what. Copies of the vault's file are "
		"yours to find, backups too. What is erased while a request or grant that names it "
		"is "
		"open, is not taken up again after a restart: it is asked about anew.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct erase_input input = { .input = { .common = common }, .act.uid = -1 };
	struct ipc_erase_item found;
	const struct client_call call = { .type = IPC_ERASE,
					  .payload = &input.act,
					  .size = sizeof(input.act),
					  .item = IPC_ERASE_ITEM };
	struct client_call here = call;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	here.socket = common->socket;
	code = confirm(&input, common);
	if (!code)
		code = cmd_take(&here, &found, sizeof(found));
	if (code)
		return code;
	if (common->json)
		return printf("{\"erased\": %" PRIu64 "}\n", found.texts) < 0 ? CMD_FAILED : CMD_OK;
	printf("%" PRIu64 " private text%s erased; entry %" PRIu64 " of the journal says so\n",
	       found.texts, found.texts == 1 ? " is" : "s are", found.seq);
	return fflush(stdout) ? CMD_FAILED : CMD_OK;
}
