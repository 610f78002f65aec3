/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_statement.c: one answer has one spelling.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "key/statement.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TOP                                                                                        \
	"sluice-decision-v1\nhost etl1.example.com\nboot 11111111-2222-3333-4444-555555555555\n"   \
	"request r-0a1b2c3d\ndigest " DIGEST "\n"
#define END	 "time 2026-11-22T12:00:00.250Z\nnonce 000102030405060708090a0b0c0d0e0f\n"
#define APPROVAL TOP "verdict approve\nscope once\nduration_s 300\nreason ticket 7\n" END
#define STANDING                                                                                   \
	TOP "verdict approve-standing\nscope once\nduration_s 2592000\nreason ticket 7\n" END
#define DENIAL TOP "verdict deny\nscope none\nduration_s 0\nreason \n" END

static struct statement sample(void)
{
	struct statement statement;
	unsigned int line;

	assert_int_equal(statement_parse(APPROVAL, &statement, &line), 0);
	return statement;
}

static void test_there_and_back(void **state)
{
	struct statement statement = sample();
	char text[2048];
	unsigned int line;

	(void)state;
	assert_string_equal(statement.host, "etl1.example.com");
	assert_string_equal(statement.answer.id, "r-0a1b2c3d");
	assert_string_equal(statement.answer.digest, DIGEST);
	assert_int_equal(statement.answer.approve, 1);
	assert_int_equal(statement.answer.scope, IPC_SCOPE_ONCE);
	assert_int_equal(statement.answer.duration_s, 300);
	assert_string_equal(statement.answer.reason, "ticket 7");
	assert_int_equal(statement.time_ms, 1795348800250);
	assert_int_equal(statement_write(&statement, text, sizeof(text)), 0);
	assert_string_equal(text, APPROVAL);
	assert_int_equal(statement_parse(DENIAL, &statement, &line), 0);
	assert_int_equal(statement.answer.approve, 0);
	assert_string_equal(statement.answer.reason, "");
	assert_int_equal(statement_write(&statement, text, strlen(DENIAL)), -ENOSPC);
	assert_int_equal(statement_write(&statement, text, strlen(DENIAL) + 1), 0);
	assert_string_equal(text, DENIAL);
	assert_false(statement.standing);
	assert_int_equal(statement_parse(STANDING, &statement, &line), 0);
	assert_true(statement.standing);
	assert_int_equal(statement.answer.approve, 1);
	assert_int_equal(statement.answer.duration_s, 2592000);
	assert_int_equal(statement_write(&statement, text, sizeof(text)), 0);
	assert_string_equal(text, STANDING);
	statement.answer.scope = IPC_SCOPE_EXECUTABLE;
	assert_int_equal(statement_write(&statement, text, sizeof(text)), -EINVAL);
}

static void test_other_spellings(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
	} bad[] = {
		{ "", 1 },
		{ "sluice-decision-v2\n", 1 },
		{ "sluice-decision-v1", 1 },
		{ "sluice-decision-v1\n", 2 },
		{ "sluice-decision-v1\nboot x\n", 2 },
		{ "sluice-decision-v1\nhost  a\nboot 1\n", 4 },
		{ TOP "verdict Approve\n", 6 },
		{ TOP "verdict approve\nscope rule\n", 7 },
		{ TOP "verdict approve\nscope once\nduration_s 86401\n", 8 },
		{ TOP "verdict approve\nscope once\nduration_s -1\n", 8 },
		{ TOP "verdict approve-standing\nscope once\nduration_s 2592001\n", 8 },
		{ TOP "verdict approve-standing\nscope once\nduration_s 0\nreason x\n" END, 12 },
		{ TOP "verdict approve-standing\nscope process\nduration_s 60\nreason x\n" END,
		  12 },
		{ TOP "verdict deny-standing\n", 6 },
		{ TOP "verdict approve\nscope once\nduration_s 0300\nreason x\n" END, 12 },
		{ TOP "verdict approve\nscope none\nduration_s 300\nreason x\n" END, 12 },
		{ TOP "verdict approve\nscope once\nduration_s 0\nreason x\n" END, 12 },
		{ TOP "verdict deny\nscope once\nduration_s 0\nreason x\n" END, 12 },
		{ TOP "verdict deny\nscope none\nduration_s 1\nreason x\n" END, 12 },
		{ TOP "verdict deny\nscope none\nduration_s 0\nreason x\ny\n" END, 10 },
		{ TOP "verdict deny\nscope none\nduration_s 0\nreason x\ry\n" END, 12 },
		{ TOP "verdict deny\nscope none\nduration_s 0\nreason \xff\n" END, 12 },
		{ TOP "verdict deny\nscope none\nduration_s 0\nreason \xe2\x80\xae\n" END, 12 },
		{ TOP "verdict deny\nscope none\nduration_s 0\nreason x\n"
		      "time 2026-11-22T12:00:00Z\nnonce 000102030405060708090a0b0c0d0e0f\n",
		  12 },
		{ TOP "verdict deny\nscope none\nduration_s 0\nreason x\n"
		      "time now\nnonce 000102030405060708090a0b0c0d0e0f\n",
		  12 },
		{ TOP "verdict deny\nscope none\nduration_s 0\nreason x\n"
		      "time 2026-11-22T12:00:00.250Z\nnonce 000102030405060708090A0B0C0D0E0F\n",
		  12 },
		{ TOP "verdict deny\nscope none\nduration_s 0\nreason x\n"
		      "time 2026-11-22T12:00:00.250Z\nnonce 00\n",
		  12 },
		{ APPROVAL "\n", 12 },
		{ APPROVAL "nonce 000102030405060708090a0b0c0d0e0f\n", 12 },
		{ " " APPROVAL, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct statement statement;
		unsigned int line = 0;

		if (statement_parse(bad[i].text, &statement, &line) != -EBADMSG ||
		    line != bad[i].line)
			fail_msg("line %u instead of %u: %s", line, bad[i].line, bad[i].text);
	}
}

/* A value that is too long for its place is refused, not cut. */
static void test_too_long(void **state)
{
	char text[2048], reason[SLUICE_REASON_MAX + 1];
	struct statement statement;
	unsigned int line;

	(void)state;
	memset(reason, 'x', sizeof(reason));
	for (int more = 0; more < 2; more++) {
		snprintf(text, sizeof(text),
			 TOP "verdict approve\nscope once\nduration_s 300\nreason %.*s\n" END,
			 SLUICE_REASON_MAX - 1 + more, reason);
		assert_int_equal(statement_parse(text, &statement, &line), more ? -EBADMSG : 0);
	}
	assert_int_equal(line, 9);
}

static void test_what_cannot_be_stated(void **state)
{
	struct statement statement = sample();
	char text[2048];

	(void)state;
	snprintf(statement.answer.reason, sizeof(statement.answer.reason), "a\nverdict approve");
	assert_int_equal(statement_write(&statement, text, sizeof(text)), -EINVAL);
	statement = sample();
	statement.answer.scope = IPC_SCOPE_RULE;
	assert_int_equal(statement_write(&statement, text, sizeof(text)), -EINVAL);
	statement = sample();
	snprintf(statement.host, sizeof(statement.host), "a b");
	assert_int_equal(statement_write(&statement, text, sizeof(text)), -EINVAL);
	statement = sample();
	statement.answer.digest[8] = '\0';
	assert_int_equal(statement_write(&statement, text, sizeof(text)), -EINVAL);
	statement = sample();
	statement.boot[0] = '\0';
	assert_int_equal(statement_write(&statement, text, sizeof(text)), -EINVAL);
	statement = sample();
	assert_int_equal(statement_write(&statement, text, sizeof(text)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_other_spellings),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_what_cannot_be_stated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
