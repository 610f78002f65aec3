/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_lineage.c: "sluice why" and "sluice lineage": the steps that brought labels to a process or a
 * file.
 */
#include "cmd.h"
#include "view.h"

#include <limits.h>
#include <sys/types.h>

#include "cleanup.h"
#include "text.h"

static const struct table_column columns[] = {
	{ "time", "TIME", TABLE_TIME },
	{ "subject", "WHO", TABLE_WRAP },
	{ "verb", "DID", 0 },
	{ "object", "WHAT", TABLE_WRAP },
	{ "labels", "LABELS", TABLE_WRAP },
	{ "journal_seq", "ENTRY", TABLE_RIGHT },
};

static json_t *view(const union ipc_any *item)
{
	return view_edge(&item->edge);
}

static int print_edges(struct client_call *call, const struct cmd_common *common, const char *empty)
{
	json_auto_t *rows = NULL;
	int code;

	call->socket = common->socket;
	call->item = IPC_EDGE_ITEM;
	code = cmd_collect(call, view, &rows);
	return code ? code : cmd_print_rows(common, rows, columns, ARRAY_SIZE(columns), empty);
}

int cmd_why(int argc, char **argv, struct cmd_common *common)
{
	struct cmd_input input = { .common = common, .positional = { .min = 1, .max = 1 } };
	struct ipc_why why = { 0 };
	struct client_call call = {
		.type = IPC_WHY, .payload = &why, .size = sizeof(why), .fd = -1
	};
	uint64_t pid;

	cmd_parse_simple("PID",
			 "Why a process carries its labels: what was read, started and written, "
			 "oldest first.",
			 argc, argv, &input);
	if (text_to_number(input.positional.values[0], INT_MAX, &pid) < 0 || pid == 0)
		return cmd_fail(CMD_USAGE, "'%s' is not a process id", input.positional.values[0]);
	why.pid = (pid_t)pid;
	return print_edges(&call, common, "The process carries no labels.");
}

int cmd_lineage(int argc, char **argv, struct cmd_common *common)
{
	struct cmd_input input = { .common = common, .positional = { .min = 1, .max = 1 } };
	struct ipc_why why = { 0 };
	struct client_call call = { .type = IPC_LINEAGE, .payload = &why, .size = sizeof(why) };
	_cleanup_close_ int fd = -1;
	int code;

	cmd_parse_simple("PATH", "Where the labels of a file came from, oldest step first.", argc,
			 argv, &input);
	code = cmd_open_path(input.positional.values[0], why.path, sizeof(why.path), &fd);
	if (code)
		return code;
	call.fd = fd;
	return print_edges(&call, common, "The file carries no labels that came from elsewhere.");
}
