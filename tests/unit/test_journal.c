// SPDX-License-Identifier: Apache-2.0
/* test_journal.c: the writer: bytes, order, keys, the lock, what is refused at the door. */
#include "journal/journal_verify.h"
#include "journal_fixture.h"
#include "key/key_file.h"
#include "limits.h"

#include <errno.h>
#include <openssl/pem.h>
#include <sys/wait.h>

static const struct key_use key_use = { .what = "journal key", .anew = "", .mode = 0700 };

static void test_bytes(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	static const char sealed[] = ",\"type\":\"journal.sealed\",\"message\":\"";
	static const char middle[] = ",\"type\":\"event.read\",\"z\":{\"a\":1},\"prev\":\"";
	struct bytes file, line;
	json_t *json;
	uint64_t seq = 99;

	assert_true(f->recovery.created);
	assert_int_equal(journal_size(journal), 1);
	assert_int_equal(journal_add(journal,
				     json_pack("{s:s,s:{s:i}}", "type", "event.read", "z", "a", 1),
				     &seq),
			 0);
	assert_int_equal(seq, 1);
	assert_null(journal_close(journal));
	file = file_load(f->path);
	assert_int_equal(count_lines(&file), 5);
	line = line_at(&file, 0);
	json = json_loadb(line.at, line.size, JSON_REJECT_DUPLICATES, NULL);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(json, "journal"), "format")),
		"slj/2");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(json, "journal"), "origin")),
		ORIGIN);
	assert_int_equal(strlen(json_string_value(
				 json_object_get(json_object_get(json, "journal"), "boot"))),
			 36);
	json_decref(json);
	line = line_at(&file, 1);
	assert_int_equal(
		strncmp(line.at, "{\"checkpoint\":\"" ORIGIN "\\n1\\n", 15 + strlen(ORIGIN) + 5),
		0);
	line = line_at(&file, 3);
	assert_non_null(memmem(line.at, line.size, sealed, strlen(sealed)));
	line = line_at(&file, 2);
	assert_int_equal(strncmp(line.at, "{\"seq\":1,\"time\":", 16), 0);
	assert_non_null(memmem(line.at, line.size, middle, strlen(middle)));
	free(file.at);
}

static void test_modes(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	journal_close(fixture_open(f));
	assert_int_equal(stat(f->key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(access(f->torn, F_OK), -1);
}

static void test_body_refused(void **state)
{
	static const char *const reserved[] = { "seq", "time", "boottime_us", "prev",
						"checkpoint" };
	static const char *const types[] = { "journal.epoch", "journal.sealed", "key.recover",
					     "journal.host" };
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		assert_int_equal(journal_add(journal, json_pack("{s:i}", reserved[i], 1), NULL),
				 -EINVAL);
	/* Who signs is said by the writer alone. */
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		assert_int_equal(journal_add(journal, json_pack("{s:s}", "type", types[i]), NULL),
				 -EINVAL);
	assert_int_equal(journal_add(journal, json_array(), NULL), -EINVAL);
	assert_int_equal(journal_add(journal, NULL, NULL), -EINVAL);
	assert_int_equal(journal_size(journal), 1);
	/* Nothing to do is no error, and writes nothing. */
	assert_int_equal(journal_commit(journal), 0);
	fixture_add(journal, "event.read", "fine");
	assert_int_equal(journal_size(journal), 2);
	journal_close(journal);
}

/* The longest line is 65,535 bytes; one more is refused, and the journal goes on. */
static void test_longest(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	struct journal_verify_result result;
	char *text = malloc(SLUICE_JOURNAL_ENTRY_MAX + 2);
	struct bytes file;
	size_t longest = 0, fitted = 0, refused = 0;

	/* The frame's length depends on the clock and the number: find the limit instead of
	 * computing it. */
	memset(text, 'x', SLUICE_JOURNAL_ENTRY_MAX + 1);
	for (size_t size = SLUICE_JOURNAL_ENTRY_MAX - 200; size < SLUICE_JOURNAL_ENTRY_MAX;
	     size++) {
		int r = journal_add(journal, json_pack("{s:s%}", "message", text, size), NULL);

		assert_true(r == 0 || r == -E2BIG);
		assert_true(r == -E2BIG || refused == 0);
		*(r == 0 ? &fitted : &refused) += 1;
	}
	assert_true(fitted > 20 && refused > 20);
	fixture_add(journal, "event.read", "after");
	assert_null(journal_close(journal));
	free(text);
	file = file_load(f->path);
	for (size_t i = 0; i < count_lines(&file); i++)
		longest = line_at(&file, i).size > longest ? line_at(&file, i).size : longest;
	free(file.at);
	assert_int_equal(longest - 1, SLUICE_JOURNAL_ENTRY_MAX);
	assert_int_equal(journal_verify(f->path, NULL, &result), 0);
	assert_int_equal(result.status, JOURNAL_OK);
	assert_int_equal(result.entries, 1 + fitted + 1 + SEALED);
}

static void test_strange_text(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	struct journal_verify_result result;

	assert_int_equal(journal_add(journal,
				     json_pack("{s:s%}", "message",
					       "nul \0 \n \x1b \xe2\x80\xae \"\\/", (size_t)18),
				     NULL),
			 0);
	assert_null(journal_close(journal));
	assert_int_equal(journal_verify(f->path, NULL, &result), 0);
	assert_int_equal(result.status, JOURNAL_OK);
	journal_close(fixture_open(f));
	assert_int_equal(f->recovery.entries, 2 + SEALED);
}

static int count_replay(void *ctx, uint64_t seq, json_t *entry)
{
	uint64_t *next = ctx;

	assert_int_equal(seq, *next);
	assert_int_equal(json_integer_value(json_object_get(entry, "seq")), seq);
	*next += 1;
	return 0;
}

static int stop_replay(void *ctx, uint64_t seq, json_t *entry)
{
	(void)ctx, (void)entry;
	return seq == 3 ? -EXDEV : 0;
}

static void test_replay(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = NULL;
	struct bytes before, after;
	uint64_t next = 0;
	const struct journal_memory memory = { .replay = count_replay, .ctx = &next };
	const struct journal_memory stopping = { .replay = stop_replay };
	char root[65];

	fixture_fill(f, 30, 4);
	assert_int_equal(journal_open(f->path, f->key, "other/origin", &memory, &journal,
				      &f->recovery, f->error, sizeof(f->error)),
			 0);
	assert_int_equal(next, 30);
	assert_int_equal(f->recovery.entries, 30);
	assert_int_equal(f->recovery.adopted, 0);
	assert_true(f->recovery.clean);
	assert_false(f->recovery.created);
	snprintf(root, sizeof(root), "%s", journal_root(journal));
	before = file_load(f->path);
	journal_close(journal);
	after = file_load(f->path);
	/* Looking changes nothing. */
	assert_int_equal(before.size, after.size);
	assert_memory_equal(before.at, after.at, after.size);
	free(before.at);
	free(after.at);
	journal = fixture_open(f);
	assert_string_equal(journal_root(journal), root);
	/* The name in entry 0 holds, whatever the caller says. */
	assert_int_equal(strncmp(journal_vkey(journal), ORIGIN "+", strlen(ORIGIN) + 1), 0);
	journal_close(journal);
	journal = NULL;
	assert_int_equal(journal_open(f->path, f->key, ORIGIN, &stopping, &journal,
				      &f->recovery, f->error, sizeof(f->error)),
			 -EXDEV);
	assert_null(journal);
}

static void test_goes_on(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;
	struct journal *journal;

	for (unsigned int i = 0; i < 20; i++) {
		journal = fixture_open(f);
		fixture_add(journal, "agent.start", "the agent starts");
		if (i % 3 == 0)
			assert_int_equal(journal_commit(journal), 0);
		fixture_add(journal, "agent.stop", "the agent stops");
		journal_close(journal);
	}
	assert_int_equal(journal_verify(f->path, NULL, &result), 0);
	assert_int_equal(result.status, JOURNAL_OK);
	/* entry 0; of each run two, the end, and but for the first one a beginning */
	assert_int_equal(result.entries, 1 + 20 * (2 + SEALED) + 19);
	assert_int_equal(result.epochs, 20);
	assert_int_equal(result.breaks, 0);
	assert_true(result.clean);
}

/* The last entry of a writer that ended has them, and the next writer goes on from there. */
static void test_totals(void **state)
{
	struct fixture *f = *state;
	json_t *totals, *last;
	struct journal *journal;
	struct bytes file, line;

	for (unsigned int i = 1; i <= 3; i++) {
		journal = fixture_open(f);
		fixture_add(journal, "event.read", "one");
		fixture_add(journal, "event.read", "two");
		fixture_add(journal, "decision", "three");
		assert_int_equal(journal_add(journal, json_object(), NULL), 0);
		totals = journal_totals(journal);
		assert_int_equal(json_integer_value(json_object_get(totals, "event.read")), 2 * i);
		assert_int_equal(json_integer_value(json_object_get(totals, "decision")), i);
		assert_int_equal(json_integer_value(json_object_get(totals, "journal.opened")), 1);
		assert_int_equal(json_integer_value(json_object_get(totals, "journal.sealed")),
				 i - 1);
		assert_int_equal(json_integer_value(json_object_get(totals, "journal.epoch")),
				 i - 1);
		journal_close(journal);
		file = file_load(f->path);
		line = line_at(&file, count_lines(&file) - 2);
		last = json_loadb(line.at, line.size, 0, NULL);
		assert_true(json_equal(
			json_object_get(json_object_get(last, "journal"), "totals"), totals));
		json_decref(last);
		json_decref(totals);
		free(file.at);
	}
}

static void test_key_open_to_others(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0660, 0620, 0602, 0610 };
	struct fixture *f = *state;
	struct bytes before, after;

	fixture_fill(f, 5, 2);
	before = file_load(f->path);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		assert_int_equal(chmod(f->key, modes[i]), 0);
		assert_int_equal(fixture_refuse(f), -EACCES);
		assert_non_null(strstr(f->error, "chmod 600"));
	}
	after = file_load(f->path);
	assert_int_equal(before.size, after.size);
	free(before.at);
	free(after.at);
	assert_int_equal(chmod(f->key, 0400), 0);
	journal_close(fixture_open(f));
}

static void test_key_missing(void **state)
{
	struct fixture *f = *state;

	fixture_fill(f, 5, 2);
	assert_int_equal(unlink(f->key), 0);
	assert_int_equal(fixture_refuse(f), -ENOKEY);
	assert_non_null(strstr(f->error, f->key));
	assert_non_null(strstr(f->error, "restore"));
	assert_int_equal(access(f->key, F_OK), -1);
	/* The remedy: a journal moved aside lets a new one begin, with a new key. */
	assert_int_equal(rename(f->path, f->torn), 0);
	journal_close(fixture_open(f));
	assert_true(f->recovery.created);
}

static void test_key_of_another(void **state)
{
	struct fixture *f = *state;
	struct bytes before, after;
	EVP_PKEY *pkey = NULL;

	fixture_fill(f, 5, 2);
	before = file_load(f->path);
	assert_int_equal(unlink(f->key), 0);
	assert_int_equal(key_file_create(&key_use, f->key, &pkey, f->error, sizeof(f->error)), 0);
	EVP_PKEY_free(pkey);
	assert_int_equal(fixture_refuse(f), -EKEYREJECTED);
	assert_non_null(strstr(f->error, "another host key"));
	after = file_load(f->path);
	assert_int_equal(before.size, after.size);
	free(before.at);
	free(after.at);
}

static void test_key_file_bad(void **state)
{
	static const char encrypted[] =
		"-----BEGIN ENCRYPTED PRIVATE "
		"KEY-----\nMIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhO\n"
		"-----END ENCRYPTED PRIVATE KEY-----\n";
	struct fixture *f = *state;
	EVP_PKEY *pkey = NULL;
	char other[128];
	FILE *file;

	file_store(f->key, "", 0);
	assert_int_equal(fixture_refuse(f), -EINVAL);
	file_store(f->key, "junk", 4);
	assert_int_equal(fixture_refuse(f), -EINVAL);
	file_store(f->key, encrypted, strlen(encrypted));
	assert_int_equal(fixture_refuse(f), -EINVAL);
	assert_non_null(strstr(f->error, "Ed25519"));
	/* A right file with a key of another kind. */
	pkey = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	file = fopen(f->key, "w");
	assert_int_equal(PEM_write_PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	EVP_PKEY_free(pkey);
	assert_int_equal(fixture_refuse(f), -EINVAL);
	/* A link may lead anywhere. */
	unlink(f->key);
	snprintf(other, sizeof(other), "%s/elsewhere", f->folder);
	assert_int_equal(symlink(other, f->key), 0);
	assert_int_equal(fixture_refuse(f), -ELOOP);
	assert_int_equal(access(other, F_OK), -1);
	/* Never replaced. */
	unlink(f->key);
	file_store(f->key, "mine", 4);
	assert_int_equal(key_file_create(&key_use, f->key, &pkey, f->error, sizeof(f->error)),
			 -EEXIST);
}

/* A crash between writing the key and naming it. */
static void test_key_left_over(void **state)
{
	struct fixture *f = *state;
	char beside[128];

	snprintf(beside, sizeof(beside), "%s.new", f->key);
	file_store(beside, "half a k", 8);
	journal_close(fixture_open(f));
	assert_int_equal(access(beside, F_OK), -1);
}

static void test_origin_refused(void **state)
{
	static const char *const bad[] = { "", "with space", "a+b", "line\nfeed", "\xc3\xa4" };
	struct fixture *f = *state;
	struct journal *journal = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(journal_open(f->path, f->key, bad[i], NULL, &journal,
					      &f->recovery, f->error, sizeof(f->error)),
				 -EINVAL);
	assert_null(journal);
	journal_close(fixture_open(f));
}

static void test_second_writer(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	pid_t child;
	int status;

	assert_int_equal(fixture_refuse(f), -EBUSY);
	assert_non_null(strstr(f->error, "another process"));
	child = fork();
	if (child == 0)
		_exit(journal_open(f->path, f->key, ORIGIN, NULL, &journal, &f->recovery,
				   f->error, sizeof(f->error)) == -EBUSY
			      ? 0
			      : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	/* The first is not disturbed, and the lock ends with it. */
	fixture_add(journal, "event.read", "still here");
	assert_int_equal(journal_commit(journal), 0);
	journal_close(journal);
	journal_close(fixture_open(f));
	assert_int_equal(f->recovery.entries, 2 + SEALED);
}

static void test_not_a_plain_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkfifo(f->path, 0600), 0);
	assert_int_equal(fixture_refuse(f), -EINVAL);
	unlink(f->path);
	assert_int_equal(symlink("/dev/null", f->path), 0);
	assert_int_equal(fixture_refuse(f), -ELOOP);
	unlink(f->path);
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(fixture_refuse(f), -EISDIR);
}

/*
 * Somebody moves, replaces, lengthens or cuts the file under the writer: seen at the next commit.
 */
static void test_changed_under_us(void **state)
{
	struct fixture *f = *state;
	struct journal *journal = fixture_open(f);
	char aside[128];
	FILE *file;

	snprintf(aside, sizeof(aside), "%s.1", f->path);
	assert_int_equal(rename(f->path, aside), 0);
	fixture_add(journal, "event.read", "one");
	assert_int_equal(journal_commit(journal), -ESTALE);
	assert_non_null(strstr(journal_broken(journal), "moved"));
	assert_int_equal(journal_repair(journal), -ESTALE);
	file_store(f->path, "", 0);
	assert_int_equal(journal_repair(journal), -ESTALE);
	assert_int_equal(rename(aside, f->path), 0);
	assert_int_equal(journal_repair(journal), 0);
	assert_null(journal_broken(journal));

	file = fopen(f->path, "a");
	fputs("{\"seq\":2", file);
	fclose(file);
	fixture_add(journal, "event.read", "two");
	assert_int_equal(journal_commit(journal), -EBADMSG);
	assert_int_equal(journal_repair(journal), -EBADMSG);
	assert_int_equal(truncate(f->path, 10), 0);
	assert_int_equal(journal_repair(journal), -EBADMSG);
	journal_close(journal);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_bytes),
		TEST(test_modes),
		TEST(test_body_refused),
		TEST(test_longest),
		TEST(test_strange_text),
		TEST(test_replay),
		TEST(test_goes_on),
		TEST(test_totals),
		TEST(test_key_open_to_others),
		TEST(test_key_missing),
		TEST(test_key_of_another),
		TEST(test_key_file_bad),
		TEST(test_key_left_over),
		TEST(test_origin_refused),
		TEST(test_second_writer),
		TEST(test_not_a_plain_file),
		TEST(test_changed_under_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
