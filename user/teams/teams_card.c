// SPDX-License-Identifier: Apache-2.0
/*
 * teams_card.c: see teams_card.h. Owns the JSON of the elements that are used; adaptivecards.io,
 * schema 1.4. Text from outside goes into a monospace TextRun, which knows no markup; TextBlock,
 * which does, holds only our words.
 */
#include "teams_card.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "notifier/request_card.h"
#include "notifier/request_limit.h"
#include "policy/policy.h"

#define REASON_LENGTH 500 /* characters */
/* Of a message, less the envelope. */
#define CARD_MAX (TEAMS_CARD_MAX - 200)

const char *const teams_verbs[TEAMS_VERBS] = {
	[TEAMS_VIEW] = "sluice.view",
	[TEAMS_APPROVE] = "sluice.approve",
	[TEAMS_DENY] = "sluice.deny",
	[TEAMS_REVOKE] = "sluice.revoke",
};

/* How a card is made. @bot: it is a bot's, which answers buttons; @test: with the notice */
struct manner {
	struct teams_reader reader;
	bool bot;
	bool test;
};

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

/* What a reader has not seen whole, or what takes surer proof, is approved elsewhere. */
static bool can_approve(const struct card *card, const struct ipc_request *request,
			const struct manner *manner)
{
	return manner->reader.buttons && request->tier <= POLICY_A2 &&
	       card->hidden + request->hidden == 0;
}

/* Opening it decides nothing: whoever follows the link has to sign in there. */
static json_t *link_to(const struct ipc_request *request, const char *page)
{
	return json_pack("{s:s,s:s,s:s++}", "type", "Action.OpenUrl", "title", "Look and decide",
			 "url", page, "/r/", request->id);
}

/* Old clients, which know no such button, are shown the link instead, where there is one. */
static json_t *button(const struct ipc_request *request, const struct manner *manner,
		      const char *title, const char *style, enum teams_verb verb)
{
	const char *page = manner->reader.page;
	char seal[BUTTON_SEAL_TEXT];

	if (button_seal_make(manner->reader.seal, request, teams_verbs[verb], seal) < 0)
		return NULL;
	return json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:s,s:s},s:o*}", "type", "Action.Execute",
			 "title", title, "style", style, "verb", teams_verbs[verb], "data", "rid",
			 request->id, "d", request->digest, "mac", seal, "fallback",
			 page ? link_to(request, page) : NULL);
}

/* It may have ended by the time that it is pressed: the card is not replaced for that. */
static json_t *revocation(struct card *card, const struct ipc_request *request,
			  const struct manner *manner)
{
	json_t *list;

	if (!manner->bot || !manner->reader.buttons || !request->revocable)
		return NULL;
	list = json_array();
	card_append(card, list, button(request, manner, "Revoke", "destructive", TEAMS_REVOKE));
	return list;
}

/* NULL when there are none. */
static json_t *actions(struct card *card, const struct ipc_request *request,
		       const struct manner *manner)
{
	const struct teams_reader *reader = &manner->reader;
	json_t *list;

	if (request->state != IPC_PENDING)
		return revocation(card, request, manner);
	if (!reader->buttons && !reader->page)
		return NULL;
	list = json_array();
	if (can_approve(card, request, manner))
		card_append(card, list,
			    button(request, manner, "Approve", "positive", TEAMS_APPROVE));
	if (reader->buttons)
		card_append(card, list, button(request, manner, "Deny", "destructive", TEAMS_DENY));
	if (reader->page)
		card_append(card, list, link_to(request, reader->page));
	return list;
}

/* Each reader's client asks for the card again, and gets the one that is for that person. */
static json_t *refresh(const struct ipc_request *request, const struct manner *manner)
{
	if (!manner->bot || manner->test || request->state != IPC_PENDING)
		return NULL;
	return json_pack("{s:{s:s,s:s,s:{s:s}}}", "action", "type", "Action.Execute", "verb",
			 teams_verbs[TEAMS_VIEW], "data", "rid", request->id);
}

static json_t *reason_field(const struct ipc_request *request)
{
	return json_pack("{s:s,s:s,s:s,s:i,s:b,s:s}", "type", "Input.Text", "id", "reason", "label",
			 "Reason", "maxLength", REASON_LENGTH, "isRequired",
			 request->reason_required, "errorMessage", "The rule wants a reason.");
}

/* The narrowest is preset, as on the page: whoever wants more says so. */
static void add_limits(struct card *card, const struct ipc_request *request)
{
	struct request_limit limits[REQUEST_LIMITS];
	size_t n = request_limits(request, limits);
	json_t *choices = json_array();

	for (size_t i = 0; i < n; i++)
		card_append(card, choices,
			    json_pack("{s:s,s:s}", "title", limits[i].words, "value",
				      limits[i].value));
	if (n <= 1) {
		json_decref(choices);
		return;
	}
	card_append(card, card->body,
		    json_pack("{s:s,s:s,s:s,s:s,s:o}", "type", "Input.ChoiceSet", "id", "limit",
			      "label", "An approval allows", "value", limits[0].value, "choices",
			      choices));
}

static void add_question(struct card *card, const struct ipc_request *request,
			 const struct manner *manner)
{
	const struct teams_reader *reader = &manner->reader;
	const char *way = reader->page ? "by the button below" : "";

	request_card_question(card, request, reader->buttons ? "by the buttons below" : way);
	if (can_approve(card, request, manner))
		add_limits(card, request);
	if (reader->buttons)
		card_append(card, card->body, reason_field(request));
}

static json_t *build(const struct ipc_request *request, const struct manner *manner, size_t max)
{
	struct card card = { .form = &form, .body = json_array(), .max = max };
	json_t *buttons;

	if (!card.body) {
		errno = ENOMEM;
		return NULL;
	}
	if (manner->test)
		request_card_test_notice(&card);
	if (manner->reader.note)
		card_fact(&card, "Your answer", manner->reader.note, "none");
	if (request->state == IPC_PENDING)
		add_question(&card, request, manner);
	else
		request_card_answer(&card, request);
	buttons = actions(&card, request, manner);
	if (card.error) {
		json_decref(buttons);
		json_decref(card.body);
		errno = card.error;
		return NULL;
	}
	return json_pack(
		"{s:s,s:s,s:s,s:{s:s},s:s,s:o*,s:o,s:o*}", "$schema",
		"http://adaptivecards.io/schemas/adaptive-card.json", "type", "AdaptiveCard",
		"version", manner->bot ? "1.5" : "1.4", "msteams", "width", "full", "fallbackText",
		"This client cannot show the card. On the host, run: sluice requests", "refresh",
		refresh(request, manner), "body", card.body, "actions", buttons);
}

/* Takes over @card. */
static json_t *envelope(json_t *card)
{
	if (!card)
		return NULL;
	return json_pack("{s:s,s:[{s:s,s:n,s:o}]}", "type", "message", "attachments", "contentType",
			 "application/vnd.microsoft.card.adaptive", "contentUrl", "content", card);
}

/* Shows as much of each text as the size of a message allows. */
static json_t *build_fitting(const struct ipc_request *request, const struct manner *manner)
{
	static const size_t limits[] = { 8192, 1024, 768, 512, 384, 256, 192, 128, 96, 64, 48, 32 };

	if (!request_card_typable(request) || request->state >= IPC_STATES) {
		errno = EINVAL;
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		json_t *card = build(request, manner, limits[i]);

		if (!card || json_dumpb(card, NULL, 0, JSON_COMPACT) <= CARD_MAX)
			return card;
		json_decref(card);
	}
	errno = EMSGSIZE;
	return NULL;
}

json_t *teams_card(const struct ipc_request *request, const char *page)
{
	const struct manner manner = { .reader = { .page = page } };

	return envelope(build_fitting(request, &manner));
}

json_t *teams_bot_card(const struct ipc_request *request, const struct teams_reader *reader)
{
	const struct manner manner = { .reader = *reader, .bot = true };

	return build_fitting(request, &manner);
}

bool teams_bot_can_approve(const struct ipc_request *request, const struct teams_reader *reader)
{
	json_t *card = teams_bot_card(request, reader);
	bool found = false;
	json_t *action;
	size_t i;

	json_array_foreach (json_object_get(card, "actions"), i, action) {
		const char *verb = json_string_value(json_object_get(action, "verb"));

		found |= verb && !strcmp(verb, teams_verbs[TEAMS_APPROVE]);
	}
	json_decref(card);
	return found;
}

static json_t *test(const char *host, bool bot)
{
	const struct manner manner = { .bot = bot, .test = true };
	struct ipc_request request;

	request_card_test(host, &request);
	return build_fitting(&request, &manner);
}

json_t *teams_card_test(const char *host)
{
	return envelope(test(host, false));
}

json_t *teams_bot_card_test(const char *host)
{
	return test(host, true);
}
