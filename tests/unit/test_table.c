/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_table.c: records as columns and fields: fitted to the width, and nothing of a value is ever
 * lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/table.h"

static const struct table_column columns[] = {
	{ "id", "ID", 0 },
	{ "n", "COUNT", TABLE_RIGHT },
	{ "path", "PATH", TABLE_WRAP },
	{ "in.time", "TIME", TABLE_TIME },
};

typedef int (*print_fn)(FILE *out, const struct table_column *list, size_t n, const json_t *value,
			unsigned int width);

/* Return: what @print writes, owned by the caller. */
static char *printed(print_fn print, const char *json, unsigned int width)
{
	json_auto_t *value = json_loads(json, 0, NULL);
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	assert_non_null(value);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	assert_int_equal(print(out, columns, ARRAY_SIZE(columns), value, width), 0);
	fclose(out);
	return text;
}

static void check(print_fn print, const char *json, unsigned int width, const char *expected)
{
	_cleanup_free_ char *text = printed(print, json, width);

	assert_string_equal(text, expected);
}

static void test_no_rows(void **state)
{
	(void)state;
	check(table_print, "[]", 0, "ID  COUNT  PATH  TIME\n");
}

static void test_values(void **state)
{
	(void)state;
	check(table_print,
	      "[{\"id\": \"r-1\", \"n\": 7, \"path\": [\"a\", \"b\"], \"in\": {\"time\": "
	      "\"2026-11-22T14:00:00.250Z\"}},"
	      " {\"id\": true, \"n\": 12345678, \"path\": null}, {\"id\": \"\", \"path\": []}]",
	      0,
	      "ID      COUNT  PATH  TIME\n"
	      "r-1         7  a, b  2026-11-22 14:00:00\n"
	      "yes  12345678  -     -\n"
	      "-           -  -     -\n");
}

static void test_values_are_escaped(void **state)
{
	(void)state;
	check(table_print, "[{\"id\": \"a\\u001b[2Jb\\nc\", \"path\": \"\\u202e\"}]", 0,
	      "ID            COUNT  PATH    TIME\n"
	      "a\\x1b[2Jb\\nc      -  \\u202e  -\n");
}

static void test_wide_characters_align(void **state)
{
	(void)state;
	check(table_print, "[{\"id\": \"\\u65e5\\u672c\", \"n\": 1}, {\"id\": \"abcd\", \"n\": 2}]",
	      0,
	      "ID    COUNT  PATH  TIME\n"
	      "\xe6\x97\xa5\xe6\x9c\xac      1  -     -\n"
	      "abcd      2  -     -\n");
}

/* Only the column that may be wrapped gets narrower; folds prefer slashes. */
static void test_wrap(void **state)
{
	(void)state;
	check(table_print, "[{\"id\": \"r-1\", \"n\": 7, \"path\": \"/srv/data/patients.csv\"}]",
	      34,
	      "ID   COUNT  PATH              TIME\n"
	      "r-1      7  /srv/data/        -\n"
	      "            patients.csv\n");
}

static size_t widest_line(const char *text)
{
	size_t widest = 0, length;

	for (; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		widest = length > widest ? length : widest;
	}
	return widest;
}

/* For each width: no line is wider, and all characters of the value are there in their order. */
static void test_nothing_is_lost(void **state)
{
	static const char value[] =
		"abcdefghijklmnopqrstuvwxyz/0123456789,ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char json[256];

	(void)state;
	snprintf(json, sizeof(json), "[{\"id\": \"r\", \"n\": 1, \"path\": \"%s\"}]", value);
	for (unsigned int width = 20; width < 120; width++) {
		_cleanup_free_ char *text = printed(table_print, json, width);
		const char *at = strstr(text, "abc");

		assert_non_null(at);
		assert_true(widest_line(text) <= width);
		for (const char *p = value; *p; p++) {
			at = strchr(at, *p);
			assert_non_null(at);
		}
	}
}

/* Too narrow for columns: a block of fields for each record. */
static void test_blocks(void **state)
{
	(void)state;
	check(table_print, "[{\"id\": \"r-1\", \"n\": 7, \"path\": \"/srv/a\"}, {\"id\": \"r-2\"}]",
	      20,
	      "ID:     r-1\nCOUNT:  7\nPATH:   /srv/a\nTIME:   -\n\n"
	      "ID:     r-2\nCOUNT:  -\nPATH:   -\nTIME:   -\n");
}

static void test_fields_wrap(void **state)
{
	(void)state;
	check(table_fields, "{\"id\": \"r-1\", \"n\": 7, \"path\": \"one two three four\"}", 20,
	      "ID:     r-1\nCOUNT:  7\nPATH:   one two\n        three four\nTIME:   -\n");
}

static void test_hidden_when_empty(void **state)
{
	static const struct table_column list[] = { { "a", "A", TABLE_HIDE_EMPTY },
						    { "b", "B", TABLE_HIDE_EMPTY } };
	json_auto_t *row = json_pack("{s:n, s:s}", "a", "b", "x");
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(table_fields(out, list, ARRAY_SIZE(list), row, 0), 0);
	fclose(out);
	assert_string_equal(text, "B:  x\n");
}

static void test_width_of_a_file(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	setenv("COLUMNS", "40", 1);
	assert_int_equal(table_width(file), 0);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_rows),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_values_are_escaped),
		cmocka_unit_test(test_wide_characters_align),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_nothing_is_lost),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_fields_wrap),
		cmocka_unit_test(test_hidden_when_empty),
		cmocka_unit_test(test_width_of_a_file),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	escape_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
