// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_test_card.c: see gateway_test_card.h.
 */
#include "gateway_test_card.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

/* @unfinished, @failed: how many */
struct tests {
	struct event_base *base;
	struct http *http;
	char host[65];
	unsigned int unfinished;
	unsigned int failed;
};

struct test {
	struct tests *tests;
	const struct notifier *notifier;
	struct http_transfer *transfer;
};

/* @why: NULL: the channel took it */
static void finish(struct test *test, const char *why)
{
	struct tests *tests = test->tests;

	if (why)
		printf("%s: the test card was not posted: %s\n", test->notifier->name, why);
	else
		printf("%s: the channel took the test card; look whether it appears\n",
		       test->notifier->name);
	tests->failed += why != NULL;
	if (--tests->unfinished == 0)
		event_base_loopexit(tests->base, NULL);
}

static void on_answer(void *arg, const struct http_answer *answer)
{
	struct test *test = arg;
	struct notifier_result result = {};

	test->notifier->ops->judge(test->notifier->settings, answer, &result);
	finish(test, result.outcome == NOTIFIER_DONE ? NULL : result.text);
}

static void on_ready(void *arg, int r, const char *why)
{
	struct test *test = arg;
	const struct notifier *notifier = test->notifier;
	_cleanup_free_ char *message = NULL;

	if (r < 0) {
		finish(test, *why ? why : strerror(-r));
		return;
	}
	message = notifier->ops->render_test(test->tests->host);
	r = message ? notifier->ops->post(notifier->settings, test->tests->http, NULL, message,
					  on_answer, test, &test->transfer)
		    : -errno;
	if (r < 0)
		finish(test, strerror(-r));
}

static void start(struct test *test)
{
	const struct notifier *notifier = test->notifier;
	int r = 0;

	test->tests->unfinished++;
	if (notifier->ops->prepare)
		r = notifier->ops->prepare(notifier->settings, test->tests->http, on_ready, test);
	if (r != -EINPROGRESS)
		on_ready(test, r, "");
}

int gateway_test_cards(struct event_base *base, struct http *http,
		       const struct gateway_config *config)
{
	struct tests tests = { .base = base, .http = http, .unfinished = 1 };
	struct test each[GATEWAY_MAX_NOTIFIERS] = {};

	gethostname(tests.host, sizeof(tests.host) - 1);
	for (size_t i = 0; i < config->n; i++) {
		each[i] = (struct test){ .tests = &tests, .notifier = &config->notifiers[i] };
		start(&each[i]);
	}
	if (--tests.unfinished) /* the one was for the time until all are started */
		event_base_dispatch(base);
	for (size_t i = 0; i < config->n && tests.unfinished; i++)
		if (config->notifiers[i].ops->cancel)
			config->notifiers[i].ops->cancel(config->notifiers[i].settings);
	return tests.failed || tests.unfinished ? -EIO : 0;
}
