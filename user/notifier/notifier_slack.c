// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_slack.c: requests as messages in a channel of Slack, by its Web API: chat.postMessage,
 * and chat.update for what stands there already.
 *
 * Owns: what the answers of these two mean. Must not own: the message (slack_card.c), the settings
 * (slack_settings.c), what people answer (slack.c). The place of a message is "CHANNEL/TS".
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "notifier_answer.h"
#include "slack/slack_api.h"
#include "slack/slack_card.h"
#include "slack/slack_place.h"

static const char *readable(const void *arg)
{
	const struct slack_settings *settings = arg;

	return settings->reach.ca_file;
}

static char *render(const void *settings, const struct ipc_request *request, const char *page)
{
	(void)settings;
	return notifier_dump(slack_card(request, page));
}

static char *render_test(const char *host)
{
	return notifier_dump(slack_card_test(host));
}

/* With where it goes. Return: the caller's to free, or NULL. */
static char *address(const struct slack_settings *settings, const char *place, const char *message)
{
	json_auto_t *root = json_loads(message, 0, NULL);
	struct slack_place at;

	if (place && !slack_place_read(place, &at))
		return NULL;
	if (json_object_set_new(root, "channel",
				json_string(place ? at.channel : settings->channel)) < 0 ||
	    (place && json_object_set_new(root, "ts", json_string(at.ts)) < 0))
		return NULL;
	return json_dumps(root, JSON_COMPACT);
}

static int post(const void *arg, struct http *http, const char *place, const char *message,
		http_done_fn done, void *done_arg, struct http_transfer **ret)
{
	const struct slack_settings *settings = arg;
	_cleanup_free_ char *body = address(settings, place, message);

	if (!body)
		return -ENOMEM;
	return slack_api_call(settings, http, place ? "chat.update" : "chat.postMessage",
			      settings->token, body, done, done_arg, ret);
}

/* Words of Slack's for what may be otherwise soon; all others stay so. */
static const char *const passing[] = {
	"internal_error",  "fatal_error",  "service_unavailable", "ratelimited",
	"request_timeout", "rate_limited", "team_added_to_org",	  "message_limit_exceeded",
};

static bool is_passing(const char *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(passing); i++)
		if (strstr(error, passing[i]))
			return true;
	return false;
}

/* Slack also says no with status 200. */
static enum notifier_outcome judge_failure(const struct http_answer *answer, const char *error)
{
	enum notifier_outcome outcome = notifier_answer_outcome(answer);

	if (outcome != NOTIFIER_DONE && outcome != NOTIFIER_REFUSED)
		return outcome;
	return is_passing(error) ? NOTIFIER_AGAIN : NOTIFIER_REFUSED;
}

static void judge(void *arg, const struct http_answer *answer, struct notifier_result *ret)
{
	json_auto_t *root = NULL;
	struct slack_place at;

	(void)arg;
	*ret = (struct notifier_result){ .wait_s = answer->retry_after_s };
	root = slack_api_read(answer, ret->text, sizeof(ret->text));
	if (!root) {
		ret->outcome = judge_failure(answer, ret->text);
		return;
	}
	ret->outcome = NOTIFIER_DONE;
	if (slack_place_set(json_string_value(json_object_get(root, "channel")),
			    json_string_value(json_object_get(root, "ts")), &at))
		slack_place_write(&at, ret->place, sizeof(ret->place));
}

const struct notifier_ops notifier_slack = {
	.kind = "Slack",
	.single = true,
	.settings_size = sizeof(struct slack_settings),
	.keys = slack_settings_keys,
	.n_keys = SLACK_SETTINGS_KEYS,
	.defaults = slack_settings_defaults,
	.check = slack_settings_check,
	.clear = slack_settings_clear,
	.readable = readable,
	.edits = true,
	.more_anew = true,
	.render = render,
	.render_test = render_test,
	.post = post,
	.judge = judge,
};
