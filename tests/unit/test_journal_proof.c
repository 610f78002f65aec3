// SPDX-License-Identifier: Apache-2.0
/*
 * test_journal_proof.c: proofs of single entries: a published one, our own, and everything that is
 * wrong with one.
 */
#include "base/base64.h"
#include "journal/journal_proof.h"
#include "journal_fixture.h"

#include <errno.h>

#define VECTORS	  "tests/data/journal/journal.jsonl"
#define VECTOR	  "tests/data/journal/event2.tlog-proof"
#define HOST_VKEY "host42.example.com/journal+2fb3f368+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"

static int check(const char *proof, const char *vkey, const char *entry)
{
	struct journal_proven proven;
	const char *problem = NULL;
	int r = journal_proof_check(proof, strlen(proof), vkey, entry, &proven, &problem);

	assert_true((r == -EBADMSG) == !!problem);
	if (r == 0)
		free(proven.line);
	return r;
}

/* A proof made elsewhere; its entry lies beside it. */
static void test_vector(void **state)
{
	struct bytes file = file_load(VECTORS), proof = file_load(VECTOR), line = line_at(&file, 2);
	char *entry = strndup(line.at, line.size - 1);
	struct journal_proven proven;
	const char *problem;

	(void)state;
	assert_int_equal(
		journal_proof_check(proof.at, proof.size, HOST_VKEY, entry, &proven, &problem), 0);
	assert_int_equal(proven.seq, 2);
	assert_int_equal(proven.size, 10);
	assert_int_equal(proven.others, 2);
	assert_string_equal(proven.root,
			    "cb5d05d3a126bed353c0c6ef42365f14a1b632bcb744dccbab44f589e650a715");
	assert_string_equal(proven.line, entry);
	free(proven.line);
	assert_int_equal(check(proof.at, HOST_VKEY, NULL), -EBADMSG);
	entry[200] ^= 1;
	assert_int_equal(check(proof.at, HOST_VKEY, entry), -EBADMSG);
	free(entry);
	free(proof.at);
	free(file.at);
}

/* The way to the root that the published proof names, from the published lines. */
static void test_vector_path(void **state)
{
	struct bytes file = file_load(VECTORS), proof = file_load(VECTOR), line;
	struct merkle_proof watched = { .index = 2 }, ours;
	char hash[BASE64_SIZE(MERKLE_HASH) + 1];
	const char *at = strstr(proof.at, "index 2\n") + strlen("index 2\n");
	uint8_t leaf[MERKLE_HASH];
	struct merkle tree;

	(void)state;
	assert_int_equal(merkle_init(&tree), 0);
	tree.watched = &watched;
	for (size_t i = 0; i < count_lines(&file); i++) {
		line = line_at(&file, i);
		if (strncmp(line.at, "{\"checkpoint\"", 13) == 0)
			continue;
		assert_int_equal(merkle_leaf(&tree, line.at, line.size - 1, leaf), 0);
		assert_int_equal(merkle_append(&tree, leaf), 0);
	}
	assert_int_equal(merkle_prove(&tree, &ours), 0);
	assert_int_equal(ours.n, 4);
	for (unsigned int i = 0; i < ours.n; i++) {
		base64_encode(ours.hash[i], MERKLE_HASH, hash);
		strcat(hash, "\n");
		assert_memory_equal(at, hash, strlen(hash));
		at += strlen(hash);
	}
	assert_int_equal(*at, '\n');
	merkle_done(&tree);
	free(proof.at);
	free(file.at);
}

/* Every entry of journals of several sizes, and each is what was written. */
static void test_own(void **state)
{
	static const unsigned int sizes[] = { 3, 4, 8, 13 };
	struct fixture *f = *state;
	struct journal_verify_result result;
	struct journal_proven proven;
	const char *problem;
	char *proof, *end;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unlink(f->path);
		fixture_fill(f, sizes[i], 3);
		for (uint64_t seq = 0; seq < sizes[i]; seq++) {
			assert_int_equal(journal_prove(f->path, seq, &proof, &result), 0);
			assert_int_equal(journal_proof_check(proof, strlen(proof), result.vkey,
							     NULL, &proven, &problem),
					 0);
			assert_int_equal(proven.seq, seq);
			assert_int_equal(proven.size, sizes[i]);
			assert_string_equal(proven.root, result.root);
			assert_int_equal(strtoull(proven.line + strlen("{\"seq\":"), &end, 10),
					 seq);
			free(proven.line);
			free(proof);
		}
		assert_int_equal(journal_prove(f->path, sizes[i], &proof, &result), -ERANGE);
	}
}

static void test_nothing_to_prove(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;
	struct bytes file;
	char *proof = NULL;

	fixture_fill(f, 8, 3);
	file = file_load(f->path);
	/*
	 * The last checkpoint is cut off, with which the epoch ended: the host key has signed
	 * nothing.
	 */
	file_store(f->path, file.at, (size_t)(line_at(&file, 11).at - file.at));
	assert_int_equal(journal_prove(f->path, 7, &proof, &result), -ENODATA);
	assert_int_equal(journal_prove(f->path, 6, &proof, &result), -ENODATA);
	/* Of what only the key of an epoch has signed neither: nobody else knows that key. */
	assert_int_equal(journal_prove(f->path, 1, &proof, &result), -ENODATA);
	assert_null(proof);
	/*
	 * Of a journal that was changed nothing is proven, also not what stands before the change.
	 */
	memcpy(memmem(file.at, file.size, "number 5", 8), "number 9", 8);
	file_store(f->path, file.at, file.size);
	assert_int_equal(journal_prove(f->path, 1, &proof, &result), -EBADMSG);
	assert_int_equal(journal_prove("/nonexistent", 1, &proof, &result), -ENOENT);
	free(file.at);
}

/* Each byte of a proof matters up to the host's signature, and each cut. */
static void test_mutations(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;
	char *proof;

	fixture_fill(f, 13, 3);
	assert_int_equal(journal_prove(f->path, 4, &proof, &result), 0);
	/* Behind it stands that of the epoch's key, which the host's cannot check. */
	*strstr(proof, "\xe2\x80\x94 " ORIGIN "/epoch/") = '\0';
	for (size_t i = 0; proof[i]; i++) {
		for (int bit = 0; bit < 8; bit++) {
			proof[i] = (char)(proof[i] ^ 1 << bit);
			if (check(proof, result.vkey, NULL) == 0)
				fail_msg("bit %d of byte %zu went unseen", bit, i);
			proof[i] = (char)(proof[i] ^ 1 << bit);
		}
	}
	assert_int_equal(check(proof, result.vkey, NULL), 0);
	for (size_t i = strlen(proof) - 1; i > 0; i--) {
		proof[i] = '\0';
		assert_int_equal(check(proof, result.vkey, NULL), -EBADMSG);
	}
	assert_int_equal(check(proof, "no key", NULL), -EINVAL);
	free(proof);
}

/* A good proof by another key, and one whose entry is another one that the same tree holds. */
static void test_swapped(void **state)
{
	struct fixture *f = *state;
	struct journal_verify_result result;
	char *one, *two, *mixed;

	fixture_fill(f, 8, 3);
	assert_int_equal(journal_prove(f->path, 2, &one, &result), 0);
	assert_int_equal(journal_prove(f->path, 3, &two, &result), 0);
	assert_int_equal(check(one, HOST_VKEY, NULL), -EBADMSG);
	assert_true(asprintf(&mixed, "%.*s%s", (int)(strstr(one, "index ") - one), one,
			     strstr(two, "index ")) > 0);
	assert_int_equal(check(mixed, result.vkey, NULL), -EBADMSG);
	free(mixed);
	free(one);
	free(two);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_vector_path),
		TEST(test_own),
		TEST(test_nothing_to_prove),
		TEST(test_mutations),
		TEST(test_swapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
