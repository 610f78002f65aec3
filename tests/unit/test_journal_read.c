// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal_read.c: filters, what is held back from a journal that was touched, and the printed
 * line.
 */
#include "escape.h"
#include "journal_fixture.h"
#include "journal_print.h"
#include "journal_read.h"

#include <errno.h>
#include <time.h>

struct seen {
	char text[256]; /* "1 3 5u ": numbers, u: nothing signs it */
	char *printed;
	size_t printed_size;
	FILE *out;
	int stop_at;
};

static int on_entry(void *ctx, const struct journal_entry *entry)
{
	struct seen *seen = ctx;
	size_t used = strlen(seen->text);

	assert_int_equal(strlen(entry->line), entry->size);
	assert_int_equal(json_integer_value(json_object_get(entry->json, "seq")), entry->seq);
	snprintf(seen->text + used, sizeof(seen->text) - used, "%lu%s ", entry->seq,
		 entry->is_signed ? "" : "u");
	if (seen->out)
		journal_print_text(seen->out, entry);
	return seen->stop_at && entry->seq == (uint64_t)seen->stop_at ? 77 : 0;
}

static void expect(struct fixture *f, const struct journal_filter *filter, const char *numbers)
{
	struct journal_verify_result result;
	struct seen seen = { .text = "" };

	assert_int_equal(journal_read(f->path, filter, NULL, on_entry, &seen, &result), 0);
	assert_string_equal(seen.text, numbers);
}

static void add(struct journal *journal, const char *text)
{
	json_t *body = json_loads(text, 0, NULL);

	assert_non_null(body);
	assert_int_equal(journal_add(journal, body, NULL), 0);
}

/* 0: genesis; a commit after 3 and at the end. */
static void fill(struct fixture *f)
{
	struct journal *journal = fixture_open(f);

	add(journal, "{\"type\":\"request.opened\",\"request\":\"r-1\",\"action\":\"open\","
		     "\"labels\":[\"pii\",\"secret\"],"
		     "\"requester\":\"bob\",\"message\":\"bob asks\"}");
	add(journal, "{\"type\":\"decision\",\"request\":\"r-1\",\"person\":\"alice\",\"message\":"
		     "\"alice approves\"}");
	add(journal, "{\"type\":\"event.read\",\"action\":\"open\",\"labels\":[\"secret\"],"
		     "\"message\":\"read\"}");
	assert_int_equal(journal_commit(journal), 0);
	add(journal, "{\"type\":\"request.opened\",\"request\":\"r-2\",\"action\":\"egress\","
		     "\"labels\":[\"pii\"],"
		     "\"requester\":\"alice\",\"message\":\"alice asks\"}");
	add(journal, "{\"type\":\"requester\",\"message\":\"a type that only begins alike\"}");
	add(journal, "{\"type\":\"label.set\",\"label\":\"pii\",\"message\":\"set\"}");
	add(journal, "{\"type\":\"odd\",\"request\":7,\"labels\":\"pii\",\"person\":[\"alice\"],"
		     "\"action\":null}");
	journal_close(journal);
}

static void test_filters(void **state)
{
	static const struct {
		struct journal_filter filter;
		const char *numbers;
	} cases[] = {
		{ { 0 }, "0 1 2 3 4 5 6 7 " },
		{ { .request = "r-1" }, "1 2 " },
		{ { .request = "r-" }, "" },
		{ { .action = "open" }, "1 3 " },
		{ { .action = "write" }, "" },
		{ { .label = "pii" }, "1 4 6 " },
		{ { .label = "secret" }, "1 3 " },
		{ { .person = "alice" }, "2 4 " },
		{ { .person = "bob" }, "1 " },
		{ { .type = "request" }, "1 4 " },
		{ { .type = "request.opened" }, "1 4 " },
		{ { .type = "decision" }, "2 " },
		{ { .type = "decisions" }, "" },
		{ { .label = "pii", .person = "alice" }, "4 " },
		{ { .label = "pii", .person = "alice", .action = "open" }, "" },
		{ { .since_ms = 4102444800000 }, "" },
		{ { .since_ms = 1000 }, "0 1 2 3 4 5 6 7 " },
		{ { .until_ms = 1000 }, "" },
		{ { .until_ms = 4102444800000 }, "0 1 2 3 4 5 6 7 " },
	};
	struct fixture *f = *state;

	fill(f);
	expect(f, NULL, "0 1 2 3 4 5 6 7 ");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect(f, &cases[i].filter, cases[i].numbers);
}

/* Both ends are included. */
static void test_times(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;
	struct journal_filter filter = { 0 };
	struct journal *journal = fixture_open(f);

	usleep(5000);
	add(journal, "{\"type\":\"a\"}");
	journal_close(journal);
	assert_int_equal(journal_verify(f->path, NULL, &result), 0);
	assert_true(result.last_time > result.first_time);
	filter.since_ms = result.last_time;
	expect(f, &filter, "1 ");
	filter.since_ms = result.last_time + 1;
	expect(f, &filter, "");
	filter = (struct journal_filter){ .until_ms = result.first_time };
	expect(f, &filter, "0 ");
	filter.until_ms = result.first_time - 1;
	expect(f, &filter, "");
}

static void test_stop(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;
	struct seen seen = { .stop_at = 2 };

	fill(f);
	assert_int_equal(journal_read(f->path, NULL, NULL, on_entry, &seen, &result), 77);
	assert_string_equal(seen.text, "0 1 2 ");
}

/*
 * A commit with a changed entry: nothing of it is handed on, not even what stands before the
 * change.
 */
static void test_tampered(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;
	struct seen seen = { .text = "" };
	struct bytes file;

	fill(f);
	file = file_load(f->path);
	memcpy(memmem(file.at, file.size, "only begins", 11), "also begins", 11);
	file_store(f->path, file.at, file.size);
	assert_int_equal(journal_read(f->path, NULL, NULL, on_entry, &seen, &result), 0);
	assert_int_equal(result.status, JOURNAL_TAMPERED);
	assert_string_equal(seen.text, "0 1 2 3 ");
	/* The filter does not hide the tampering. */
	seen.text[0] = '\0';
	assert_int_equal(journal_read(f->path, &(struct journal_filter){ .request = "r-1" }, NULL,
				      on_entry, &seen, &result),
			 0);
	assert_int_equal(result.status, JOURNAL_TAMPERED);
	assert_string_equal(seen.text, "1 2 ");
	free(file.at);
}

/* What nothing signs comes, and says so. */
static void test_unsigned(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;
	struct seen seen = { .text = "" };
	struct bytes file;

	fill(f);
	file = file_load(f->path);
	file_store(f->path, file.at,
		   (size_t)(line_at(&file, count_lines(&file) - 1).at - file.at) - 5);
	assert_int_equal(journal_read(f->path, NULL, NULL, on_entry, &seen, &result), 0);
	assert_int_equal(result.status, JOURNAL_TORN);
	assert_string_equal(seen.text, "0 1 2 3 4u 5u 6u ");
	free(file.at);
}

static bool wait_and_write(void *ctx)
{
	struct journal **journal = ctx;

	if (!*journal)
		return false;
	add(*journal, "{\"type\":\"late\"}");
	*journal = journal_close(*journal);
	return true;
}

static void test_follow(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	const struct journal_verify_options options = { .wait = wait_and_write, .ctx = &journal };
	struct journal_verify_result result;
	struct seen seen = { .text = "" };

	assert_int_equal(journal_read(f->path, NULL, &options, on_entry, &seen, &result), 0);
	assert_null(journal);
	assert_string_equal(seen.text, "0 1 ");
	assert_int_equal(result.status, JOURNAL_OK);
}

static void print_one(const char *text, bool is_signed, char **ret)
{
	json_t *json = json_loads(text, JSON_ALLOW_NUL, NULL);
	const struct journal_entry entry = {
		.seq = 12, .json = json, .line = text, .size = strlen(text), .is_signed = is_signed
	};
	size_t size;
	FILE *out = open_memstream(ret, &size);

	assert_non_null(json);
	journal_print_text(out, &entry);
	fclose(out);
	json_decref(json);
}

static void test_print(void **state)
{
	static const struct {
		const char *json, *line;
		bool is_signed;
	} cases[] = {
		{ "{\"time\":1795356000123,\"type\":\"decision\",\"request\":\"r-1\",\"message\":"
		  "\"alice approved\"}",
		  "2026-11-22 14:00:00.123  #12  decision          r-1  alice approved\n", true },
		{ "{\"time\":1795356000123,\"type\":\"decision\",\"message\":\"x\"}",
		  "2026-11-22 14:00:00.123  #12  decision          x  (not signed)\n", false },
		/* Nothing moves the cursor, turns the text round, or begins a line. */
		{ "{\"time\":1795356000007,\"type\":\"a\\nb\",\"request\":\"\\u001b[2J\","
		  "\"message\":\"x\\ny\\u202ez\\u0000w\"}",
		  "2026-11-22 14:00:00.007  #12  a\\nb               \\x1b[2J  "
		  "x\\ny\\u202ez\\x00w\n",
		  true },
		{ "{\"time\":0,\"type\":7,\"request\":{},\"message\":null}",
		  "1970-01-01 00:00:00.000  #12                    \n", true },
	};
	char *text = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_one(cases[i].json, cases[i].is_signed, &text);
		assert_string_equal(text, cases[i].line);
		free(text);
	}
}

/* As JSON the line is what is hashed, byte by byte. */
static void test_print_json(void **state)
{
	const struct journal_entry entry = { .line = "{\"a\":1}", .size = 7 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	journal_print_json(out, &entry);
	fclose(out);
	assert_string_equal(text, "{\"a\":1}\n");
	free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_filters),
		TEST(test_times),
		TEST(test_stop),
		TEST(test_tampered),
		TEST(test_unsigned),
		TEST(test_follow),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_print_json),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	escape_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
