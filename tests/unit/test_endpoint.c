// SPDX-License-Identifier: Apache-2.0
/*
 * test_endpoint.c: the names of a policy and their addresses: all of them, however many.
 *
 * Names are numbers, which the C library resolves by itself: no test asks the network.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "label/endpoint.h"

#define NAMES 1000

static struct event_base *base;
static struct endpoints *endpoints;
static struct policy_endpoint destinations[NAMES];
static struct policy_rule rule = { .destinations = destinations, .n_destinations = NAMES };
static struct policy policy = { .rules = &rule, .n_rules = 1 };
static size_t changes;

static void on_change(void *ctx)
{
	(void)ctx;
	changes++;
}

static int setup(void **state)
{
	(void)state;
	log_set_level(LOG_EMERG);
	base = event_base_new();
	changes = 0;
	for (int i = 0; i < NAMES; i++)
		if (asprintf(&destinations[i].host, "10.1.%d.%d", i / 256, i % 256) < 0)
			return -1;
	if (!base || endpoints_new(&endpoints))
		return -1;
	return endpoints_start(endpoints, base, on_change, NULL);
}

static int teardown(void **state)
{
	(void)state;
	endpoints = endpoints_free(endpoints);
	event_base_free(base);
	for (int i = 0; i < NAMES; i++)
		free(destinations[i].host);
	return 0;
}

/* How many names have their one address. */
static size_t resolved(void)
{
	size_t n = 0;

	for (int i = 0; i < NAMES; i++) {
		_cleanup_free_ struct ruleset_address *addresses = NULL;
		size_t found = 0;

		if (endpoints_host(endpoints, destinations[i].host, &addresses, &found))
			continue;
		assert_int_equal(found, 1);
		assert_int_equal(addresses[0].bytes[14], i / 256);
		assert_int_equal(addresses[0].bytes[15], i % 256);
		n++;
	}
	return n;
}

static void turn(int seconds)
{
	struct timeval limit = { .tv_sec = seconds };

	event_base_loopexit(base, &limit);
	event_base_loop(base, EVLOOP_ONCE);
}

static void test_a_thousand_names(void **state)
{
	(void)state;
	endpoints_watch(endpoints, &policy);
	for (size_t before = NAMES; changes < NAMES && changes != before;) {
		before = changes;
		turn(5);
	}
	assert_int_equal(resolved(), NAMES);
}

/* A name that a new policy does not have is not asked for, one that it has anew is. */
static void test_another_policy(void **state)
{
	_cleanup_free_ struct ruleset_address *addresses = NULL;
	char name[] = "10.2.0.1";
	struct policy_endpoint one = { .host = name };
	struct policy_rule other = { .destinations = &one, .n_destinations = 1 };
	struct policy next = { .rules = &other, .n_rules = 1 };
	size_t n = 0;

	(void)state;
	endpoints_watch(endpoints, &policy);
	endpoints_watch(endpoints, &next);
	for (int i = 0; i < NAMES && endpoints_host(endpoints, name, &addresses, &n); i++)
		turn(5);
	assert_int_equal(n, 1);
	assert_in_range(changes, 1, 100);
	assert_in_range(resolved(), 0, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_thousand_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_another_policy, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
