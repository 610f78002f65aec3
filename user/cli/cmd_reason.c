/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_reason.c: "sluice reason": what the session does, for those who are asked about it.
 */
#include "cmd.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "limits.h"

struct reason_input {
	struct cmd_input input;
	struct ipc_reason reason;
	bool forget;
};

static void parse_duration(const char *arg, struct argp_state *state, struct reason_input *input)
{
	uint64_t seconds;

	if (text_to_seconds(arg, SLUICE_MAX_REASON_S, &seconds) < 0 || seconds == 0)
		argp_error(state, "'%s' is not a time of 1s to %us; write it like 30min, 2h", arg,
			   SLUICE_MAX_REASON_S);
	else
		input->reason.duration_s = (uint32_t)seconds;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct reason_input *input = state->input;

	switch (key) {
	case 'f':
		parse_duration(arg, state, input);
		return 0;
	case 'n':
		input->forget = true;
		input->reason.duration_s = 0;
		return 0;
	case ARGP_KEY_SUCCESS:
		if (input->forget == (input->input.positional.n != 0))
			argp_error(state, "give a reason, or --forget");
		return cmd_parse_common(key, arg, state);
	default:
		return cmd_parse_common(key, arg, state);
	}
}

static const struct argp_option options[] = {
	{ "for", 'f', "TIME", 0, "How long it stands (30min, 2h); an hour if not given", 0 },
	{ "forget", 'n', NULL, 0, "Give no reason any more", 0 },
	{ 0 },
};

int cmd_reason(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		options,
		parse,
		"TEXT",
		"Say why: reviewers see it with what this session, or what it started, asks for.",
		cmd_common_options,
		NULL,
		NULL
	};
	struct reason_input input = { .input = { .common = common, .positional = { .max = 1 } },
				      .reason = { .duration_s = SLUICE_DEFAULT_REASON_S } };
	struct client_call call = { .type = IPC_REASON,
				    .payload = &input.reason,
				    .size = sizeof(input.reason) };
	int code = CMD_OK;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	call.socket = common->socket;
	if (!input.forget)
		code = cmd_copy(input.reason.text, sizeof(input.reason.text),
				input.input.positional.values[0], "reason");
	return code ? code : cmd_act(&call, common);
}
