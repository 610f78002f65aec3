/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_status.c: "sluice status". The exit code says whether the host is protected.
 */
#include "base/view.h"
#include "cmd.h"

#include "base/cleanup.h"

static const struct table_column fields[] = {
	{ "enforcing", "Enforcing", 0 },
	{ "monitor", "Monitor only", 0 },
	{ "version", "Version", 0 },
	{ "kernel", "Kernel", 0 },
	{ "started", "Started", TABLE_TIME },
	{ "policy.generation", "Policy generation", 0 },
	{ "policy.digest", "Policy digest", 0 },
	{ "policy.loaded", "Policy loaded", TABLE_TIME },
	{ "policy.labels", "Labels", 0 },
	{ "policy.rules", "Rules", 0 },
	{ "policy.people", "People", 0 },
	{ "requests.pending", "Requests pending", 0 },
	{ "requests.held", "Processes held", 0 },
	{ "grants", "Grants", 0 },
	{ "counters.stopped", "Actions stopped", 0 },
	{ "counters.held", "... held", 0 },
	{ "counters.failed", "... refused", 0 },
	{ "counters.fallback", "... refused for want of a way to hold", 0 },
	{ "counters.map_full", "... refused, a map was full", 0 },
	{ "counters.refused", "... refused, the ring was full", 0 },
	{ "counters.granted", "Grants used", 0 },
	{ "counters.guarded", "Attempts on the agent itself", 0 },
	{ "counters.packets", "Packets that got past the hooks", 0 },
	{ "counters.audited", "Actions audited", 0 },
	{ "counters.events", "Events", 0 },
	{ "counters.dropped", "Events dropped", 0 },
	{ "counters.gaps", "Events lost", 0 },
	{ "counters.missed", "Programs left out, labels may not have moved", 0 },
	{ "guard.mode", "Guard of the agent itself", 0 },
	{ "guard.broken", "Glass broken", 0 },
	{ "guard.until", "... until", TABLE_TIME },
	{ "guard.by", "... by", TABLE_HIDE_EMPTY },
	{ "guard.asker", "Somebody asks to break the glass", TABLE_HIDE_EMPTY },
	{ "guard.reason", "... because", TABLE_HIDE_EMPTY },
	{ "guard.agreed", "... agreed so far", TABLE_HIDE_EMPTY },
	{ "guard.to_review", "Break-glass to be reviewed", TABLE_HIDE_EMPTY },
	{ "gateway.connected", "Gateway connected", 0 },
	{ "gateway.delivered", "Requests delivered", 0 },
	{ "gateway.undelivered", "Requests not delivered", 0 },
	{ "gateway.problem", "Newest delivery problem", TABLE_HIDE_EMPTY },
	{ "journal.file", "Journal", 0 },
	{ "journal.entries", "Journal entries", 0 },
	{ "journal.root", "Journal root", 0 },
};

static const struct table_column channel_columns[] = {
	{ "channel", "CHANNEL", 0 },
	{ "state", "STATE", 0 },
	{ "last_delivery", "LAST DELIVERY", TABLE_TIME },
	{ "delivered", "DELIVERED", TABLE_RIGHT },
	{ "failures", "FAILURES", TABLE_RIGHT },
	{ "waiting", "WAITING", TABLE_RIGHT },
	{ "given_up", "GIVEN UP", TABLE_RIGHT },
	{ "handed_over", "HANDED OVER", TABLE_RIGHT },
	{ "problem", "PROBLEM", TABLE_WRAP },
};

static json_t *view(const union ipc_any *item)
{
	return view_status(&item->status);
}

static bool is_broken(const json_t *status)
{
	return json_is_true(json_object_get(json_object_get(status, "guard"), "broken"));
}

/* The verdict first, each reason on its own line. */
static int print_reasons(const json_t *status)
{
	static const struct table_column reason[] = { { "text", "  because", 0 } };
	const json_t *why = json_object_get(status, "why");
	bool enforcing = json_is_true(json_object_get(status, "enforcing"));
	bool monitor = json_is_true(json_object_get(status, "monitor"));
	int r = 0;

	if (monitor)
		puts("Sluice watches only: the policy stops nothing.");
	else if (enforcing && is_broken(status))
		puts("Sluice is enforcing, but ITS OWN GUARD IS BROKEN.");
	else
		puts(enforcing ? "Sluice is enforcing." : "Sluice is NOT enforcing.");
	for (size_t i = 0; i < json_array_size(why) && r == 0; i++) {
		json_auto_t *line = json_pack("{s:O}", "text", json_array_get(why, i));

		r = table_fields(stdout, reason, ARRAY_SIZE(reason), line, table_width(stdout));
	}
	putchar('\n');
	return r;
}

static int print_channels(const json_t *status)
{
	const json_t *channels = json_object_get(json_object_get(status, "gateway"), "channels");

	if (json_array_size(channels) == 0)
		return 0;
	puts("\nChannels of the gateway:");
	return table_print(stdout, channel_columns, ARRAY_SIZE(channel_columns), channels,
			   table_width(stdout));
}

static const struct table_column sink_columns[] = {
	{ "name", "COPY OF THE JOURNAL", 0 },  { "state", "STATE", 0 },
	{ "held", "HELD THERE", TABLE_RIGHT }, { "receipt", "RECEIPT", 0 },
	{ "time", "SEEN", TABLE_TIME },	       { "text", "PROBLEM", TABLE_WRAP },
};

/* Where the gateway sends the journal, if anywhere. */
static int print_sinks(const json_t *status)
{
	const json_t *sinks = json_object_get(status, "copies");

	if (json_array_size(sinks) == 0)
		return 0;
	putchar('\n');
	return table_print(stdout, sink_columns, ARRAY_SIZE(sink_columns), sinks,
			   table_width(stdout));
}

int cmd_status(int argc, char **argv, struct cmd_common *common)
{
	struct cmd_input input = { .common = common };
	struct client_call call = { .type = IPC_STATUS, .item = IPC_STATUS_ITEM };
	json_auto_t *rows = NULL;
	const json_t *status;
	int code;

	cmd_parse_simple(
		NULL,
		"Whether the agent enforces its policy, and how it is.\vThe exit code is 0 when it "
		"enforces, 1 when not, or while the glass is broken.",
		argc, argv, &input);
	call.socket = common->socket;
	code = cmd_collect(&call, view, &rows);
	if (code)
		return code;
	status = json_array_get(rows, 0);
	if (!status)
		return cmd_fail(CMD_UNREACHABLE,
				"sluiced sent no status; see: systemctl status sluiced");
	if (common->json)
		code = cmd_print_json(status);
	else if (print_reasons(status) < 0 ||
		 table_fields(stdout, fields, ARRAY_SIZE(fields), status, table_width(stdout)) <
			 0 ||
		 print_channels(status) < 0 || print_sinks(status) < 0)
		code = cmd_fail(CMD_FAILED, "out of memory");
	if (!json_is_true(json_object_get(status, "enforcing")) || is_broken(status))
		code = CMD_FAILED;
	return code;
}
