/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slack_api.h: calls of Slack's Web API, and the addresses that it may give us.
 *
 * Owns: how a method is called and how its answer says that it failed. Must not own: any method.
 */
#ifndef SLUICE_SLACK_API_H
#define SLUICE_SLACK_API_H

#include <jansson.h>

#include "gateway/gateway_http.h"
#include "slack_settings.h"

/**
 * slack_api_call() - @method with @token.
 * @body: JSON, or NULL for a method without arguments
 * Return: as http_send().
 */
int slack_api_call(const struct slack_settings *settings, struct http *http, const char *method,
		   const char *token, const char *body, http_done_fn done, void *arg,
		   struct http_transfer **ret);

/*
 * What was answered. Return: a new reference when it says "ok"; else NULL, with why for people in
 * @error: Slack's own word for it when that is plain, never the rest of the answer.
 */
json_t *slack_api_read(const struct http_answer *answer, char *error, size_t size);

/* Post @body to a response URL. Return: as http_send(); -EPERM when it is not one of Slack's. */
int slack_api_respond(const struct slack_settings *settings, struct http *http, const char *url,
		      const char *body, http_done_fn done, void *arg, struct http_transfer **ret);

/**
 * slack_api_socket() - the URL of a WebSocket as one for http_send().
 * @ret: room for URL_MAX
 * Return: 0, -EPERM when it is none of Slack's, or not with TLS.
 */
int slack_api_socket(const struct slack_settings *settings, const char *url, char *ret);

/* Where to connect, for @url. */
struct http_target slack_api_target(const struct slack_settings *settings, const char *url);

#endif
