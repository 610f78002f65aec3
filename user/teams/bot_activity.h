/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bot_activity.h: what Microsoft's Bot Connector sends: an activity of the Bot Framework protocol,
 * version 3, with the press of a button of a card in it ("Universal Actions").
 *
 * Owns: reading it. Must not own: what is right about it (bot_check.h).
 */
#ifndef SLUICE_BOT_ACTIVITY_H
#define SLUICE_BOT_ACTIVITY_H

#include <jansson.h>
#include <stddef.h>

/**
 * struct bot_activity: the members that are looked at; "" for what is not there.
 * @root: all others lie in it
 * @person: from.aadObjectId, the object id of whoever acted
 * @conversation_tenant, @tenant: both say in which directory
 * @card: replyToId, the message with the card
 * @action: kind of the button; @trigger: "automatic" when no person pressed anything
 * @request, @digest: of the request, as the button has them; @seal: of the button
 * @reason: what the person wrote; @limit: which one they chose
 */
struct bot_activity {
	json_t *root;
	const char *type;
	const char *name;
	const char *id;
	const char *channel;
	const char *service;
	const char *person;
	const char *recipient;
	const char *conversation;
	const char *conversation_tenant;
	const char *tenant;
	const char *card;
	const char *action;
	const char *verb;
	const char *trigger;
	const char *request;
	const char *digest;
	const char *seal;
	const char *reason;
	const char *limit;
};

/**
 * bot_activity_parse() - read one.
 * @ret: on success to be cleared by bot_activity_clear()
 * Return: 0; -EBADMSG when it is no JSON object, names something twice, or has another type where a
 * text should be.
 */
int bot_activity_parse(const char *text, size_t size, struct bot_activity *ret);
void bot_activity_clear(struct bot_activity *activity);

#endif
