/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_glass.c: "sluice break-glass". Owns what a person sees before agreeing. Must not own: who may
 * agree, or what follows; sluiced decides that (glass.h).
 */
#include "base/view.h"
#include "cmd.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/text.h"
#include "limits.h"

struct glass_input {
	struct cmd_input input;
	struct ipc_glass act;
	bool asked; /* a step was named */
	bool yes;
};

static void choose(struct argp_state *state, struct glass_input *input, enum ipc_glass_verb verb)
{
	if (input->asked && input->act.verb != verb)
		argp_error(state, "--reason, --agree, --code and --end exclude each other");
	input->asked = true;
	input->act.verb = verb;
}

static void take(struct argp_state *state, char *field, size_t size, const char *arg,
		 const char *what)
{
	if (cmd_copy(field, size, arg, what))
		argp_error(state, "choose another %s", what);
}

static void take_duration(struct argp_state *state, struct glass_input *input, const char *arg)
{
	uint64_t seconds;

	if (text_to_seconds(arg, SLUICE_MAX_GLASS_S, &seconds) < 0 || !seconds)
		argp_error(state, "'%s' is no time from 1s to %us (90s, 15min, 2h)", arg,
			   SLUICE_MAX_GLASS_S);
	input->act.duration_s = (uint32_t)seconds;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct glass_input *input = state->input;

	switch (key) {
	case 'r':
		choose(state, input, IPC_GLASS_ASK);
		take(state, input->act.reason, sizeof(input->act.reason), arg, "reason");
		return 0;
	case 'f':
		take_duration(state, input, arg);
		return 0;
	case 'a':
		choose(state, input, IPC_GLASS_AGREE);
		return 0;
	case 'c':
		choose(state, input, IPC_GLASS_CODE);
		take(state, input->act.code, sizeof(input->act.code), arg, "code");
		return 0;
	case 'e':
		choose(state, input, IPC_GLASS_END);
		return 0;
	case 'y':
		input->yes = true;
		return 0;
	default:
		return cmd_parse_common(key, arg, state);
	}
}

static const struct argp_option options[] = {
	{ "reason", 'r', "TEXT", 0, "Ask to break the glass; the reason goes into the journal", 0 },
	{ "for", 'f', "TIME", 0, "With --reason: how long (15min, 1h)", 0 },
	{ "agree", 'a', NULL, 0, "Agree to what is asked, after showing it", 0 },
	{ "code", 'c', "CODE", 0, "The code that stands on the local console", 0 },
	{ "end", 'e', NULL, 0, "Mend the glass before its time", 0 },
	{ "yes", 'y', NULL, 0, "With --agree: do not ask for confirmation", 0 },
	{ 0 },
};

static json_t *view(const union ipc_any *item)
{
	return view_status(&item->status);
}

static int fetch(const struct cmd_common *common, json_t **ret)
{
	struct client_call call = { .socket = common->socket,
				    .type = IPC_STATUS,
				    .item = IPC_STATUS_ITEM };
	json_auto_t *rows = NULL;
	int code = cmd_collect(&call, view, &rows);
	json_t *status = code ? NULL : json_array_get(rows, 0);

	if (!code && !status)
		return cmd_fail(CMD_UNREACHABLE,
				"sluiced sent no status; see: systemctl status sluiced");
	*ret = json_incref(json_object_get(status, "guard"));
	return code;
}

static const struct table_column fields[] = {
	{ "mode", "Guard", 0 },
	{ "broken", "Glass broken", 0 },
	{ "until", "... until", TABLE_TIME },
	{ "by", "... by", TABLE_HIDE_EMPTY },
	{ "asker", "Asked by", TABLE_HIDE_EMPTY },
	{ "reason", "Reason", TABLE_HIDE_EMPTY },
	{ "duration_s", "For", TABLE_SECONDS | TABLE_HIDE_EMPTY },
	{ "agreed", "Agreed so far", TABLE_HIDE_EMPTY },
	{ "to_review", "To be reviewed", TABLE_HIDE_EMPTY },
};

static int show(FILE *out, const json_t *guard)
{
	return table_fields(out, fields, ARRAY_SIZE(fields), guard, table_width(out)) < 0
		       ? cmd_fail(CMD_FAILED, "out of memory")
		       : CMD_OK;
}

/* The answer carries the question as it was shown, so that it cannot meet another one. */
static int agree(struct glass_input *input, const struct cmd_common *common)
{
	json_auto_t *guard = NULL;
	const char *reason;
	char answer[16];
	int code = fetch(common, &guard);

	if (code)
		return code;
	reason = json_string_value(json_object_get(guard, "reason"));
	if (!reason)
		return cmd_fail(CMD_NOT_FOUND, "nobody asks to break the glass");
	code = cmd_copy(input->act.reason, sizeof(input->act.reason), reason, "reason");
	input->act.duration_s = (uint32_t)json_integer_value(json_object_get(guard, "duration_s"));
	if (!code)
		code = show(common->json ? stderr : stdout, guard);
	if (code || input->yes)
		return code;
	if (!isatty(STDIN_FILENO))
		return cmd_fail(CMD_FAILED, "standard input is no terminal to ask on; give --yes");
	fputs("Let root touch the agent itself for that time? [y/N] ", stderr);
	if (fgets(answer, sizeof(answer), stdin) &&
	    (!strcasecmp(answer, "y\n") || !strcasecmp(answer, "yes\n")))
		return CMD_OK;
	return cmd_fail(CMD_FAILED, "nothing was agreed to");
}

static int look(const struct cmd_common *common)
{
	json_auto_t *guard = NULL;
	int code = fetch(common, &guard);

	if (code)
		return code;
	return common->json ? cmd_print_json(guard) : show(stdout, guard);
}

int cmd_glass(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		options,
		parse,
		NULL,
		"Let root touch the agent itself for a limited time: upgrade, change the policy, "
		"uninstall.\vIt takes two different people of the policy who agree, each in a "
		"session of their own, or the code that is shown on the local console. Begin and "
		"end are journaled and told to everybody. Without options: how it stands.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct glass_input input = { .input = { .common = common } };
	struct client_call call = { .type = IPC_GLASS,
				    .payload = &input.act,
				    .size = sizeof(input.act) };
	int code = CMD_OK;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	if (!input.asked)
		return look(common);
	if (input.act.verb == IPC_GLASS_AGREE)
		code = agree(&input, common);
	call.socket = common->socket;
	return code ? code : cmd_act(&call, common);
}

struct review_input {
	struct cmd_input input;
	struct ipc_glass act;
};

static error_t parse_review(int key, char *arg, struct argp_state *state)
{
	struct review_input *input = state->input;

	if (key != 'r')
		return cmd_parse_common(key, arg, state);
	take(state, input->act.reason, sizeof(input->act.reason), arg, "reason");
	return 0;
}

static const struct argp_option review_options[] = {
	{ "reason", 'r', "TEXT", 0, "What was found; goes into the journal", 0 },
	{ 0 },
};

static int review(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		review_options,
		parse_review,
		"ID",
		"Say that you have looked at what was done while the glass was broken.\vEach "
		"break-glass needs that afterwards, by a person of the policy who neither asked "
		"for it nor agreed to it. sluice status names those that wait; what was done then "
		"is in the journal: sluice journal --since TIME -g 'glass'.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct review_input input = { .input = { .common = common,
						 .positional = { .min = 1, .max = 1 } },
				      .act.verb = IPC_GLASS_REVIEW };
	struct client_call call = { .type = IPC_GLASS,
				    .payload = &input.act,
				    .size = sizeof(input.act) };
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	call.socket = common->socket;
	code = cmd_copy_id(input.act.id, sizeof(input.act.id), input.input.positional.values[0],
			   'b');
	return code ? code : cmd_act(&call, common);
}

const struct cmd cmd_glass_verbs[] = {
	{ "review", review, "say that you have looked at what was done meanwhile",
	  "  sluice break-glass review b-1f0c77d2 --reason 'upgrade as announced'", NULL },
	{ 0 },
};
