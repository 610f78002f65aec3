// SPDX-License-Identifier: Apache-2.0
/*
 * sink_target.c: see sink_target.h.
 */
#include "sink_target.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "gateway/secret.h"
#include "notifier/url.h"

#define DEFAULT_TIMEOUT_S 30
#define TOKEN_MAX	  4096
#define PATH_MAX_LENGTH	  64

void sink_target_defaults(struct sink_target *target)
{
	target->reach.timeout_s = DEFAULT_TIMEOUT_S;
}

void sink_target_clear(struct sink_target *target)
{
	secret_free(target->token);
	free(target->url);
	reach_clear(&target->reach);
	free(target->token_file);
	*target = (struct sink_target){};
}

static int check_url(struct sink_target *target, struct setting_error *error)
{
	struct url url;
	int r = strlen(target->url) < URL_MAX - PATH_MAX_LENGTH ? url_parse(target->url, &url)
								: -EINVAL;

	if (r == -EPERM)
		return setting_refuse(error, -EINVAL,
				      "URL= has a user name; put a token into TokenFile=");
	if (r < 0)
		return setting_refuse(error, r, "URL=%.200s is not a URL of https", target->url);
	target->plain = url.plain;
	if (url.plain && !(url.loopback && target->reach.allow_loopback_http))
		return setting_refuse(error, -EINVAL,
				      "URL=%.200s is not https; plain http is for tests on this "
				      "machine, with AllowLoopbackHttp=yes",
				      target->url);
	return reach_check_proxy(&target->reach, target->plain, error);
}

static int read_token(struct sink_target *target, struct setting_error *error)
{
	char line[TOKEN_MAX];
	int r;

	if (!target->token_file)
		return 0;
	r = secret_read_line("TokenFile", target->token_file, "the token", line, sizeof(line),
			     error);
	if (r == 0) {
		target->token = strdup(line);
		r = target->token ? 0 : -ENOMEM;
	}
	explicit_bzero(line, sizeof(line));
	return r;
}

int sink_target_check(struct sink_target *target, struct setting_error *error)
{
	int r = check_url(target, error);

	if (r == 0)
		r = reach_check_ca(&target->reach, error);
	return r < 0 ? r : read_token(target, error);
}

int sink_target_post(const struct sink_target *target, struct http *http, const char *path,
		     const struct http_message *message, http_done_fn done, void *arg,
		     struct http_transfer **ret)
{
	size_t length = strlen(target->url);
	char url[URL_MAX];
	struct http_message whole = *message;
	const struct http_target where =
		reach_target(&target->reach, path ? url : target->url, target->plain);

	while (length > 0 && target->url[length - 1] == '/')
		length--;
	if (path)
		snprintf(url, sizeof(url), "%.*s/%s", (int)length, target->url, path);
	whole.bearer = target->token;
	return http_send(http, &where, &whole, done, arg, ret);
}
