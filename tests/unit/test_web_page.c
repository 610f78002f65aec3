// SPDX-License-Identifier: Apache-2.0
/*
 * test_web_page.c: the lists of requests. Sources: user/web/web_page.c, user/gateway/gateway_requests.c,
 * user/base/html.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "web/web_page.h"

#define N 250

static struct gateway_requests *requests;
static struct session session = { .token = "TOKEN", .name = "Erin" };

static int setup(void **state)
{
	(void)state;
	return gateway_requests_new(&requests);
}

static int teardown(void **state)
{
	(void)state;
	requests = gateway_requests_free(requests);
	return 0;
}

static void fill(unsigned int n, enum ipc_state state)
{
	for (unsigned int i = 0; i < n; i++) {
		struct ipc_request request = { .state = (uint8_t)state };

		snprintf(request.id, sizeof(request.id), "r-%u", i);
		if (state == IPC_PENDING)
			gateway_requests_opened(requests, &request);
		else
			gateway_requests_closed(requests, &request);
	}
}

static char *page(bool open, size_t from)
{
	struct html html;

	assert_int_equal(open ? page_list(requests, from, &session, &html)
			      : page_history(requests, from, &session, &html),
			 0);
	return html.text;
}

static bool has(const char *text, unsigned int i)
{
	char link[32];

	snprintf(link, sizeof(link), "href=\"/r/r-%u\"", i);
	return strstr(text, link);
}

static void assert_each_once(bool open)
{
	char *pages[] = { page(open, 0), page(open, 100), page(open, 200) };

	for (unsigned int i = 0; i < N; i++)
		assert_int_equal(has(pages[0], i) + has(pages[1], i) + has(pages[2], i), 1);
	assert_true(has(pages[open ? 0 : 2], 0));
	assert_true(has(pages[open ? 2 : 0], N - 1));
	assert_non_null(strstr(pages[0], "1 to 100 of 250"));
	assert_non_null(strstr(pages[1], "101 to 200 of 250"));
	assert_non_null(strstr(pages[2], "201 to 250 of 250"));
	assert_non_null(strstr(pages[0], "?from=200\""));
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		free(pages[i]);
}

static void each_request_is_on_one_page(void **state)
{
	(void)state;
	fill(N, IPC_PENDING);
	assert_each_once(true);
	fill(N, IPC_DENIED);
	assert_each_once(false);
}

static void beyond_the_end_is_the_last_page(void **state)
{
	_cleanup_free_ char *none = page(true, 5), *last = NULL;

	(void)state;
	assert_null(strstr(none, "?from="));
	fill(101, IPC_PENDING);
	last = page(true, SIZE_MAX);
	assert_true(has(last, 100));
	assert_false(has(last, 99));
}

static void what_fits_needs_no_pages(void **state)
{
	_cleanup_free_ char *text = NULL;

	(void)state;
	fill(100, IPC_PENDING);
	text = page(true, 0);
	assert_true(has(text, 99));
	assert_null(strstr(text, "?from="));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_request_is_on_one_page, setup, teardown),
		cmocka_unit_test_setup_teardown(beyond_the_end_is_the_last_page, setup, teardown),
		cmocka_unit_test_setup_teardown(what_fits_needs_no_pages, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
