// SPDX-License-Identifier: Apache-2.0
/* test_journal_verify.c: verdicts on good, torn, endless and growing files, and on one wrong byte
 * anywhere. */
#include "journal_verdict.h"

#include <errno.h>
#include <sys/wait.h>

static void test_good(void **state)
{
	struct fixture *f = *state;
	struct bytes file = attacked(f);
	struct journal_verify_result result = verify(f, NULL, NULL), pinned;

	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(result.entries, 8);
	assert_int_equal(result.checkpoints, 4);
	assert_int_equal(result.unsigned_entries, 0);
	assert_int_equal(result.other_signatures, 0);
	assert_true(result.clean);
	assert_false(result.pinned);
	assert_string_equal(result.origin, ORIGIN);
	assert_int_equal(strlen(result.root), 64);
	assert_true(result.first_time > 1700000000000);
	assert_true(result.last_time >= result.first_time);
	pinned = verify(f, result.genesis, NULL);
	assert_int_equal(pinned.status, JOURNAL_OK);
	assert_true(pinned.pinned);
	pinned = verify(f, NULL, result.vkey);
	assert_int_equal(pinned.status, JOURNAL_OK);
	assert_true(pinned.pinned);
	free(file.at);
}

static void test_torn(void **state)
{
	struct fixture *f = *state;
	struct bytes file = attacked(f);
	size_t last = line_at(&file, 11).size;

	for (size_t cut = 1; cut < last; cut += 7) {
		file_store(f->path, file.at, file.size - cut);
		expect(f, JOURNAL_TORN, 12, 8, "torn");
	}
	file_store(f->path, file.at, file.size - last);
	expect(f, JOURNAL_UNSIGNED_TAIL, 11, 7, "nothing signs");
	file_store(f->path, "", 0);
	expect(f, JOURNAL_TAMPERED, 0, 0, "empty");
	free(file.at);
}

/* Without end, longer than any line: refused in bounded memory. */
static void test_endless_line(void **state)
{
	struct fixture *f = *state;
	struct bytes file = attacked(f);
	size_t size = 1 << 20;
	char *bytes = malloc(file.size + size);

	memcpy(bytes, file.at, file.size);
	memset(bytes + file.size, 'x', size);
	file_store(f->path, bytes, file.size + size);
	expect(f, JOURNAL_TAMPERED, 13, 8, "no end");
	memcpy(bytes + file.size, "{\"seq\":8,", 9);
	bytes[file.size + size - 1] = '\n';
	file_store(f->path, bytes, file.size + size);
	expect(f, JOURNAL_TAMPERED, 13, 8, "");
	free(bytes);
	free(file.at);
}

/* Numbers from a fixed start, the same in every run (xorshift). */
static uint32_t next_number(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/*
 * At the very end the file looks as if it were still being written: nothing is set there, for the
 * wait takes long.
 */
static void mutate_one(struct fixture *f, const struct bytes *file, int fd, uint32_t *seed,
		       const struct journal_verify_options *options)
{
	size_t at = next_number(seed) % (file->size - 1);
	uint8_t byte = (uint8_t)(file->at[at] ^ (1 + next_number(seed) % 255));
	struct journal_verify_result result;

	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	assert_int_equal(journal_verify(f->path, options, &result), 0);
	if (result.status == JOURNAL_OK)
		fail_msg("byte %zu set to %u went unseen", at, byte);
	assert_true(result.status == JOURNAL_TAMPERED || byte == 0);
	assert_int_equal(pwrite(fd, file->at + at, 1, (off_t)at), 1);
}

/*
 * Single bytes of a journal set to another value: every one is seen, by one thread and (each tenth)
 * by several. 5,000 of 212 entries and 8 epochs, or as many as SLUICE_MUTATIONS says.
 */
static void test_mutations(void **state)
{
	static const struct journal_verify_options parallel = { .jobs = 2, .piece = 8192 };
	const char *wanted = getenv("SLUICE_MUTATIONS");
	unsigned long n = wanted ? strtoul(wanted, NULL, 10) : 5000;
	struct fixture *f = *state;
	uint32_t seed = 20261122;
	struct journal *journal;
	struct bytes file;
	int fd;

	fixture_fill(f, 200, 100);
	journal = fixture_open(f);
	for (unsigned int i = 0; i < 6; i++) {
		fixture_add(journal, "decision", "an epoch ends");
		assert_int_equal(journal_rotate(journal, false), 0);
	}
	journal_close(journal);
	file = file_load(f->path);
	fd = open(f->path, O_WRONLY);
	for (unsigned long i = 0; i < n; i++)
		mutate_one(f, &file, fd, &seed, i % 10 ? NULL : &parallel);
	close(fd);
	assert_int_equal(verify(f, NULL, NULL).status, JOURNAL_OK);
	free(file.at);
}

/* Read while it is written, as fast as it can: never "tampered", and not without end. */
static void test_while_writing(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	struct journal_verify_result result;
	unsigned int verified = 0;
	pid_t child = fork();

	if (child == 0) {
		for (unsigned int i = 0; i < 2000; i++) {
			fixture_add(journal, "event.read", "somebody reads meanwhile");
			if (journal_commit(journal) < 0)
				_exit(1);
		}
		_exit(0);
	}
	while (waitpid(child, NULL, WNOHANG) == 0) {
		assert_int_equal(journal_verify(f->path, NULL, &result), 0);
		if (result.status != JOURNAL_OK)
			fail_msg("%s", result.problem);
		verified++;
	}
	assert_true(verified > 2);
	assert_int_equal(journal_verify(f->path, NULL, &result), 0);
	assert_int_equal(result.entries, 2001);
	journal_close(journal); /* the parent's copy has nothing to write */
}

static void test_cannot_read(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;

	assert_int_equal(journal_verify(f->path, NULL, &result), -ENOENT);
	assert_int_equal(journal_verify(f->folder, NULL, &result), -EISDIR);
}

static void count_progress(void *ctx, uint64_t entries, uint64_t bytes)
{
	assert_true(bytes > entries);
	*(int *)ctx += 1;
}

/*
 * A long file goes to the threads by itself; what is wrong in its middle is named as by one thread.
 */
static void test_long(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;
	struct bytes file;
	char *at;

	fixture_fill(f, 30000, 1000);
	file = file_load(f->path);
	assert_true(file.size > 4 << 20);
	result = verify(f, NULL, NULL);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(result.entries, 30000);
	at = memmem(file.at, file.size, "number 20500", strlen("number 20500"));
	at[7] = '3';
	file_store(f->path, file.at, file.size);
	expect(f, JOURNAL_TAMPERED, 20500 + 21 + 2, 20501, "hash of the entry before");
	free(file.at);
}

/* Standard input that is a file in which somebody has read already: what is left is no journal. */
static void test_offset(void **state)
{
	struct fixture *f = *state;
	const struct journal_verify_options parallel = { .jobs = 2, .piece = 8192 };
	struct journal_verify_result result;
	int kept = dup(STDIN_FILENO), fd;

	fixture_fill(f, 200, 100);
	fd = open(f->path, O_RDONLY);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(journal_verify("-", &parallel, &result), 0);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(lseek(fd, 100, SEEK_SET), 100);
	assert_int_equal(journal_verify("-", &parallel, &result), 0);
	assert_int_equal(result.status, JOURNAL_TAMPERED);
	dup2(kept, STDIN_FILENO);
	close(kept);
	close(fd);
}

static void test_progress(void **state)
{
	struct fixture *f = *state;
	int calls = 0;
	const struct journal_verify_options options = { .progress = count_progress, .ctx = &calls };
	struct journal_verify_result result;

	fixture_fill(f, 9000, 1000);
	assert_int_equal(journal_verify(f->path, &options, &result), 0);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(calls, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_good),      TEST(test_torn),		TEST(test_endless_line),
		TEST(test_mutations), TEST(test_while_writing), TEST(test_cannot_read),
		TEST(test_progress),  TEST(test_long),		TEST(test_offset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
