/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_escape.c: what deceives a terminal is spelled out, and its harmless neighbour is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"

static void check(const char *text, const char *expected)
{
	_cleanup_free_ char *safe = escape_text(text);

	assert_non_null(safe);
	assert_string_equal(safe, expected);
}

static void test_plain_text_stays(void **state)
{
	(void)state;
	check("", "");
	check("/srv/data/a b'\"$`.csv", "/srv/data/a b'\"$`.csv");
	check("caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x94\x92",
	      "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x94\x92");
	check("\\x1b", "\\x1b");
}

static void test_controls(void **state)
{
	(void)state;
	check("a\nb\tc\rd", "a\\nb\\tc\\rd");
	check("\033[2J\a\b\x7f", "\\x1b[2J\\x07\\x08\\x7f");
	check("\xc2\x9b"
	      "31m",
	      "\\u009b31m"); /* CSI as one character */
}

static void test_direction(void **state)
{
	static const char *const marks[][2] = {
		{ "\xd8\x9c", "\\u061c" },     { "\xe2\x80\x8e", "\\u200e" },
		{ "\xe2\x80\x8f", "\\u200f" }, { "\xe2\x80\xaa", "\\u202a" },
		{ "\xe2\x80\xab", "\\u202b" }, { "\xe2\x80\xac", "\\u202c" },
		{ "\xe2\x80\xad", "\\u202d" }, { "\xe2\x80\xae", "\\u202e" },
		{ "\xe2\x81\xa6", "\\u2066" }, { "\xe2\x81\xa7", "\\u2067" },
		{ "\xe2\x81\xa8", "\\u2068" }, { "\xe2\x81\xa9", "\\u2069" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		check(marks[i][0], marks[i][1]);
	check("\xd7\xa9", "\xd7\xa9"); /* a letter that runs right to left */
}

static void test_invisible(void **state)
{
	(void)state;
	check("a\xe2\x80\x8b"
	      "b",
	      "a\\u200bb");                          /* zero-width space */
	check("\xef\xbb\xbf", "\\ufeff");            /* byte order mark */
	check("\xc2\xa0\xc2\xad", "\\u00a0\\u00ad"); /* no-break space, soft hyphen */
	check("\xe2\x80\xa8", "\\u2028");            /* line separator */
	check("\xe3\x85\xa4", "\\u3164");            /* Hangul filler */
	check("\xf3\xa0\x81\x81", "\\U000e0041");    /* tag */
	check("\xef\xb8\x8f", "\\ufe0f");            /* variation selector */
	check("\xe2\x80\x93", "\xe2\x80\x93");       /* a dash is seen */
}

/* /usr/bin/\u0441url is not curl, and one file name is not three folders. */
static void test_look_alikes(void **state)
{
	(void)state;
	check("/usr/bin/\xd1\x81url", "/usr/bin/\\u0441url");
	check("p\xce\xbfrt", "p\\u03bfrt");				       /* omicron */
	check("\xd1\x81\xd0\xbe\xd0\xbd/new", "\xd1\x81\xd0\xbe\xd0\xbd/new"); /* words apart */
	check("\xce\xb1\xce\xb2 2\xce\xb3", "\xce\xb1\xce\xb2 2\xce\xb3");
	check("caf\xc3\xa9 na\xc3\xafve\xe6\x97\xa5", "caf\xc3\xa9 na\xc3\xafve\xe6\x97\xa5");
	check("srv\xe2\x88\x95x\xe2\x81\x84y", "srv\\u2215x\\u2044y"); /* slashes */
	check("'a\xe2\x80\x99 b'", "'a\\u2019 b'");		       /* quotes */
	check("\xef\xbc\x8f\xef\xbd\x81", "\\uff0f\\uff41");	       /* full width */
	check("\xf0\x9d\x90\x9a", "\\U0001d41a");		       /* bold a */
	check("\xe2\x80\x91-", "\\u2011-");
}

static void test_combining_marks(void **state)
{
	(void)state;
	check("e\xcc\x81", "e\xcc\x81");
	check("e\xcc\x81\xcc\x82", "e\xcc\x81\xcc\x82");
	check("e\xcc\x81\xcc\x82\xcc\x83x", "e\xcc\x81\xcc\x82\\u0303x");
	check("\xcc\x81x", "\\u0301x");
}

static void test_invalid_utf8(void **state)
{
	(void)state;
	check("a\xff\xfe", "a\\xff\\xfe");
	check("\xc0\xaf", "\\xc0\\xaf"); /* overlong slash */
	check("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	check("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* surrogate */
	check("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* above U+10FFFF */
	check("\xe2\x82", "\\xe2\\x82");                   /* cut short */
	check("\xe2\x82"
	      "a",
	      "\\xe2\\x82"
	      "a");
	assert_true(escape_valid("\xe2\x82\xac"));
	assert_false(escape_valid("\xe2\x82"));
	assert_false(escape_valid("a\xff"));
}

static void test_unassigned(void **state)
{
	(void)state;
	check("\xcd\xb8", "\\u0378");
	check("\xee\x80\x80", "\\ue000"); /* private use */
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(escape_width("abc"), 3);
	assert_int_equal(escape_width("\xe6\x97\xa5\xe6\x9c\xac"), 4);
	assert_int_equal(escape_width("e\xcc\x81"), 1);
}

/* Every single character: what comes out is printable, and is itself or an escape. */
static void test_every_character(void **state)
{
	char text[8] = { 0 };

	(void)state;
	for (unsigned int c = 1; c < 0x110000; c++) {
		_cleanup_free_ char *safe = NULL;

		memset(text, 0, sizeof(text));
		if (c < 0x80) {
			text[0] = (char)c;
		} else if (c < 0x800) {
			text[0] = (char)(0xc0 | c >> 6);
			text[1] = (char)(0x80 | (c & 0x3f));
		} else if (c < 0x10000) {
			text[0] = (char)(0xe0 | c >> 12);
			text[1] = (char)(0x80 | (c >> 6 & 0x3f));
			text[2] = (char)(0x80 | (c & 0x3f));
		} else {
			text[0] = (char)(0xf0 | c >> 18);
			text[1] = (char)(0x80 | (c >> 12 & 0x3f));
			text[2] = (char)(0x80 | (c >> 6 & 0x3f));
			text[3] = (char)(0x80 | (c & 0x3f));
		}
		safe = escape_text(text);
		assert_non_null(safe);
		assert_true(strcmp(safe, text) == 0 ? c >= 0x20 && c != 0x7f : safe[0] == '\\');
		assert_true(escape_width(safe) >= 1);
	}
}

/* A terminal of which we know nothing gets ASCII. */
static void test_without_utf8_locale(void **state)
{
	(void)state;
	setlocale(LC_CTYPE, "C");
	check("caf\xc3\xa9", "caf\\u00e9");
	escape_locale();
	check("caf\xc3\xa9", "caf\xc3\xa9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_text_stays),
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_invisible),
		cmocka_unit_test(test_look_alikes),
		cmocka_unit_test(test_combining_marks),
		cmocka_unit_test(test_invalid_utf8),
		cmocka_unit_test(test_unassigned),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_without_utf8_locale),
	};

	escape_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
