/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_metrics.c: the answer to "sluice metrics": numbers that status has no room or no time
 * for. Owns no state.
 */
#include "control_peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

static void add_fill(void *ctx, const char *name, uint32_t used, uint32_t room)
{
	struct ipc_metrics *metrics = ctx;
	struct ipc_fill *fill = &metrics->maps[metrics->n_maps];

	if (metrics->n_maps == IPC_MAPS)
		return;
	metrics->n_maps++;
	snprintf(fill->name, sizeof(fill->name), "%s", name);
	fill->used = used;
	fill->room = room;
}

/* Reading the maps takes some time of the daemon's, so not everybody may have it done. */
int answer_metrics(struct client *client, const struct channel_message *message,
		   struct answer *answer)
{
	const struct agent *agent = client->control->agent;
	struct ipc_metrics *metrics;
	int err;

	(void)message;
	if (client->peer.uid != 0)
		return answer_result(answer, -EPERM, "only root may have the metrics");
	metrics = calloc(1, sizeof(*metrics));
	if (!metrics)
		return -ENOMEM;
	metrics->opened = agent->meter.opened;
	memcpy(metrics->closed, agent->meter.closed, sizeof(metrics->closed));
	memcpy(metrics->waits, agent->meter.waits, sizeof(metrics->waits));
	metrics->waited_ms = agent->meter.waited_ms;
	metrics->heartbeat_ms = (agent_boot_ns() - kernel_heartbeat_ns(agent->kernel)) / 1000000;
	err = kernel_fill_each(agent->kernel, add_fill, metrics);
	if (err) {
		free(metrics);
		return answer_result(answer, err, "the kernel's maps cannot be read: %s",
				     strerror(-err));
	}
	answer->type = IPC_METRICS_ITEM;
	answer->items = metrics;
	answer->item_size = sizeof(*metrics);
	answer->n = 1;
	return 0;
}
