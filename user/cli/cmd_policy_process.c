/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_policy_process.c: what /proc and sluiced say of a process that a policy is asked about: see
 * cmd_policy.h.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/view.h"
#include "cmd_policy.h"

static bool is_unit(const char *name)
{
	static const char *const endings[] = { ".service", ".scope", ".slice" };
	size_t length = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (length > strlen(endings[i]) &&
		    !strcmp(name + length - strlen(endings[i]), endings[i]))
			return true;
	return false;
}

/* A unit clears what is in the units below it, too: so all on the way to the root count. */
static int read_above(struct cmd_policy_process *process, pid_t pid)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[64], *save = NULL;
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/%d/cgroup", process_root, pid);
	file = fopen(path, "re");
	while (file && getline(&process->cgroup, &size, file) > 0 &&
	       strncmp(process->cgroup, "0::", 3) != 0)
		;
	if (!file || !process->cgroup || strncmp(process->cgroup, "0::", 3) != 0)
		return 0;
	for (char *name = strtok_r(process->cgroup + 3, "/\n", &save); name;
	     name = strtok_r(NULL, "/\n", &save)) {
		char **slot = is_unit(name) ? ARRAY_APPEND(process->above, process->n_above) : NULL;

		if (slot)
			*slot = name;
		else if (is_unit(name))
			return -ENOMEM;
	}
	return 0;
}

static int add_name(json_t *names, const json_t *name)
{
	for (size_t i = 0; i < json_array_size(names); i++)
		if (json_equal(json_array_get(names, i), name))
			return 0;
	return json_array_append(names, (json_t *)name);
}

/* Whether the step brought its labels to the process itself. */
static bool is_gain(const json_t *edge, pid_t pid)
{
	static const struct {
		const char *verb;
		const char *who;
	} gains[] = {
		{ "read", "pid" },	  { "received", "pid" },       { "became", "pid" },
		{ "got data of", "pid" }, { "put data into", "peer" }, { "started", "peer" }
	};
	const char *verb = json_string_value(json_object_get(edge, "verb"));

	for (size_t i = 0; verb && i < ARRAY_SIZE(gains); i++)
		if (!strcmp(verb, gains[i].verb))
			return json_integer_value(json_object_get(edge, gains[i].who)) == pid;
	return false;
}

static json_t *view(const union ipc_any *item)
{
	return view_edge(&item->edge);
}

/* What the process carries, from the way it came there. Return: CMD_…. */
static int ask_carried(const struct cmd_common *common, pid_t pid,
		       struct cmd_policy_process *process)
{
	struct ipc_why why = { .pid = pid, .fd = -1 };
	struct client_call call = { .socket = common->socket,
				    .type = IPC_WHY,
				    .payload = &why,
				    .size = sizeof(why),
				    .item = IPC_EDGE_ITEM };
	json_auto_t *edges = NULL;
	int code = cmd_collect(&call, view, &edges);
	const json_t *edge, *name;
	size_t i, k;

	process->carried = json_array();
	json_array_foreach(edges, i, edge)
		if (is_gain(edge, pid))
			json_array_foreach(json_object_get(edge, "labels"), k, name)
				add_name(process->carried, name);
	return code;
}

int cmd_policy_process(const struct cmd_common *common, const char *word, bool ask,
		       struct cmd_policy_process *ret)
{
	uint64_t pid;
	int r;

	if (text_to_number(word, INT_MAX, &pid) < 0 || pid == 0)
		return cmd_fail(CMD_USAGE, "'%s' is not a process id", word);
	r = process_read((pid_t)pid, 0, &ret->facts);
	if (r == 0)
		r = read_above(ret, (pid_t)pid);
	if (r < 0)
		return cmd_fail(cmd_exit_code(r), "cannot read process %s: %s", word, strerror(-r));
	return ask ? ask_carried(common, (pid_t)pid, ret) : CMD_OK;
}

void cmd_policy_process_done(struct cmd_policy_process *process)
{
	json_decref(process->carried);
	free(process->above);
	free(process->cgroup);
}
