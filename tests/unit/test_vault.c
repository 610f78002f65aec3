/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_vault.c: texts and their commitments: same and not the same, durable, found again, erased to
 * the last byte; files that are not to be trusted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/database.h"
#include "vault/vault.h"

#define DAY UINT64_C(86400000)

static char folder[64], path[128], text[512];

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(name);
}

static int setup(void **state)
{
	(void)state;
	/* in memory: of a busy disk the syncs of thousands of texts take minutes */
	snprintf(folder, sizeof(folder), "/dev/shm/sluice-vault-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/" VAULT_FILE, folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct vault *open_vault(void)
{
	struct vault *vault = NULL;

	if (vault_open(folder, true, &vault, text, sizeof(text)))
		fail_msg("%s", text);
	return vault;
}

static const char *put(struct vault *vault, int64_t uid, const char *request, uint64_t time_ms,
		       const char *plain)
{
	static char ring[8][VAULT_TEXT];
	static unsigned int next;
	const struct vault_scope scope = { .uid = uid, .request = request, .time_ms = time_ms };
	char *ret = ring[next++ % 8];

	assert_int_equal(vault_put(vault, &scope, false, plain, ret), 0);
	assert_int_equal(strlen(ret), VAULT_TEXT - 1);
	assert_ptr_equal(vault_commitment_end(ret), ret + VAULT_TEXT - 1);
	return ret;
}

/* What the vault says to a commitment. */
static void says(struct vault *vault, const char *commitment, int state, const char *plain)
{
	struct vault_value value;

	assert_int_equal(vault_find(vault, commitment, &value), state);
	if (plain) {
		assert_string_equal(value.plain, plain);
		assert_true(vault_fits(&value, commitment));
		value.key[3] ^= 1;
		assert_false(vault_fits(&value, commitment));
	}
	assert_int_equal(value.erased_ms > 0, state == VAULT_ERASED);
	free(value.plain);
}

static bool in_file(const char *name, const char *what)
{
	_cleanup_close_ int fd = open(name, O_RDONLY | O_CLOEXEC);
	static char bytes[1 << 22];
	ssize_t n = fd < 0 ? 0 : read(fd, bytes, sizeof(bytes));

	assert_true(n >= 0 && n < (ssize_t)sizeof(bytes));
	return memmem(bytes, (size_t)n, what, strlen(what));
}

static bool on_disk(const char *what)
{
	char beside[160];

	snprintf(beside, sizeof(beside), "%s-journal", path);
	return in_file(path, what) || in_file(beside, what);
}

static void test_same_only_within_its_scope(void **state)
{
	struct vault *vault = open_vault();
	char first[VAULT_TEXT];

	(void)state;
	strcpy(first, put(vault, 7, "", DAY, "/srv/a"));
	assert_string_equal(put(vault, 7, "", DAY + 5, "/srv/a"), first);
	assert_string_not_equal(put(vault, 7, "", DAY, "/srv/b"), first);
	assert_string_not_equal(put(vault, 8, "", DAY, "/srv/a"), first);
	assert_string_not_equal(put(vault, 7, "r-1", DAY, "/srv/a"), first);
	assert_string_not_equal(put(vault, 7, "", 2 * DAY, "/srv/a"), first);
	/* whom a request is about */
	assert_string_equal(put(vault, VAULT_NOBODY, "r-1", DAY, "/srv/a"),
			    put(vault, 7, "r-1", DAY, "/srv/a"));
	assert_int_equal(vault_commit(vault), 0);
	assert_string_equal(put(vault, 7, "", DAY, "/srv/a"), first);
	assert_string_equal(put(vault, VAULT_NOBODY, "r-1", DAY, "/srv/a"),
			    put(vault, 7, "r-1", DAY, "/srv/a"));
	vault_close(vault);
}

static void test_found_again(void **state)
{
	struct vault *vault = open_vault();
	struct stat st;
	char first[VAULT_TEXT], lost[VAULT_TEXT];

	(void)state;
	assert_true(vault_was_made(vault));
	strcpy(first, put(vault, 7, "", DAY, "/srv/a"));
	says(vault, first, VAULT_PLAIN, "/srv/a"); /* before it is in the file */
	assert_false(on_disk("/srv/a"));
	assert_int_equal(vault_commit(vault), 0);
	assert_true(on_disk("/srv/a"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	strcpy(lost, put(vault, 7, "", DAY, "/srv/lost"));
	vault_close(vault);
	vault = open_vault();
	assert_false(vault_was_made(vault));
	says(vault, first, VAULT_PLAIN, "/srv/a");
	says(vault, lost, VAULT_UNKNOWN, NULL);
	vault_close(vault);
	assert_int_equal(vault_open_reader(path, &vault, text, sizeof(text)), 0);
	says(vault, first, VAULT_PLAIN, "/srv/a");
	vault_close(vault);
}

static void scrub(struct vault *vault)
{
	int r;

	do
		r = vault_scrub(vault);
	while (r > 0);
	assert_int_equal(r, 0);
	assert_false(vault_scrub_pending(vault));
}

/* Fills the vault, erases by @select, and compares what is left with @left ("ab…"). */
static void erase(const struct vault_select *select, const char *left)
{
	static const struct {
		const char *plain, *request;
		int64_t uid;
		uint64_t day;
	} texts[] = {
		{ "/home/bob/diary-a", "", 7, 1 },
		{ "cat '/home/bob/diary-b' x", "r-00000001", 7, 2 },
		{ "/srv/list-c", "r-00000001", 7, 2 },
		{ "/srv/list-d", "r-00000002", 8, 2 },
		{ "/home/bobby-e", "", 8, 3 },
	};
	struct vault *vault = open_vault();
	char commitments[5][VAULT_TEXT], nonce[VAULT_TEXT];
	const struct vault_scope scope = { .uid = 7, .request = "r-00000001", .time_ms = 2 * DAY };
	uint64_t counted, erased;
	bool with_nonce = strchr(left, 'b') && strchr(left, 'c');

	for (size_t i = 0; i < 5; i++)
		strcpy(commitments[i], put(vault, texts[i].uid, texts[i].request,
					   texts[i].day * DAY, texts[i].plain));
	assert_int_equal(vault_put(vault, &scope, true, "n0nce", nonce), 0);
	assert_int_equal(vault_erase(vault, select, 1000, &erased), -EAGAIN);
	assert_int_equal(vault_commit(vault), 0);
	assert_int_equal(vault_count(vault, select, &counted), 0);
	assert_int_equal(counted, 5 - strlen(left));
	assert_int_equal(vault_erase(vault, select, 1000, &erased), 0);
	assert_int_equal(erased, counted);
	scrub(vault);
	for (size_t i = 0; i < 5; i++) {
		bool kept = strchr(left, 'a' + (char)i);

		says(vault, commitments[i], kept ? VAULT_PLAIN : VAULT_ERASED,
		     kept ? texts[i].plain : NULL);
		assert_int_equal(on_disk(texts[i].plain), kept);
	}
	/* one text of the request is gone: so is what its digest could be guessed by */
	says(vault, nonce, with_nonce ? VAULT_PLAIN : VAULT_ERASED, NULL);
	assert_int_equal(on_disk("n0nce"), with_nonce);
	/* what is erased and comes again is another one */
	if (!strchr(left, 'a'))
		assert_string_not_equal(put(vault, 7, "", DAY, texts[0].plain), commitments[0]);
	vault_close(vault);
}

static void test_erase_path(void **state)
{
	(void)state;
	erase(&(struct vault_select){ .path = "/home/bob", .uid = VAULT_NOBODY }, "cde");
}

static void test_erase_pattern(void **state)
{
	(void)state;
	erase(&(struct vault_select){ .path = "/srv/list-?", .uid = VAULT_NOBODY }, "abe");
}

static void test_erase_user(void **state)
{
	(void)state;
	erase(&(struct vault_select){ .uid = 8 }, "abc");
}

static void test_erase_request(void **state)
{
	(void)state;
	erase(&(struct vault_select){ .uid = VAULT_NOBODY, .request = "r-00000001" }, "ade");
}

static void test_erase_before(void **state)
{
	(void)state;
	/* in the middle of the third day: it and what is later stays */
	erase(&(struct vault_select){ .uid = VAULT_NOBODY, .before_ms = 3 * DAY - 1 }, "bcde");
}

static void test_erase_both(void **state)
{
	(void)state;
	erase(&(struct vault_select){ .uid = 7, .path = "/srv" }, "abde");
}

#define MANY 3000

/* Of all lengths, so that pages are split and cells move; each third is to be erased. */
static void put_many(struct vault *vault, unsigned int from, unsigned int to)
{
	char plain[256];

	for (unsigned int i = from; i < to; i++) {
		snprintf(plain, sizeof(plain), "/srv/%s/%0*u", i % 3 ? "kept" : "secret",
			 (int)(8 + i * 37 % 180), i);
		put(vault, 7, "", DAY, plain);
		if (i % 50 == 0)
			assert_int_equal(vault_commit(vault), 0);
	}
	assert_int_equal(vault_commit(vault), 0);
}

/* In steps, with new texts, lookups, another erasing and a restart between them. */
static void test_scrub_in_steps(void **state)
{
	const struct vault_select secret = { .path = "/srv/secret", .uid = VAULT_NOBODY };
	const struct vault_select kept = { .path = "/srv/kept", .uid = VAULT_NOBODY };
	struct vault *vault = open_vault();
	char known[VAULT_TEXT], between[VAULT_TEXT];
	uint64_t n, left;

	(void)state;
	put_many(vault, 0, MANY);
	strcpy(known, put(vault, 7, "", DAY, "/srv/kept/known"));
	assert_int_equal(vault_commit(vault), 0);
	assert_int_equal(vault_erase(vault, &secret, 1000, &n), 0);
	assert_int_equal(n, MANY / 3);
	assert_true(vault_scrub_pending(vault));
	assert_int_equal(vault_scrub(vault), 1);
	assert_int_equal(vault_scrub(vault), 1);
	says(vault, known, VAULT_PLAIN, "/srv/kept/known");
	assert_string_equal(put(vault, 7, "", DAY, "/srv/kept/known"), known);
	strcpy(between, put(vault, 7, "", DAY, "/srv/secret/between"));
	assert_int_equal(vault_commit(vault), 0);
	vault_close(vault);
	vault = open_vault();
	assert_true(vault_scrub_pending(vault));
	assert_int_equal(vault_scrub(vault), 1);
	assert_int_equal(vault_erase(vault, &secret, 1000, &n), 0);
	assert_int_equal(n, 1);
	scrub(vault);
	assert_false(on_disk("/srv/secret"));
	says(vault, between, VAULT_ERASED, NULL);
	says(vault, known, VAULT_PLAIN, "/srv/kept/known");
	assert_int_equal(vault_count(vault, &kept, &left), 0);
	assert_int_equal(left, MANY - MANY / 3 + 1);
	vault_close(vault);
}

static void refused(int error, const char *words)
{
	struct vault *vault = NULL;

	assert_int_equal(vault_open(folder, true, &vault, text, sizeof(text)), error);
	assert_null(vault);
	if (!strstr(text, words))
		fail_msg("not said '%s': %s", words, text);
	assert_int_equal(vault_open_reader(path, &vault, text, sizeof(text)), error);
	assert_null(vault);
}

static void test_wrong_mode(void **state)
{
	(void)state;
	vault_close(open_vault());
	assert_int_equal(chmod(path, 0640), 0);
	refused(-EACCES, "chmod 0600");
	assert_int_equal(chmod(path, 0604), 0);
	refused(-EACCES, "chmod 0600");
	assert_int_equal(chmod(path, 0600), 0);
	vault_close(open_vault());
}

static void test_missing(void **state)
{
	struct vault *vault = NULL;

	(void)state;
	assert_int_equal(vault_open(folder, false, &vault, text, sizeof(text)), -ENOENT);
	assert_int_equal(vault_open_reader(path, &vault, text, sizeof(text)), -ENOENT);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	refused(-EUCLEAN, "damaged");
}

static void test_damaged(void **state)
{
	struct vault *vault = open_vault();
	_cleanup_close_ int fd = -1;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		char name[64];

		snprintf(name, sizeof(name), "/srv/file-%d", i);
		put(vault, 7, "", DAY, name);
	}
	assert_int_equal(vault_commit(vault), 0);
	vault_close(vault);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	for (off_t at = 4096; at < 40960; at += 512)
		assert_int_equal(pwrite(fd, "damagedamage", 12, at), 12);
	assert_int_equal(vault_open(folder, true, &vault, text, sizeof(text)), -EUCLEAN);
	assert_non_null(strstr(text, "put a backup in its place"));
	assert_int_equal(pwrite(fd, "no database", 11, 0), 11);
	refused(-EUCLEAN, "damaged");
}

static void test_other_programs(void **state)
{
	sqlite3 *db = NULL;

	(void)state;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(database_run(db, "CREATE TABLE x(y)"), 0);
	sqlite3_close(db);
	chmod(path, 0600);
	refused(-EUCLEAN, "another program's");
}

/* What is new stays in memory until it can be written. */
static void test_moved_away(void **state)
{
	struct vault *vault = open_vault();
	char aside[160], commitment[VAULT_TEXT];

	(void)state;
	put(vault, 7, "", DAY, "/srv/first");
	assert_int_equal(vault_commit(vault), 0);
	snprintf(aside, sizeof(aside), "%s.aside", path);
	assert_int_equal(rename(path, aside), 0);
	strcpy(commitment, put(vault, 7, "", DAY, "/srv/second"));
	assert_int_equal(vault_commit(vault), -ESTALE);
	assert_int_equal(vault_commit(vault), -ESTALE);
	assert_int_equal(rename(aside, path), 0);
	assert_int_equal(vault_commit(vault), 0);
	vault_close(vault);
	vault = open_vault();
	says(vault, commitment, VAULT_PLAIN, "/srv/second");
	vault_close(vault);
}

static void test_reader_in_the_way(void **state)
{
	struct vault *vault = open_vault();
	const struct vault_select all = { .path = "/srv", .uid = VAULT_NOBODY };
	sqlite3 *reader = NULL;
	uint64_t n;

	(void)state;
	put(vault, 7, "", DAY, "/srv/first");
	assert_int_equal(vault_commit(vault), 0);
	assert_int_equal(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(database_run(reader, "BEGIN; SELECT count(*) FROM value"), 0);
	assert_int_equal(vault_erase(vault, &all, 1000, &n), -EBUSY);
	assert_int_equal(n, 0);
	sqlite3_close(reader);
	assert_int_equal(vault_erase(vault, &all, 1000, &n), 0);
	assert_int_equal(n, 1);
	scrub(vault);
	assert_false(on_disk("/srv/first"));
	vault_close(vault);
}

#define VAULT_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(test_same_only_within_its_scope),
		VAULT_TEST(test_found_again),
		VAULT_TEST(test_erase_path),
		VAULT_TEST(test_erase_pattern),
		VAULT_TEST(test_erase_user),
		VAULT_TEST(test_erase_request),
		VAULT_TEST(test_erase_before),
		VAULT_TEST(test_erase_both),
		VAULT_TEST(test_scrub_in_steps),
		VAULT_TEST(test_wrong_mode),
		VAULT_TEST(test_missing),
		VAULT_TEST(test_damaged),
		VAULT_TEST(test_other_programs),
		VAULT_TEST(test_moved_away),
		VAULT_TEST(test_reader_in_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
