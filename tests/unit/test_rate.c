// SPDX-License-Identifier: Apache-2.0
/*
 * test_rate.c: how often somebody may do something. Sources: user/base/rate.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "base/rate.h"

static unsigned int take(struct rate *rate, unsigned int n, uint64_t now_ms)
{
	unsigned int taken = 0;

	while (n--)
		taken += rate_take(rate, now_ms) == 0;
	return taken;
}

static void test_a_minute_at_once(void **state)
{
	struct rate rate;

	(void)state;
	rate_init(&rate, 60, 5000);
	assert_int_equal(take(&rate, 100, 5000), 60);
	assert_int_equal(rate_take(&rate, 5000), 1);
	assert_int_equal(rate_take(&rate, 5999), 1);
	assert_int_equal(take(&rate, 100, 6000), 1);
	assert_int_equal(take(&rate, 100, 16000), 10);
}

static void test_the_wait_is_true(void **state)
{
	struct rate rate;
	unsigned int wait;

	(void)state;
	rate_init(&rate, 1, 0);
	assert_int_equal(rate_take(&rate, 0), 0);
	wait = rate_take(&rate, 0);
	assert_int_equal(wait, 60);
	assert_int_not_equal(rate_take(&rate, wait * 1000 - 1), 0);
	assert_int_equal(rate_take(&rate, wait * 1000), 0);
	rate_init(&rate, 7, 0);
	assert_int_equal(take(&rate, 7, 0), 7);
	wait = rate_take(&rate, 0);
	assert_int_equal(wait, 9);
	assert_int_equal(rate_take(&rate, wait * 1000), 0);
}

/* Asking in vain costs nothing, and no more than a minute is saved up. */
static void test_bounds(void **state)
{
	struct rate rate;

	(void)state;
	rate_init(&rate, 60, 0);
	assert_int_equal(take(&rate, 1000000, 0), 60);
	assert_int_equal(take(&rate, 100, 1000), 1);
	assert_int_equal(take(&rate, 1000, UINT64_MAX / 2), 60);
	assert_int_equal(take(&rate, 1000, UINT64_MAX / 2 - 5000), 0); /* a clock that went back */
	rate_init(&rate, 6000, 0);
	assert_int_equal(take(&rate, 10000, 0), 6000);
	assert_int_equal(take(&rate, 10000, 10), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_minute_at_once),
		cmocka_unit_test(test_the_wait_is_true),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
