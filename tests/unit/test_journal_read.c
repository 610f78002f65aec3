// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal_read.c: filters, what is held back from a journal that was touched, and the printed
 * line.
 */
#include "base/escape.h"
#include "journal/journal_print.h"
#include "journal/journal_read.h"
#include "journal_fixture.h"

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

/* 0: genesis; a commit after 3 and at the end, which is entry 8 and ends the epoch. */
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
		{ { 0 }, "0 1 2 3 4 5 6 7 8 " },
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
		{ { .since_ms = 1000 }, "0 1 2 3 4 5 6 7 8 " },
		{ { .until_ms = 1000 }, "" },
		{ { .until_ms = 4102444800000 }, "0 1 2 3 4 5 6 7 8 " },
	};
	struct fixture *f = *state;

	fill(f);
	expect(f, NULL, "0 1 2 3 4 5 6 7 8 ");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect(f, &cases[i].filter, cases[i].numbers);
}

/* What the agent writes of a denied send and of a read, in short. */
static void fill_facts(struct fixture *f)
{
	struct journal *journal = fixture_open(f);

	add(journal,
	    "{\"type\":\"event.stop\",\"message\":\"Denied sending\",\"subject\":{\"pid\":42,"
	    "\"exe\":\"/usr/bin/python3.11\",\"uid\":1000,\"user\":\"paul\",\"loginuid\":1001},"
	    "\"target\":{\"kind\":\"endpoint\",\"text\":\"tcp 203.0.113.9:443\","
	    "\"address\":\"::ffff:203.0.113.9\",\"port\":443}}");
	add(journal, "{\"type\":\"event.read\",\"message\":\"read a file\",\"subject\":{\"pid\":43,"
		     "\"exe\":\"/usr/bin/cat\",\"uid\":0,\"user\":\"root\"},\"peer\":{\"pid\":42},"
		     "\"target\":{\"kind\":\"file\",\"text\":\"/srv/data/a.csv\"}}");
	add(journal,
	    "{\"type\":\"request.opened\",\"message\":\"asks\",\"rule\":\"out\",\"target\":"
	    "{\"kind\":\"endpoint\",\"text\":\"tcp [2001:db8::1]:25\",\"address\":"
	    "\"2001:db8::1\"}}");
	add(journal, "{\"type\":\"decision\",\"message\":\"alice denied r-1\",\"approve\":false}");
	add(journal, "{\"type\":\"decision\",\"message\":\"bob approved r-2\",\"approve\":true}");
	add(journal, "{\"type\":\"request.decided\",\"message\":\"over\",\"state\":\"expired\"}");
	add(journal, "{\"type\":\"guard.attempt\",\"message\":\"tried\",\"path\":\"/srv/data\","
		     "\"approve\":true,\"subject\":[],\"target\":7}");
	journal_close(journal);
}

static void test_facts(void **state)
{
	static const struct {
		struct journal_filter filter;
		const char *numbers;
	} cases[] = {
		{ { .process = "42" }, "1 2 " },     { { .process = "4" }, "" },
		{ { .user = "paul" }, "1 " },	     { { .user = "1001" }, "1 " },
		{ { .user = "0" }, "2 " },	     { { .executable = "/usr/bin/python*" }, "1 " },
		{ { .executable = "cat" }, "2 " },   { { .executable = "at" }, "" },
		{ { .path = "/srv/data/*" }, "2 " }, { { .path = "/srv/*" }, "2 7 " },
		{ { .path = "*443" }, "" },	     { { .destination = "*:443" }, "1 " },
		{ { .destination = "*" }, "1 3 " },  { { .rule = "out" }, "3 " },
		{ { .decision = "denied" }, "4 " },  { { .decision = "approved" }, "5 " },
		{ { .decision = "expired" }, "6 " }, { { .process = "42", .user = "root" }, "2 " },
	};
	struct fixture *f = *state;

	fill_facts(f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect(f, &cases[i].filter, cases[i].numbers);
}

/* A filter that says no without the JSON must not say it where the whole filter says yes. */
static void test_may_want(void **state)
{
	static const char line[] =
		"{\"seq\":1,\"time\":1795356000123,\"boottime_us\":1,\"type\":"
		"\"request.opened\",\"request\":\"r-1\",\"person\":\"m\\u00fcller\","
		"\"subject\":{\"pid\":42}}";
	static const struct {
		struct journal_filter filter;
		bool may;
	} cases[] = {
		{ { 0 }, true },
		{ { .request = "r-1" }, true },
		{ { .request = "r-2" }, false },
		{ { .type = "request" }, true },
		{ { .process = "42" }, true },
		{ { .process = "43" }, false },
		{ { .person = "m\u00fcller" },
		  true }, /* escaped in the line: only its JSON tells */
		{ { .since_ms = 1795356000123, .until_ms = 1795356000123 }, true },
		{ { .since_ms = 1795356000124 }, false },
		{ { .until_ms = 1795356000122 }, false },
		{ { .executable = "/usr/bin/nothing" }, false },
		{ { .executable = "*" }, true },
		{ { .executable = "request*missing" }, false },
		{ { .path = "[/]nothing" }, true }, /* a set stands for one of its characters */
		{ { .path = "\\nothing" }, true },
		{ { .path = "*opened?\"" }, true },
		{ { .destination = "*:443" }, false },
		{ { .decision = "approved" }, false },
		{ { .has_network = true }, false },
		{ { .from_seq = 1 }, true },
		{ { .from_seq = 2 }, false },
	};
	static const char named[] = "{\"seq\":1,\"time\":1,\"boot\":\"b\"}";
	struct journal_boots boots = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(journal_filter_may_want(&cases[i].filter, line, strlen(line)),
				 cases[i].may);
	/* The number of its boot is of each entry that names one. */
	assert_true(journal_filter_may_want(
		&(struct journal_filter){ .request = "r-2", .boots = &boots }, named,
		strlen(named)));
	assert_false(journal_filter_may_want(
		&(struct journal_filter){ .request = "r-2", .boots = &boots }, line, strlen(line)));
	assert_true(journal_filter_may_want(&(struct journal_filter){ .since_ms = 1 }, "x", 1));
}

static int on_late(void *ctx, const struct journal_entry *entry)
{
	char *text = ctx;

	sprintf(text + strlen(text), "%lu%s ", entry->seq, entry->json ? "j" : "");
	return 0;
}

/* Who keeps entries gets them without their JSON where no filter looked into it; the boot counts.
 */
static void test_late(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;
	struct journal_boots boots = { 0 };
	struct journal_filter filter = { .late = true };
	char text[256] = "";

	fill(f);
	assert_int_equal(journal_read(f->path, &filter, NULL, on_late, text, &result), 0);
	assert_string_equal(text, "0 1 2 3 4 5 6 7 8 ");
	text[0] = '\0';
	filter.from_seq = 5;
	filter.boots = &boots;
	assert_int_equal(journal_read(f->path, &filter, NULL, on_late, text, &result), 0);
	assert_string_equal(text, "5 6 7 8 ");
	text[0] = '\0';
	filter.label = "pii";
	filter.from_seq = 2;
	assert_int_equal(journal_read(f->path, &filter, NULL, on_late, text, &result), 0);
	assert_string_equal(text, "4j 6j ");
}

static void test_destinations(void **state)
{
	static const struct {
		const char *where, *numbers;
	} cases[] = {
		{ "203.0.113.9", "1 " },   { "203.0.113.8/31", "1 " }, { "203.0.113.10/31", "" },
		{ "203.0.113.8", "" },	   { "0.0.0.0/0", "1 " },      { "2001:db8::1", "3 " },
		{ "2001:db8::/32", "3 " }, { "2001:db9::/32", "" },    { "::/0", "1 3 " },
		{ "tcp *", "1 3 " },	   { "tcp 203*", "1 " },
	};
	static const char *const wrong[] = { "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x" };
	struct fixture *f = *state;

	fill_facts(f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct journal_filter filter = { 0 };

		assert_int_equal(journal_filter_destination(&filter, cases[i].where), 0);
		expect(f, &filter, cases[i].numbers);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(
			journal_filter_destination(&(struct journal_filter){ 0 }, wrong[i]),
			-EINVAL);
}

static void test_grep(void **state)
{
	static const struct {
		const char *expression, *numbers;
	} cases[] = { { "denied", "1 4 " },
		      { "Denied", "1 " },
		      { "^(alice|bob) ", "4 5 " },
		      { "r-[0-9]$", "4 5 " },
		      { "nothing of this", "" } };
	struct fixture *f = *state;

	fill_facts(f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct journal_filter filter = { 0 };

		assert_int_equal(journal_filter_grep(&filter, cases[i].expression), 0);
		expect(f, &filter, cases[i].numbers);
		journal_filter_done(&filter);
	}
	assert_int_equal(journal_filter_grep(&(struct journal_filter){ 0 }, "(open"), -EINVAL);
}

/* By the clock that starts with the host, by the id that the agent tells, and by both at once. */
static void test_boots(void **state)
{
	static const struct {
		uint64_t boottime;
		const char *id;
		uint64_t boot;
	} entries[] = {
		{ 100, "a", 0 }, { 200, NULL, 0 }, { 300, "a", 0 },
		{ 400, "b", 1 }, { 500, NULL, 1 }, { 50, NULL, 2 },
		{ 60, "c", 2 },	 { 70, "c", 2 },   { 10, "d", 3 },
	};
	struct journal_boots boots = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		json_t *entry = json_pack("{s:I,s:s*}", "boottime_us",
					  (json_int_t)entries[i].boottime, "boot", entries[i].id);

		assert_int_equal(journal_boots_count(&boots, entry), entries[i].boot);
		json_decref(entry);
	}
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
	journal_commit(journal);
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
	journal_close(journal);
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
	assert_string_equal(seen.text, "0 1 2 3 4u 5u 6u 7u ");
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
	assert_string_equal(seen.text, "0 1 2 ");
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
		  "2026-11-22 14:00:00.123  #12      decision          r-1  alice approved\n",
		  true },
		{ "{\"time\":1795356000123,\"type\":\"decision\",\"message\":\"x\"}",
		  "2026-11-22 14:00:00.123  #12      decision          x  (not signed)\n", false },
		/* Nothing moves the cursor, turns the text round, or begins a line. */
		{ "{\"time\":1795356000007,\"type\":\"a\\nb\",\"request\":\"\\u001b[2J\","
		  "\"message\":\"x\\ny\\u202ez\\u0000w\"}",
		  "2026-11-22 14:00:00.007  #12      a\\nb               \\x1b[2J  "
		  "x\\ny\\u202ez\\x00w\n",
		  true },
		{ "{\"time\":0,\"type\":7,\"request\":{},\"message\":null}",
		  "1970-01-01 00:00:00.000  #12                        \n", true },
	};
	char *text = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_one(cases[i].json, cases[i].is_signed, &text);
		assert_string_equal(text, cases[i].line);
		free(text);
	}
}

static void print_form(void (*print)(FILE *out, const struct journal_entry *entry),
		       const char *line, bool is_signed, const char *expected)
{
	json_t *json = json_loads(line, 0, NULL);
	const struct journal_entry entry = {
		.seq = 7, .json = json, .line = line, .size = strlen(line), .is_signed = is_signed
	};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(json);
	print(out, &entry);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

/*
 * Raw the line is what is hashed, byte by byte; as JSON it says the same, and nothing turns the
 * text round.
 */
static void test_print_json(void **state)
{
	static const char line[] = "{\"a\": 1,\"b\":\"\u202e\"}";

	(void)state;
	print_form(journal_print_raw, line, true, "{\"a\": 1,\"b\":\"\u202e\"}\n");
	print_form(journal_print_json, line, true, "{\"a\":1,\"b\":\"\\u202E\"}\n");
}

static void test_print_csv(void **state)
{
	static const struct {
		const char *json, *line;
		bool is_signed;
	} cases[] = {
		{ "{\"time\":1795356000123,\"type\":\"event.stop\",\"labels\":[\"pii\",\"secret\"],"
		  "\"subject\":{\"pid\":42,\"user\":\"paul\",\"exe\":\"/bin/"
		  "sh\"},\"target\":{\"text\":"
		  "\"/srv/a,b\"},\"message\":\"says \\\"no\\\"\"}",
		  "7,2026-11-22T14:00:00.123Z,\"event.stop\",,,\"pii "
		  "secret\",,\"42\",\"paul\",\"/bin/sh\","
		  "\"/srv/a,b\",\"says \"\"no\"\"\",yes\n",
		  true },
		/* No line ends in a value, nothing is a formula, odd kinds do no harm. */
		{ "{\"time\":0,\"type\":\"=1+2\",\"message\":\"a\\nb\",\"subject\":3,\"person\":{}"
		  "}",
		  "7,1970-01-01T00:00:00.000Z,\"'=1+2\",,,,\"{}\",,,,,\"a\\nb\",no\n", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		print_form(journal_print_csv, cases[i].json, cases[i].is_signed, cases[i].line);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_filters),
		TEST(test_facts),
		cmocka_unit_test(test_may_want),
		TEST(test_late),
		TEST(test_destinations),
		TEST(test_grep),
		cmocka_unit_test(test_boots),
		TEST(test_times),
		TEST(test_stop),
		TEST(test_tampered),
		TEST(test_unsigned),
		TEST(test_follow),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_print_json),
		cmocka_unit_test(test_print_csv),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	escape_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
