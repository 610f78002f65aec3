/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_meter.c: waiting times come into the bucket whose bound they do not exceed; what the gateway
 * reports is counted by channel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cleanup.h"
#include "meter.h"

static void test_buckets(void **state)
{
	static const uint32_t bounds_s[IPC_WAITS] = IPC_WAIT_BOUNDS_S;
	struct meter meter = { 0 };

	(void)state;
	meter_wait(&meter, 0);
	for (size_t i = 0; i < IPC_WAITS; i++) {
		meter_wait(&meter, bounds_s[i] * UINT64_C(1000));
		meter_wait(&meter, bounds_s[i] * UINT64_C(1000) + 1);
	}
	assert_int_equal(meter.waits[0], 2);
	for (size_t i = 1; i < IPC_WAITS; i++)
		assert_int_equal(meter.waits[i], 2);
	assert_int_equal(meter.waits[IPC_WAITS], 1);
}

static void test_sum(void **state)
{
	struct meter meter = { 0 };

	(void)state;
	meter_wait(&meter, 1500);
	meter_wait(&meter, 90000000);
	assert_int_equal(meter.waited_ms, 90001500);
}

static void post(struct meter *meter, const char *notifier, uint32_t state, uint32_t attempt)
{
	struct ipc_delivery delivery = { .state = state, .attempt = attempt };

	snprintf(delivery.notifier, sizeof(delivery.notifier), "%s", notifier);
	meter_post(meter, &delivery);
}

static void test_posts(void **state)
{
	struct meter meter = { 0 };

	(void)state;
	post(&meter, "teams", IPC_RETRYING, 1);
	post(&meter, "slack", IPC_DELIVERED, 1);
	post(&meter, "teams", IPC_DELIVERED, 2);
	post(&meter, "teams", IPC_DELIVERED, 0); /* it was posted in an earlier life */
	post(&meter, "slack", IPC_FAILED, 3);
	assert_int_equal(meter.n_posts, 2);
	assert_string_equal(meter.posts[0].notifier, "teams");
	assert_int_equal(meter.posts[0].posted, 1);
	assert_int_equal(meter.posts[0].retried, 1);
	assert_int_equal(meter.posts[0].failed, 0);
	assert_int_equal(meter.posts[1].posted, 1);
	assert_int_equal(meter.posts[1].failed, 1);
}

/* Whoever has taken over the gateway: no memory of ours, and no names that are not shown. */
static void test_posts_of_anybody(void **state)
{
	struct meter meter = { 0 };
	char name[32];

	(void)state;
	post(&meter, "a\"b", IPC_DELIVERED, 1);
	post(&meter, "a\xff", IPC_DELIVERED, 1);
	post(&meter, "", IPC_DELIVERED, 1);
	assert_int_equal(meter.n_posts, 0);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "teams-%d", i);
		post(&meter, name, IPC_DELIVERED, 1);
	}
	assert_int_equal(meter.n_posts, SLUICE_MAX_NOTIFIERS);
	post(&meter, "teams-1", IPC_DELIVERED, 1);
	assert_int_equal(meter.posts[1].posted, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_posts),
		cmocka_unit_test(test_posts_of_anybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
