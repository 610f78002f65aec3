// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_bot.c: requests as cards of a bot in a channel of Microsoft Teams, by the REST API of
 * the Bot Connector, version 3.
 *
 * Owns: what is sent there, and where a message stands: its conversation, which is the thread that
 * it begins, and its own id. Must not own: the card (teams_card.c), the token (bot_credential.c),
 * trying again (notifier_attempt.c), or what comes back (bot.c). A message has a card and no text:
 * Teams would make two of it, and give no id.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "teams/bot_check.h"
#include "teams/bot_settings.h"
#include "teams/teams_answer.h"
#include "teams/teams_card.h"

#define ANSWER_MAX 4096

/* Takes over @card. */
static char *message_with(json_t *card)
{
	if (!card)
		return NULL;
	return notifier_dump(json_pack("{s:s,s:[{s:s,s:o}]}", "type", "message", "attachments",
				       "contentType", "application/vnd.microsoft.card.adaptive",
				       "content", card));
}

/* For all who see it: whom it is not for is shown another, and sluiced decides who may. */
static char *render(const void *arg, const struct ipc_request *request, const char *page)
{
	const struct bot_settings *settings = arg;
	const struct teams_reader reader = { .page = page,
					     .buttons = true,
					     .seal = &settings->seal };

	return message_with(teams_bot_card(request, &reader));
}

static char *render_test(const char *host)
{
	return message_with(teams_bot_card_test(host));
}

/* A new thread in the channel, with @message as its first. */
static char *write_thread(const struct bot_settings *settings, const char *message)
{
	char *text;

	/* the settings are of letters that JSON takes as they are */
	if (asprintf(&text,
		     "{\"isGroup\":true,\"bot\":{\"id\":\"28:%s\"},\"tenantId\":\"%s\","
		     "\"channelData\":{\"channel\":{\"id\":\"%s\"}},\"activity\":%s}",
		     settings->app_id, settings->tenant, settings->channel, message) < 0)
		return NULL;
	return text;
}

/* The address of the message at @place. NULL without memory, or when that is no place. */
static char *address_of(const struct bot_settings *settings, const char *place)
{
	const char *slash = strrchr(place, '/');
	_cleanup_free_ char *conversation = NULL;
	_cleanup_free_ char *card = NULL;
	char *url;

	if (!slash || slash == place)
		return NULL;
	conversation = url_escape(place, (size_t)(slash - place));
	card = url_escape(slash + 1, strlen(slash + 1));
	if (!conversation || !card ||
	    asprintf(&url, "%sv3/conversations/%s/activities/%s", settings->service_url,
		     conversation, card) < 0)
		return NULL;
	return url;
}

static int post(const void *arg, struct http *http, const char *place, const char *text,
		http_done_fn done, void *done_arg, struct http_transfer **ret)
{
	const struct bot_settings *settings = arg;
	_cleanup_free_ char *url = NULL;
	_cleanup_free_ char *thread = NULL;
	struct http_message message = {
		.type = "application/json; charset=utf-8",
		.bearer = bot_credential_token(settings),
		.answer_max = ANSWER_MAX,
		.put = place,
	};
	struct http_target target;

	if (place)
		url = address_of(settings, place);
	else if (asprintf(&url, "%sv3/conversations", settings->service_url) < 0)
		url = NULL;
	thread = place ? strdup(text) : write_thread(settings, text);
	if (!url || !thread)
		return -ENOMEM;
	message.body = thread;
	target = bot_settings_target(settings, url);
	return http_send(http, &target, &message, done, done_arg, ret);
}

/* Of a new thread: its id, and that of the message. An edit's answer has no id of a thread. */
static void take_place(const char *body, struct notifier_result *ret)
{
	json_auto_t *root = json_loads(body, 0, NULL);
	const char *conversation = json_string_value(json_object_get(root, "id"));
	const char *card = json_string_value(json_object_get(root, "activityId"));

	if (!conversation || !card ||
	    bot_place_write(conversation, card, ret->place, sizeof(ret->place)) < 0)
		ret->place[0] = '\0';
}

static void judge(void *arg, const struct http_answer *answer, struct notifier_result *ret)
{
	struct bot_settings *settings = arg;

	teams_answer_judge(answer, ret);
	if (ret->outcome == NOTIFIER_DONE)
		take_place(answer->body, ret);
	if (answer->status == 401) { /* revoked, perhaps: another one may do */
		bot_credential_forget(settings);
		ret->outcome = NOTIFIER_AGAIN;
	}
}

static const char *readable(const void *arg)
{
	const struct bot_settings *settings = arg;

	return settings->reach.ca_file;
}

const struct notifier_ops notifier_bot = {
	.kind = "TeamsBot",
	.single = true,
	.settings_size = sizeof(struct bot_settings),
	.keys = bot_settings_keys,
	.n_keys = BOT_SETTINGS_KEYS,
	.defaults = bot_settings_defaults,
	.check = bot_settings_check,
	.clear = bot_settings_clear,
	.readable = readable,
	.edits = true,
	.more_anew = true,
	.render = render,
	.render_test = render_test,
	.prepare = bot_credential_prepare,
	.cancel = bot_credential_cancel,
	.post = post,
	.judge = judge,
};
