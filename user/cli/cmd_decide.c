/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_decide.c: "sluice approve" and "sluice deny". Owns what a person must see and confirm before
 * an answer is sent. Must not own: who may answer; sluiced decides that by the peer's credentials,
 * or by the key that signed the answer (cmd_sign.c).
 */
#include "cmd.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/scope.h"
#include "base/text.h"
#include "limits.h"

#define DIGEST_LEAST 8 /* hex digits that tell one request from another */

struct decide_input {
	struct cmd_input input;
	bool approve;
	bool yes;
	bool print;
	const char *key;
	const char *reason;
	uint8_t scope;
	uint32_t duration_s;
	uint32_t standing_s;
};

static void parse_scope(const char *arg, struct argp_state *state, struct decide_input *input)
{
	input->scope = scope_from(arg);
	if (!input->scope)
		argp_error(state, "the scope '%s' is none of once, process, executable", arg);
}

static uint32_t parse_time(const char *arg, struct argp_state *state, uint32_t most)
{
	uint64_t seconds;

	if (text_to_seconds(arg, most, &seconds) == 0 && seconds != 0)
		return (uint32_t)seconds;
	argp_error(state, "'%s' is not a time of 1s to %us; write it like 90s, 15min, 2h", arg,
		   most);
	return 0;
}

/* What stands is approved by a key, for the rule's once, and for nothing else. */
static void check_standing(const struct decide_input *input, struct argp_state *state)
{
	if (!input->standing_s)
		return;
	if (!input->key && !input->print)
		argp_error(state, "--standing takes your own key: give --key or --print");
	if (input->duration_s || input->scope > IPC_SCOPE_ONCE)
		argp_error(state, "--standing approves the same again, each time once: leave out "
				  "--for and --scope");
}

static error_t parse_decide(int key, char *arg, struct argp_state *state)
{
	struct decide_input *input = state->input;

	switch (key) {
	case 'r':
		input->reason = arg;
		return 0;
	case 's':
		parse_scope(arg, state, input);
		return 0;
	case 'f':
		input->duration_s = parse_time(arg, state, SLUICE_MAX_DURATION_S);
		return 0;
	case 't':
		input->standing_s = parse_time(arg, state, SLUICE_MAX_STANDING_S);
		return 0;
	case 'y':
		input->yes = true;
		return 0;
	case 'k':
		input->key = arg;
		return 0;
	case 'p':
		input->print = true;
		return 0;
	case ARGP_KEY_SUCCESS:
		if (input->key && input->print)
			argp_error(state, "--key signs here and --print is to sign elsewhere: give "
					  "one of them");
		check_standing(input, state);
		return cmd_parse_common(key, arg, state);
	default:
		return cmd_parse_common(key, arg, state);
	}
}

/* What both commands take. */
#define COMMON_OPTIONS                                                                             \
	{ "reason", 'r', "TEXT", 0, "Why; goes into the journal", 0 },                             \
	{ "key", 'k', "FILE", 0, "Sign the answer with this key, by ssh-keygen", 0 },              \
	{ "print", 'p', NULL, 0, "Decide nothing: print the statement to sign elsewhere", 0 },     \
	{ "yes", 'y', NULL, 0, "Do not ask for confirmation", 0 }

static const struct argp_option approve_options[] = {
	COMMON_OPTIONS,
	{ "scope", 's', "SCOPE", 0, "once, process or executable: not wider than the rule's", 0 },
	{ "for", 'f', "TIME", 0,
	  "How long it is allowed (90s, 15min, 2h): not longer than the rule's", 0 },
	{ "standing", 't', "TIME", 0,
	  "Approve the same again, too, for so long (7d), where the rule allows it", 0 },
	{ 0 },
};

static const struct argp_option deny_options[] = {
	COMMON_OPTIONS,
	{ 0 },
};

/* What the reviewer saw elsewhere must be what waits here. Return: CMD_…. */
static int check_digest(const char *given, const char *digest)
{
	size_t length = strlen(given);

	if (length < DIGEST_LEAST || length > strlen(digest) ||
	    strspn(given, "0123456789abcdefABCDEF") != length)
		return cmd_fail(CMD_USAGE, "'%s' is not a digest: give %d to 64 hex digits of it",
				given, DIGEST_LEAST);
	if (strncasecmp(given, digest, length))
		return cmd_fail(CMD_FAILED, "the digest does not match: the request is not the one "
					    "that you saw; look at it again");
	return CMD_OK;
}

/* Reads one line of the terminal. Return: false at the end of input or when the line does not fit.
 */
static bool ask(const char *question, char *answer, size_t size)
{
	size_t length;

	fputs(question, stderr);
	if (!fgets(answer, (int)size, stdin)) {
		fputc('\n', stderr);
		return false;
	}
	length = strlen(answer);
	if (!length || answer[length - 1] != '\n')
		return false;
	answer[length - 1] = 0;
	return true;
}

static int take_reason(const struct decide_input *input, const json_t *request,
		       struct ipc_decide *decide)
{
	bool required = json_is_true(json_object_get(request, "reason_required"));

	if (input->reason)
		return cmd_copy(decide->reason, sizeof(decide->reason), input->reason, "reason");
	if (!required)
		return CMD_OK;
	if (!isatty(STDIN_FILENO))
		return cmd_fail(CMD_FAILED,
				"the rule requires a reason; give it with --reason TEXT");
	if (!ask("Reason: ", decide->reason, sizeof(decide->reason)) || !*decide->reason)
		return cmd_fail(
			CMD_FAILED,
			"the rule requires a reason of at most %zu bytes; nothing was decided",
			sizeof(decide->reason) - 1);
	return escape_valid(decide->reason) ? CMD_OK
					    : cmd_fail(CMD_FAILED, "the reason is not UTF-8");
}

static int confirm(const struct decide_input *input, const char *id)
{
	const char *verb = input->approve ? "Approve" : "Deny";
	char question[64], answer[16];

	if (input->yes || input->print)
		return CMD_OK;
	if (!isatty(STDIN_FILENO)) {
		if (input->input.positional.n == 2)
			return CMD_OK; /* the digest says what was seen */
		return cmd_fail(CMD_FAILED, "standard input is no terminal to ask on; give the "
					    "request's digest, or --yes");
	}
	snprintf(question, sizeof(question), "%s %s? [y/N] ", verb, id);
	if (ask(question, answer, sizeof(answer)) &&
	    (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0))
		return CMD_OK;
	return cmd_fail(CMD_FAILED, "nothing was decided");
}

/* Checks the request as it is now. Return: CMD_…. */
static int check_request(const struct decide_input *input, const json_t *request,
			 const char *digest)
{
	const char *state = json_string_value(json_object_get(request, "state"));
	const char *outcome = json_string_value(json_object_get(request, "outcome"));

	if (input->input.positional.n == 2) {
		int code = check_digest(input->input.positional.values[1], digest);

		if (code)
			return code;
	}
	if (strcmp(state, "pending"))
		return cmd_fail(CMD_FAILED, "the request is closed: %s%s%s", state,
				outcome ? ": " : "", outcome ?: "");
	return CMD_OK;
}

static int send_decision(const struct cmd_common *common, const struct ipc_decide *decide)
{
	struct client_call call = {
		.socket = common->socket,
		.type = IPC_DECIDE,
		.payload = decide,
		.size = sizeof(*decide),
	};

	return cmd_act(&call, common);
}

/* Signed here and sent, or printed to be signed elsewhere. Return: CMD_…. */
static int sign(const struct decide_input *input, const struct cmd_common *common,
		const json_t *request, const struct ipc_decide *decide)
{
	struct ipc_signed answer = { .statement = "" };
	int code = cmd_state(request, decide, input->standing_s, &answer);

	if (code)
		return code;
	if (input->print) {
		fputs(answer.statement, stdout);
		return CMD_OK;
	}
	code = cmd_sign(input->key, &answer);
	return code ? code : cmd_send_signed(common, &answer);
}

/* With --json standard output holds the answer only, with --print the statement. A digest with
 * --yes says that it was seen elsewhere. Return: CMD_…. */
static int show(const struct decide_input *input, const json_t *request)
{
	FILE *out = input->input.common->json || input->print ? stderr : stdout;

	if (input->yes && input->input.positional.n == 2)
		return CMD_OK;
	if (cmd_print_request(out, request) < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	putc('\n', out);
	fflush(out);
	return CMD_OK;
}

/* The answer goes with the whole digest of what was shown, so it cannot meet another request. */
static int decide(const struct decide_input *input, const struct cmd_common *common)
{
	struct ipc_decide decision = { .approve = input->approve,
				       .scope = input->scope,
				       .duration_s = input->duration_s };
	const char *id = input->input.positional.values[0], *digest;
	json_auto_t *request = NULL;
	int code;

	if (input->standing_s) {
		decision.scope = IPC_SCOPE_ONCE;
		decision.duration_s = input->standing_s;
	}
	code = cmd_fetch_request(common, id, &request);
	if (code)
		return code;
	digest = json_string_value(json_object_get(request, "digest")) ?: "";
	code = cmd_copy_id(decision.id, sizeof(decision.id), id, 'r');
	if (code == CMD_OK)
		code = cmd_copy(decision.digest, sizeof(decision.digest), digest, "digest");
	if (code == CMD_OK)
		code = show(input, request);
	if (code == CMD_OK)
		code = check_request(input, request, digest);
	if (code == CMD_OK)
		code = confirm(input, id);
	if (code == CMD_OK)
		code = take_reason(input, request, &decision);
	if (code)
		return code;
	return input->key || input->print ? sign(input, common, request, &decision)
					  : send_decision(common, &decision);
}

int cmd_approve(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		approve_options,
		parse_decide,
		"ID [DIGEST]",
		"Allow what a request asks for, after showing it in full.\vDIGEST: at least 8 hex "
		"digits of the request's digest as you saw it; another request is then refused. "
		"With --yes as well it is not shown again. Nobody can approve their own request. "
		"What --print prints is signed with ssh-keygen -Y sign -n sluice-decision@sluice "
		"and brought in with sluice submit.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct decide_input input = {
		.input = { .common = common, .positional = { .min = 1, .max = 2 } }, .approve = true
	};

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	return decide(&input, common);
}

int cmd_deny(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		deny_options,
		parse_decide,
		"ID [DIGEST]",
		"Refuse what a request asks for, after showing it in full.\vDIGEST: at least 8 hex "
		"digits of the request's digest as you saw it; another request is then not "
		"touched. With --yes as well it is not shown again.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct decide_input input = { .input = { .common = common,
						 .positional = { .min = 1, .max = 2 } } };

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	return decide(&input, common);
}
