// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_teams.c: requests as cards in a Microsoft Teams channel, by the URL of a "Workflows"
 * webhook.
 *
 * Owns: what the webhook's answers mean. Must not own: the card (teams_card.c), the address
 * (notifier_target.h), sending (gateway_http.c), trying again (notifier_queue.c). A 2xx says only
 * that the flow has started; Microsoft gives no receipt that a person could see the card, so
 * another channel should exist for what must not be missed.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "notifier_target.h"
#include "teams/teams_answer.h"
#include "teams/teams_card.h"

#define ANSWER_MAX 4096

struct teams_settings {
	struct notifier_target target;
};

static const struct setting keys[] = {
	NOTIFIER_TARGET_KEYS(struct teams_settings, target),
};

static void teams_defaults(void *arg)
{
	struct teams_settings *settings = arg;

	notifier_target_defaults(&settings->target);
}

static void teams_clear(void *arg)
{
	struct teams_settings *settings = arg;

	notifier_target_clear(&settings->target);
}

static const char *teams_readable(const void *arg)
{
	const struct teams_settings *settings = arg;

	return settings->target.reach.ca_file;
}

static int teams_check(void *arg, struct setting_error *error)
{
	struct teams_settings *settings = arg;

	return notifier_target_check(&settings->target, error);
}

static char *teams_render(const void *settings, const struct ipc_request *request, const char *page)
{
	(void)settings;
	return notifier_dump(teams_card(request, page));
}

static char *teams_render_test(const char *host)
{
	return notifier_dump(teams_card_test(host));
}

/* A webhook edits nothing, so there is never a @place. */
static int teams_post(const void *arg, struct http *http, const char *place, const char *body,
		      http_done_fn done, void *done_arg, struct http_transfer **ret)
{
	const struct teams_settings *settings = arg;
	const struct http_message message = {
		.body = body,
		.type = "application/json",
		.answer_max = ANSWER_MAX,
	};

	(void)place;
	return notifier_target_post(&settings->target, http, &message, done, done_arg, ret);
}

static void judge(void *arg, const struct http_answer *answer, struct notifier_result *ret)
{
	(void)arg;
	teams_answer_judge(answer, ret);
}

const struct notifier_ops notifier_teams = {
	.kind = "Teams",
	.settings_size = sizeof(struct teams_settings),
	.keys = keys,
	.n_keys = ARRAY_SIZE(keys),
	.defaults = teams_defaults,
	.check = teams_check,
	.clear = teams_clear,
	.readable = teams_readable,
	.render = teams_render,
	.render_test = teams_render_test,
	.post = teams_post,
	.judge = judge,
};
