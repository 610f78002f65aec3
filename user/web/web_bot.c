// SPDX-License-Identifier: Apache-2.0
/*
 * web_bot.c: the address to which Microsoft's Bot Connector posts, POST /api/messages.
 *
 * Owns: the way between an exchange and the bot. Must not own: what is posted (bot.h).
 */
#include <string.h>

#include "web_private.h"

#define PATH "/api/messages"

bool web_is_bots(const struct web *web, const char *path)
{
	return web->options.bot && strcmp(path, PATH) == 0;
}

static void on_reply(void *arg, unsigned int status, const json_t *body)
{
	struct exchange *exchange = arg;

	exchange_json(exchange, status, body ? json_dumps(body, JSON_COMPACT) : NULL);
	web_resume(exchange);
}

void web_bot(struct exchange *exchange)
{
	const char *authorization = exchange_header(exchange, MHD_HTTP_HEADER_AUTHORIZATION);

	if (strcmp(exchange->method, MHD_HTTP_METHOD_POST) != 0) {
		exchange_plain(exchange, MHD_HTTP_METHOD_NOT_ALLOWED, "Not in this way.\n");
		exchange_add_header(exchange, "Allow", "POST");
		return;
	}
	if (authorization && !exchange->raw && exchange->received) {
		exchange_json(exchange, MHD_HTTP_CONTENT_TOO_LARGE, NULL);
		return;
	}
	web_wait(exchange);
	bot_receive(exchange->web->options.bot, authorization, exchange->raw ? exchange->raw : "",
		    exchange->raw_size, on_reply, exchange);
}
