// SPDX-License-Identifier: Apache-2.0
/*
 * test_api_feed.c: the ring of events. Sources: user/api/api_feed.c.
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

#include "api/api_feed.h"
#include "base/cleanup.h"

static struct api_feed *feed;

static int setup(void **state)
{
	(void)state;
	return api_feed_new(&feed);
}

static int teardown(void **state)
{
	(void)state;
	feed = api_feed_free(feed);
	return 0;
}

static const char *at(uint64_t place)
{
	static char text[API_EVENT_MAX + 1];
	const char *event;
	size_t size;
	int r = api_feed_at(feed, place, &event, &size);

	if (r < 0)
		return r == -EAGAIN ? "yet to come" : "gone";
	memcpy(text, event, size);
	text[size] = '\0';
	return text;
}

static const char *id_of(uint64_t place)
{
	static char id[API_EVENT_ID];

	api_feed_id(feed, place, id);
	return id;
}

static void test_form(void **state)
{
	char expected[128];

	(void)state;
	assert_string_equal(at(0), "yet to come");
	assert_int_equal(api_feed_add(feed, "request.opened", "{\"a\":1}"), 0);
	snprintf(expected, sizeof(expected), "id: %s\nevent: request.opened\ndata: {\"a\":1}\n\n",
		 id_of(1));
	assert_string_equal(at(0), expected);
	assert_string_equal(at(1), "yet to come");
	assert_int_equal(api_feed_end(feed), 1);
}

/* Each id leads to what came behind it, and nothing else is an id. */
static void test_resume(void **state)
{
	static const char *const bad[] = { "", "1", "-1", "00000000-x", "zzzzzzzz-1", "' OR 1" };
	char text[API_EVENT_ID + 8];
	uint64_t place;

	(void)state;
	for (int i = 0; i < 3; i++)
		api_feed_add(feed, "t", "{}");
	for (uint64_t i = 0; i <= 3; i++) {
		assert_int_equal(api_feed_after(feed, id_of(i), &place), 0);
		assert_int_equal(place, i);
	}
	assert_int_equal(api_feed_after(feed, id_of(4), &place), -ESTALE);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(api_feed_after(feed, bad[i], &place), -ESTALE);
	snprintf(text, sizeof(text), "%s", id_of(1)); /* of another start */
	text[0] = text[0] == '0' ? '1' : '0';
	assert_int_equal(api_feed_after(feed, text, &place), -ESTALE);
	snprintf(text, sizeof(text), "%s ", id_of(1));
	assert_int_equal(api_feed_after(feed, text, &place), -ESTALE);
	snprintf(text, sizeof(text), "%.9s01", id_of(1)); /* another spelling */
	assert_int_equal(api_feed_after(feed, text, &place), -ESTALE);
}

static void test_bounded_in_number(void **state)
{
	uint64_t place;

	(void)state;
	for (int i = 0; i < API_FEED_EVENTS + 10; i++)
		assert_int_equal(api_feed_add(feed, "t", "{}"), 0);
	assert_string_equal(at(9), "gone");
	assert_string_not_equal(at(10), "gone");
	assert_int_equal(api_feed_after(feed, id_of(9), &place), -ESTALE);
	assert_int_equal(api_feed_after(feed, id_of(10), &place), 0);
	assert_int_equal(api_feed_end(feed), API_FEED_EVENTS + 10);
}

static void test_bounded_in_bytes(void **state)
{
	_cleanup_free_ char *data = calloc(1, API_EVENT_MAX + 1);
	unsigned int kept = 0;

	(void)state;
	memset(data, 'x', API_EVENT_MAX - 64);
	for (int i = 0; i < 200; i++)
		assert_int_equal(api_feed_add(feed, "t", data), 0);
	for (uint64_t i = 0; i < 200; i++)
		kept += strcmp(at(i), "gone") != 0;
	assert_in_range(kept, API_FEED_BYTES / API_EVENT_MAX,
			API_FEED_BYTES / (API_EVENT_MAX - 128));
	assert_string_not_equal(at(199), "gone");
}

/* One that was not kept is missing for all, and not unseen. */
static void test_what_does_not_fit(void **state)
{
	_cleanup_free_ char *data = calloc(1, API_EVENT_MAX + 1);
	uint64_t place;

	(void)state;
	api_feed_add(feed, "t", "{}");
	memset(data, 'x', API_EVENT_MAX);
	assert_int_equal(api_feed_add(feed, "t", data), -EMSGSIZE);
	assert_int_equal(api_feed_add(feed, "t", NULL), -ENOMEM);
	assert_string_equal(at(0), "gone");
	assert_string_equal(at(1), "gone");
	assert_string_equal(at(2), "gone");
	assert_string_equal(at(3), "yet to come");
	assert_int_equal(api_feed_after(feed, id_of(1), &place), -ESTALE);
	assert_int_equal(api_feed_add(feed, "t", "{}"), 0);
	assert_string_not_equal(at(3), "gone");
}

#define FEED_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(test_form),
		FEED_TEST(test_resume),
		FEED_TEST(test_bounded_in_number),
		FEED_TEST(test_bounded_in_bytes),
		FEED_TEST(test_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
