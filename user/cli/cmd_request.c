/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_request.c: "sluice requests" and "sluice show": what waits for people, and one request in
 * full. Answers are cmd_decide.c's.
 */
#include "base/view.h"
#include "cmd.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/when.h"

static const struct table_column columns[] = {
	{ "id", "ID", 0 },
	{ "action", "ACTION", 0 },
	{ "labels", "LABELS", TABLE_WRAP },
	{ "target", "TARGET", TABLE_WRAP },
	{ "who", "WHO", TABLE_WRAP },
	{ "process", "PROCESS", TABLE_WRAP },
	{ "left", "LEFT", 0 }, /* must stay the last: STATE stands here with --all */
};

static const struct table_column state_column = { "state", "STATE", 0 };

static const struct table_column fields[] = {
	{ "id", "Request", 0 },
	{ "state", "State", 0 },
	{ "outcome", "Outcome", TABLE_HIDE_EMPTY },
	{ "revoked", "Revoked", TABLE_HIDE_EMPTY },
	{ "revoked_reason", "... because", TABLE_HIDE_EMPTY },
	{ "action", "Action", 0 },
	{ "target", "Object", 0 },
	{ "labels", "Labels", 0 },
	{ "sensitivity", "Sensitivity", 0 },
	{ "requester", "Requester", 0 },
	{ "user", "User", 0 },
	{ "uid", "User id", 0 },
	{ "loginuid", "Login user id", 0 },
	{ "host", "Host", 0 },
	{ "program", "Program", 0 },
	{ "pid", "Process id", 0 },
	{ "executable", "Executable", 0 },
	{ "command", "Command", 0 },
	{ "unit", "Unit", 0 },
	{ "reason", "Reason given", 0 },
	{ "reason_from", "... by its", TABLE_HIDE_EMPTY },
	{ "rule", "Rule", 0 },
	{ "waiting", "Waits by", 0 },
	{ "tries", "Tries", 0 },
	{ "scope", "Approval allows", 0 },
	{ "duration_s", "... for", TABLE_SECONDS },
	{ "approvals", "Approvals", 0 },
	{ "approvals_needed", "... needed", 0 },
	{ "reviewers", "Asked", 0 },
	{ "escalated_s", "... more after", TABLE_SECONDS | TABLE_HIDE_EMPTY },
	{ "tier", "Least tier", 0 },
	{ "reason_required", "Reason required", 0 },
	{ "opened", "Opened", TABLE_TIME },
	{ "expires", "Expires", TABLE_TIME },
	{ "closed", "Closed", TABLE_TIME | TABLE_HIDE_EMPTY },
	{ "digest", "Digest", 0 },
};

static const struct table_column source_columns[] = {
	{ "time", "READ", TABLE_TIME },
	{ "labels", "LABELS", TABLE_WRAP },
	{ "path", "SOURCE", TABLE_WRAP },
	{ "reader", "READER", TABLE_WRAP },
};

static const struct table_column decision_columns[] = {
	{ "time", "DECIDED", TABLE_TIME },
	{ "person", "PERSON", 0 },
	{ "approve", "APPROVED", 0 },
	{ "tier", "TIER", 0 },
	{ "reason", "REASON", TABLE_WRAP },
};

static const struct table_column told_columns[] = {
	{ "channel", "CHANNEL", 0 },
	{ "state", "STATE", 0 },
	{ "attempt", "ATTEMPT", 0 },
	{ "time", "SINCE", TABLE_TIME },
	{ "text", "WHY", TABLE_WRAP },
};

static json_t *view(const union ipc_any *item)
{
	return view_request(&item->request);
}

/* Prints the list @key of @request under a heading, nothing when it is empty. */
static int print_list(FILE *out, const json_t *request, const char *key, const char *heading,
		      const struct table_column *list_columns, size_t n)
{
	const json_t *list = json_object_get(request, key);

	if (json_array_size(list) == 0)
		return 0;
	fprintf(out, "\n%s\n", heading);
	return table_print(out, list_columns, n, list, table_width(out));
}

/* What this page cannot show must not look as if it were not there. */
static void print_loss(FILE *out, const json_t *request)
{
	json_int_t hidden = json_integer_value(json_object_get(request, "hidden_bytes"));

	if (hidden)
		fprintf(out,
			"\nWARNING: %lld bytes of text did not fit and are not shown; do not "
			"approve what you "
			"cannot see: sluice journal --request %s\n",
			(long long)hidden, json_string_value(json_object_get(request, "id")));
}

static void print_more(FILE *out, const json_t *request)
{
	json_int_t more = json_integer_value(json_object_get(request, "more_sources"));

	if (more)
		fprintf(out, "and at least %lld more: sluice why %lld\n", (long long)more,
			(long long)json_integer_value(json_object_get(request, "pid")));
}

int cmd_print_request(FILE *out, const json_t *request)
{
	int r = table_fields(out, fields, ARRAY_SIZE(fields), request, table_width(out));

	if (r == 0)
		r = print_list(out, request, "sources", "Where the labels came from:",
			       source_columns, ARRAY_SIZE(source_columns));
	if (r == 0)
		print_more(out, request);
	if (r == 0)
		r = print_list(out, request, "decisions", "Decisions:", decision_columns,
			       ARRAY_SIZE(decision_columns));
	if (r == 0)
		r = print_list(out, request, "told", "Where people are told of it:", told_columns,
			       ARRAY_SIZE(told_columns));
	if (r == 0)
		print_loss(out, request);
	return r;
}

/*
 * Last, so that it stands where the next command is typed. No further than once, unless somebody says
 * so.
 */
static void print_how(FILE *out, const json_t *request)
{
	const char *tier = json_string_value(json_object_get(request, "tier")) ?: "";
	const char *id = json_string_value(json_object_get(request, "id")) ?: "";
	const char *digest = json_string_value(json_object_get(request, "digest")) ?: "";
	bool reason = json_is_true(json_object_get(request, "reason_required"));
	bool key = strcmp(tier, "A1") > 0;

	if (strcmp(json_string_value(json_object_get(request, "state")) ?: "", "pending") != 0)
		return;
	fprintf(out, "\nTo approve%s:\n  sluice approve ", key ? ", with your own key" : "");
	escape_print(out, id);
	fprintf(out, " %.8s --scope once%s%s\n", digest, key ? " --key ~/.ssh/id_ed25519" : "",
		reason ? " --reason \"…\"" : "");
}

int cmd_fetch_request(const struct cmd_common *common, const char *id, json_t **ret)
{
	struct ipc_select select = { .all = 1 };
	struct client_call call = {
		.socket = common->socket,
		.type = IPC_REQUESTS,
		.payload = &select,
		.size = sizeof(select),
		.item = IPC_REQUEST_ITEM,
	};
	json_auto_t *rows = NULL;
	json_t *request;
	int code;

	code = cmd_copy_id(select.id, sizeof(select.id), id, 'r');
	if (code == CMD_OK)
		code = cmd_collect(&call, view, &rows);
	if (code)
		return code;
	request = json_array_get(rows, 0);
	if (!request)
		return cmd_fail(CMD_NOT_FOUND,
				"no request %s; list them with: sluice requests --all", id);
	if (json_array_size(rows) > 1 ||
	    strcmp(id, json_string_value(json_object_get(request, "id")) ?: ""))
		return cmd_fail(CMD_FAILED, "sluiced answered with another request than %s", id);
	*ret = json_incref(request);
	return CMD_OK;
}

int cmd_show(int argc, char **argv, struct cmd_common *common)
{
	struct cmd_input input = { .common = common, .positional = { .min = 1, .max = 1 } };
	json_auto_t *request = NULL;
	int code;

	cmd_parse_simple("ID",
			 "One request in full: who wants what, which data is involved, and where "
			 "it came from.",
			 argc, argv, &input);
	code = cmd_fetch_request(common, input.positional.values[0], &request);
	if (code)
		return code;
	if (common->json)
		return cmd_print_json(request);
	if (cmd_print_request(stdout, request) < 0)
		return cmd_fail(CMD_FAILED, "out of memory");
	print_how(stdout, request);
	return CMD_OK;
}

struct requests_input {
	struct cmd_input input;
	bool all;
	bool ids;
};

static error_t parse_requests(int key, char *arg, struct argp_state *state)
{
	struct requests_input *input = state->input;

	switch (key) {
	case 'a':
		input->all = true;
		return 0;
	case 'i':
		input->ids = true;
		return 0;
	default:
		return cmd_parse_common(key, arg, state);
	}
}

static const struct argp_option requests_options[] = {
	{ "all", 'a', NULL, 0, "Closed requests too", 0 },
	{ "ids", 'i', NULL, 0, "Only the ids, one a line", 0 },
	{ 0 },
};

/* How long people still have, or "-". */
static json_t *time_left(const json_t *row)
{
	const char *expires = json_string_value(json_object_get(row, "expires"));
	char text[WHEN_TEXT];
	uint64_t ms, now = when_now();

	if (!expires || when_parse(expires, now, &ms) < 0)
		return json_null();
	return json_string(ms > now ? when_duration((ms - now) / 1000, text) : "none");
}

/* Members that only the table shows: the person or else the account, the program with its id, the
 * time left. */
static int add_summary(json_t *row)
{
	const char *person = json_string_value(json_object_get(row, "requester"));
	const char *user = json_string_value(json_object_get(row, "user"));
	const char *program = json_string_value(json_object_get(row, "program"));
	json_int_t pid = json_integer_value(json_object_get(row, "pid"));
	int r;

	r = json_object_set_new(row, "who", json_string(person ?: user ?: "?"));
	r |= json_object_set_new(row, "left", time_left(row));
	r |= json_object_set_new(row, "process",
				 json_sprintf("%s[%lld]", program ?: "?", (long long)pid));
	return r;
}

static int print_rows(const struct cmd_common *common, json_t *rows, bool all)
{
	struct table_column shown[ARRAY_SIZE(columns)];

	for (size_t i = 0; !common->json && i < json_array_size(rows); i++)
		if (add_summary(json_array_get(rows, i)) < 0)
			return cmd_fail(CMD_FAILED, "out of memory");
	memcpy(shown, columns, sizeof(shown));
	if (all)
		shown[ARRAY_SIZE(shown) - 1] = state_column;
	return cmd_print_rows(common, rows, shown, ARRAY_SIZE(shown),
			      all ? "No requests." : "Nothing waits for a decision.");
}

int cmd_requests(int argc, char **argv, struct cmd_common *common)
{
	const struct argp argp = {
		requests_options,   parse_requests, NULL, "Requests that wait for a person.",
		cmd_common_options, NULL,           NULL
	};
	struct requests_input input = { .input.common = common };
	struct ipc_select select = { 0 };
	struct client_call call = { .type = IPC_REQUESTS,
				    .payload = &select,
				    .size = sizeof(select),
				    .item = IPC_REQUEST_ITEM };
	json_auto_t *rows = NULL;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &input);
	call.socket = common->socket;
	select.all = input.all;
	code = cmd_collect(&call, view, &rows);
	if (code)
		return code;
	if (input.ids)
		return cmd_print_ids(common, rows);
	return print_rows(common, rows, input.all);
}
