// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal_memory.c: all memory of a process that writes a journal, as a core of it would have
 * it, holds the key of the epoch in force and of no earlier one. The linker puts the function below
 * between the writer and the library (--wrap=EVP_PKEY_Q_keygen): it tells the test which keys are
 * made, through a pipe, and keeps nothing.
 */
#include "journal_fixture.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define KEY    32
#define EPOCHS 20

static int told = -1; /* the pipe's end in the process that writes */

EVP_PKEY *__real_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *context, const char *properties, const char *type,
				   ...);
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *context, const char *properties, const char *type,
				   ...);

EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *context, const char *properties, const char *type,
				   ...)
{
	EVP_PKEY *key = __real_EVP_PKEY_Q_keygen(context, properties, type);
	unsigned char bytes[KEY];
	size_t size = sizeof(bytes);

	if (key && told >= 0 && EVP_PKEY_get_raw_private_key(key, bytes, &size) == 1 &&
	    write(told, bytes, size) != KEY)
		abort();
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return key;
}

/* A secret of a key, as it may lie about. */
struct secret {
	unsigned char bytes[KEY];
	const char *what;
};

/*
 * The key, the scalar that follows from it and the other half of its hash (RFC 8032, section
 * 5.1.5), and the key with its words turned, as SHA-512 takes them in.
 */
static void derive(const unsigned char *key, struct secret ret[4])
{
	unsigned char hash[64];

	ret[0].what = "key";
	memcpy(ret[0].bytes, key, KEY);
	assert_int_equal(EVP_Digest(key, KEY, hash, NULL, EVP_sha512(), NULL), 1);
	hash[0] &= 248;
	hash[31] = (unsigned char)((hash[31] & 127) | 64);
	ret[1].what = "scalar";
	memcpy(ret[1].bytes, hash, KEY);
	ret[2].what = "prefix";
	memcpy(ret[2].bytes, hash + KEY, KEY);
	ret[3].what = "words";
	for (size_t i = 0; i < KEY; i++)
		ret[3].bytes[i] = key[i / 8 * 8 + 7 - i % 8];
}

/* All readable memory of a stopped process as one piece. */
static struct bytes core_of(pid_t pid)
{
	char path[64], line[512];
	struct bytes core = { 0 };
	unsigned long from, to;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDONLY);
	assert_true(maps && mem >= 0);
	while (fgets(line, sizeof(line), maps)) {
		ssize_t n;

		if (sscanf(line, "%lx-%lx r", &from, &to) != 2 || strstr(line, "[vvar"))
			continue;
		if (to - from > 1UL << 30)
			continue; /* what a sanitizer notes of all memory */
		core.at = realloc(core.at, core.size + (to - from));
		assert_non_null(core.at);
		n = pread(mem, core.at + core.size, to - from, (off_t)from);
		core.size += n > 0 ? (size_t)n : 0;
	}
	close(mem);
	fclose(maps);
	return core;
}

static bool holds(const struct bytes *core, const struct secret *secret)
{
	return memmem(core->at, core->size, secret->bytes, KEY) != NULL;
}

/* Writes, changes the epoch, says so, and waits to be looked at. */
static void write_and_stop(struct fixture *f)
{
	struct journal *journal;

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails does not let it go on */
	journal = fixture_open(f);
	for (unsigned int i = 1; i < EPOCHS; i++) {
		fixture_add(journal, "event.read", "a second passes");
		assert_int_equal(journal_commit(journal), 0);
		fixture_add(journal, "event.read", "and its end");
		assert_int_equal(journal_rotate(journal, false), 0);
	}
	fixture_add(journal, "event.read", "signed by the last key");
	assert_int_equal(journal_commit(journal), 0);
	raise(SIGSTOP);
	journal_close(journal);
	raise(SIGSTOP);
	_exit(0);
}

static void await_stop(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_true(WIFSTOPPED(status));
}

/* @last: which key may be there; -1: none. */
static void look_for(pid_t child, unsigned char (*keys)[KEY], int last)
{
	struct bytes core = core_of(child);
	struct secret secrets[4];

	assert_true(core.size > 1 << 20);
	for (int i = 0; i < EPOCHS; i++) {
		derive(keys[i], secrets);
		/* so the search does find what is there */
		if (i == last)
			assert_true(holds(&core, &secrets[0]));
		for (size_t k = i == last ? 1 : 0; k < ARRAY_SIZE(secrets); k++)
			if (holds(&core, &secrets[k]))
				fail_msg("the %s of epoch %d is in memory", secrets[k].what, i);
	}
	free(core.at);
}

/* The pages of keys are locked, as the kernel says. */
static void assert_locked(pid_t child)
{
	char path[64], line[256];
	unsigned long locked = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", child);
	status = fopen(path, "r");
	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmLck: %lu kB", &locked) == 1)
			break;
	fclose(status);
	assert_true(locked >= 32);
}

static void test_core(void **state)
{
	struct fixture *f = *state;
	unsigned char keys[1 + EPOCHS][KEY];
	int pipes[2];
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		told = pipes[1];
		write_and_stop(f);
	}
	await_stop(child);
	/* first the host's own */
	assert_int_equal(read(pipes[0], keys, sizeof(keys)), sizeof(keys));
	look_for(child, keys + 1, EPOCHS - 1);
	assert_locked(child);
	assert_int_equal(kill(child, SIGCONT), 0);
	await_stop(child);
	look_for(child, keys + 1, -1);
	assert_int_equal(kill(child, SIGCONT), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(pipes[0]);
	close(pipes[1]);
}

/* Nor does any file have one: the folder of the journal holds the host's key and nothing else. */
static void test_files(void **state)
{
	struct fixture *f = *state;
	unsigned char keys[4][KEY];
	struct journal *journal;
	struct bytes file;
	int pipes[2];

	assert_int_equal(pipe(pipes), 0);
	told = pipes[1];
	journal = fixture_open(f);
	fixture_add(journal, "event.read", "one");
	journal_rotate(journal, false);
	journal_close(journal);
	told = -1;
	close(pipes[1]);
	assert_int_equal(read(pipes[0], keys, sizeof(keys)), 3 * KEY);
	file = file_load(f->path);
	for (size_t i = 0; i < 3; i++)
		assert_null(memmem(file.at, file.size, keys[i], KEY));
	free(file.at);
	assert_int_equal(access(f->torn, F_OK), -1);
	close(pipes[0]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_core),
		TEST(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
