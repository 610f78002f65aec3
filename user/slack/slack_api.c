// SPDX-License-Identifier: Apache-2.0
/*
 * slack_api.c: see slack_api.h. Owns the list of hosts: what a payload or an answer names is gone
 * to only if it is Slack's, or else our words and tickets would go wherever it says.
 */
#include "slack_api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define ANSWER_MAX    65536
#define RESPONSE_HOST "https://hooks.slack.com"
#define SOCKET_DOMAIN ".slack.com"
#define ERROR_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
#define ERROR_LENGTH  64

struct http_target slack_api_target(const struct slack_settings *settings, const char *url)
{
	return reach_target(&settings->reach, url, settings->api.plain);
}

int slack_api_call(const struct slack_settings *settings, struct http *http, const char *method,
		   const char *token, const char *body, http_done_fn done, void *arg,
		   struct http_transfer **ret)
{
	const struct http_message message = {
		.body = body ? body : "",
		.type = body ? "application/json; charset=utf-8"
			     : "application/x-www-form-urlencoded",
		.bearer = token,
		.answer_max = ANSWER_MAX,
	};
	struct http_target target;
	char url[URL_MAX];

	snprintf(url, sizeof(url), "%s/%s", settings->api_url, method);
	target = slack_api_target(settings, url);
	return http_send(http, &target, &message, done, arg, ret);
}

json_t *slack_api_read(const struct http_answer *answer, char *error, size_t size)
{
	json_t *root = json_loads(answer->body, 0, NULL);
	const char *word = json_string_value(json_object_get(root, "error"));

	if (answer->status == 200 && json_is_true(json_object_get(root, "ok")))
		return root;
	if (answer->status == 0)
		snprintf(error, size, "%s", answer->error);
	else if (word && strlen(word) < ERROR_LENGTH && text_is_made_of(word, ERROR_LETTERS))
		snprintf(error, size, "Slack says %s", word);
	else
		snprintf(error, size, "HTTP %ld", answer->status);
	json_decref(root);
	return NULL;
}

int slack_api_respond(const struct slack_settings *settings, struct http *http, const char *url,
		      const char *body, http_done_fn done, void *arg, struct http_transfer **ret)
{
	const struct http_message message = {
		.body = body,
		.type = "application/json; charset=utf-8",
		.answer_max = 0,
	};
	const char *host = settings->test ? settings->api.origin : RESPONSE_HOST;
	const struct http_target target = slack_api_target(settings, url);
	struct url parsed;

	if (url_parse(url, &parsed) < 0 || strcmp(parsed.origin, host) != 0)
		return -EPERM;
	return http_send(http, &target, &message, done, arg, ret);
}

static bool is_slacks(const struct slack_settings *settings, const struct url *url)
{
	size_t length = strlen(url->origin), end = strlen(SOCKET_DOMAIN);

	if (settings->test)
		return strcmp(url->origin, settings->api.origin) == 0;
	return !url->plain && length > end &&
	       strcmp(url->origin + length - end, SOCKET_DOMAIN) == 0;
}

int slack_api_socket(const struct slack_settings *settings, const char *url, char *ret)
{
	/* libcurl here knows the connection below, not its name */
	static const char *const schemes[][2] = { { "wss://", "https://" },
						  { "ws://", "http://" } };
	struct url parsed;

	for (size_t i = 0; i < 2; i++) {
		size_t start = strlen(schemes[i][0]);

		if (strncmp(url, schemes[i][0], start) != 0)
			continue;
		if (snprintf(ret, URL_MAX, "%s%s", schemes[i][1], url + start) < URL_MAX &&
		    url_parse(ret, &parsed) == 0 && is_slacks(settings, &parsed))
			return 0;
	}
	return -EPERM;
}
