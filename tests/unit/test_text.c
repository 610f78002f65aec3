/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_text.c: each form that text.h reads, and its nearest neighbour that it must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static void test_number(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_int_equal(text_to_number("0", 0, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(text_to_number("18446744073709551615", UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(text_to_number("18446744073709551616", UINT64_MAX, &value), -ERANGE);
	assert_int_equal(text_to_number("65535", 65535, &value), 0);
	assert_int_equal(text_to_number("65536", 65535, &value), -ERANGE);
	assert_int_equal(text_to_number("1", 0, &value), -ERANGE);
	assert_int_equal(value, 65535);
	for (const char **bad = (const char *[]){ "", "-1", "+1", " 1", "1 ", "0x1", "1e3", NULL };
	     *bad; bad++)
		assert_int_equal(text_to_number(*bad, 100, &value), -EINVAL);
}

static void test_bool(void **state)
{
	bool value = false;

	(void)state;
	for (const char **yes = (const char *[]){ "yes", "true", "on", "1", "YES", NULL }; *yes;
	     yes++) {
		value = false;
		assert_int_equal(text_to_bool(*yes, &value), 0);
		assert_true(value);
	}
	for (const char **no = (const char *[]){ "no", "false", "off", "0", "Off", NULL }; *no;
	     no++) {
		value = true;
		assert_int_equal(text_to_bool(*no, &value), 0);
		assert_false(value);
	}
	for (const char **bad = (const char *[]){ "", "2", "y", "enabled", "yes ", NULL }; *bad;
	     bad++)
		assert_int_equal(text_to_bool(*bad, &value), -EINVAL);
}

static void test_seconds(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} good[] = {
		{ "90", 90 },	     { "30s", 30 },	      { "5min", 300 },
		{ "2h", 7200 },	     { "1d", 86400 },	      { "1h 30min", 5400 },
		{ "1h30min", 5400 }, { "2 days 1s", 172801 }, { "604800", 604800 },
		{ "7d", 604800 },    { "3m", 180 },	      { "0s", 0 },
	};
	static const char *const bad[] = { "",	  "s",	   "5 parsecs", "1 30", "1h 30",
					   "-5s", "5min,", "1.5h",	"5MIN", NULL };
	static const char *const large[] = {
		"604801", "8d", "7d 1s", "99999999999999999999999s", "18446744073709551615d", NULL
	};
	uint64_t seconds = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(text_to_seconds(good[i].text, 604800, &seconds), 0);
		assert_int_equal(seconds, good[i].seconds);
	}
	for (size_t i = 0; bad[i]; i++)
		assert_int_equal(text_to_seconds(bad[i], 604800, &seconds), -EINVAL);
	for (size_t i = 0; large[i]; i++)
		assert_int_equal(text_to_seconds(large[i], 604800, &seconds), -ERANGE);
}

/* @words: joined by '|' */
static void check_words(const char *text, const char *words)
{
	_cleanup_(text_free_wordsp) char **got = NULL;
	char joined[128] = "";

	assert_int_equal(text_to_words(text, &got), 0);
	for (size_t i = 0; got[i]; i++) {
		strcat(joined, i ? "|" : "");
		strcat(joined, got[i]);
	}
	assert_string_equal(joined, words);
}

static void test_words(void **state)
{
	char **words = NULL;

	(void)state;
	check_words("a", "a");
	check_words("  a\tb  c ", "a|b|c");
	check_words("\"a b\" c", "a b|c");
	check_words("exe:\"/opt/my app\" x", "exe:/opt/my app|x");
	check_words("\"say \\\"hi\\\" \\\\ \\n\"", "say \"hi\" \\ \\n");
	check_words("back\\slash", "back\\slash");
	for (const char **bad =
		     (const char *[]){ "", "  ", "\"", "\"open", "a \"b", "\"\"", "a \"\"", NULL };
	     *bad; bad++)
		assert_int_equal(text_to_words(*bad, &words), -EINVAL);
	assert_null(words);
}

static void test_bad_bytes(void **state)
{
	static const struct {
		const char *text;
		size_t bad;
	} texts[] = {
		{ "plain\ttext ~", 12 },
		{ "Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x9a\xb0", 13 }, /* two, three and four bytes */
		{ "a\nb", 1 },
		{ "a\x1b[2J", 1 },
		{ "a\x7f", 1 },
		{ "ab\xc2\x85", 2 },	 /* U+0085, a C1 control */
		{ "ab\xe2\x80\xae", 2 }, /* U+202E, right to left override */
		{ "\xef\xbb\xbf", 0 },	 /* byte order mark */
		{ "a\xc0\xaf", 1 },	 /* overlong */
		{ "a\xe0\x80\xaf", 1 },
		{ "a\xf4\x90\x80\x80", 1 }, /* above U+10FFFF */
		{ "a\xed\xa0\x80", 1 },	    /* surrogate */
		{ "a\xff", 1 },
		{ "abc\xe2\x82", 3 }, /* cut short */
		{ "abc\xc3(", 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(text_find_bad(texts[i].text, strlen(texts[i].text)), texts[i].bad);
	assert_int_equal(text_find_bad("a\0b", 3), 1);
}

static void test_scrub(void **state)
{
	char text[] = "ok\xff\n\xc3\xab\t\x1b.";

	(void)state;
	text_scrub(text);
	assert_string_equal(text, "ok??\xc3\xab ?.");
}

static void test_name(void **state)
{
	char name[66];

	(void)state;
	assert_true(text_is_name("p", ""));
	assert_true(text_is_name("pii-2.eu_x", ""));
	assert_true(text_is_name("ann@example.com", "@"));
	assert_false(text_is_name("ann@example.com", ""));
	for (const char **bad =
		     (const char *[]){ "", "2a", "-a", "A", "aB", "a b", "a/b", "\xc3\xab", NULL };
	     *bad; bad++)
		assert_false(text_is_name(*bad, ""));
	memset(name, 'a', sizeof(name));
	name[64] = '\0';
	assert_false(text_is_name(name, ""));
	name[63] = '\0';
	assert_true(text_is_name(name, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),	  cmocka_unit_test(test_bool),
		cmocka_unit_test(test_seconds),	  cmocka_unit_test(test_words),
		cmocka_unit_test(test_bad_bytes), cmocka_unit_test(test_scrub),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
