// SPDX-License-Identifier: Apache-2.0
/*
 * test_notifier_webhook.c: what a webhook is sent, and what its answers mean. Sending is played
 * here. Sources: user/notifier/notifier_webhook.c, user/notifier/notifier_target.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/when.h"
#include "notifier/notifier.h"
#include "notifier/webhook_sign.h"

#define DIGEST "3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b"
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static const struct notifier_ops *ops;
static void *settings;
static char folder[32];
static struct ipc_request request;

static struct sent {
	char url[128];
	char id[64], time[32], signature[128];
	char *body;
} sent;

static void copy_header(const char *line, const char *name, char *ret, size_t size)
{
	if (strncmp(line, name, strlen(name)) == 0)
		snprintf(ret, size, "%s", line + strlen(name));
}

void http_cancel(struct http_transfer *transfer)
{
	(void)transfer;
}

void http_wake(struct http_transfer *transfer)
{
	(void)transfer;
}

int http_send(struct http *http, const struct http_target *target,
	      const struct http_message *message, http_done_fn done, void *arg,
	      struct http_transfer **ret)
{
	(void)http;
	(void)done;
	(void)arg;
	(void)ret;
	snprintf(sent.url, sizeof(sent.url), "%s", target->url);
	for (const char *const *line = message->headers; *line; line++) {
		copy_header(*line, "webhook-id: ", sent.id, sizeof(sent.id));
		copy_header(*line, "webhook-timestamp: ", sent.time, sizeof(sent.time));
		copy_header(*line, "webhook-signature: ", sent.signature, sizeof(sent.signature));
	}
	assert_string_equal(message->type, "application/json");
	free(sent.body);
	sent.body = strdup(message->body);
	return 0;
}

static char *path_of(const char *name)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
	return path;
}

static void write_file(const char *name, const char *line)
{
	_cleanup_free_ char *path = path_of(name);
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	fprintf(out, "%s\n", line);
	fclose(out);
	chmod(path, 0600);
}

static char **field(const char *name)
{
	for (size_t i = 0; i < ops->n_keys; i++)
		if (strcmp(ops->keys[i].name, name) == 0)
			return (char **)((char *)settings + ops->keys[i].offset);
	fail_msg("no key %s", name);
	return NULL;
}

static int setup(void **state)
{
	(void)state;
	escape_locale();
	snprintf(folder, sizeof(folder), "/tmp/sluice-hook-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	ops = notifier_find("Webhook");
	settings = calloc(1, ops->settings_size);
	ops->defaults(settings);
	*field("WebhookFile") = path_of("url");
	*field("SecretFile") = path_of("secret");
	write_file("url", "https://pager.example/in");
	write_file("secret", SECRET);
	request = (struct ipc_request){ .id = "r-1", .digest = DIGEST, .opened_ms = 1000 };
	return 0;
}

static int teardown(void **state)
{
	_cleanup_free_ char *url = path_of("url"), *secret = path_of("secret");

	(void)state;
	ops->clear(settings);
	free(settings);
	free(sent.body);
	sent = (struct sent){};
	unlink(url);
	unlink(secret);
	return rmdir(folder);
}

static int check(char text[512])
{
	struct setting_error error = {};
	int r = ops->check(settings, &error);

	snprintf(text, 512, "%s", error.text);
	return r;
}

static void post(const char *message)
{
	struct http_transfer *transfer;

	assert_int_equal(ops->post(settings, NULL, NULL, message, NULL, NULL, &transfer), 0);
}

static void test_signed(void **state)
{
	_cleanup_free_ char *message = ops->render(NULL, &request, NULL);
	char text[512], expected[WEBHOOK_SIGNATURE];
	struct webhook_secret secret;

	(void)state;
	assert_int_equal(check(text), 0);
	post(message);
	assert_string_equal(sent.url, "https://pager.example/in");
	assert_string_equal(sent.body, message);
	assert_in_range(strtoull(sent.time, NULL, 10), when_now() / 1000 - 5, when_now() / 1000);
	webhook_secret_read(SECRET, &secret);
	webhook_sign(&secret, sent.id, strtoull(sent.time, NULL, 10), message, expected);
	assert_string_equal(sent.signature, expected);
}

/* The same for the same event, also when it is written anew; another one for another. */
static void test_ids(void **state)
{
	_cleanup_free_ char *opened = ops->render(NULL, &request, NULL), *again = NULL, *more = NULL,
			    *closed = NULL, *other = NULL;
	char text[512], first[64], second[64];

	(void)state;
	assert_int_equal(check(text), 0);
	post(opened);
	strcpy(first, sent.id);
	assert_int_equal(strncmp(first, "msg_", 4), 0);
	assert_null(strchr(first, '.'));
	request.tries = 7;
	strcpy(request.reason, "given later");
	again = ops->render(NULL, &request, "https://page.example");
	post(again);
	assert_string_equal(sent.id, first);
	request.escalated_s = 60;
	more = ops->render(NULL, &request, NULL);
	post(more);
	assert_string_not_equal(sent.id, first);
	strcpy(second, sent.id);
	request.state = IPC_DENIED;
	closed = ops->render(NULL, &request, NULL);
	post(closed);
	assert_string_not_equal(sent.id, first);
	assert_string_not_equal(sent.id, second);
	request.state = IPC_PENDING;
	request.escalated_s = 0;
	request.digest[0] = '4';
	other = ops->render(NULL, &request, NULL);
	post(other);
	assert_string_not_equal(sent.id, first);
}

static void test_test_message(void **state)
{
	_cleanup_free_ char *message = ops->render_test("etl1");
	char text[512];

	(void)state;
	assert_int_equal(check(text), 0);
	assert_non_null(strstr(message, "\"type\":\"test\""));
	post(message);
	assert_int_equal(strlen(sent.id), 36);
}

static enum notifier_outcome judge(long status, bool maybe_arrived)
{
	const struct http_answer answer = { .status = status,
					    .maybe_arrived = maybe_arrived,
					    .retry_after_s = 7,
					    .body = "SECRET",
					    .error = "time-out" };
	struct notifier_result result;

	ops->judge(settings, &answer, &result);
	assert_int_equal(result.wait_s, 7);
	assert_null(strstr(result.text, "SECRET"));
	return result.outcome;
}

static void test_answers(void **state)
{
	static const struct {
		long status;
		enum notifier_outcome outcome;
	} answers[] = {
		{ 200, NOTIFIER_DONE },	   { 202, NOTIFIER_DONE },    { 204, NOTIFIER_DONE },
		{ 301, NOTIFIER_REFUSED }, { 400, NOTIFIER_REFUSED }, { 401, NOTIFIER_REFUSED },
		{ 410, NOTIFIER_REFUSED }, { 408, NOTIFIER_AGAIN },   { 429, NOTIFIER_AGAIN },
		{ 500, NOTIFIER_AGAIN },   { 503, NOTIFIER_AGAIN },   { 502, NOTIFIER_UNKNOWN },
		{ 504, NOTIFIER_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		assert_int_equal(judge(answers[i].status, false), answers[i].outcome);
	assert_int_equal(judge(0, false), NOTIFIER_AGAIN);
	assert_int_equal(judge(0, true), NOTIFIER_UNKNOWN);
}

static void test_settings_refused(void **state)
{
	char text[512];

	(void)state;
	write_file("secret", "hunter2");
	assert_int_equal(check(text), -EINVAL);
	assert_non_null(strstr(text, "SecretFile="));
	assert_non_null(strstr(text, "openssl rand -base64 32"));
	assert_null(strstr(text, "hunter2"));
	ops->clear(settings);
	ops->defaults(settings);
	*field("WebhookFile") = path_of("url");
	*field("SecretFile") = path_of("secret");
	write_file("secret", SECRET);
	write_file("url", "http://pager.example/in?key=SECRET");
	assert_int_equal(check(text), -EINVAL);
	assert_non_null(strstr(text, "not https"));
	assert_null(strstr(text, "SECRET"));
}

#define HOOK_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOOK_TEST(test_signed),		  HOOK_TEST(test_ids),
		HOOK_TEST(test_test_message),	  HOOK_TEST(test_answers),
		HOOK_TEST(test_settings_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
