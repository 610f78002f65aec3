// SPDX-License-Identifier: Apache-2.0
/*
 * test_merkle_growth.c: the proof between each two sizes, by the check of RFC 9162 section 2.1.4.2,
 * written down here a second time; and one that others have published.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "journal/merkle_growth.h"

#define LEAVES 70

static uint8_t leaf[LEAVES][MERKLE_HASH], root[LEAVES + 1][MERKLE_HASH];

static int setup(void **state)
{
	struct merkle tree;

	(void)state;
	if (merkle_init(&tree) < 0)
		return -1;
	for (uint64_t i = 0; i < LEAVES; i++)
		if (merkle_leaf(&tree, &i, sizeof(i), leaf[i]) < 0 ||
		    merkle_append(&tree, leaf[i]) < 0 || merkle_root(&tree, root[i + 1]) < 0)
			return -1;
	merkle_done(&tree);
	return 0;
}

static void node(const uint8_t *left, const uint8_t *right, uint8_t *ret)
{
	uint8_t input[1 + 2 * MERKLE_HASH] = { 1 };

	memcpy(input + 1, left, MERKLE_HASH);
	memcpy(input + 1 + MERKLE_HASH, right, MERKLE_HASH);
	assert_int_equal(EVP_Digest(input, sizeof(input), ret, NULL, EVP_sha256(), NULL), 1);
}

static bool is_proof(const struct merkle_consistency *proof, uint64_t from, uint64_t to)
{
	uint64_t fn = from - 1, sn = to - 1;
	uint8_t fr[MERKLE_HASH], sr[MERKLE_HASH];
	unsigned int i = 0;

	if ((from & (from - 1)) == 0)
		memcpy(fr, root[from], MERKLE_HASH);
	else if (proof->n > 0)
		memcpy(fr, proof->hash[i++], MERKLE_HASH);
	else
		return false;
	memcpy(sr, fr, MERKLE_HASH);
	for (; fn & 1; fn >>= 1)
		sn >>= 1;
	for (; i < proof->n; i++, fn >>= 1, sn >>= 1) {
		if (sn == 0)
			return false;
		if (fn & 1 || fn == sn) {
			node(proof->hash[i], fr, fr);
			node(proof->hash[i], sr, sr);
			for (; !(fn & 1) && fn; fn >>= 1)
				sn >>= 1;
		} else {
			node(sr, proof->hash[i], sr);
		}
	}
	return sn == 0 && memcmp(fr, root[from], MERKLE_HASH) == 0 &&
	       memcmp(sr, root[to], MERKLE_HASH) == 0;
}

static void test_each_size(void **state)
{
	struct merkle_growth growth;
	struct merkle_consistency proof;
	struct merkle_state saved;

	(void)state;
	assert_int_equal(merkle_growth_init(&growth), 0);
	for (uint64_t from = 0; from < LEAVES; from++) {
		merkle_growth_mark(&growth);
		merkle_growth_save(&growth, &saved);
		assert_int_equal(merkle_growth_prove(&growth, &proof), 0);
		assert_int_equal(proof.n, 0);
		for (uint64_t to = from + 1; to <= LEAVES; to++) {
			assert_int_equal(merkle_append(&growth.tree, leaf[to - 1]), 0);
			assert_int_equal(merkle_growth_prove(&growth, &proof), 0);
			if (from == 0) {
				assert_int_equal(proof.n, 0);
				continue;
			}
			assert_true(is_proof(&proof, from, to));
			if (proof.n > 0) {
				proof.hash[proof.n - 1][7] ^= 1;
				assert_false(is_proof(&proof, from, to));
			}
		}
		merkle_growth_restore(&growth, &saved); /* and on from there */
		assert_int_equal(merkle_append(&growth.tree, leaf[from]), 0);
	}
	merkle_growth_done(&growth);
}

/* From 7 to 10 entries of tests/data/journal/journal.jsonl, as Go's tlog.ProveTree() gives it. */
static void test_published(void **state)
{
	static const char *const expected[] = {
		"9BgwS1qX0TQWCNuB2+BQKtAE0/ED3yhOgSFcuM8IWK8=",
		"Ylvuu5+NR68JCb2OARa3uWjfVoSQVdEcKoJaD0mkb9c=",
		"CBBb1ZdPBLC9LMqVxbFGJiWGvcDKJ6HiaJhdqB12odA=",
		"Cq7RV4bGzVzGHgsBmZsUaYmztrnrc14AR0nFuU0h05Y=",
		"SBeMX4ESdCWxVV9QaGQ9p1V9noiIFz0kPE1fphpSDxI=",
	};
	FILE *file = fopen("tests/data/journal/journal.jsonl", "re");
	struct merkle_growth growth;
	struct merkle_consistency proof;
	char line[4096], hash[BASE64_SIZE(MERKLE_HASH)];
	uint8_t entry[MERKLE_HASH];

	(void)state;
	assert_non_null(file);
	assert_int_equal(merkle_growth_init(&growth), 0);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "{\"seq\"", 6) != 0)
			continue;
		assert_int_equal(merkle_leaf(&growth.tree, line, strlen(line) - 1, entry), 0);
		assert_int_equal(merkle_append(&growth.tree, entry), 0);
		if (growth.tree.size == 7)
			merkle_growth_mark(&growth);
	}
	fclose(file);
	assert_int_equal(growth.tree.size, 10);
	assert_int_equal(merkle_growth_prove(&growth, &proof), 0);
	assert_int_equal(proof.n, sizeof(expected) / sizeof(expected[0]));
	for (unsigned int i = 0; i < proof.n; i++) {
		base64_encode(proof.hash[i], MERKLE_HASH, hash);
		assert_string_equal(hash, expected[i]);
	}
	merkle_growth_done(&growth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_size),
		cmocka_unit_test(test_published),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
