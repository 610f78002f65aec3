/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_metrics.c: the answer to "sluice metrics": numbers that status has no room or no time
 * for. Owns how often the gateway may have the maps looked at.
 */
#include "control_peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"

#define FILL_FRESH_NS 10000000000ULL

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

/* Reading the maps takes some time of the daemon's; the gateway, which anybody out there may have
 * taken over, has it done only now and then. */
static int look_at_fill(struct client *client)
{
	struct control *control = client->control;
	bool patient = client->kind == PEER_GATEWAY;
	uint64_t now_ns = agent_boot_ns();
	int r;

	if (patient && control->fill_ns && now_ns - control->fill_ns < FILL_FRESH_NS)
		return 0;
	memset(&control->fill, 0, sizeof(control->fill));
	r = kernel_fill_each(control->agent->kernel, add_fill, &control->fill);
	control->fill_ns = r < 0 ? 0 : now_ns;
	return r;
}

static void take_meter(const struct meter *meter, struct ipc_metrics *metrics)
{
	metrics->opened = meter->opened;
	memcpy(metrics->closed, meter->closed, sizeof(metrics->closed));
	memcpy(metrics->waits, meter->waits, sizeof(metrics->waits));
	metrics->waited_ms = meter->waited_ms;
	memcpy(metrics->answers, meter->answers, sizeof(metrics->answers));
}

int answer_metrics(struct client *client, const struct channel_message *message,
		   struct answer *answer)
{
	const struct agent *agent = client->control->agent;
	struct ipc_metrics *metrics;
	int err;

	(void)message;
	if (client->kind != PEER_GATEWAY && client->peer.uid != 0)
		return answer_result(answer, -EPERM, "only root may have the metrics");
	err = look_at_fill(client);
	if (err)
		return answer_result(answer, err, "the kernel's maps cannot be read: %s",
				     strerror(-err));
	metrics = malloc(sizeof(*metrics));
	if (!metrics)
		return -ENOMEM;
	*metrics = client->control->fill;
	take_meter(&agent->meter, metrics);
	metrics->heartbeat_ms = (agent_boot_ns() - kernel_heartbeat_ns(agent->kernel)) / 1000000;
	answer->type = IPC_METRICS_ITEM;
	answer->items = metrics;
	answer->item_size = sizeof(*metrics);
	answer->n = 1;
	return 0;
}
