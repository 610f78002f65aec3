// SPDX-License-Identifier: Apache-2.0
/*
 * web_slack.c: POST /slack/actions: where Slack brings what people do there, when it may connect to
 * us (a "request URL"), instead of Socket Mode.
 *
 * Owns: that nothing is looked into before its signature fits. Must not own: the signature
 * (slack_sign.h), or what was done (slack.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/when.h"
#include "key/channel_decision.h"
#include "slack/slack_sign.h"
#include "web_private.h"

#define PATH	    "/slack/actions"
#define POST_BUFFER 4096

bool web_is_slacks(const struct web *web, const char *path)
{
	return web->options.slack && strcmp(path, PATH) == 0;
}

/* The one field of the form. @bad: it is not that form */
struct field {
	char *text;
	size_t size;
	bool bad;
};

/* MHD hands a long value over in parts. */
static enum MHD_Result take_part(void *arg, enum MHD_ValueKind kind, const char *key,
				 const char *filename, const char *type, const char *encoding,
				 const char *data, uint64_t offset, size_t size)
{
	struct field *field = arg;

	(void)kind;
	(void)filename;
	(void)type;
	(void)encoding;
	/* a field that comes twice begins anew at 0 */
	if (!key || strcmp(key, "payload") != 0 || offset != field->size ||
	    size > WEB_RAW_MAX - field->size) {
		field->bad = true;
		return MHD_NO;
	}
	memcpy(field->text + field->size, data, size);
	field->size += size;
	return MHD_YES;
}

/* Return: a new reference, or NULL when it is no form with a payload. */
static json_t *read_payload(const struct exchange *exchange)
{
	_cleanup_free_ char *text = malloc(WEB_RAW_MAX);
	struct field field = { .text = text };
	struct MHD_PostProcessor *post;

	if (!text || !exchange_is_form(exchange))
		return NULL;
	post = MHD_create_post_processor(exchange->connection, POST_BUFFER, take_part, &field);
	if (!post)
		return NULL;
	if (MHD_post_process(post, exchange->raw, exchange->raw_size) != MHD_YES)
		field.bad = true;
	/* the last part comes with the end */
	if (MHD_destroy_post_processor(post) != MHD_YES || field.bad)
		return NULL;
	return json_loadb(text, field.size, JSON_REJECT_DUPLICATES, NULL);
}

/* How it came, for the journal. */
static json_t *way_of(const struct exchange *exchange)
{
	char digest[65];

	if (channel_evidence_digest(exchange->raw, digest) < 0)
		return NULL;
	return json_pack("{s:s,s:s,s:s,s:s}", "kind", "request-url", "timestamp",
			 exchange_header(exchange, SLACK_SIGN_TIME), "signature",
			 exchange_header(exchange, SLACK_SIGN_HEADER), "body_sha256", digest);
}

static void on_reply(void *arg, const json_t *body)
{
	struct exchange *exchange = arg;

	exchange_json(exchange, MHD_HTTP_OK, body ? json_dumps(body, JSON_COMPACT) : NULL);
	web_resume(exchange);
}

static int check_signature(const struct exchange *exchange)
{
	if (!exchange->raw || strlen(exchange->raw) != exchange->raw_size)
		return -EBADMSG;
	return slack_sign_check(exchange->web->options.slack_secret,
				exchange_header(exchange, SLACK_SIGN_TIME),
				exchange_header(exchange, SLACK_SIGN_HEADER), exchange->raw,
				exchange->raw_size, when_now() / 1000);
}

void web_slack(struct exchange *exchange)
{
	json_auto_t *payload = NULL;
	int r;

	if (strcmp(exchange->method, MHD_HTTP_METHOD_POST) != 0) {
		exchange_plain(exchange, MHD_HTTP_METHOD_NOT_ALLOWED, "Not in this way.\n");
		exchange_add_header(exchange, "Allow", "POST");
		return;
	}
	r = check_signature(exchange);
	if (r < 0) {
		log_debug("slack: refused a post: %s",
			  r == -ESTALE ? "its time is not now" : "it is not signed by Slack");
		exchange_plain(exchange, MHD_HTTP_UNAUTHORIZED,
			       "Not signed by Slack, or not now.\n");
		return;
	}
	payload = read_payload(exchange);
	if (!payload) {
		exchange_plain(exchange, MHD_HTTP_BAD_REQUEST, "Not a payload.\n");
		return;
	}
	web_wait(exchange);
	slack_take(exchange->web->options.slack, payload, way_of(exchange), on_reply, exchange);
}
