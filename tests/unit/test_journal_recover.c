// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal_recover.c: a journal that a crash cut anywhere, and the ones that no crash explains.
 *
 *	entry entry CHECKPOINT entry entry ent|NULs|
 *	--------- signed ---- ~~ adopted ~~ torn
 */
#include "journal/journal_verify.h"
#include "journal_fixture.h"

#include <errno.h>

/* Entries whose lines are complete in the first @size bytes. */
static uint64_t complete_entries(const struct bytes *file, size_t size)
{
	uint64_t count = 0;

	for (size_t start = 0, i = 0; i < size; i++) {
		if (file->at[i] != '\n')
			continue;
		count += strncmp(file->at + start, "{\"seq\"", 6) == 0;
		start = i + 1;
	}
	return count;
}

static size_t complete_bytes(const struct bytes *file, size_t size)
{
	while (size > 0 && file->at[size - 1] != '\n')
		size--;
	return size;
}

/* @breaks: how often the key of an epoch was lost: whenever the file did not end with the epoch. */
static void assert_good(struct fixture *f, uint64_t entries, uint64_t breaks)
{
	struct journal_verify_result result;

	assert_int_equal(journal_verify(f->path, NULL, &result), 0);
	if (result.status != (breaks ? JOURNAL_BREAK : JOURNAL_OK))
		fail_msg("%s", result.problem);
	assert_int_equal(result.breaks, breaks);
	assert_int_equal(result.entries, entries);
}

/* Opens what a crash left, journals that, and expects a journal that verifies. */
static void recover(struct fixture *f, uint64_t entries, const char *torn, size_t torn_size,
		    bool ended)
{
	struct journal *journal = fixture_open(f);
	struct bytes saved;

	assert_int_equal(f->recovery.entries, entries);
	assert_int_equal(f->recovery.torn_bytes, torn_size);
	if (torn_size > 0) {
		saved = file_load(f->torn);
		assert_int_equal(saved.size, torn_size);
		assert_memory_equal(saved.at, torn, torn_size);
		free(saved.at);
		assert_int_equal(strlen(f->recovery.torn_sha256), 64);
		assert_int_equal(unlink(f->torn), 0);
	} else {
		assert_int_equal(access(f->torn, F_OK), -1);
	}
	assert_int_equal(journal_add(journal, journal_recovery_body(&f->recovery), NULL), 0);
	assert_int_equal(journal_commit(journal), 0);
	entries = journal_size(journal);
	journal_close(journal);
	assert_good(f, entries + SEALED, ended || f->recovery.created ? 0 : 1);
}

/*
 * Cut at every length within the last two commits: nothing complete is lost, nothing torn is kept.
 */
static void test_every_length(void **state)
{
	struct fixture *f = *state;
	struct bytes file;
	size_t first;

	fixture_fill(f, 12, 3);
	file = file_load(f->path);
	/* 0-2 commit 3-5 ... the last two commits are the last 8 lines. */
	first = (size_t)(line_at(&file, count_lines(&file) - 8).at - file.at);
	assert_true(file.size - first > 1000);
	for (size_t size = first; size <= file.size; size++) {
		size_t good = complete_bytes(&file, size);

		file_store(f->path, file.at, size);
		recover(f, complete_entries(&file, size), file.at + good, size - good,
			size == file.size);
	}
	free(file.at);
}

/* Also where a journal had only begun. */
static void test_genesis_every_length(void **state)
{
	struct fixture *f = *state;
	struct bytes file;

	journal_close(fixture_open(f));
	file = file_load(f->path);
	for (size_t size = 0; size <= file.size; size++) {
		size_t good = complete_bytes(&file, size);

		file_store(f->path, file.at, size);
		recover(f, complete_entries(&file, size), file.at + good, size - good,
			size == file.size);
		assert_true(f->recovery.created == (good == 0));
	}
	free(file.at);
}

/*
 * Pages that never reached the disk read as NUL: at the end, or in the middle of the last commit.
 */
static void test_nul_bytes(void **state)
{
	static const size_t holes[] = { 1, 50, 4096, 200000 };
	struct fixture *f = *state;
	struct bytes file;
	size_t last;
	char *bytes;

	fixture_fill(f, 40, 10);
	file = file_load(f->path);
	last = (size_t)(line_at(&file, count_lines(&file) - 4).at - file.at);
	for (size_t i = 0; i < ARRAY_SIZE(holes); i++) {
		size_t good = complete_bytes(&file, last + 10);

		bytes = calloc(1, file.size + holes[i]);
		memcpy(bytes, file.at, file.size);
		/* behind the last line */
		file_store(f->path, bytes, file.size + holes[i]);
		recover(f, 40, bytes + file.size, holes[i], true);
		/* behind the start of a line */
		memset(bytes + last + 10, 0, file.size + holes[i] - last - 10);
		file_store(f->path, bytes, last + 10 + holes[i]);
		recover(f, complete_entries(&file, last), bytes + good,
			last + 10 + holes[i] - good, false);
		free(bytes);
	}
	/* a hole, and the end of the same write behind it */
	memset(file.at + last + 10, 0, 100);
	file_store(f->path, file.at, file.size);
	recover(f, complete_entries(&file, last), file.at + last, file.size - last, false);
	free(file.at);
}

/* NUL bytes in what was signed and followed by more commits are no crash. */
static void test_nul_in_the_middle(void **state)
{
	struct fixture *f = *state;
	struct bytes file, after;

	fixture_fill(f, 40, 10);
	file = file_load(f->path);
	memset(file.at + 2000, 0, 100);
	file_store(f->path, file.at, file.size);
	assert_int_equal(fixture_refuse(f), -EBADMSG);
	after = file_load(f->path);
	assert_int_equal(after.size, file.size);
	assert_memory_equal(after.at, file.at, file.size);
	assert_int_equal(access(f->torn, F_OK), -1);
	free(after.at);
	free(file.at);
}

/* A changed line: refused, with line, entry and remedy, and nothing is written. */
static void test_bad_middle(void **state)
{
	struct fixture *f = *state;
	struct bytes file, after;
	char *at;

	fixture_fill(f, 40, 10);
	file = file_load(f->path);
	at = memmem(file.at, file.size, "number 17", 9);
	at[8] = '8';
	file_store(f->path, file.at, file.size);
	assert_int_equal(fixture_refuse(f), -EBADMSG);
	/* Entry 18 tells that 17 was changed: lines 1 and 2 are entry 0 and its checkpoint, 13 the
	 * next one. */
	assert_non_null(strstr(f->error, "line 21, entry 18:"));
	assert_non_null(strstr(f->error, "move the file aside"));
	assert_non_null(strstr(f->error, "sluice journal verify"));
	after = file_load(f->path);
	assert_int_equal(after.size, file.size);
	assert_memory_equal(after.at, file.at, file.size);
	assert_int_equal(access(f->torn, F_OK), -1);
	free(after.at);
	free(file.at);
}

/* A complete line that does not fit is no crash either, also at the very end. */
static void test_bad_end(void **state)
{
	static const char *const ends[] = { "\n", "{}\n", "{\"seq\":11}\n", "x\n" };
	struct fixture *f = *state;
	struct bytes file;
	char *bytes;

	fixture_fill(f, 11, 3);
	file = file_load(f->path);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		assert_true(asprintf(&bytes, "%s%s", file.at, ends[i]) > 0);
		file_store(f->path, bytes, strlen(bytes));
		assert_int_equal(fixture_refuse(f), -EBADMSG);
		free(bytes);
	}
	free(file.at);
}

/* The last line before a crash fits the chain, yet is not JSON: it is not signed later. */
static void test_bad_json_not_adopted(void **state)
{
	struct fixture *f = *state;
	struct bytes file, line;

	fixture_fill(f, 12, 5);
	file = file_load(f->path);
	line = line_at(&file, count_lines(&file) - 2);
	file_store(f->path, file.at, (size_t)(line.at + line.size - file.at));
	journal_close(fixture_open(f));
	assert_int_equal(f->recovery.adopted, 1);
	*(char *)memmem(line.at, line.size, "\",\"message", 10) = ' ';
	file_store(f->path, file.at, (size_t)(line.at + line.size - file.at));
	assert_int_equal(fixture_refuse(f), -EBADMSG);
	assert_non_null(strstr(f->error, "not valid JSON"));
	free(file.at);
}

/* A file that never was a journal is left alone. */
static void test_not_a_journal(void **state)
{
	static const char *const files[] = { "root:x:0:0", "{\"seq\":1", "\n", "hello\nworld\n",
					     "{\"checkpoint\":\"x\"}\n" };
	struct fixture *f = *state;
	struct bytes after;

	journal_close(fixture_open(f));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		file_store(f->path, files[i], strlen(files[i]));
		assert_int_equal(fixture_refuse(f), -EBADMSG);
		after = file_load(f->path);
		assert_string_equal(after.at, files[i]);
		free(after.at);
	}
}

/*
 * Until somebody commits, adopted lines stay unsigned: no later signature without an entry that
 * says so.
 */
static void test_adopted_not_signed_by_opening(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;
	struct journal *journal;
	struct bytes file;
	json_t *body;

	fixture_fill(f, 12, 5);
	file = file_load(f->path);
	file_store(f->path, file.at, (size_t)(line_at(&file, count_lines(&file) - 1).at - file.at));
	free(file.at);
	journal = fixture_open(f);
	assert_int_equal(f->recovery.adopted, 1);
	assert_int_equal(f->recovery.torn_bytes, 0);
	assert_true(f->recovery.clean);
	assert_int_equal(journal_verify(f->path, NULL, &result), 0);
	assert_int_equal(result.status, JOURNAL_UNSIGNED_TAIL);
	assert_int_equal(result.unsigned_entries, 1);
	body = journal_recovery_body(&f->recovery);
	assert_string_equal(json_string_value(json_object_get(body, "type")), "journal.recovered");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(body, "recovery"), "adopted")),
		1);
	assert_int_equal(journal_add(journal, body, NULL), 0);
	assert_int_equal(journal_commit(journal), 0);
	journal_close(journal);
	assert_good(f, 14 + SEALED, 1);
}

/* What is set aside is added to what was set aside before. */
static void test_torn_appends(void **state)
{
	struct fixture *f = *state;
	struct bytes file;

	fixture_fill(f, 12, 5);
	for (unsigned int i = 0; i < 2; i++) {
		file = file_load(f->path);
		file_store(f->path, file.at, file.size - 1);
		free(file.at);
		journal_close(fixture_open(f));
	}
	file = file_load(f->torn);
	assert_int_equal(count_lines(&file), 0);
	/* first the checkpoint, then the entry that had lost it */
	assert_memory_equal(file.at, "{\"checkpoint\"", 13);
	assert_non_null(memmem(file.at, file.size, "\"journal.sealed\"", 16));
	free(file.at);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_every_length),  TEST(test_genesis_every_length),
		TEST(test_nul_bytes),	  TEST(test_nul_in_the_middle),
		TEST(test_bad_middle),	  TEST(test_bad_end),
		TEST(test_not_a_journal), TEST(test_adopted_not_signed_by_opening),
		TEST(test_torn_appends),  TEST(test_bad_json_not_adopted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
