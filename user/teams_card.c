// SPDX-License-Identifier: Apache-2.0
/*
 * teams_card.c: see teams_card.h. Owns the words. What comes from outside is told apart by
 * notifier_card.h.
 */
#include "teams_card.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "notifier_card.h"
#include "policy.h"
#include "request_words.h"

#define DIGEST_LENGTH 64

/* What an approval takes besides the right person. */
static const char *const tiers[] = {
	[POLICY_A0] = "",
	[POLICY_A1] = "",
	[POLICY_A2] = "; approve with your own key (tier A2)",
	[POLICY_A3] = "; approve with your own key (tier A3)",
};

static const char *const colors[IPC_STATES] = {
	[IPC_APPROVED] = "Good",
	[IPC_DENIED] = "Attention",
	[IPC_EXPIRED] = "Warning",
	[IPC_GONE] = "Default",
};

/* A name of the protocol in words; one that we do not know is shown as it came. */
static void add_known(struct card *card, const char *words, const char *name)
{
	if (words)
		card_words(card, "%s", words);
	else
		card_untrusted(card, name);
}

static void add_request_line(struct card *card, const struct ipc_request *request)
{
	const char *d = request->digest;
	char groups[20];

	card_line(card, "Request");
	card_untrusted(card, request->id);
	snprintf(groups, sizeof(groups), "%.4s %.4s %.4s %.4s", d, d + 4, d + 8, d + 12);
	card_words(card, ", digest ");
	card_monospace(card, groups);
}

static void add_uid(struct card *card, const char *name, uint32_t uid)
{
	if (uid == UINT32_MAX)
		card_words(card, ", no %s", name);
	else
		card_words(card, ", %s %u", name, uid);
}

static void add_who(struct card *card, const struct ipc_request *request)
{
	card_line(card, "Who");
	card_text(card, request->requester, "a person whom the policy does not name");
	card_words(card, ", user ");
	card_text(card, request->user, "without a name");
	add_uid(card, "uid", request->uid);
	add_uid(card, "login uid", request->loginuid);
}

static void add_program(struct card *card, const struct ipc_request *request)
{
	card_line(card, "Program");
	card_text(card, request->comm, "unnamed");
	card_words(card, ", pid %d, executable ", request->pid);
	card_text(card, request->executable, "unknown");
	if (*request->command)
		card_fact(card, "Command", request->command, "");
	if (*request->unit)
		card_fact(card, "Unit", request->unit, "");
}

static void add_tries(struct card *card, const struct ipc_request *request)
{
	if (request->tries > 1)
		card_words(card, ", tried %u times", request->tries);
}

static void add_action(struct card *card, const struct ipc_request *request)
{
	card_line(card, "Action");
	add_known(card, request_action(request), request->action);
	add_tries(card, request);
	card_fact(card, "Object", request->target, "unknown");
	card_fact(card, "Labels", request->labels, "none");
	card_words(card, ", highest sensitivity %u of 100", request->sensitivity);
	card_fact(card, "Rule", request->rule, "unnamed");
}

static void add_sources(struct card *card, const struct ipc_request *request)
{
	card_line(card, "Where the data came from");
	if (request->n_sources == 0)
		card_words(card, "no earlier read is on record");
	else
		card_words(card, "(nearest first)");
	for (unsigned int i = 0; i < request->n_sources && i < SLUICE_MAX_SOURCES; i++) {
		const struct ipc_source *source = &request->sources[i];

		card_line(card, NULL);
		card_words(card, "%u.  ", i + 1);
		card_text(card, source->reader, "a program");
		card_words(card, " read ");
		card_text(card, source->path, "a file without a name");
		card_words(card, ", labels ");
		card_text(card, source->labels, "none");
		card_words(card, ", ");
		card_time(card, source->time_ms);
	}
}

static void add_terms(struct card *card, const struct ipc_request *request)
{
	card_line(card, "Waiting");
	add_known(card, request_waiting(request), request->waiting);
	card_line(card, "Approval allows");
	add_known(card, scope_words(request->scope), request->scope);
	card_words(card, ", for at most %u s", request->duration_s);
	card_line(card, "Approvals");
	card_words(card, "%u of %u, each by another person, of ", request->approvals,
		   request->approvals_needed);
	card_text(card, request->reviewers, "nobody: the policy names no group");
	if (request->escalated_s) {
		card_line(card, "Asked again");
		card_words(card, "nobody decided within %u s, so more people are asked",
			   request->escalated_s);
	}
	card_line(card, "Expires");
	card_time(card, request->expires_ms);
}

/* Says what is hidden, or nothing. */
static void add_hidden(struct card *card, const struct ipc_request *request)
{
	char text[256];

	if (card->hidden + request->hidden == 0)
		return;
	/* What was cut before it came here, sluice show lacks too. */
	snprintf(text, sizeof(text),
		 "Text is hidden: %zu bytes in %u places of this card, %u bytes before. %s%s shows "
		 "all.",
		 card->hidden, card->places, request->hidden,
		 request->hidden ? "sluice journal --request " : "sluice show ", request->id);
	card_line(card, NULL);
	card_strong(card, text, "Attention");
}

static void add_command(struct card *card, const char *verb, const char *option,
			const struct ipc_request *request)
{
	char text[128];

	snprintf(text, sizeof(text), "sluice %s %s %.8s%s --reason \"…\"", verb, request->id,
		 request->digest, option);
	card_line(card, NULL);
	card_monospace(card, text);
}

static void add_question(struct card *card, const struct ipc_request *request, const char *page)
{
	const char *heading = request_heading(request);
	unsigned int tier = request->tier < ARRAY_SIZE(tiers) ? request->tier : POLICY_A3;

	card_heading(card, heading ? heading : "Approval needed", "Warning");
	add_request_line(card, request);
	card_fact(card, "Host", request->host, "unknown");
	add_who(card, request);
	add_program(card, request);
	add_action(card, request);
	add_sources(card, request);
	card_fact(card, "Reason given", request->reason, "none");
	if (*request->reason_from) {
		card_words(card, ", by its ");
		card_untrusted(card, request->reason_from);
	}
	add_terms(card, request);
	add_hidden(card, request);
	card_line(card, "To decide");
	card_words(card, "%son that host, as a person whom the rule names%s%s:",
		   page ? "by the button below, or " : "", tiers[tier],
		   request->reason_required ? "; a reason is required" : "");
	add_command(card, "approve", tier > POLICY_A1 ? " --key ~/.ssh/id_ed25519" : "", request);
	add_command(card, "deny", "", request);
}

static void add_decisions(struct card *card, const struct ipc_request *request)
{
	for (unsigned int i = 0; i < request->n_decisions && i < SLUICE_MAX_REVIEWERS; i++) {
		const struct ipc_decision *decision = &request->decisions[i];

		card_line(card, decision->approve ? "Approved by" : "Denied by");
		card_text(card, decision->person, "a person without a name");
		card_words(card, ", ");
		card_time(card, decision->time_ms);
		card_words(card, ", reason: ");
		card_text(card, decision->reason, "none");
	}
}

static void add_answer(struct card *card, const struct ipc_request *request)
{
	card_heading(card, request_closing(request), colors[request->state]);
	add_request_line(card, request);
	card_fact(card, "Host", request->host, "unknown");
	card_line(card, "Action");
	add_known(card, request_action(request), request->action);
	card_words(card, ": ");
	card_text(card, request->target, "unknown");
	add_tries(card, request);
	add_decisions(card, request);
	if (*request->outcome)
		card_fact(card, "Outcome", request->outcome, "");
	card_line(card, "Closed");
	card_time(card, request->closed_ms);
	add_hidden(card, request);
}

static void add_test_notice(struct card *card)
{
	card_heading(card, "TEST: nothing is waiting, and nothing here can be decided", "Accent");
	card_line(card, NULL);
	card_words(card,
		   "Somebody checked that messages arrive in this channel. All below is invented.");
}

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
	struct card card = { .body = json_array(), .max = max };

	if (!card.body) {
		errno = ENOMEM;
		return NULL;
	}
	if (test)
		add_test_notice(&card);
	if (request->state == IPC_PENDING)
		add_question(&card, request, page);
	else
		add_answer(&card, request);
	if (card.error) {
		json_decref(card.body);
		errno = card.error;
		return NULL;
	}
	return envelope(card.body,
			page && request->state == IPC_PENDING ? link_to(request, page) : NULL);
}

/* The commands on the card are pasted into a shell: nothing but letters, digits and dashes may come
 * in. Of what was closed unseen only the digest's begin is known, and no command is there. */
static bool is_typable(const struct ipc_request *request)
{
	const char *id = request->id;

	return strncmp(id, "r-", 2) == 0 && id[2] &&
	       strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") ==
		       strlen(id) &&
	       (strlen(request->digest) == DIGEST_LENGTH || request->state != IPC_PENDING) &&
	       strspn(request->digest, "0123456789abcdef") == strlen(request->digest);
}

/* Shows as much of each text as the size of a message allows. */
static json_t *build_fitting(const struct ipc_request *request, const char *page, bool test)
{
	static const size_t limits[] = { 8192, 1024, 768, 512, 384, 256, 192, 128, 96, 64, 48, 32 };

	if (!is_typable(request) || request->state >= IPC_STATES) {
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
	struct ipc_request request = {
		.id = "r-test",
		.digest = "0000000000000000000000000000000000000000000000000000000000000000",
		.rule = "sample-rule",
		.action = "egress",
		.waiting = "hold",
		.scope = "once",
		.n_sources = 1,
		.approvals_needed = 1,
		.sensitivity = 50,
		.uid = 1000,
		.loginuid = 1000,
		.pid = 1,
		.duration_s = SLUICE_DEFAULT_DURATION_S,
		.labels = "sample-label",
		.user = "sample",
		.comm = "sample",
		.executable = "/usr/bin/sample",
		.target = "192.0.2.1 port 443 tcp",
		.reviewers = "sample-reviewers",
		.sources = { { .path = "/srv/sample.csv",
			       .labels = "sample-label",
			       .reader = "sample[1]" } },
	};
	uint64_t now_ms = (uint64_t)time(NULL) * 1000;

	snprintf(request.host, sizeof(request.host), "%s", host);
	request.opened_ms = now_ms;
	request.sources[0].time_ms = now_ms;
	request.expires_ms = now_ms + SLUICE_DEFAULT_LIMIT_S * 1000ULL;
	return build_fitting(&request, NULL, true);
}
