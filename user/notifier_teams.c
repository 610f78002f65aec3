// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_teams.c: requests as cards in a Microsoft Teams channel, by the URL of a "Workflows"
 * webhook.
 *
 * Owns: the secret URL and what the webhook's answers mean. Must not own: the card (teams_card.c),
 * sending (gateway_http.c), trying again (notifier_queue.c). A 2xx says only that the flow has
 * started; Microsoft gives no receipt that a person could see the card, so another channel should
 * exist for what must not be missed.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "cleanup.h"
#include "notifier.h"
#include "secret.h"
#include "teams_answer.h"
#include "teams_card.h"
#include "url.h"

#define ANSWER_MAX	  4096
#define DEFAULT_TIMEOUT_S 20

struct teams_settings {
	char *webhook_file;
	char *ca_file;
	char *proxy;
	uint64_t timeout_s;
	bool allow_loopback_http;
	char *url; /* secret */
	bool plain;
};

#define AT(field) offsetof(struct teams_settings, field)

static const struct setting keys[] = {
	{ .name = "WebhookFile",
	  .type = SETTING_SECRET,
	  .offset = AT(webhook_file),
	  .required = true },
	{ .name = "CAFile", .type = SETTING_PATH, .offset = AT(ca_file) },
	{ .name = "Proxy", .type = SETTING_TEXT, .offset = AT(proxy) },
	{ .name = "Timeout",
	  .type = SETTING_SECONDS,
	  .offset = AT(timeout_s),
	  .min = 1,
	  .max = 120 },
	{ .name = "AllowLoopbackHttp", .type = SETTING_FLAG, .offset = AT(allow_loopback_http) },
};

static void teams_defaults(void *arg)
{
	struct teams_settings *settings = arg;

	settings->timeout_s = DEFAULT_TIMEOUT_S;
}

static void teams_clear(void *arg)
{
	struct teams_settings *settings = arg;

	secret_free(settings->url);
	free(settings->webhook_file);
	free(settings->ca_file);
	free(settings->proxy);
	*settings = (struct teams_settings){};
}

static const char *teams_readable(const void *arg)
{
	const struct teams_settings *settings = arg;

	return settings->ca_file;
}

/* Messages name the file, never the URL: it is the secret. */
static int check_url(struct teams_settings *settings, const char *text, struct setting_error *error)
{
	const char *path = settings->webhook_file;
	struct url url;
	int r = url_parse(text, &url);

	if (r == -EPERM)
		return setting_refuse(error, -EINVAL,
				      "WebhookFile=%s holds a URL with a user name; a webhook has "
				      "none",
				      path);
	if (r == -EINVAL)
		return setting_refuse(error, r,
				      "WebhookFile=%s does not hold a URL; copy it anew from the "
				      "workflow",
				      path);
	if (r == 0 && !url.plain)
		return 0;
	if (r < 0 || !url.loopback)
		return setting_refuse(error, -EINVAL,
				      "WebhookFile=%s holds a URL that is not https", path);
	if (!settings->allow_loopback_http)
		return setting_refuse(error, -EINVAL,
				      "WebhookFile=%s holds a plain http URL; for a test on this "
				      "machine set AllowLoopbackHttp=yes",
				      path);
	settings->plain = true;
	return 0;
}

static int teams_check(void *arg, struct setting_error *error)
{
	struct teams_settings *settings = arg;
	char line[URL_MAX];
	int r;

	r = secret_read_line("WebhookFile", settings->webhook_file, "the URL of the webhook", line,
			     sizeof(line), error);
	if (r == 0)
		r = check_url(settings, line, error);
	if (r == 0 && settings->plain && settings->proxy)
		r = setting_refuse(error, -EINVAL,
				   "Proxy= cannot be used together with a plain http URL");
	if (r == 0 && settings->ca_file && access(settings->ca_file, R_OK) < 0)
		r = setting_refuse(error, -errno, "CAFile=%s cannot be read: %s", settings->ca_file,
				   strerror(errno));
	if (r == 0) {
		settings->url = strdup(line);
		if (!settings->url)
			r = -ENOMEM;
	}
	explicit_bzero(line, sizeof(line));
	return r;
}

/* Takes over @card. */
static char *dump(json_t *card)
{
	char *text;

	if (!card)
		return NULL;
	text = json_dumps(card, JSON_COMPACT);
	json_decref(card);
	if (!text)
		errno = ENOMEM;
	return text;
}

static char *teams_render(const struct ipc_request *request, const char *page)
{
	return dump(teams_card(request, page));
}

static char *teams_render_test(const char *host)
{
	return dump(teams_card_test(host));
}

/* A webhook edits nothing, so there is never a @place. */
static int teams_post(const void *arg, struct http *http, const char *place, const char *body,
		      http_done_fn done, void *done_arg, struct http_transfer **ret)
{
	const struct teams_settings *settings = arg;
	const struct http_target target = {
		.url = settings->url,
		.ca_file = settings->ca_file,
		.proxy = settings->proxy,
		.timeout_s = (unsigned int)settings->timeout_s,
		.plain = settings->plain,
	};
	const struct http_message message = {
		.body = body,
		.type = "application/json",
		.answer_max = ANSWER_MAX,
	};

	(void)place;
	return http_send(http, &target, &message, done, done_arg, ret);
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
