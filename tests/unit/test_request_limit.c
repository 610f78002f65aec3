// SPDX-License-Identifier: Apache-2.0
/*
 * test_request_limit.c: what a chat offers, and that nothing else is taken: no other spelling, and
 * nothing beyond the rule. Sources: test_request_limit.c user/notifier/request_limit.c and below.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "notifier/request_limit.h"

static struct ipc_request request_of(const char *scope, uint32_t duration_s)
{
	struct ipc_request request = { .duration_s = duration_s };

	strcpy(request.scope, scope);
	return request;
}

static void test_from_narrow_to_all_that_the_rule_allows(void **state)
{
	const struct ipc_request request = request_of("executable", 3601);
	static const char *const expected[] = {
		"once 3601",	  "process 300",     "process 3600",	"process 3601",
		"executable 300", "executable 3600", "executable 3601",
	};
	struct request_limit limits[REQUEST_LIMITS];

	(void)state;
	assert_int_equal(request_limits(&request, limits), 7);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(limits[i].value, expected[i]);
	assert_string_equal(limits[0].words, "this action once, for at most 1 h");
	assert_string_equal(limits[4].words, "this action by this executable, for at most 5 min");
}

static void test_nothing_to_choose(void **state)
{
	struct ipc_request request = request_of("once", 3600);
	struct request_limit limits[REQUEST_LIMITS];

	(void)state;
	assert_int_equal(request_limits(&request, limits), 1);
	request = request_of("none of ours", 3600);
	assert_int_equal(request_limits(&request, limits), 0);
}

/* The most that there are, with the longest words: Slack takes no more than 75. */
static void test_it_fits(void **state)
{
	const struct ipc_request request = request_of("executable", SLUICE_MAX_DURATION_S - 1);
	struct request_limit limits[REQUEST_LIMITS];
	size_t n = request_limits(&request, limits);

	(void)state;
	assert_in_range(n, 9, REQUEST_LIMITS);
	for (size_t i = 0; i < n; i++)
		assert_in_range(strlen(limits[i].words), 10, sizeof(limits[i].words) - 2);
}

static void test_each_is_taken_as_offered(void **state)
{
	const struct ipc_request request = request_of("process", 900);
	struct ipc_decide decide = { .scope = 9 };

	(void)state;
	assert_int_equal(request_limit_take(&request, "process 300", &decide), 0);
	assert_int_equal(decide.scope, IPC_SCOPE_PROCESS);
	assert_int_equal(decide.duration_s, 300);
	assert_int_equal(request_limit_take(&request, "process 900", &decide), 0);
	assert_int_equal(decide.duration_s, 900);
	assert_int_equal(request_limit_take(&request, "", &decide), 0);
	assert_int_equal(decide.scope, IPC_SCOPE_ONCE);
	assert_int_equal(decide.duration_s, 900);
}

static void test_what_was_not_offered(void **state)
{
	static const char *const values[] = {
		"executable 300", "process 901", "process 3600", "process 1", "once 300", "process",
		"process 300 ",	  " process 300", "PROCESS 300", "process 0300", "rule 900", " ",
	};
	const struct ipc_request request = request_of("process", 900),
				 unknown = request_of("none of ours", 900);
	struct ipc_decide decide = { .scope = 9, .duration_s = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_int_equal(request_limit_take(&request, values[i], &decide), -ERANGE);
	assert_int_equal(request_limit_take(&unknown, "", &decide), -ERANGE);
	assert_int_equal(decide.scope, 9);
	assert_int_equal(decide.duration_s, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_narrow_to_all_that_the_rule_allows),
		cmocka_unit_test(test_nothing_to_choose),
		cmocka_unit_test(test_it_fits),
		cmocka_unit_test(test_each_is_taken_as_offered),
		cmocka_unit_test(test_what_was_not_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
