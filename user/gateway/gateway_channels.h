/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_channels.h: requests from sluiced to all the channels that gateway.conf names, and how
 * that went back to it.
 *
 * Owns: what is wired to what. Must not own: the requests (gateway_requests.h), a channel
 * (notifier_queue.h).
 */
#ifndef SLUICE_GATEWAY_CHANNELS_H
#define SLUICE_GATEWAY_CHANNELS_H

#include "gateway_config.h"
#include "gateway_link.h"
#include "gateway_requests.h"
#include "notifier/notifier_queue.h"
#include "web/web.h"

/* All are borrowed. */
struct gateway_channels_options {
	struct event_base *base;
	struct http *http;
	const struct gateway_config *config;
	struct delivered *delivered;
	struct gateway_requests *requests;
};

/**
 * struct gateway_channels: all zero in the beginning.
 * @link: set by the owner when there is one; nothing is posted before
 */
struct gateway_channels {
	const struct gateway_config *config;
	struct gateway_requests *requests;
	struct gateway_link *link;
	struct notifier_context context;
	struct notifier_queue *queues[GATEWAY_MAX_NOTIFIERS];
};

/* Return: 0 or a negative errno; gateway_channels_stop() also after a failure. */
int gateway_channels_start(struct gateway_channels *channels,
			   const struct gateway_channels_options *options);
void gateway_channels_stop(struct gateway_channels *channels);

/* As on_all, on_open and on_closed of the link call it. */
void gateway_channels_all(struct gateway_channels *channels);
void gateway_channels_open(struct gateway_channels *channels, const struct ipc_request *request);
void gateway_channels_closed(struct gateway_channels *channels, const struct ipc_request *request);

/* For metrics. */
struct web_channels gateway_channels_shown(struct gateway_channels *channels);

#endif
