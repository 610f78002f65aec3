/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web.h: the page on which reviewers decide, after they have signed in, and where the bot's
 * messages come in.
 *
 * Owns: the HTTP server in the gateway's loop, its limits, and what each path does. Must not own:
 * who may decide: sluiced does, and its refusal is shown.
 */
#ifndef SLUICE_WEB_H
#define SLUICE_WEB_H

#include <event2/event.h>

#include "api/api_client.h"
#include "gateway/gateway_http.h"
#include "gateway/gateway_link.h"
#include "gateway/gateway_requests.h"
#include "slack/slack.h"
#include "teams/bot.h"
#include "web_settings.h"

struct web;

/* The channels of the gateway, by number; for metrics. */
struct web_channels {
	const char *(*name)(void *arg, size_t i);
	unsigned int (*length)(void *arg, size_t i); /* messages that wait */
	void *arg;
	size_t n;
};

/*
 * All borrowed for the life of the page, but @fd, which is taken over.
 * @metrics: it serves GET /metrics and nothing else; @channels: for that
 * @bot, @slack: NULL: nothing is taken from it here; @slack_secret: with which Slack signs
 * @clients: of the API; without any there is none
 */
struct web_options {
	struct event_base *base;
	const struct web_settings *settings;
	const struct api_clients *clients;
	struct http *http;
	struct gateway_link *link;
	struct gateway_requests *requests;
	struct bot *bot;
	struct slack *slack;
	const char *slack_secret;
	struct web_channels channels;
	bool metrics;
	int fd;
};

/*
 * Binds and listens; before the sandbox, which lets nobody do that. Return: a descriptor or a
 * negative errno.
 */
int web_listen(const struct web_settings *settings);

/* Return: 0, -EINVAL for a certificate that TLS does not take, another negative errno. */
int web_new(const struct web_options *options, struct web **ret);

/*
 * After the link has gone: whoever waits for a decision is told then. Returns NULL; accepts NULL.
 */
struct web *web_free(struct web *web);

#endif
