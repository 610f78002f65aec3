// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_target.c: see notifier_target.h. Messages name the file, never the URL.
 */
#include "notifier_target.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "gateway/secret.h"
#include "url.h"

#define DEFAULT_TIMEOUT_S 20

void notifier_target_defaults(struct notifier_target *target)
{
	target->reach.timeout_s = DEFAULT_TIMEOUT_S;
}

void notifier_target_clear(struct notifier_target *target)
{
	secret_free(target->url);
	free(target->webhook_file);
	reach_clear(&target->reach);
	*target = (struct notifier_target){};
}

static int check_url(struct notifier_target *target, const char *text, struct setting_error *error)
{
	const char *path = target->webhook_file;
	struct url url;
	int r = url_parse(text, &url);

	if (r == -EPERM)
		return setting_refuse(error, -EINVAL,
				      "WebhookFile=%s holds a URL with a user name; a webhook has "
				      "none",
				      path);
	if (r == -EINVAL)
		return setting_refuse(error, r,
				      "WebhookFile=%s does not hold a URL; copy it anew from where "
				      "the webhook was made",
				      path);
	if (r == 0 && !url.plain)
		return 0;
	if (r < 0 || !url.loopback)
		return setting_refuse(error, -EINVAL,
				      "WebhookFile=%s holds a URL that is not https", path);
	if (!target->reach.allow_loopback_http)
		return setting_refuse(error, -EINVAL,
				      "WebhookFile=%s holds a plain http URL; for a test on this "
				      "machine set AllowLoopbackHttp=yes",
				      path);
	target->plain = true;
	return 0;
}

int notifier_target_check(struct notifier_target *target, struct setting_error *error)
{
	char line[URL_MAX];
	int r;

	r = secret_read_line("WebhookFile", target->webhook_file, "the URL of the webhook", line,
			     sizeof(line), error);
	if (r == 0)
		r = check_url(target, line, error);
	if (r == 0)
		r = reach_check_proxy(&target->reach, target->plain, error);
	if (r == 0)
		r = reach_check_ca(&target->reach, error);
	if (r == 0) {
		target->url = strdup(line);
		if (!target->url)
			r = -ENOMEM;
	}
	explicit_bzero(line, sizeof(line));
	return r;
}

int notifier_target_post(const struct notifier_target *target, struct http *http,
			 const struct http_message *message, http_done_fn done, void *arg,
			 struct http_transfer **ret)
{
	const struct http_target where = reach_target(&target->reach, target->url, target->plain);

	return http_send(http, &where, message, done, arg, ret);
}
