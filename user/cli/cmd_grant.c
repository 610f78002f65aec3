/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_grant.c: "sluice grants" and "sluice revoke".
 */
#include "base/view.h"
#include "cmd.h"

#include "base/cleanup.h"

static const struct table_column columns[] = {
	{ "id", "ID", 0 },
	{ "action", "ACTION", 0 },
	{ "labels", "LABELS", TABLE_WRAP },
	{ "subject", "SUBJECT", TABLE_WRAP },
	{ "target", "TARGET", TABLE_WRAP },
	{ "uses_left", "USES", TABLE_RIGHT },
	{ "approved_by", "BY", TABLE_WRAP },
	{ "expires", "EXPIRES", TABLE_TIME },
};

static json_t *view(const union ipc_any *item)
{
	return view_grant(&item->grant);
}

/* What has no use left stays until it expires: a socket that it let through may live on. */
static void mark_used_up(json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		const json_t *uses = json_object_get(row, "uses_left");

		if (json_is_integer(uses) && !json_integer_value(uses))
			json_object_set_new(row, "uses_left", json_string("used up"));
	}
}

struct grants_input {
	struct cmd_input input;
	bool ids;
};

static error_t parse_grants(int key, char *arg, struct argp_state *state)
{
	struct grants_input *input = state->input;

	if (key != 'i')
		return cmd_parse_common(key, arg, state);
	input->ids = true;
	return 0;
}

static const struct argp_option grants_options[] = {
	{ "ids", 'i', NULL, 0, "Only the ids, one a line", 0 },
	{ 0 },
};

int cmd_grants(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = { grants_options,
				   parse_grants,
				   NULL,
				   "What approvals allow now.\vUSES is how often a grant may still "
				   "be used; - means until it expires.",
				   cmd_common_options,
				   NULL,
				   NULL };
	struct grants_input input = { .input.common = common };
	struct client_call call = { .type = IPC_GRANTS, .item = IPC_GRANT_ITEM };
	json_auto_t *rows = NULL;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	call.socket = common->socket;
	code = cmd_collect(&call, view, &rows);
	if (code)
		return code;
	if (input.ids)
		return cmd_print_ids(common, rows);
	if (!common->json)
		mark_used_up(rows);
	return cmd_print_rows(common, rows, columns, ARRAY_SIZE(columns), "No grants.");
}

struct revoke_input {
	struct cmd_input input;
	const char *reason;
};

static error_t parse_revoke(int key, char *arg, struct argp_state *state)
{
	struct revoke_input *input = state->input;

	if (key != 'r')
		return cmd_parse_common(key, arg, state);
	input->reason = arg;
	return 0;
}

static const struct argp_option revoke_options[] = {
	{ "reason", 'r', "TEXT", 0, "Why; goes into the journal", 0 },
	{ 0 },
};

int cmd_revoke(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		revoke_options,     parse_revoke, "GRANT", "End a grant before it expires.",
		cmd_common_options, NULL,         NULL
	};
	struct revoke_input input = { .input = { .common = common,
						 .positional = { .min = 1, .max = 1 } } };
	struct ipc_select select = { 0 };
	struct client_call call = { .type = IPC_REVOKE,
				    .payload = &select,
				    .size = sizeof(select) };
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	call.socket = common->socket;
	code = cmd_copy_id(select.id, sizeof(select.id), input.input.positional.values[0], 'g');
	if (code == CMD_OK && input.reason)
		code = cmd_copy(select.text, sizeof(select.text), input.reason, "reason");
	return code ? code : cmd_act(&call, common);
}
