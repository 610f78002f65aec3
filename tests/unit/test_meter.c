/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_meter.c: waiting times come into the bucket whose bound they do not exceed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "request/meter.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
