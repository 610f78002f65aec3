/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_when.c: times as people write them; each form beside one that looks like it and is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/when.h"

#define NOW 1795348800123ULL /* 2026-11-22T12:00:00.123Z, in Berlin 13:00 */

static const struct {
	const char *text;
	uint64_t ms;
} good[] = {
	{ "now", NOW },
	{ "today", 1795302000000 },
	{ "yesterday", 1795215600000 },
	{ "this-week", 1794783600000 },
	{ "this-month", 1793487600000 },
	{ "this-year", 1767222000000 },
	{ "recent", NOW - 600000 },
	{ "-10min", NOW - 600000 },
	{ "-1h30min", NOW - 5400000 },
	{ "2026-11-22", 1795302000000 },
	{ "2026-11-22 13:00", 1795348800000 },
	{ "2026-11-22T13:00:05", 1795348805000 },
	{ "2026-11-22T12:00:00Z", 1795348800000 },
	{ "2026-11-22T12:00:00.250Z", 1795348800250 },
	{ "2026-11-22T12:00:00.2509999Z", 1795348800250 },
	{ "2026-11-22T12:00:00+01:00", 1795345200000 },
	{ "2026-11-22T12:00:00-01:30", 1795354200000 },
	{ "2026-07-01 12:00", 1782900000000 }, /* summer time */
	{ "2024-02-29", 1709161200000 },
};

static const char *const bad[] = {
	"",
	"-",
	"10min",
	"-10 parsecs",
	"tomorrow",
	"2026-02-29",
	"2026-13-01",
	"22.11.2026",
	"2026-11-22 25:00",
	"2026-11-22 13:00x",
	"2026-11-22T12:00:00X",
	"2026-11-22T12:00:00+0",
	"2026-11-22T12:00:00.",
	"1795348800",
	" now",
	"-99999999999999d",
};

static void test_good(void **state)
{
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		ms = 1;
		if (when_parse(good[i].text, NOW, &ms) != 0 || ms != good[i].ms)
			fail_msg("'%s': %llu", good[i].text, (unsigned long long)ms);
	}
}

static void test_bad(void **state)
{
	uint64_t ms = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (when_parse(bad[i], NOW, &ms) >= 0 || ms != 42)
			fail_msg("'%s' was taken", bad[i]);
}

static void test_text(void **state)
{
	char text[WHEN_TEXT];

	(void)state;
	assert_string_equal(when_iso(NOW, text), "2026-11-22T12:00:00.123Z");
	assert_string_equal(when_local(NOW, text), "2026-11-22 13:00:00");
	when_iso(UINT64_MAX, text); /* whatever a file claims: no crash */
	when_local(UINT64_MAX, text);
}

static void test_duration(void **state)
{
	char text[WHEN_TEXT];

	(void)state;
	assert_string_equal(when_duration(0, text), "0 s");
	assert_string_equal(when_duration(59, text), "59 s");
	assert_string_equal(when_duration(60, text), "1 min");
	assert_string_equal(when_duration(3661, text), "1 h 1 min");
	assert_string_equal(when_duration(172800, text), "2 d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_duration),
	};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
