// SPDX-License-Identifier: Apache-2.0
/*
 * bot_decide.c: a decision on its way to sluiced and back to whoever pressed the button: see
 * bot_private.h. Owns those that wait, and what is told when.
 */
#include <errno.h>
#include <string.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "bot_private.h"
#include "notifier/request_limit.h"
#include "teams_card.h"

#define CHANNEL "teams"
#define TIER	2
/* Teams gives up after some ten seconds, and people press again sooner. */
#define ANSWER_S 2

/* One decision. */
struct waiting {
	struct waiting *prev, *next;
	struct bot *bot;
	struct event *timer;
	struct caller caller;
	enum teams_verb verb;
	char id[16];
	struct account account;
};

static void forget(struct bot *bot, struct waiting *waiting)
{
	DL_DELETE(bot->waiting, waiting);
	event_free(waiting->timer);
	free(waiting);
}

void bot_forget_decisions(struct bot *bot)
{
	while (bot->waiting)
		forget(bot, bot->waiting);
}

/* Stays so for this person and this request; else it may be tried again, on the card they have. */
static bool is_final(int error)
{
	return error == 0 || error == EPERM || error == EACCES || error == EEXIST;
}

static void tell(struct waiting *waiting, int error, const char *text)
{
	const struct bot *bot = waiting->bot;
	const struct ipc_request *request =
		gateway_requests_find(bot->options.requests, waiting->id);
	const struct caller caller = waiting->caller;

	waiting->caller.reply = NULL;
	if (!caller.reply)
		return;
	if (request && (is_final(error) || request->state != IPC_PENDING))
		bot_answer_card(bot, &caller, request, &waiting->account, text);
	else
		bot_answer_text(&caller, text);
}

static void on_decided(void *arg, int error, const char *text)
{
	struct waiting *waiting = arg;

	log_info("teams: %s of %s by %s: %s", teams_verbs[waiting->verb], waiting->id,
		 waiting->account.subject, text);
	tell(waiting, error, text);
	forget(waiting->bot, waiting);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell(arg, 0, "is being decided; the card of all will show how it ends");
}

static struct waiting *wait_for_sluiced(struct bot *bot, const struct bot_press *press,
					const struct caller *caller)
{
	const struct timeval tv = { .tv_sec = ANSWER_S };
	struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (!waiting)
		return NULL;
	*waiting = (struct waiting){
		.bot = bot, .caller = *caller, .verb = press->verb, .account = press->account
	};
	memcpy(waiting->id, press->request->id, sizeof(waiting->id));
	waiting->timer = evtimer_new(bot->options.base, on_late, waiting);
	if (!waiting->timer || event_add(waiting->timer, &tv) < 0) {
		if (waiting->timer)
			event_free(waiting->timer);
		free(waiting);
		return NULL;
	}
	DL_APPEND(bot->waiting, waiting);
	return waiting;
}

/* Teams sends again what it thinks was lost, and people press twice. */
static bool is_under_way(const struct bot *bot, const struct bot_press *press)
{
	for (const struct waiting *other = bot->waiting; other; other = other->next)
		if (!strcmp(other->id, press->request->id) &&
		    account_equal(&other->account, &press->account))
			return true;
	return false;
}

/* Microsoft's token, which does not cover the message, and which message that was. */
static char *make_evidence(const struct bot_press *press, const char *token, const char *body)
{
	const struct bot_activity *activity = press->activity;
	json_auto_t *evidence = NULL;
	const char *signature = strrchr(token, '.');
	char digest[65], token_digest[65];

	if (!signature || channel_evidence_digest(body, digest) < 0 ||
	    channel_evidence_digest(token, token_digest) < 0)
		return NULL;
	/* whoever had the whole token could speak for Microsoft while it is good */
	evidence = json_pack("{s:s%,s:s,s:s,s:s,s:s,s:s}", "token", token,
			     (size_t)(signature - token), "token_sha256", token_digest,
			     "body_sha256", digest, "activity", activity->id, "conversation",
			     activity->conversation, "card", activity->card);
	return evidence ? json_dumps(evidence, JSON_COMPACT) : NULL;
}

static int compose(const struct bot_press *press, struct channel_decision *ret)
{
	struct ipc_decide *answer = &ret->statement.answer;

	channel_decision_begin(press->request, ret);
	snprintf(ret->channel, sizeof(ret->channel), "%s", CHANNEL);
	ret->tier = TIER;
	ret->account = press->account;
	answer->approve = press->verb == TEAMS_APPROVE;
	ret->statement.revoke = press->verb == TEAMS_REVOKE;
	memcpy(answer->digest, press->request->digest, sizeof(answer->digest));
	if (strlen(press->activity->reason) >= sizeof(answer->reason))
		return -EINVAL;
	strcpy(answer->reason, press->activity->reason);
	return answer->approve ? request_limit_take(press->request, press->activity->limit, answer)
			       : 0;
}

static int send_decision(struct bot *bot, const struct bot_press *press, const char *token,
			 const char *body, const struct caller *caller)
{
	_cleanup_free_ char *evidence = make_evidence(press, token, body);
	struct channel_decision decision;
	struct waiting *waiting;
	int r = evidence ? compose(press, &decision) : -ENOMEM;

	if (r < 0)
		return r;
	waiting = wait_for_sluiced(bot, press, caller);
	if (!waiting)
		return -ENOMEM;
	r = gateway_link_decide(bot->options.link, &decision, evidence, on_decided, waiting);
	if (r < 0)
		forget(bot, waiting);
	return r;
}

void bot_decide(struct bot *bot, const struct bot_press *press, const char *token, const char *body,
		const struct caller *caller)
{
	const struct teams_reader reader = { .page = bot->options.notifier->page,
					     .buttons = true,
					     .seal = &bot->settings->seal };
	int r;

	if (is_under_way(bot, press)) {
		bot_answer_card(bot, caller, press->request, &press->account, "is being decided");
		return;
	}
	if (press->verb == TEAMS_APPROVE && !teams_bot_can_approve(press->request, &reader)) {
		bot_answer_text(
			caller,
			"Nothing was decided: this cannot be approved by a button. The card "
			"does not show all of it, or the rule wants surer proof.");
		return;
	}
	r = send_decision(bot, press, token, body, caller);
	if (r < 0) {
		log_warning_errno(r, "teams: the answer to %s cannot be sent", press->request->id);
		bot_answer_text(caller, channel_decision_unsent(r));
	}
}
