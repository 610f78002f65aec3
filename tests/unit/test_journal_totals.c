// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal_totals.c: entries that say how many of each type stand above them: a writer that
 * has all keys, and says another number, is found.
 */
#include "journal/journal_totals.h"

#include <limits.h>
#include "journal_verdict.h"

#include <errno.h>

static void beat(struct journal *journal, json_t *totals)
{
	assert_non_null(totals);
	assert_int_equal(journal_add(journal,
				     json_pack("{s:s, s:s, s:{s:o}}", "type", "journal.heartbeat",
					       "message", "totals", "journal", "totals", totals),
				     NULL),
			 0);
}

/* Entry 0, two reads, a decision; entry 4 is to be a heartbeat. */
static struct journal *begin(struct fixture *f)
{
	struct journal *journal = fixture_open(f);

	fixture_add(journal, "event.read", "one");
	fixture_add(journal, "event.read", "two");
	fixture_add(journal, "decision", "three");
	return journal;
}

static void test_right(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = begin(f);

	beat(journal, journal_totals(journal));
	fixture_add(journal, "event.read", "four");
	beat(journal, journal_totals(journal));
	assert_int_equal(journal_rotate(journal, false), 0);
	beat(journal, journal_totals(journal));
	journal_close(journal);
	journal = fixture_open(f); /* goes on counting where the other ended */
	fixture_add(journal, "event.read", "five");
	beat(journal, journal_totals(journal));
	journal_close(journal);
	expect(f, JOURNAL_OK, 0, verify(f, NULL, NULL).entries, "");
	assert_int_equal(verify(f, NULL, NULL).totals_checked, 4 + 2 * SEALED);
}

/* @type: said to be there so many times; NULL: the type that is there is not said */
static const struct {
	const char *type;
	int n;
	const char *what;
} lies[] = {
	{ "event.read", 1, "event.read it counts 1, and there are 2" },
	{ "event.read", 3, "event.read it counts 3, and there are 2" },
	{ "event.read", -1, "event.read it counts -1, and there are 2" },
	{ "decision", 0, "decision it counts 0, and there are 1" },
	{ "grant.issued", 1, "grant.issued it counts 1, and there are 0" },
	{ "journal.heartbeat", 1, "journal.heartbeat it counts 1, and there are 0" },
	{ "\x1b[2J", 1, "(not printable) it counts 1, and there are 0" },
	{ NULL, 0, "decision it counts 0, and there are 1" },
};

/* The start is refused, by the words of the verifier; the remedy that is named is one. */
static void expect_remedy(struct fixture *f, const char *what)
{
	struct journal_verify_result old;
	char aside[PATH_MAX];
	struct journal *journal;

	assert_int_equal(fixture_refuse(f), -EBADMSG);
	assert_int_equal(verify(f, NULL, NULL).status, JOURNAL_TAMPERED);
	assert_non_null(strstr(verify(f, NULL, NULL).problem, "line 6, entry 4: "));
	assert_non_null(strstr(f->error, ", line 6, entry 4: "));
	assert_non_null(strstr(f->error, what));
	assert_non_null(strstr(f->error, "move the file aside"));
	snprintf(aside, sizeof(aside), "%s.aside", f->path);
	assert_int_equal(rename(f->path, aside), 0);
	journal = fixture_open(f);
	fixture_add(journal, "agent.start", "anew");
	journal_close(journal);
	assert_int_equal(verify(f, NULL, NULL).status, JOURNAL_OK);
	assert_int_equal(journal_verify(aside, NULL, &old), 0);
	assert_int_equal(old.status, JOURNAL_TAMPERED);
	assert_int_equal(old.entry, 4);
	unlink(aside);
}

static void test_wrong(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct journal *journal = begin(f);
		json_t *totals = journal_totals(journal);

		if (lies[i].type)
			json_object_set_new(totals, lies[i].type, json_integer(lies[i].n));
		else
			json_object_del(totals, "decision");
		beat(journal, totals);
		fixture_add(journal, "event.read", "behind it");
		journal_close(journal);
		expect(f, JOURNAL_TAMPERED, 6, 4, lies[i].what);
		assert_int_equal(verify(f, NULL, NULL).totals_checked, 0);
		expect_remedy(f, lies[i].what);
		unlink(f->path);
	}
}

/* Who says less than all of it says nothing. */
static void test_unsaid(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = begin(f);

	fixture_add(journal, "journal.heartbeat", "without totals");
	assert_int_equal(journal_add(journal,
				     json_pack("{s:s, s:{s:{s:i}}}", "type", "agent.note",
					       "journal", "totals", "decision", 7),
				     NULL),
			 0);
	journal_close(journal);
	expect(f, JOURNAL_OK, 0, 6 + SEALED, "");
	assert_int_equal(verify(f, NULL, NULL).totals_checked, SEALED);
}

/* Where the type stands and how it is spelled makes no difference. */
static void test_spelling(void **state)
{
	static const char *const types[] = { "a\"b", "a\\b", "tab\there", "",
					     "0123456789012345678901234567890123456789"
					     "0123456789012345678901234567890123456789" };
	struct fixture *f = *state;
	struct journal *journal = begin(f);
	json_t *totals;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		for (size_t k = 0; k <= i; k++)
			fixture_add(journal, types[i], "odd");
	assert_int_equal(
		journal_add(journal,
			    json_pack("{s:s, s:s}", "message", "behind", "type", "decision"), NULL),
		0);
	assert_int_equal(journal_add(journal, json_pack("{s:s}", "message", "none"), NULL), 0);
	totals = journal_totals(journal);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(json_integer_value(json_object_get(totals, types[i])), i + 1);
	assert_int_equal(json_integer_value(json_object_get(totals, "decision")), 2);
	beat(journal, totals);
	journal_close(journal);
	assert_int_equal(verify(f, NULL, NULL).status, JOURNAL_OK);
	assert_int_equal(verify(f, NULL, NULL).totals_checked, 1 + SEALED);
}

static void test_many_types(void **state)
{
	struct journal_totals totals = { 0 };
	char line[160];
	json_t *json;

	(void)state;
	for (unsigned int i = 0; i < 2 * JOURNAL_TYPES_MAX + 2; i++) {
		int size = snprintf(line, sizeof(line),
				    "{\"seq\":1,\"time\":1,\"boottime_us\":1,\"type\":\"x.%u\","
				    "\"prev\":\"%064d\"}",
				    i % (JOURNAL_TYPES_MAX + 1), 0);
		struct journal_type type = journal_type_find(line, (size_t)size);

		assert_true(type.size > 0);
		assert_int_equal(journal_totals_count(&totals, &type, line, (size_t)size),
				 i % (JOURNAL_TYPES_MAX + 1) < JOURNAL_TYPES_MAX ? 0 : -E2BIG);
	}
	json = journal_totals_json(&totals);
	assert_int_equal(json_object_size(json), JOURNAL_TYPES_MAX);
	assert_int_equal(json_integer_value(json_object_get(json, "x.4095")), 2);
	json_decref(json);
	journal_totals_done(&totals);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_right),    TEST(test_wrong),	    TEST(test_unsaid),
		TEST(test_spelling), TEST(test_many_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
