/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bot.h: what comes in from Microsoft Teams: presses of the buttons on the cards that the bot has
 * posted (notifier_bot.c).
 *
 * Owns: the answer to each, within seconds, and the decision on its way to sluiced. Must not own:
 * what is right about a press (bot_token.h, bot_check.h), whether the person may decide (sluiced),
 * the connection (web_bot.c).
 */
#ifndef SLUICE_BOT_H
#define SLUICE_BOT_H

#include <event2/event.h>
#include <jansson.h>

#include "gateway/gateway_delivered.h"
#include "gateway/gateway_http.h"
#include "gateway/gateway_link.h"
#include "gateway/gateway_requests.h"
#include "notifier/notifier.h"

struct bot;

/* All borrowed for its life. @notifier: of notifier_bot */
struct bot_options {
	struct event_base *base;
	struct http *http;
	const struct notifier *notifier;
	const struct delivered *delivered;
	struct gateway_requests *requests;
	struct gateway_link *link;
};

/* Return: 0 or -ENOMEM. */
int bot_new(const struct bot_options *options, struct bot **ret);
/* After the link has gone, and whoever waits was told. Returns NULL; accepts NULL. */
struct bot *bot_free(struct bot *bot);

/* @body: borrowed for the call; NULL: none */
typedef void (*bot_reply_fn)(void *arg, unsigned int status, const json_t *body);

/**
 * bot_receive() - take what was posted to the bot's address.
 * @authorization: the header, or NULL
 * @body: NUL-terminated at @size
 * @reply: called exactly once: at once, or when sluiced has decided, or after two seconds
 */
void bot_receive(struct bot *bot, const char *authorization, const char *body, size_t size,
		 bot_reply_fn reply, void *arg);

#endif
