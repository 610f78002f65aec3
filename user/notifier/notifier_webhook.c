// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_webhook.c: requests as signed events for another system, a pager or a ticket system,
 * with the headers of Standard Webhooks: the id of a message, which stays the same when it is
 * posted again, the time of this attempt, and a signature over both and the body.
 *
 * Owns: the id. Must not own: what answers mean (notifier_answer.h), the event (request_json.h), the signature
 * (webhook_sign.h), the address (notifier_target.h), trying again (notifier_queue.c).
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/view.h"
#include "base/when.h"
#include "gateway/secret.h"
#include "key/channel_decision.h"
#include "notifier_answer.h"
#include "notifier_target.h"
#include "request_json.h"
#include "webhook_sign.h"

#define ID_START   "msg_"
#define ID_SIZE	   (sizeof(ID_START) + 32)
#define ANSWER_MAX 1024

struct webhook_settings {
	struct notifier_target target;
	char *secret_file;
	struct webhook_secret secret;
};

static const struct setting keys[] = {
	NOTIFIER_TARGET_KEYS(struct webhook_settings, target),
	{ .name = "SecretFile",
	  .type = SETTING_SECRET,
	  .offset = offsetof(struct webhook_settings, secret_file),
	  .required = true },
};

static void webhook_defaults(void *arg)
{
	struct webhook_settings *settings = arg;

	notifier_target_defaults(&settings->target);
}

static void webhook_clear(void *arg)
{
	struct webhook_settings *settings = arg;

	notifier_target_clear(&settings->target);
	free(settings->secret_file);
	explicit_bzero(settings, sizeof(*settings));
}

static const char *webhook_readable(const void *arg)
{
	const struct webhook_settings *settings = arg;

	return settings->target.reach.ca_file;
}

static int webhook_check(void *arg, struct setting_error *error)
{
	struct webhook_settings *settings = arg;
	char line[256];
	int r = notifier_target_check(&settings->target, error);

	if (r == 0)
		r = secret_read_line("SecretFile", settings->secret_file,
				     "the secret of the signature", line, sizeof(line), error);
	if (r < 0)
		return r;
	if (webhook_secret_read(line, &settings->secret) < 0)
		r = setting_refuse(error, -EINVAL,
				   "SecretFile=%s must hold " WEBHOOK_SECRET_START
				   " and %d to %d random bytes in base64; make one: echo "
				   "\"" WEBHOOK_SECRET_START "$(openssl rand -base64 32)\"",
				   settings->secret_file, WEBHOOK_SECRET_MIN, WEBHOOK_SECRET_MAX);
	explicit_bzero(line, sizeof(line));
	return r;
}

static char *webhook_render(const void *settings, const struct ipc_request *request,
			    const char *page)
{
	char *event = request_event(request, request_event_type(request), page);

	(void)settings;
	if (!event)
		errno = ENOMEM;
	return event;
}

static char *webhook_render_test(const char *host)
{
	return notifier_dump(json_pack("{s:s, s:o, s:{s:o, s:s}}", "type", "test", "timestamp",
				       view_time(when_now()), "data", "host", view_text(host),
				       "text",
				       "Somebody checked that events arrive; nothing is waiting."));
}

/*
 * By what has happened to what, so that it is the same also after a restart, when the message is
 * written anew. What is about no request is known by all of its text. What one approval allowed can
 * be revoked part by part, so when that was counts too.
 */
static int make_id(const char *message, char ret[ID_SIZE])
{
	json_auto_t *event = json_loads(message, 0, NULL);
	const json_t *data = json_object_get(event, "data");
	const char *id = json_string_value(json_object_get(data, "id"));
	const char *digest = json_string_value(json_object_get(data, "digest"));
	const char *revoked = json_string_value(json_object_get(data, "revoked"));
	_cleanup_free_ char *text = NULL;
	char hash[65];

	if (asprintf(&text, "%s\n%s\n%s%s", json_string_value(json_object_get(event, "type")),
		     id ? id : "", id && digest ? digest : message, revoked ? revoked : "") < 0 ||
	    channel_evidence_digest(text, hash) < 0)
		return -ENOMEM;
	snprintf(ret, ID_SIZE, ID_START "%.32s", hash);
	return 0;
}

/* It edits nothing, so there is never a @place. */
static int webhook_post(const void *arg, struct http *http, const char *place, const char *body,
			http_done_fn done, void *done_arg, struct http_transfer **ret)
{
	const struct webhook_settings *settings = arg;
	char id[ID_SIZE], signature[WEBHOOK_SIGNATURE], lines[3][128];
	const char *const headers[] = { lines[0], lines[1], lines[2], NULL };
	const struct http_message message = {
		.body = body,
		.type = "application/json",
		.headers = headers,
		.answer_max = ANSWER_MAX,
	};
	uint64_t now_s = when_now() / 1000;
	int r = make_id(body, id);

	(void)place;
	if (r == 0)
		r = webhook_sign(&settings->secret, id, now_s, body, signature);
	if (r < 0)
		return r;
	snprintf(lines[0], sizeof(lines[0]), "webhook-id: %s", id);
	snprintf(lines[1], sizeof(lines[1]), "webhook-timestamp: %llu", (unsigned long long)now_s);
	snprintf(lines[2], sizeof(lines[2]), "webhook-signature: %s", signature);
	return notifier_target_post(&settings->target, http, &message, done, done_arg, ret);
}

static void webhook_judge(void *arg, const struct http_answer *answer, struct notifier_result *ret)
{
	(void)arg;
	notifier_answer_judge(answer, ret);
}

const struct notifier_ops notifier_webhook = {
	.kind = "Webhook",
	.settings_size = sizeof(struct webhook_settings),
	.keys = keys,
	.n_keys = ARRAY_SIZE(keys),
	.defaults = webhook_defaults,
	.check = webhook_check,
	.clear = webhook_clear,
	.readable = webhook_readable,
	.render = webhook_render,
	.render_test = webhook_render_test,
	.post = webhook_post,
	.judge = webhook_judge,
};
