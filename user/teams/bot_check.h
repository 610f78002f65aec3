/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bot_check.h: whether what the Bot Connector sent is the press of a button of one of our cards.
 *
 * Owns: the checks and their order: is it for this bot, of this directory and service; is it a
 * button of ours that a person pressed, with the digest that its card shows; is it on the card that
 * was posted for this request. Must not own: the token (bot_token.h), or whether that person
 * may decide: sluiced says.
 */
#ifndef SLUICE_BOT_CHECK_H
#define SLUICE_BOT_CHECK_H

#include <stdbool.h>

#include "base/account.h"
#include "bot_activity.h"
#include "bot_settings.h"
#include "gateway/gateway_delivered.h"
#include "ipc.h"
#include "teams_card.h"

enum bot_finding {
	BOT_FINE,
	BOT_FORBIDDEN, /* not for us: HTTP 403, nothing else */
	BOT_IGNORED,   /* for us, but no button: HTTP 200, nothing else */
	BOT_MALFORMED, /* no button of ours: a person cannot have done that */
	BOT_SAY,       /* what the person should hear */
	BOT_SHOW,      /* as BOT_SAY, with the card as it is now */
};

/**
 * struct bot_press: what is checked, and what comes out.
 * @service: what the token says
 * @request: that the button names, as it is known now, or NULL
 * @places: where its cards stand, as bot_place_write() has it: delivered_places()
 * @verb, @account: only with BOT_FINE
 */
struct bot_press {
	const struct bot_settings *settings;
	const struct bot_activity *activity;
	const char *service;
	const struct ipc_request *request;
	const char *places[DELIVERED_PLACES];
	enum teams_verb verb;
	struct account account;
};

/* @ret_why: always written: "", or what is wrong. */
enum bot_finding bot_check(struct bot_press *press, const char **ret_why);

/**
 * bot_place_write() - where a card stands, as one word: the conversation, a slash, the message.
 * Return: 0, or -EINVAL when that would be no word.
 */
int bot_place_write(const char *conversation, const char *card, char *ret, size_t size);

#endif
