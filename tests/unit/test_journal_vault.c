/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_journal_vault.c: what must be durable before the journal's entries that name it: the order,
 * and what happens when it cannot be.
 */
#include "journal/journal_verify.h"
#include "journal_fixture.h"
#include "vault/vault.h"

#include <errno.h>

/* The file before the journal: what it was told, and what the journal had then. */
static struct before {
	int error, calls;
	uint64_t bytes_then;
	const char *path;
} before;

static int be_durable(void *ctx)
{
	struct stat st;

	(void)ctx;
	before.calls++;
	before.bytes_then = stat(before.path, &st) ? 0 : (uint64_t)st.st_size;
	return before.error;
}

static struct journal *begin(struct fixture *f)
{
	const struct journal_before first = { .fn = be_durable,
					      .what = "vault",
					      .path = "/v/vault.db" };
	struct journal *journal = NULL;

	before = (struct before){ .path = f->path };
	assert_int_equal(journal_open(f->path, f->key, ORIGIN, NULL, &journal, &f->recovery,
				      f->error, sizeof(f->error)),
			 0);
	journal_write_behind(journal, &first);
	return journal;
}

static void add_note(struct journal *journal)
{
	assert_int_equal(
		journal_add(journal, json_pack("{s:s,s:s}", "type", "x", "message", "y"), NULL), 0);
}

static void test_first_the_vault(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = begin(f);
	uint64_t was = journal_durable(journal);

	add_note(journal);
	assert_int_equal(before.calls, 0);
	assert_int_equal(journal_commit(journal), 0);
	assert_int_equal(before.calls, 1);
	assert_int_equal(before.bytes_then, was); /* not one byte of it was written yet */
	assert_true(journal_durable(journal) > was);
	/* also what is written because a batch is full */
	for (int i = 0; before.calls == 1 && i < 1000000; i++)
		add_note(journal);
	assert_int_equal(before.calls, 2);
	journal_close(journal);
}

static void test_not_without(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = begin(f);
	struct journal_verify_result result;
	uint64_t was = journal_durable(journal), entries;

	add_note(journal);
	entries = journal_size(journal);
	before.error = -ENOSPC;
	assert_int_equal(journal_commit(journal), -ENOSPC);
	assert_string_equal(
		journal_broken(journal),
		"cannot write the vault '/v/vault.db': No space left on device; free space");
	assert_int_equal(journal_durable(journal), was);
	assert_int_equal(journal_repair(journal), -ENOSPC);
	before.error = -EUCLEAN;
	assert_int_equal(journal_repair(journal), -EUCLEAN);
	assert_non_null(strstr(journal_broken(journal), "the vault '/v/vault.db'"));
	assert_non_null(strstr(journal_broken(journal), "put a backup in its place"));
	before.error = 0;
	assert_int_equal(journal_repair(journal), 0);
	assert_null(journal_broken(journal));
	assert_true(journal_durable(journal) > was);
	journal_close(journal);
	assert_int_equal(journal_verify(f->path, NULL, &result), 0);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_true(result.entries >= entries); /* none was lost */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_the_vault, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(test_not_without, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
