// SPDX-License-Identifier: Apache-2.0
/*
 * test_api_done.c: a decision that is sent twice is brought once. Sources: user/api/api_done.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/api_done.h"

#define NONCE "000102030405060708090a0b0c0d0e0f"

static struct api_done *done;
static const char *told;

static int setup(void **state)
{
	(void)state;
	told = NULL;
	done = api_done_new();
	return done ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	done = api_done_free(done);
	return 0;
}

static struct api_key key_of(const char *client, const char *request, const char *body)
{
	struct api_key key;

	assert_int_equal(api_key_make(client, request, NONCE, body, strlen(body), &key), 0);
	return key;
}

static int begin(const struct api_key *key)
{
	return api_done_begin(done, key, &told);
}

static void test_once(void **state)
{
	struct api_key key = key_of("a", "r-1", "{}"), other;

	(void)state;
	assert_int_equal(begin(&key), 0);
	assert_int_equal(begin(&key), -EINPROGRESS);
	api_done_end(done, &key, "approved");
	assert_int_equal(begin(&key), -EALREADY);
	assert_string_equal(told, "approved");
	other = key_of("a", "r-1", "{ }");
	assert_int_equal(begin(&other), -EEXIST);
	other = key_of("b", "r-1", "{}"); /* nonces are each client's own, and each request's */
	assert_int_equal(begin(&other), 0);
	other = key_of("a", "r-2", "{}");
	assert_int_equal(begin(&other), 0);
}

static void test_what_was_not_taken_may_come_again(void **state)
{
	struct api_key key = key_of("a", "r-1", "{}"), other = key_of("a", "r-1", "[]");

	(void)state;
	assert_int_equal(begin(&key), 0);
	api_done_end(done, &key, NULL);
	assert_int_equal(begin(&key), 0);
	api_done_end(done, &key, NULL);
	assert_int_equal(begin(&other), 0);
}

/* The oldest goes, but never one that is under way. */
static void test_bounded(void **state)
{
	struct api_key waits = key_of("a", "r-wait", "{}"), first, key;
	char request[16];

	(void)state;
	assert_int_equal(begin(&waits), 0);
	first = key_of("a", "r-0", "{}");
	for (int i = 0; i < API_DONE_MAX; i++) {
		snprintf(request, sizeof(request), "r-%d", i);
		key = key_of("a", request, "{}");
		assert_int_equal(begin(&key), 0);
		api_done_end(done, &key, "approved");
	}
	assert_int_equal(begin(&key), -EALREADY);
	assert_int_equal(begin(&waits), -EINPROGRESS);
	assert_int_equal(begin(&first), 0); /* forgotten: sluiced knows */
}

static void test_too_many_under_way(void **state)
{
	struct api_key key;
	char request[16];

	(void)state;
	for (int i = 0; i < API_DONE_MAX; i++) {
		snprintf(request, sizeof(request), "r-%d", i);
		key = key_of("a", request, "{}");
		assert_int_equal(begin(&key), 0);
	}
	api_done_end(done, &key, NULL);
	key = key_of("a", "r-x", "{}");
	assert_int_equal(begin(&key), 0);
	key = key_of("a", "r-y", "{}");
	assert_int_equal(begin(&key), -EBUSY);
}

#define DONE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DONE_TEST(test_once),
		DONE_TEST(test_what_was_not_taken_may_come_again),
		DONE_TEST(test_bounded),
		DONE_TEST(test_too_many_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
