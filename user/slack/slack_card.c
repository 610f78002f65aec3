// SPDX-License-Identifier: Apache-2.0
/*
 * slack_card.c: see slack_card.h. Text from outside goes into text elements of rich_text with the
 * style of code, and into plain_text; neither knows markup. The one text of a message in which
 * Slack looks for markup, the notice of its arrival, holds only our words.
 */
#include "slack_card.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "notifier/request_card.h"
#include "notifier/request_limit.h"
#include "notifier/request_words.h"
#include "policy/policy.h"

/* Of Block Kit, in characters. */
#define HEADER_MAX 150
#define TEXT_MAX   3000
#define TITLE_MAX  24
/* Of a list that does not fit. */
#define FEW_SOURCES   2
#define FEW_DECISIONS 8
/* Bytes of UTF-8 are at most four a character; what is longer the form sends back. */
#define REASON_CHARS 500

static json_t *plain_text(const char *text)
{
	return json_pack("{s:s,s:s,s:b}", "type", "plain_text", "text", text, "emoji", 0);
}

static json_t *heading(const char *text, enum card_tone tone)
{
	char cut[HEADER_MAX + 1];

	(void)tone;
	snprintf(cut, sizeof(cut), "%s", text);
	return json_pack("{s:s,s:o}", "type", "header", "text", plain_text(cut));
}

static json_t *run(const char *text, enum card_style style, enum card_tone tone)
{
	static const char *const styles[] = { [CARD_STRONG] = "bold", [CARD_CODE] = "code" };

	(void)tone;
	if (style == CARD_PLAIN)
		return json_pack("{s:s,s:s}", "type", "text", "text", text);
	return json_pack("{s:s,s:s,s:{s:b}}", "type", "text", "text", text, "style", styles[style],
			 1);
}

/* All lines behind a heading are one text: a block has a limit of number, a text has none. */
static void line(struct card *card)
{
	json_t *block, *section;

	if (card->line) {
		card_words(card, "\n");
		return;
	}
	section = json_pack("{s:s,s:[]}", "type", "rich_text_section", "elements");
	block = json_pack("{s:s,s:[O]}", "type", "rich_text", "elements", section);
	card_append(card, card->body, block);
	if (!card->error)
		card->line = json_object_get(section, "elements");
	json_decref(section);
}

static const struct card_form form = { .heading = heading, .run = run, .line = line };

static json_t *button(const char *name, const char *words, const char *style,
		      const struct ipc_request *request)
{
	return json_pack("{s:s,s:s,s:s,s:o,s:s++}", "type", "button", "action_id", name, "style",
			 style, "text", plain_text(words), "value", request->id, " ",
			 request->digest);
}

/* A slip of the finger is no approval; where a form follows, that asks again. */
static json_t *confirmation(const struct ipc_request *request)
{
	if (request->reason_required)
		return NULL;
	return json_pack("{s:o,s:o,s:o,s:o}", "title", plain_text("Approve?"), "text",
			 plain_text("It takes effect at once."), "confirm", plain_text("Approve"),
			 "deny", plain_text("Not yet"));
}

static json_t *approve_button(const struct ipc_request *request)
{
	json_t *approve = button(SLACK_APPROVE, "Approve", "primary", request);
	json_t *confirm = confirmation(request);

	if (confirm && json_object_set_new(approve, "confirm", confirm) < 0) {
		json_decref(approve);
		return NULL;
	}
	return approve;
}

static json_t *option(const struct request_limit *limit)
{
	return json_pack("{s:o,s:s}", "text", plain_text(limit->words), "value", limit->value);
}

/* NULL where there is nothing to choose. The narrowest is preset, as on the page. */
static json_t *select_limit(const struct ipc_request *request)
{
	struct request_limit limits[REQUEST_LIMITS];
	size_t n = request_limits(request, limits);
	json_t *options;

	if (n <= 1)
		return NULL;
	options = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(options, option(&limits[i]));
	return json_pack("{s:s,s:s,s:o,s:o}", "type", "static_select", "action_id", SLACK_LIMIT,
			 "initial_option", option(&limits[0]), "options", options);
}

static json_t *link_to(const char *page, const struct ipc_request *request)
{
	return json_pack("{s:s,s:s,s:o,s:s++}", "type", "button", "action_id", SLACK_LOOK, "text",
			 plain_text("Look closer"), "url", page, "/r/", request->id);
}

static void add_buttons(struct card *card, const struct ipc_request *request, const char *page,
			bool approvable)
{
	json_t *elements = json_array();
	json_t *limit = approvable && !request->reason_required ? select_limit(request) : NULL;

	if (limit)
		card_append(card, elements, limit);
	if (approvable)
		card_append(card, elements, approve_button(request));
	card_append(card, elements, button(SLACK_DENY, "Deny", "danger", request));
	if (page)
		card_append(card, elements, link_to(page, request));
	card_append(card, card->body,
		    json_pack("{s:s,s:s,s:o}", "type", "actions", "block_id", SLACK_DECIDE,
			      "elements", elements));
}

/* What @card hides is known only when all of it is written. */
static bool may_approve(const struct card *card, const struct ipc_request *request)
{
	return request->tier <= POLICY_A2 && !card->hidden && !request->hidden;
}

/**
 * struct message: what is being written.
 * @test: nothing can be decided
 * @approvable: it got a button to approve
 */
struct message {
	const struct ipc_request *request;
	const char *page;
	bool test;
	bool approvable;
};

static void add_question(struct card *card, struct message *message)
{
	const struct ipc_request *request = message->request;

	request_card_question(card, request, message->test ? "" : "by a button below");
	message->approvable = !message->test && may_approve(card, request);
	if (!message->test)
		add_buttons(card, request, message->page, message->approvable);
}

/* It may have ended by the time that the button is pressed: the message is not replaced for that. */
static void add_answer(struct card *card, const struct ipc_request *request)
{
	request_card_answer(card, request);
	if (request->revocable)
		card_append(card, card->body,
			    json_pack("{s:s,s:s,s:[o]}", "type", "actions", "block_id",
				      SLACK_DECIDE, "elements",
				      button(SLACK_REVOKE, "Revoke", "danger", request)));
}

static json_t *write_body(struct message *message, size_t max)
{
	struct card card = { .form = &form, .body = json_array(), .max = max };

	if (message->test)
		request_card_test_notice(&card);
	if (message->request->state == IPC_PENDING)
		add_question(&card, message);
	else
		add_answer(&card, message->request);
	if (!card.error)
		return card.body;
	json_decref(card.body);
	return NULL;
}

/* What stands in the notice of a message's arrival, where Slack looks for markup. */
static const char *notice(const struct message *message)
{
	const struct ipc_request *request = message->request;
	const char *words =
		request->state == IPC_PENDING ? request_heading(request) : request_closing(request);

	return message->test ? "A test" : words ? words : "Approval needed";
}

static json_t *write_message(struct message *message, size_t max)
{
	json_t *body = write_body(message, max);

	if (!body)
		return NULL;
	return json_pack("{s:s++,s:o,s:b,s:b,s:b}", "text", notice(message), ": ",
			 message->request->id, "blocks", body, "mrkdwn", 0, "unfurl_links", 0,
			 "unfurl_media", 0);
}

/* Shows as much of each text as the size of a message allows. NULL with EMSGSIZE or ENOMEM. */
static json_t *write_cut(struct message *message)
{
	static const size_t limits[] = { TEXT_MAX, 1024, 512, 384, 256, 192, 128, 96, 64, 48, 32 };

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		json_t *json = write_message(message, limits[i]);

		if (!json) {
			errno = ENOMEM;
			return NULL;
		}
		if (json_dumpb(json, NULL, 0, JSON_COMPACT) <= SLACK_CARD_MAX)
			return json;
		json_decref(json);
	}
	errno = EMSGSIZE;
	return NULL;
}

/* What is left out counts as what was cut before the request came here. */
static void shorten(struct ipc_request *request)
{
	for (; request->n_sources > FEW_SOURCES; request->n_sources--) {
		const struct ipc_source *source = &request->sources[request->n_sources - 1];

		request->hidden += (uint32_t)(strlen(source->path) + strlen(source->labels) +
					      strlen(source->reader));
	}
	for (; request->n_decisions > FEW_DECISIONS; request->n_decisions--) {
		const struct ipc_decision *decision = &request->decisions[request->n_decisions - 1];

		request->hidden += (uint32_t)(strlen(decision->person) + strlen(decision->reason));
	}
}

/* The last resort: a long list of long texts. */
static json_t *write_shortened(struct message *message)
{
	_cleanup_free_ struct ipc_request *less = malloc(sizeof(*less));
	struct message shorter = *message;

	if (!less) {
		errno = ENOMEM;
		return NULL;
	}
	*less = *message->request;
	shorten(less);
	shorter.request = less;
	return write_cut(&shorter); /* with text hidden, so it is not approvable */
}

static json_t *write_fitting(struct message *message)
{
	json_t *json;

	if (!request_card_typable(message->request) || message->request->state >= IPC_STATES) {
		errno = EINVAL;
		return NULL;
	}
	json = write_cut(message);
	return !json && errno == EMSGSIZE ? write_shortened(message) : json;
}

json_t *slack_card(const struct ipc_request *request, const char *page)
{
	return write_fitting(&(struct message){ .request = request, .page = page });
}

json_t *slack_card_test(const char *host)
{
	struct ipc_request request;

	request_card_test(host, &request);
	return write_fitting(&(struct message){ .request = &request, .test = true });
}

bool slack_card_approvable(const struct ipc_request *request, const char *page)
{
	struct message message = { .request = request, .page = page };
	json_t *json = write_fitting(&message);

	json_decref(json);
	return json && message.approvable;
}

static json_t *reason_input(const struct ipc_request *request)
{
	return json_pack("{s:s,s:s,s:o,s:o,s:{s:s,s:s,s:i,s:i}}", "type", "input", "block_id",
			 SLACK_REASON, "label", plain_text("Your reason"), "hint",
			 plain_text(request->approvals_needed > 1 ? "All reviewers see it, and it "
								    "is recorded."
								  : "It is recorded."),
			 "element", "type", "plain_text_input", "action_id", SLACK_REASON,
			 "min_length", 1, "max_length", REASON_CHARS);
}

static json_t *limit_input(const struct ipc_request *request)
{
	json_t *limit = select_limit(request);

	if (!limit)
		return NULL;
	return json_pack("{s:s,s:s,s:o,s:o}", "type", "input", "block_id", SLACK_LIMIT, "label",
			 plain_text("The approval allows"), "element", limit);
}

json_t *slack_card_form(const struct ipc_request *request, bool approve)
{
	json_t *limit = approve ? limit_input(request) : NULL;
	char title[TITLE_MAX + 1];

	snprintf(title, sizeof(title), "%s %s", approve ? "Approve" : "Deny", request->id);
	return json_pack("{s:s,s:s,s:s++++,s:o,s:o,s:o,s:[oo*]}", "type", "modal", "callback_id",
			 SLACK_REASON, "private_metadata", approve ? SLACK_APPROVE : SLACK_DENY,
			 " ", request->id, " ", request->digest, "title", plain_text(title),
			 "submit", plain_text(approve ? "Approve" : "Deny"), "close",
			 plain_text("Cancel"), "blocks", reason_input(request), limit);
}

json_t *slack_card_note(const char *text)
{
	/* what text_scrub() lets through is UTF-8, which json_pack() wants */
	return json_pack("{s:s,s:b,s:s,s:[{s:s,s:o}]}", "response_type", "ephemeral",
			 "replace_original", 0, "text", "About your answer", "blocks", "type",
			 "section", "text", plain_text(text));
}
