/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_label.c: "sluice label list|add|remove". The file travels as a descriptor, so what is labeled
 * is what was named here, whatever happens to the path meanwhile.
 */
#include "base/view.h"
#include "cmd.h"

#include "base/cleanup.h"

static const struct table_column columns[] = {
	{ "label", "LABEL", 0 },
	{ "sensitivity", "SENSITIVITY", TABLE_RIGHT },
	{ "path", "PATH", TABLE_WRAP },
	{ "origin", "ORIGIN", TABLE_WRAP },
};

static json_t *view(const union ipc_any *item)
{
	return view_label(&item->label_item);
}

static int label_list(int argc, char **argv, struct cmd_common *common)
{
	struct cmd_input input = { .common = common, .positional = { .max = 1 } };
	struct ipc_label label = { .verb = IPC_LABEL_LIST, .fd = -1 };
	struct client_call call = {
		.type = IPC_LABEL, .payload = &label, .size = sizeof(label), .item = IPC_LABEL_ITEM
	};
	_cleanup_close_ int fd = -1;
	json_auto_t *rows = NULL;
	int code = CMD_OK;

	cmd_parse_simple(
		"[PATH]",
		"Labels of a file or folder, or all labeled objects that are known by path.", argc,
		argv, &input);
	if (input.positional.n)
		code = cmd_open_path(input.positional.values[0], label.path, sizeof(label.path),
				     &fd);
	if (code)
		return code;
	call.socket = common->socket;
	label.fd = fd;
	code = cmd_collect(&call, view, &rows);
	return code ? code
		    : cmd_print_rows(common, rows, columns, ARRAY_SIZE(columns), "No labels.");
}

/* PATH LABEL, already parsed, as one message with the descriptor. */
static int change(const struct cmd_input *input, enum ipc_label_verb verb,
		  const struct cmd_common *common)
{
	struct ipc_label label = { .verb = verb };
	struct client_call call = { .socket = common->socket,
				    .type = IPC_LABEL,
				    .payload = &label,
				    .size = sizeof(label) };
	_cleanup_close_ int fd = -1;
	int code;

	code = cmd_copy(label.label, sizeof(label.label), input->positional.values[1], "label");
	if (code == CMD_OK)
		code = cmd_open_path(input->positional.values[0], label.path, sizeof(label.path),
				     &fd);
	if (code)
		return code;
	label.fd = fd;
	return cmd_act(&call, common);
}

static int label_add(int argc, char **argv, struct cmd_common *common)
{
	struct cmd_input input = { .common = common, .positional = { .min = 2, .max = 2 } };

	cmd_parse_simple(
		"PATH LABEL",
		"Put a label on a file, or on a folder for everything below it.\vThe label must "
		"be one of the policy's.",
		argc, argv, &input);
	return change(&input, IPC_LABEL_ADD, common);
}

static int label_remove(int argc, char **argv, struct cmd_common *common)
{
	struct cmd_input input = { .common = common, .positional = { .min = 2, .max = 2 } };

	cmd_parse_simple(
		"PATH LABEL",
		"Take a label off a file or folder.\vLabels that the policy gives stay until the "
		"policy changes.",
		argc, argv, &input);
	return change(&input, IPC_LABEL_REMOVE, common);
}

const struct cmd cmd_label_verbs[] = {
	{ "list", label_list, "labels of a path, or all",
	  "  sluice label list\n  sluice label list /srv/customers/customers.db", NULL },
	{ "add", label_add, "put a label on a path",
	  "  sluice label add /srv/import/today.csv customers", NULL },
	{ "remove", label_remove, "take a label off a path",
	  "  sluice label remove /srv/import/today.csv customers", NULL },
	{ .examples = "  sluice label list\n"
		      "  sluice label add /srv/import/today.csv customers" },
};
