// SPDX-License-Identifier: Apache-2.0
/*
 * test_gateway_journal.c: the journal's files as the gateway has them: which bytes are read, which
 * file has to be asked for, and where a line begins.
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
#include <unistd.h>

#include "gateway/gateway_journal.h"

/* Bytes 0-5, 6-11 and, which is written, 12-19 */
static const char *const texts[] = { "aa\nbb\n", "cc\ndd\n", "ee\nff\ng\n" };

static int file_of(const char *text)
{
	FILE *file = tmpfile();
	int fd;

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	fflush(file);
	fd = dup(fileno(file));
	fclose(file);
	return fd;
}

static struct ipc_journal news_of(uint64_t from, uint64_t to, uint64_t oldest)
{
	struct ipc_journal news = { .bytes = 20, .entries = 7, .from = from, .to = to,
				    .oldest = oldest };

	memset(news.genesis, 'a', MERKLE_HEX - 1);
	return news;
}

static void take(struct gateway_journal *journal, size_t i, uint64_t oldest)
{
	const struct ipc_journal news = news_of(i * 6, i < 2 ? i * 6 + 6 : 0, oldest);

	assert_int_equal(gateway_journal_take(journal, &news, file_of(texts[i])), 0);
}

static void test_begins(void **state)
{
	static const struct {
		uint64_t at;
		int before, with; /* an older file was asked for */
	} cases[] = {
		{ 0, 1, 1 },	  { 3, -ENODATA, -ENODATA }, { 6, -EAGAIN, 1 }, { 7, -EAGAIN, 0 },
		{ 9, -EAGAIN, 1 }, { 11, -EAGAIN, 0 },	     { 12, 1, 1 },	{ 13, 0, 0 },
		{ 15, 1, 1 },	  { 19, 0, 0 },		     { 20, 1, 1 },	{ 21, 0, 0 },
	};
	struct gateway_journal journal;

	(void)state;
	gateway_journal_init(&journal);
	take(&journal, 2, 6);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(gateway_journal_begins(&journal, cases[i].at), cases[i].before);
	take(&journal, 1, 6);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(gateway_journal_begins(&journal, cases[i].at), cases[i].with);
	gateway_journal_clear(&journal);
}

static void test_read(void **state)
{
	struct gateway_journal journal, copy;
	char bytes[64];

	(void)state;
	gateway_journal_init(&journal);
	take(&journal, 2, 6);
	assert_int_equal(gateway_journal_read(&journal, 0, bytes, sizeof(bytes)), -ENODATA);
	assert_int_equal(gateway_journal_read(&journal, 6, bytes, sizeof(bytes)), -EAGAIN);
	take(&journal, 1, 6);
	assert_int_equal(gateway_journal_copy(&journal, &copy), 0);
	gateway_journal_clear(&journal);
	assert_int_equal(gateway_journal_read(&copy, 9, bytes, sizeof(bytes)), 3);
	assert_memory_equal(bytes, "dd\n", 3);
	assert_int_equal(gateway_journal_read(&copy, 12, bytes, sizeof(bytes)), 8);
	assert_memory_equal(bytes, texts[2], 8);
	assert_int_equal(gateway_journal_read(&copy, 20, bytes, sizeof(bytes)), 0);
	gateway_journal_clear(&copy);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begins),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
