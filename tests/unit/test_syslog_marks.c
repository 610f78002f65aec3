// SPDX-License-Identifier: Apache-2.0
/*
 * test_syslog_marks.c: what counts as held by a receiver that never says so: never too early, in the
 * end all, in memory that does not grow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sink/syslog_marks.h"

#define WAIT 10000

static struct syslog_marks marks;

static int setup(void **state)
{
	(void)state;
	memset(&marks, 0, sizeof(marks));
	marks.wait_ms = WAIT;
	return 0;
}

static void add(uint64_t time_ms, uint64_t offset)
{
	syslog_marks_add(&marks, &(struct syslog_mark){ time_ms, offset, 2 * offset });
}

static void test_time(void **state)
{
	uint64_t held = 0;

	(void)state;
	assert_false(syslog_marks_settle(&marks, WAIT, UINT64_MAX, &held));
	add(1000, 100);
	add(5000, 200);
	assert_false(syslog_marks_settle(&marks, 1000 + WAIT - 1, UINT64_MAX, &held));
	assert_true(syslog_marks_settle(&marks, 1000 + WAIT, UINT64_MAX, &held));
	assert_int_equal(held, 100);
	assert_false(syslog_marks_settle(&marks, 5000 + WAIT - 1, UINT64_MAX, &held));
	assert_true(syslog_marks_settle(&marks, 5000 + WAIT, UINT64_MAX, &held));
	assert_int_equal(held, 200);
	assert_false(syslog_marks_settle(&marks, 5000 + 2 * WAIT, UINT64_MAX, &held));
}

static void test_acknowledged(void **state)
{
	uint64_t held = 0;

	(void)state;
	add(1000, 100);
	add(5000, 200);
	assert_false(syslog_marks_settle(&marks, 10 * WAIT, 199, &held));
	assert_true(syslog_marks_settle(&marks, 10 * WAIT, 399, &held));
	assert_int_equal(held, 100);
	assert_true(syslog_marks_settle(&marks, 10 * WAIT, 400, &held));
	assert_int_equal(held, 200);
}

/* A byte a millisecond for a long time: what is held is always old enough, and never far behind. */
static void test_stream(void **state)
{
	uint64_t held = 0;

	(void)state;
	for (uint64_t now = 1; now < 5 * WAIT; now++) {
		add(now, now);
		if (syslog_marks_settle(&marks, now, UINT64_MAX, &held))
			assert_true(held + WAIT <= now);
		assert_true(marks.n <= SYSLOG_MARKS);
		if (now > 2 * WAIT)
			assert_true(held + WAIT + WAIT / 8 > now);
	}
	assert_true(syslog_marks_settle(&marks, 7 * WAIT, UINT64_MAX, &held));
	assert_int_equal(held, 5 * WAIT - 1);
}

/* Nothing is acknowledged, and the marks are full: the last one moves, and none is lost. */
static void test_full(void **state)
{
	uint64_t held = 0;

	(void)state;
	for (uint64_t i = 1; i <= 1000; i++)
		add(i * WAIT, i);
	assert_int_equal(marks.n, SYSLOG_MARKS);
	assert_false(syslog_marks_settle(&marks, 2000 * WAIT, 1, &held));
	assert_true(syslog_marks_settle(&marks, 2000 * WAIT, 1999, &held));
	assert_int_equal(held, SYSLOG_MARKS - 1);
	assert_true(syslog_marks_settle(&marks, 2000 * WAIT, 2000, &held));
	assert_int_equal(held, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_time, setup),
		cmocka_unit_test_setup(test_acknowledged, setup),
		cmocka_unit_test_setup(test_stream, setup),
		cmocka_unit_test_setup(test_full, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
