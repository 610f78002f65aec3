// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_channels.c: see gateway_channels.h.
 */
#include "gateway_channels.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"

#define FIRST_DELAY_MS 1000
#define EDIT_GAP_MS    30000

static void on_ended(void *arg, const struct ipc_request *request)
{
	const struct gateway_channels *channels = arg;

	for (size_t i = 0; i < channels->config->n; i++)
		notifier_queue_closed(channels->queues[i], request);
}

static bool is_open(void *arg, const struct delivered_request *request)
{
	struct gateway_requests *requests = arg;
	const struct ipc_request *known = gateway_requests_find(requests, request->id);

	return known && known->state == IPC_PENDING &&
	       strncmp(known->digest, request->digest, strlen(request->digest)) == 0;
}

void gateway_channels_all(struct gateway_channels *channels)
{
	gateway_requests_complete(channels->requests, on_ended, channels);
	for (size_t i = 0; i < channels->config->n; i++)
		notifier_queue_settle(channels->queues[i], is_open, channels->requests);
}

void gateway_channels_open(struct gateway_channels *channels, const struct ipc_request *request)
{
	/* A channel stands above those that come after it, which must know of the request first. */
	for (size_t i = channels->config->n; i-- > 0;)
		notifier_queue_open(channels->queues[i], request);
}

void gateway_channels_closed(struct gateway_channels *channels, const struct ipc_request *request)
{
	on_ended(channels, request);
}

static void on_report(void *arg, const struct ipc_delivery *delivery)
{
	struct gateway_channels *channels = arg;

	switch (delivery->state) {
	case IPC_DELIVERED:
		log_debug("%s: posted %s", delivery->notifier, delivery->id);
		break;
	case IPC_RETRYING:
		log_info("%s: attempt %u to post %s failed: %s", delivery->notifier,
			 delivery->attempt, delivery->id, delivery->text);
		break;
	case IPC_STANDBY:
		log_debug("%s: %s is %s", delivery->notifier, delivery->id, delivery->text);
		break;
	default:
		log_error("%s: %s is lost for this channel: %s", delivery->notifier, delivery->id,
			  delivery->text);
	}
	gateway_link_report(channels->link, delivery);
	for (size_t i = 0; i < channels->config->n; i++)
		notifier_queue_heard(channels->queues[i], delivery);
}

int gateway_channels_start(struct gateway_channels *channels,
			   const struct gateway_channels_options *options)
{
	channels->config = options->config;
	channels->requests = options->requests;
	channels->context = (struct notifier_context){
		.base = options->base,
		.http = options->http,
		.delivered = options->delivered,
		.delay_ms = FIRST_DELAY_MS,
		.edit_gap_ms = EDIT_GAP_MS,
		.report = on_report,
		.arg = channels,
	};
	for (size_t i = 0; i < channels->config->n; i++) {
		int r = notifier_queue_new(&channels->context, &channels->config->notifiers[i],
					   &channels->queues[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

void gateway_channels_stop(struct gateway_channels *channels)
{
	for (size_t i = 0; i < ARRAY_SIZE(channels->queues); i++)
		channels->queues[i] = notifier_queue_free(channels->queues[i]);
}

static const char *channel_name(void *arg, size_t i)
{
	const struct gateway_channels *channels = arg;

	return channels->config->notifiers[i].name;
}

static unsigned int channel_length(void *arg, size_t i)
{
	const struct gateway_channels *channels = arg;

	return notifier_queue_length(channels->queues[i]);
}

struct web_channels gateway_channels_shown(struct gateway_channels *channels)
{
	return (struct web_channels){ channel_name, channel_length, channels, channels->config->n };
}
