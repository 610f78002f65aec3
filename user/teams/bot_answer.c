// SPDX-License-Identifier: Apache-2.0
/*
 * bot_answer.c: answers to a press, as Teams wants them ("Universal Actions"): see bot_private.h.
 * Owns their types. The HTTP status is 200 also where the body has another.
 */
#include "base/cleanup.h"
#include "bot_private.h"
#include "teams_card.h"

/* Takes over @value. */
static void answer(const struct caller *caller, int status, const char *type, json_t *value)
{
	json_auto_t *body = value ? json_pack("{s:i,s:s,s:o}", "statusCode", status,
							    "type", type, "value", value)
						: NULL;

	caller->reply(caller->arg, body ? 200 : 500, body);
}

void bot_answer_text(const struct caller *caller, const char *text)
{
	answer(caller, 200, "application/vnd.microsoft.activity.message", json_string(text));
}

void bot_answer_error(const struct caller *caller, const char *why)
{
	answer(caller, 400, "application/vnd.microsoft.error",
	       json_pack("{s:s,s:s}", "code", "BadRequest", "message", why));
}

void bot_answer_card(const struct bot *bot, const struct caller *caller,
		     const struct ipc_request *request, const struct account *account,
		     const char *note)
{
	static const char own[] = "none: you stand behind this request, so somebody else decides";
	bool behind = gateway_requests_behind(request, account);
	struct teams_reader reader = { .page = bot->options.notifier->page,
				       .note = note,
				       .seal = &bot->settings->seal };

	reader.buttons = !note && !behind;
	if (!note && behind)
		reader.note = own;
	answer(caller, 200, "application/vnd.microsoft.card.adaptive",
	       teams_bot_card(request, &reader));
}
