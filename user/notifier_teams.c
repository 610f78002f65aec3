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

/*
 * The error code of an Azure answer, {"error":{"code":"…"}}, when it is a plain word. Nothing else
 * of the body is told to anyone: it may quote the URL.
 */
static void error_code(const char *body, char *out, size_t size)
{
	json_t *root = json_loads(body, 0, NULL);
	const char *code =
		json_string_value(json_object_get(json_object_get(root, "error"), "code"));

	out[0] = '\0';
	if (code && strlen(code) < 64 &&
	    strspn(code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._") ==
		    strlen(code))
		snprintf(out, size, " %s", code);
	json_decref(root);
}

static enum notifier_outcome judge_status(long status)
{
	if (status >= 200 && status < 300)
		return NOTIFIER_DONE;
	if (status == 502 || status == 504)
		return NOTIFIER_UNKNOWN; /* a proxy lost the answer, perhaps not the message */
	if (status >= 500 || status == 408 || status == 425 || status == 429)
		return NOTIFIER_AGAIN;
	return NOTIFIER_REFUSED;
}

static void teams_judge(void *arg, const struct http_answer *answer, struct notifier_result *ret)
{
	long status = answer->status;
	char code[80];

	(void)arg;
	*ret = (struct notifier_result){ .wait_s = answer->retry_after_s };
	if (status == 0) {
		ret->outcome = answer->maybe_arrived ? NOTIFIER_UNKNOWN : NOTIFIER_AGAIN;
		snprintf(ret->text, sizeof(ret->text), "%s", answer->error);
		return;
	}
	/* Some gateways answer 200 and put the refusal into the text. */
	if (status >= 200 && status < 300 && strstr(answer->body, "HTTP error 429"))
		status = 429;
	ret->outcome = judge_status(status);
	if (ret->outcome == NOTIFIER_DONE)
		return;
	error_code(answer->body, code, sizeof(code));
	snprintf(ret->text, sizeof(ret->text), "HTTP %ld%s%s", status, code,
		 status >= 300 && status < 400 ? ": redirects are not followed, the URL of the "
						 "webhook must be the final one"
					       : "");
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
	.judge = teams_judge,
};
