/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_metrics.c: "sluice metrics": what sluiced counts, asked for now. Must not own the metrics'
 * names and form (metrics.h).
 */
#include "cmd.h"
#include "gateway/metrics.h"

int cmd_metrics(int argc, char **argv, struct cmd_common *common)
{
	struct cmd_input input = { .common = common };
	struct client_call call = { .type = IPC_STATUS, .item = IPC_STATUS_ITEM };
	struct ipc_status status;
	struct ipc_metrics answer;
	int code;

	cmd_parse_simple(
		NULL,
		"Numbers in the text format of Prometheus, for root.\vWhen sluiced does not "
		"answer, sluice_up is 0 and the exit code 3.",
		argc, argv, &input);
	if (common->json)
		return cmd_fail(CMD_USAGE,
				"metrics have one format; 'sluice status --json' is JSON");
	call.socket = common->socket;
	code = cmd_take(&call, &status, sizeof(status));
	if (!code) {
		call.type = IPC_METRICS;
		call.item = IPC_METRICS_ITEM;
		code = cmd_take(&call, &answer, sizeof(answer));
	}
	if (code == CMD_UNREACHABLE)
		metrics_print(stdout, NULL, NULL);
	if (code)
		return code;
	metrics_print(stdout, &status, &answer);
	return CMD_OK;
}
