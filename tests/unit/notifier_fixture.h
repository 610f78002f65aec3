/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notifier_fixture.h: the queue of a channel over a made-up channel in a real loop. Owns no test.
 *
 * A transfer of the made-up channel ends when its timer fires, with the next outcome of the script.
 * What was posted stands one after the other in world.posted, "ID:KIND " each, behind the channel's
 * page if it has one; in a channel that edits, the n-th new message stands in place "pn", and "pn="
 * before a text that replaced it.
 */
#ifndef SLUICE_TEST_NOTIFIER_FIXTURE_H
#define SLUICE_TEST_NOTIFIER_FIXTURE_H

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
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "notifier/notifier_queue.h"

#define MAYBE	    __attribute__((unused))
#define DIGEST	    "3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b"
#define MAX_REPORTS 32

struct http_transfer {
	struct event *timer;
	http_done_fn done;
	void *arg;
	char place[16];
};

static struct world {
	char folder[32];
	struct event_base *base;
	struct delivered *delivered;
	struct notifier_context context;
	struct notifier_ops ops;
	struct notifier notifier;
	struct notifier_queue *queue;
	struct notifier_result script[MAX_REPORTS]; /* after its end: done */
	unsigned int posts;
	unsigned int flying;
	unsigned int most_flying;
	char posted[256];
	unsigned int places;
	const char *place; /* of the transfer that just ended */
	struct ipc_delivery reports[MAX_REPORTS];
	unsigned int n_reports;
	void (*heard)(const struct ipc_delivery *delivery);
	int render_errno;
	int post_error;
	struct event *preparing;
	notifier_ready_fn ready;
	void *ready_arg;
	unsigned int prepared;
	int prepare_error; /* how the next one ends */
} world;

void http_cancel(struct http_transfer *transfer)
{
	if (!transfer)
		return;
	event_free(transfer->timer);
	free(transfer);
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
	static const struct http_answer answer = {};
	struct http_transfer *transfer = arg;

	(void)fd;
	(void)what;
	world.flying--;
	world.place = transfer->place;
	transfer->done(transfer->arg, &answer);
	http_cancel(transfer);
}

static int fake_post(const void *settings, struct http *http, const char *place,
		     const char *message, http_done_fn done, void *arg, struct http_transfer **ret)
{
	const struct timeval soon = { .tv_usec = 2000 };
	struct http_transfer *transfer;
	size_t length;

	(void)settings;
	(void)http;
	if (world.post_error)
		return world.post_error;
	transfer = calloc(1, sizeof(*transfer));
	assert_non_null(transfer);
	transfer->done = done;
	transfer->arg = arg;
	transfer->timer = evtimer_new(world.base, on_done, transfer);
	evtimer_add(transfer->timer, &soon);
	if (++world.flying > world.most_flying)
		world.most_flying = world.flying;
	if (place)
		snprintf(transfer->place, sizeof(transfer->place), "%s", place);
	else if (world.ops.edits)
		snprintf(transfer->place, sizeof(transfer->place), "p%u", ++world.places);
	length = strlen(world.posted);
	snprintf(world.posted + length, sizeof(world.posted) - length, "%s%s%s", place ? place : "",
		 place ? "=" : "", message);
	*ret = transfer;
	return 0;
}

static void fake_judge(void *settings, const struct http_answer *answer,
		       struct notifier_result *ret)
{
	(void)settings;
	(void)answer;
	*ret = world.posts < MAX_REPORTS ? world.script[world.posts] : (struct notifier_result){};
	world.posts++;
	if (ret->outcome == NOTIFIER_DONE)
		snprintf(ret->place, sizeof(ret->place), "%s", world.place);
}

static char *fake_render(const void *settings, const struct ipc_request *request, const char *page)
{
	char *text;

	(void)settings;
	if (world.render_errno) {
		errno = world.render_errno;
		return NULL;
	}
	if (asprintf(&text, "%s%s:%s%.*u ", page ? page : "", request->id,
		     request->revoked.time_ms      ? "revoked"
		     : request->state != IPC_PENDING ? "closed"
		     : request->escalated_s	   ? "more"
						   : "open",
		     request->tries > 0, request->tries) < 0)
		return NULL;
	return text;
}

static void on_prepared(evutil_socket_t fd, short what, void *arg)
{
	int r = world.prepare_error;

	(void)fd;
	(void)what;
	(void)arg;
	world.prepare_error = 0;
	event_free(world.preparing);
	world.preparing = NULL;
	world.ready(world.ready_arg, r, r < 0 ? "no token" : "");
}

/* It is prepared for one post. */
MAYBE static int fake_prepare(void *settings, struct http *http, notifier_ready_fn ready, void *arg)
{
	const struct timeval soon = { .tv_usec = 2000 };

	(void)settings;
	(void)http;
	assert_null(world.preparing);
	if (world.prepared++ % 2)
		return 0;
	world.ready = ready;
	world.ready_arg = arg;
	world.preparing = evtimer_new(world.base, on_prepared, NULL);
	evtimer_add(world.preparing, &soon);
	return -EINPROGRESS;
}

MAYBE static void fake_cancel(void *settings)
{
	(void)settings;
	assert_non_null(world.preparing);
	event_free(world.preparing);
	world.preparing = NULL;
}

static const struct notifier_ops fake_ops = {
	.kind = "Fake",
	.render = fake_render,
	.post = fake_post,
	.judge = fake_judge,
};

static void on_report(void *arg, const struct ipc_delivery *delivery)
{
	(void)arg;
	assert_true(world.n_reports < MAX_REPORTS);
	world.reports[world.n_reports++] = *delivery;
	if (world.heard)
		world.heard(delivery);
}

static void open_queue(void)
{
	assert_int_equal(delivered_load(world.folder, &world.delivered), 0);
	world.context = (struct notifier_context){
		.base = world.base,
		.delivered = world.delivered,
		.delay_ms = 4,
		.edit_gap_ms = 100,
		.report = on_report,
	};
	assert_int_equal(notifier_queue_new(&world.context, &world.notifier, &world.queue), 0);
}

static void close_queue(void)
{
	world.queue = notifier_queue_free(world.queue);
	world.delivered = delivered_free(world.delivered);
}

static int setup(void **state)
{
	(void)state;
	world = (struct world){ .folder = "/tmp/test_notifier.XXXXXX", .ops = fake_ops };
	world.notifier = (struct notifier){ .ops = &world.ops, .name = "fake", .max_attempts = 4 };
	if (!mkdtemp(world.folder))
		return -1;
	world.base = event_base_new();
	open_queue();
	return 0;
}

static int teardown(void **state)
{
	char path[64];

	(void)state;
	close_queue();
	event_base_free(world.base);
	snprintf(path, sizeof(path), "%s/delivered", world.folder);
	unlink(path);
	return rmdir(world.folder);
}

MAYBE static struct ipc_request request_of(const char *id, int64_t seconds)
{
	struct ipc_request request = { .digest = DIGEST };

	snprintf(request.id, sizeof(request.id), "%s", id);
	request.expires_ms = (uint64_t)(time(NULL) + seconds) * 1000;
	return request;
}

MAYBE static void open_request(const char *id, int64_t seconds)
{
	struct ipc_request request = request_of(id, seconds);

	notifier_queue_open(world.queue, &request);
}

/* It has been tried so often. */
MAYBE static void repeat_request(const char *id, uint32_t tries)
{
	struct ipc_request request = request_of(id, 600);

	request.tries = tries;
	notifier_queue_changed(world.queue, &request);
}

MAYBE static void escalate_request(const char *id)
{
	struct ipc_request request = request_of(id, 600);

	request.escalated_s = 300;
	notifier_queue_open(world.queue, &request);
}

MAYBE static void close_request(const char *id)
{
	struct ipc_request request = request_of(id, 600);

	request.state = IPC_APPROVED;
	notifier_queue_closed(world.queue, &request);
}

/* At that time. */
MAYBE static void revoke_request(const char *id, uint64_t time_ms)
{
	struct ipc_request request = request_of(id, 600);

	request.state = IPC_APPROVED;
	request.revoked.time_ms = time_ms;
	notifier_queue_closed(world.queue, &request);
}

/* Until nothing is left to wait for. */
MAYBE static void run_loop(void)
{
	event_base_dispatch(world.base);
}

MAYBE static void assert_report(unsigned int i, const char *id, uint32_t report, uint32_t attempt,
				const char *text)
{
	assert_true(i < world.n_reports);
	assert_string_equal(world.reports[i].id, id);
	assert_string_equal(world.reports[i].notifier, "fake");
	assert_int_equal(world.reports[i].state, report);
	assert_int_equal(world.reports[i].attempt, attempt);
	assert_non_null(strstr(world.reports[i].text, text));
}

#define NOTIFIER_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

#endif
