// SPDX-License-Identifier: Apache-2.0
/*
 * request_card.c: see request_card.h. Owns the words. What comes from outside is told apart by
 * notifier_card.h.
 */
#include "request_card.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "policy/policy.h"
#include "request_words.h"

#define DIGEST_LENGTH 64

/* What an approval takes besides the right person. */
static const char *const tiers[] = {
	[POLICY_A0] = "",
	[POLICY_A1] = "",
	[POLICY_A2] = "; approve with your own key (tier A2)",
	[POLICY_A3] = "; approve with your own key (tier A3)",
};

static const enum card_tone tones[IPC_STATES] = {
	[IPC_APPROVED] = CARD_GOOD,
	[IPC_DENIED] = CARD_ATTENTION,
	[IPC_EXPIRED] = CARD_WARNING,
	[IPC_GONE] = CARD_NEUTRAL,
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

/* So that people hold copies of it, too: sluice journal verify --noted. */
static void add_journal(struct card *card, const struct ipc_request *request)
{
	const char *root = request->journal_root;
	char groups[24];

	if (request->journal_entries == 0 || strlen(root) != 16)
		return;
	card_line(card, "Journal");
	card_words(card, "%llu entries, root ", (unsigned long long)request->journal_entries);
	snprintf(groups, sizeof(groups), "%.4s %.4s %.4s %.4s", root, root + 4, root + 8,
		 root + 12);
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
	if (request->more_sources) {
		card_line(card, NULL);
		card_words(card, "and at least %u more: sluice why %d, on that host",
			   request->more_sources, request->pid);
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
	card_strong(card, text, CARD_ATTENTION);
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

void request_card_question(struct card *card, const struct ipc_request *request, const char *way)
{
	const char *heading = request_heading(request);
	unsigned int tier = request->tier < ARRAY_SIZE(tiers) ? request->tier : POLICY_A3;

	card_heading(card, heading ? heading : "Approval needed", CARD_WARNING);
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
	add_journal(card, request);
	add_hidden(card, request);
	card_line(card, "To decide");
	card_words(card, "%s%son that host, as a person whom the rule names%s%s:", way,
		   *way ? ", or " : "", tiers[tier],
		   request->reason_required ? "; a reason is required" : "");
	/* like the buttons, no further than once unless somebody says so */
	add_command(card, "approve",
		    tier > POLICY_A1 ? " --scope once --key ~/.ssh/id_ed25519" : " --scope once",
		    request);
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

static void add_revocation(struct card *card, const struct ipc_request *request)
{
	if (!request->revoked.time_ms)
		return;
	card_line(card, request->revocable ? "Partly revoked by" : "Revoked by");
	card_text(card, request->revoked.person, "a person without a name");
	card_words(card, ", ");
	card_time(card, request->revoked.time_ms);
	card_words(card, ", reason: ");
	card_text(card, request->revoked.reason, "none");
}

void request_card_answer(struct card *card, const struct ipc_request *request)
{
	card_heading(card, request_closing(request),
		     request_is_revoked(request) ? CARD_ATTENTION : tones[request->state]);
	add_request_line(card, request);
	card_fact(card, "Host", request->host, "unknown");
	card_line(card, "Action");
	add_known(card, request_action(request), request->action);
	card_words(card, ": ");
	card_text(card, request->target, "unknown");
	add_tries(card, request);
	add_decisions(card, request);
	add_revocation(card, request);
	if (*request->outcome)
		card_fact(card, "Outcome", request->outcome, "");
	card_line(card, "Closed");
	card_time(card, request->closed_ms);
	add_journal(card, request);
	add_hidden(card, request);
}

void request_card_test_notice(struct card *card)
{
	card_heading(card, "TEST: nothing is waiting, and nothing here can be decided",
		     CARD_ACCENT);
	card_line(card, NULL);
	card_words(card,
		   "Somebody checked that messages arrive in this channel. All below is invented.");
}

/* The commands on the card are pasted into a shell: nothing but letters, digits and dashes may come
 * in. Of what was closed unseen only the digest's begin is known, and no command is there. */
bool request_card_typable(const struct ipc_request *request)
{
	const char *id = request->id;

	return strncmp(id, "r-", 2) == 0 && id[2] &&
	       strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") ==
		       strlen(id) &&
	       (strlen(request->digest) == DIGEST_LENGTH || request->state != IPC_PENDING) &&
	       strspn(request->digest, "0123456789abcdef") == strlen(request->digest);
}

void request_card_test(const char *host, struct ipc_request *ret)
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
	*ret = request;
}
