// SPDX-License-Identifier: Apache-2.0
/*
 * bot.c: see bot.h. Owns the keys of the Bot Connector, which are fetched beforehand, as no press
 * waits for that, and what becomes of each message.
 */
#include "bot.h"

#include <errno.h>
#include <time.h>

#include "base/cleanup.h"
#include "bot_private.h"
#include "bot_settings.h"
#include "bot_token.h"

/* Looks at whether keys are missing or old; and how often at most they are got for unknown ones. */
#define KEYS_LOOK_S  60
#define KEYS_FRESH_S 15

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

/*
 * A key that is not known may be new, or made up. Whoever makes keys up causes one fetch each
 * KEYS_FRESH_S and no more; and a new one is got within that time whoever asked before, since what
 * comes too early is not forgotten.
 */
static void get_fresh_keys(struct bot *bot)
{
	const struct timeval gap = { .tv_sec = KEYS_FRESH_S };

	bot->keys_wanted = evtimer_pending(bot->gap, NULL);
	if (bot->keys_wanted)
		return;
	evtimer_add(bot->gap, &gap);
	provider_want_keys(bot->provider, true, on_keys, bot);
}

static void on_gap(evutil_socket_t fd, short what, void *arg)
{
	struct bot *bot = arg;

	(void)fd;
	(void)what;
	if (bot->keys_wanted)
		get_fresh_keys(bot);
}

static int start(struct bot *bot)
{
	const struct provider_options options = {
		.what = "Microsoft's Bot Connector",
		.discovery = bot->settings->metadata,
		.issuer = bot->settings->issuer,
		.ca_file = bot->settings->reach.ca_file,
		.proxy = bot->settings->reach.proxy,
	};
	const struct timeval tv = { .tv_sec = KEYS_LOOK_S };

	if (provider_new(&options, bot->options.http, &bot->provider) < 0)
		return -ENOMEM;
	bot->gap = evtimer_new(bot->options.base, on_gap, bot);
	bot->timer = event_new(bot->options.base, -1, EV_PERSIST, look_for_keys, bot);
	if (!bot->gap || !bot->timer || event_add(bot->timer, &tv) < 0)
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

struct bot *bot_free(struct bot *bot)
{
	if (!bot)
		return NULL;
	bot_forget_decisions(bot);
	if (bot->timer)
		event_free(bot->timer);
	if (bot->gap)
		event_free(bot->gap);
	provider_free(bot->provider);
	free(bot);
	return NULL;
}

static void log_refused(struct bot *bot, const char *why)
{
	if (log_limit(&bot->refused, "messages to the bot were refused"))
		log_warning("a message to the bot was refused: %s", why);
}

static void find_places(const struct bot *bot, struct bot_press *press)
{
	const struct delivered_request key = delivered_request(press->request);

	delivered_places(bot->options.delivered, bot->options.notifier->name, &key, press->places);
}

/* What was found wrong. */
static void refuse(struct bot *bot, const struct bot_press *press, enum bot_finding finding,
		   const char *why, const struct caller *caller)
{
	switch (finding) {
	case BOT_IGNORED: /* the bot was added to a team, somebody wrote to it */
		log_debug("a message to the bot is ignored: %s", why);
		caller->reply(caller->arg, 200, NULL);
		return;
	case BOT_SAY:
		bot_answer_text(caller, why);
		return;
	case BOT_SHOW:
		bot_answer_card(bot, caller, press->request, &press->account, why);
		return;
	default:
		log_refused(bot, why);
		if (finding == BOT_FORBIDDEN)
			caller->reply(caller->arg, 403, NULL);
		else
			bot_answer_error(caller, why);
	}
}

/* @token, @service: checked */
static void take(struct bot *bot, const struct bot_activity *activity, const char *token,
		 const char *service, const char *body, const struct caller *caller)
{
	struct bot_press press = {
		.settings = bot->settings,
		.activity = activity,
		.service = service,
		.request = gateway_requests_find(bot->options.requests, activity->request),
	};
	enum bot_finding finding;
	const char *why;

	if (press.request)
		find_places(bot, &press);
	finding = bot_check(&press, &why);
	if (finding != BOT_FINE)
		refuse(bot, &press, finding, why, caller);
	else if (press.verb == TEAMS_VIEW)
		bot_answer_card(bot, caller, press.request, &press.account, NULL);
	else
		bot_decide(bot, &press, token, body, caller);
}

void bot_receive(struct bot *bot, const char *authorization, const char *body, size_t size,
		 bot_reply_fn reply, void *arg)
{
	const struct jwt_keys *keys = provider_keys(bot->provider);
	const struct caller caller = { reply, arg };
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
	take(bot, &activity, token, service, body, &caller);
	bot_activity_clear(&activity);
}
