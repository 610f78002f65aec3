/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bot_token.h: the token with which Microsoft's Bot Connector shows that a message is its own.
 *
 * Owns: what such a token must say. It covers neither the message nor the person in it: whoever
 * holds one that is still valid can send any. Must not own: the message (bot_activity.h).
 */
#ifndef SLUICE_BOT_TOKEN_H
#define SLUICE_BOT_TOKEN_H

#include <stdint.h>

#include "bot_settings.h"
#include "key/jwt.h"

/* Longer ones are refused: it goes into the evidence whole. The Connector's have about 1,100. */
#define BOT_TOKEN_MAX 5120

/**
 * bot_token_check() - check what came as the header Authorization.
 * @authorization: NULL when there was none
 * @now_s: since the epoch
 * @ret_token: the token in it, borrowed
 * @ret_service: what it says of the service, owned by the caller
 * @ret_why: always written: "", or what is wrong; never holds a part of the token
 * Return: 0 or as jwt_check(). Microsoft's page "Authentication with the Bot Connector API" has the
 * rules; tokens without an end, for several audiences, or with a key that is not for Teams, which
 * some of its own programs take, are refused.
 */
int bot_token_check(const struct bot_settings *settings, const struct jwt_keys *keys,
		    const char *authorization, int64_t now_s, const char **ret_token,
		    char **ret_service, const char **ret_why);

/*
 * Whether both name one service: an address may differ in the case of its host, and in the slash at
 * its end.
 */
bool bot_token_same_service(const char *a, const char *b);

#endif
