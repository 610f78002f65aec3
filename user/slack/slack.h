/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slack.h: what people answer in Slack, on its way to sluiced and back to the person.
 *
 * Owns: which of it fits what is open here: the message, the request, the digest; what is told to
 * whom, and within the time that Slack gives. Must not own: the form of a payload
 * (slack_payload.h), how it came here (slack_socket.h, web_slack.c), or any check of the person:
 * sluiced does that.
 */
#ifndef SLUICE_SLACK_H
#define SLUICE_SLACK_H

#include <event2/event.h>
#include <jansson.h>

#include "gateway/gateway_link.h"
#include "gateway/gateway_requests.h"
#include "slack_place.h"
#include "slack_settings.h"

struct slack;

/**
 * struct slack_options: all borrowed for the life of it.
 * @page: address of the gateway's page, or NULL
 * @stands_at: whether a message about @request stands at @place
 */
struct slack_options {
	struct event_base *base;
	const struct slack_settings *settings;
	struct http *http;
	struct gateway_link *link;
	struct gateway_requests *requests;
	const char *page;
	bool (*stands_at)(void *arg, const struct ipc_request *request,
			  const struct slack_place *place);
	void *arg;
};

/* @body: what Slack is to be answered, borrowed, or NULL: no more than that it came. */
typedef void (*slack_reply_fn)(void *arg, const json_t *body);

int slack_new(const struct slack_options *options, struct slack **ret); /* 0 or -ENOMEM */

/* After the link has gone. Returns NULL; accepts NULL. */
struct slack *slack_free(struct slack *slack);

/**
 * slack_take() - a payload came that is Slack's for certain.
 * @way: a JSON object for the journal: how it came; taken over
 * @reply: called exactly once, within the 3 s that Slack waits, from here or later
 */
void slack_take(struct slack *slack, const json_t *payload, json_t *way, slack_reply_fn reply,
		void *arg);

#endif
