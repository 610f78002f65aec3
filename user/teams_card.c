// SPDX-License-Identifier: Apache-2.0
/*
 * teams_card.c: see teams_card.h. Owns the JSON of the elements that are used; adaptivecards.io,
 * schema 1.4. Text from outside goes into a monospace TextRun, which knows no markup; TextBlock,
 * which does, holds only our words.
 */
#include "teams_card.h"

#include <errno.h>

#include "cleanup.h"
#include "request_card.h"

static const char *const colors[] = {
	[CARD_NEUTRAL] = "Default", [CARD_ACCENT] = "Accent",	    [CARD_GOOD] = "Good",
	[CARD_WARNING] = "Warning", [CARD_ATTENTION] = "Attention",
};

static json_t *heading(const char *text, enum card_tone tone)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:b}", "type", "TextBlock", "text", text, "size",
			 "Large", "weight", "Bolder", "color", colors[tone], "wrap", 1);
}

static json_t *run(const char *text, enum card_style style, enum card_tone tone)
{
	switch (style) {
	case CARD_STRONG:
		return json_pack("{s:s,s:s,s:s,s:s}", "type", "TextRun", "text", text, "weight",
				 "Bolder", "color", colors[tone]);
	case CARD_CODE:
		return json_pack("{s:s,s:s,s:s}", "type", "TextRun", "text", text, "fontType",
				 "Monospace");
	default:
		return json_pack("{s:s,s:s}", "type", "TextRun", "text", text);
	}
}

static void line(struct card *card)
{
	json_t *block =
		json_pack("{s:s,s:s,s:[]}", "type", "RichTextBlock", "spacing", "Small", "inlines");

	card_append(card, card->body, block);
	card->line = card->error ? NULL : json_object_get(block, "inlines");
}

static const struct card_form form = { .heading = heading, .run = run, .line = line };

/* Opening it decides nothing: whoever follows the link has to sign in there. */
static json_t *link_to(const struct ipc_request *request, const char *page)
{
	return json_pack("[{s:s,s:s,s:s++}]", "type", "Action.OpenUrl", "title", "Look and decide",
			 "url", page, "/r/", request->id);
}

/* @actions: may be NULL, and is then left out */
static json_t *envelope(json_t *body, json_t *actions)
{
	return json_pack("{s:s,s:[{s:s,s:n,s:{s:s,s:s,s:s,s:{s:s},s:s,s:o,s:o*}}]}", "type",
			 "message", "attachments", "contentType",
			 "application/vnd.microsoft.card.adaptive", "contentUrl", "content",
			 "$schema", "http://adaptivecards.io/schemas/adaptive-card.json", "type",
			 "AdaptiveCard", "version", "1.4", "msteams", "width", "full",
			 "fallbackText",
			 "This client cannot show the card. On the host, run: sluice requests",
			 "body", body, "actions", actions);
}

static json_t *build(const struct ipc_request *request, const char *page, bool test, size_t max)
{
	struct card card = { .form = &form, .body = json_array(), .max = max };

	if (!card.body) {
		errno = ENOMEM;
		return NULL;
	}
	if (test)
		request_card_test_notice(&card);
	if (request->state == IPC_PENDING)
		request_card_question(&card, request, page ? "by the button below" : "");
	else
		request_card_answer(&card, request);
	if (card.error) {
		json_decref(card.body);
		errno = card.error;
		return NULL;
	}
	return envelope(card.body,
			page && request->state == IPC_PENDING ? link_to(request, page) : NULL);
}

/* Shows as much of each text as the size of a message allows. */
static json_t *build_fitting(const struct ipc_request *request, const char *page, bool test)
{
	static const size_t limits[] = { 8192, 1024, 768, 512, 384, 256, 192, 128, 96, 64, 48, 32 };

	if (!request_card_typable(request) || request->state >= IPC_STATES) {
		errno = EINVAL;
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		json_t *message = build(request, page, test, limits[i]);

		if (!message || json_dumpb(message, NULL, 0, JSON_COMPACT) <= TEAMS_CARD_MAX)
			return message;
		json_decref(message);
	}
	errno = EMSGSIZE;
	return NULL;
}

json_t *teams_card(const struct ipc_request *request, const char *page)
{
	return build_fitting(request, page, false);
}

json_t *teams_card_test(const char *host)
{
	struct ipc_request request;

	request_card_test(host, &request);
	return build_fitting(&request, NULL, true);
}
