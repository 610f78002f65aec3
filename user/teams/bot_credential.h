/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bot_credential.h: the token with which a bot posts: the client credentials grant of Microsoft
 * Entra, of the bot's own directory.
 *
 * Owns: getting it, and how long it is used. Must not own: where it is sent (notifier_bot.c).
 */
#ifndef SLUICE_BOT_CREDENTIAL_H
#define SLUICE_BOT_CREDENTIAL_H

#include <stdint.h>

#include "gateway/gateway_http.h"
#include "notifier/notifier.h"

struct bot_settings;

/* All zero in the beginning. @good_until_s: on the boot clock. @ready: while @transfer runs */
struct bot_credential {
	char *token;
	int64_t good_until_s;
	struct http_transfer *transfer;
	notifier_ready_fn ready;
	void *arg;
};

/* As prepare and cancel of struct notifier_ops, which get the settings of which it is a part. */
int bot_credential_prepare(void *arg, struct http *http, notifier_ready_fn ready, void *ready_arg);
void bot_credential_cancel(void *arg);

/* The token, borrowed until the next of these calls; NULL: none. */
const char *bot_credential_token(const struct bot_settings *settings);

/* It was refused: the next one is to be got anew. */
void bot_credential_forget(struct bot_settings *settings);

#endif
