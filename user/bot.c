// SPDX-License-Identifier: Apache-2.0
/*
 * bot.c: see bot.h. Owns the keys of the Bot Connector, which are fetched beforehand: no press waits
 * for that; and the decisions that wait for sluiced.
 */
#include "bot.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <time.h>
#include <utlist.h>

#include "bot_check.h"
#include "bot_settings.h"
#include "bot_token.h"
#include "cleanup.h"
#include "log.h"
#include "oidc_provider.h"
#include "teams_card.h"

#define CHANNEL "teams"
#define TIER	2
/* Teams gives up after some ten seconds, and people press again sooner. */
#define ANSWER_MS 2000
/* Looks at whether keys are missing or old; and how often they are got anew for unknown ones. */
#define KEYS_LOOK_S  60
#define KEYS_FRESH_S 300

/* One decision. @reply: NULL: whoever pressed has been told that it takes longer */
struct press {
	struct press *prev, *next;
	struct bot *bot;
	struct event *timer;
	bot_reply_fn reply;
	void *arg;
	char id[16];
	char verb[16];
	struct account account;
};

/* @fresh_s: when keys were last asked for because of an unknown one; @refused: in the log */
struct bot {
	struct bot_options options;
	const struct bot_settings *settings;
	struct provider *provider;
	struct event *timer;
	int64_t fresh_s;
	struct press *presses;
	struct log_limit refused;
};

static void decrefp(json_t **json)
{
	json_decref(*json);
}

static void on_keys(void *arg, int r)
{
	(void)arg;
	(void)r; /* logged there, and looked at again */
}

static void on_addresses(void *arg, int r)
{
	struct bot *bot = arg;

	if (r == 0)
		provider_want_keys(bot->provider, false, on_keys, bot);
}

static void look_for_keys(evutil_socket_t fd, short what, void *arg)
{
	struct bot *bot = arg;

	(void)fd;
	(void)what;
	provider_want_addresses(bot->provider, on_addresses, bot);
}

/* A key that is not known may be new, or made up. */
static void get_fresh_keys(struct bot *bot)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	if (bot->fresh_s && now.tv_sec < bot->fresh_s + KEYS_FRESH_S)
		return;
	bot->fresh_s = now.tv_sec;
	provider_want_keys(bot->provider, true, on_keys, bot);
}

static int start(struct bot *bot)
{
	const struct provider_options options = {
		.what = "Microsoft's Bot Connector",
		.discovery = bot->settings->metadata,
		.issuer = bot->settings->issuer,
		.ca_file = bot->settings->ca_file,
		.proxy = bot->settings->proxy,
	};
	const struct timeval tv = { .tv_sec = KEYS_LOOK_S };

	if (provider_new(&options, bot->options.http, &bot->provider) < 0)
		return -ENOMEM;
	bot->timer = event_new(bot->options.base, -1, EV_PERSIST, look_for_keys, bot);
	if (!bot->timer || event_add(bot->timer, &tv) < 0)
		return -ENOMEM;
	look_for_keys(-1, 0, bot);
	return 0;
}

int bot_new(const struct bot_options *options, struct bot **ret)
{
	struct bot *bot = calloc(1, sizeof(*bot));

	if (!bot)
		return -ENOMEM;
	bot->options = *options;
	bot->settings = options->notifier->settings;
	if (start(bot) < 0) {
		bot_free(bot);
		return -ENOMEM;
	}
	*ret = bot;
	return 0;
}

static void forget_press(struct bot *bot, struct press *press)
{
	DL_DELETE(bot->presses, press);
	event_free(press->timer);
	free(press);
}

struct bot *bot_free(struct bot *bot)
{
	if (!bot)
		return NULL;
	while (bot->presses)
		forget_press(bot, bot->presses);
	if (bot->timer)
		event_free(bot->timer);
	provider_free(bot->provider);
	free(bot);
	return NULL;
}

/* Universal Actions: the HTTP status is 200 also where the body has another. Takes over @value. */
static void answer(bot_reply_fn reply, void *arg, int status, const char *type, json_t *value)
{
	_cleanup_(decrefp) json_t *body = value ? json_pack("{s:i,s:s,s:o}", "statusCode", status,
							    "type", type, "value", value)
						: NULL;

	reply(arg, body ? 200 : 500, body);
}

static void answer_text(bot_reply_fn reply, void *arg, const char *text)
{
	answer(reply, arg, 200, "application/vnd.microsoft.activity.message", json_string(text));
}

static void answer_error(bot_reply_fn reply, void *arg, const char *why)
{
	answer(reply, arg, 400, "application/vnd.microsoft.error",
	       json_pack("{s:s,s:s}", "code", "BadRequest", "message", why));
}

static bool is_behind(const struct ipc_request *request, const struct account *account)
{
	uint64_t mark = account_mark(account);

	for (size_t i = 0; i < SLUICE_MAX_BEHIND && request->behind[i]; i++)
		if (request->behind[i] == mark)
			return true;
	return false;
}

/* The card as this person is to see it. @note: what became of their answer: then without buttons */
static void answer_card(const struct bot *bot, bot_reply_fn reply, void *arg,
			const struct ipc_request *request, const struct account *account,
			const char *note)
{
	bool behind = is_behind(request, account);
	const struct teams_reader reader = {
		.page = bot->options.notifier->page,
		.buttons = !note && !behind,
		.note = note	 ? note
			: behind ? "none: you stand behind this request, so somebody else decides"
				 : NULL,
	};

	answer(reply, arg, 200, "application/vnd.microsoft.card.adaptive",
	       teams_bot_card(request, &reader));
}

static const struct ipc_request *find(const struct bot *bot, const char *id)
{
	return gateway_requests_find(bot->options.requests, id);
}

/* ---- a decision ---- */

/* Stays so for this person and this request; else it may be tried again, on the card that they have. */
static bool is_final(int error)
{
	return error == 0 || error == EPERM || error == EACCES || error == EEXIST;
}

static void tell(struct press *press, int error, const char *text)
{
	const struct ipc_request *request = find(press->bot, press->id);
	bot_reply_fn reply = press->reply;

	press->reply = NULL;
	if (!reply)
		return;
	if (request && (is_final(error) || request->state != IPC_PENDING))
		answer_card(press->bot, reply, press->arg, request, &press->account, text);
	else
		answer_text(reply, press->arg, text);
}

static void on_decided(void *arg, int error, const char *text)
{
	struct press *press = arg;

	log_info("teams: %s of %s by %s: %s", press->verb, press->id, press->account.subject, text);
	tell(press, error, text);
	forget_press(press->bot, press);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell(arg, 0, "is being decided; the card of all will show how it ends");
}

static struct press *new_press(struct bot *bot, const struct bot_press *from, bot_reply_fn reply,
			       void *arg)
{
	const struct timeval tv = { .tv_usec = ANSWER_MS % 1000 * 1000,
				    .tv_sec = ANSWER_MS / 1000 };
	struct press *press = calloc(1, sizeof(*press));

	if (!press)
		return NULL;
	*press = (struct press){ .bot = bot, .reply = reply, .arg = arg, .account = from->account };
	memcpy(press->id, from->request->id, sizeof(press->id));
	snprintf(press->verb, sizeof(press->verb), "%s", teams_verbs[from->verb]);
	press->timer = evtimer_new(bot->options.base, on_late, press);
	if (!press->timer || event_add(press->timer, &tv) < 0) {
		if (press->timer)
			event_free(press->timer);
		free(press);
		return NULL;
	}
	DL_APPEND(bot->presses, press);
	return press;
}

/* Teams sends again what it thinks was lost, and people press twice. */
static bool is_under_way(const struct bot *bot, const struct bot_press *press)
{
	for (const struct press *other = bot->presses; other; other = other->next)
		if (!strcmp(other->id, press->request->id) &&
		    account_equal(&other->account, &press->account))
			return true;
	return false;
}

static json_t *digest_of(const char *body, size_t size)
{
	unsigned char hash[32];
	char text[65];

	if (EVP_Digest(body, size, hash, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	return json_string(text);
}

/* What it rests on: Microsoft's token, which does not cover the message, and which message that was. */
static char *make_evidence(const struct bot_press *press, const char *token, const char *body,
			   size_t size)
{
	const struct bot_activity *activity = press->activity;
	_cleanup_(decrefp) json_t *evidence =
		json_pack("{s:s,s:o,s:s,s:s,s:s}", "token", token, "body_sha256",
			  digest_of(body, size), "activity", activity->id, "conversation",
			  activity->conversation, "card", activity->card);

	return evidence ? json_dumps(evidence, JSON_COMPACT) : NULL;
}

static const char *why_not_sent(int r)
{
	switch (r) {
	case -ENOTCONN:
		return "Nothing was decided: the agent does not answer. Try again in a while.";
	case -EBUSY:
		return "Nothing was decided: too much is under way. Try again in a while.";
	case -EINVAL:
		return "Nothing was decided: the reason must be one line of at most 500 letters, "
		       "without control characters.";
	default:
		return "Nothing was decided: the gateway cannot bring it to the agent; its log "
		       "says why.";
	}
}

static int compose(const struct bot_press *press, struct channel_decision *ret)
{
	struct ipc_decide *answer = &ret->statement.answer;

	channel_decision_begin(press->request, ret);
	snprintf(ret->channel, sizeof(ret->channel), "%s", CHANNEL);
	ret->tier = TIER;
	ret->account = press->account;
	answer->approve = press->verb == TEAMS_APPROVE;
	memcpy(answer->digest, press->request->digest, sizeof(answer->digest));
	if (strlen(press->activity->reason) >= sizeof(answer->reason))
		return -EINVAL;
	strcpy(answer->reason, press->activity->reason);
	return 0;
}

static int send_decision(struct bot *bot, const struct bot_press *from, const char *evidence,
		bot_reply_fn reply, void *arg)
{
	struct channel_decision decision;
	struct press *press;
	int r = compose(from, &decision);

	if (r < 0)
		return r;
	press = new_press(bot, from, reply, arg);
	if (!press)
		return -ENOMEM;
	r = gateway_link_decide(bot->options.link, &decision, evidence, on_decided, press);
	if (r < 0)
		forget_press(bot, press);
	return r;
}

/* @press: of whom and what is right */
static void decide(struct bot *bot, const struct bot_press *press, const char *evidence,
		   bot_reply_fn reply, void *arg)
{
	const struct teams_reader reader = { .page = bot->options.notifier->page, .buttons = true };
	int r;

	if (is_under_way(bot, press)) {
		answer_card(bot, reply, arg, press->request, &press->account, "is being decided");
		return;
	}
	if (press->verb == TEAMS_APPROVE && !teams_bot_can_approve(press->request, &reader)) {
		answer_text(reply, arg,
			    "Nothing was decided: this cannot be approved by a button. The card "
			    "does not show all of it, or the rule wants surer proof.");
		return;
	}
	r = evidence ? send_decision(bot, press, evidence, reply, arg) : -ENOMEM;
	if (r < 0) {
		log_warning_errno(r, "teams: the answer to %s cannot be sent", press->request->id);
		answer_text(reply, arg, why_not_sent(r));
	}
}

/* ---- what comes in ---- */

static void log_refused(struct bot *bot, const char *why)
{
	if (log_limit(&bot->refused, "messages to the bot were refused"))
		log_warning("a message to the bot was refused: %s", why);
}

static void find_places(const struct bot *bot, const struct ipc_request *request,
			const char *ret[2])
{
	static const enum delivered_kind kinds[] = { DELIVERED_OPEN, DELIVERED_ESCALATED };
	const struct delivered_request key = delivered_request(request);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct delivered_post *post = delivered_find(
			bot->options.delivered, bot->options.notifier->name, kinds[i], &key);

		ret[i] = post ? post->place : NULL;
	}
}

/* What was found wrong. */
static void refuse(struct bot *bot, const struct bot_press *press, enum bot_finding finding,
		   const char *why, bot_reply_fn reply, void *arg)
{
	switch (finding) {
	case BOT_IGNORED: /* the bot was added to a team, somebody wrote to it */
		log_debug("a message to the bot is ignored: %s", why);
		reply(arg, 200, NULL);
		return;
	case BOT_SAY:
		answer_text(reply, arg, why);
		return;
	case BOT_SHOW:
		answer_card(bot, reply, arg, press->request, &press->account, why);
		return;
	default:
		log_refused(bot, why);
		if (finding == BOT_FORBIDDEN)
			reply(arg, 403, NULL);
		else
			answer_error(reply, arg, why);
	}
}

/* @token, @service: checked */
static void take(struct bot *bot, const struct bot_activity *activity, const char *token,
		 const char *service, const char *body, size_t size, bot_reply_fn reply, void *arg)
{
	struct bot_press press = {
		.settings = bot->settings,
		.activity = activity,
		.service = service,
		.request = find(bot, activity->request),
	};
	_cleanup_free_ char *evidence = NULL;
	enum bot_finding finding;
	const char *why;

	if (press.request)
		find_places(bot, press.request, press.places);
	finding = bot_check(&press, &why);
	if (finding != BOT_FINE) {
		refuse(bot, &press, finding, why, reply, arg);
		return;
	}
	if (press.verb == TEAMS_VIEW) {
		answer_card(bot, reply, arg, press.request, &press.account, NULL);
		return;
	}
	evidence = make_evidence(&press, token, body, size);
	decide(bot, &press, evidence, reply, arg);
}

void bot_receive(struct bot *bot, const char *authorization, const char *body, size_t size,
		 bot_reply_fn reply, void *arg)
{
	const struct jwt_keys *keys = provider_keys(bot->provider);
	_cleanup_free_ char *service = NULL;
	struct bot_activity activity;
	const char *token, *why;
	int r;

	if (!keys) {
		log_refused(bot, "Microsoft's keys are not known yet");
		reply(arg, 503, NULL);
		return;
	}
	r = bot_token_check(bot->settings, keys, authorization, time(NULL), &token, &service, &why);
	if (r == -ENOKEY)
		get_fresh_keys(bot);
	if (r < 0) {
		log_refused(bot, why);
		reply(arg, 401, NULL);
		return;
	}
	if (bot_activity_parse(body, size, &activity) < 0) {
		log_refused(bot, "it is not an activity");
		reply(arg, 400, NULL);
		return;
	}
	take(bot, &activity, token, service, body, size, reply, arg);
	bot_activity_clear(&activity);
}
