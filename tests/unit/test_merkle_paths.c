// SPDX-License-Identifier: Apache-2.0
/*
 * test_merkle_paths.c: each proof of each tree up to a size, by the check that proofs of the
 * journal go through.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "journal/merkle_paths.h"

#define LEAVES 70

static void test_all(void **state)
{
	uint8_t leaf[LEAVES][MERKLE_HASH], root[MERKLE_HASH], again[MERKLE_HASH];
	struct merkle_paths paths;
	struct merkle_proof proof;
	struct merkle tree, hasher;

	(void)state;
	assert_int_equal(merkle_paths_init(&paths), 0);
	assert_int_equal(merkle_init(&tree), 0);
	assert_int_equal(merkle_init(&hasher), 0);
	for (uint64_t i = 0; i < LEAVES; i++) {
		assert_int_equal(merkle_leaf(&hasher, &i, sizeof(i), leaf[i]), 0);
		assert_int_equal(merkle_paths_add(&paths, leaf[i]), 0);
	}
	for (uint64_t size = 1; size <= LEAVES; size++) {
		assert_int_equal(merkle_append(&tree, leaf[size - 1]), 0);
		assert_int_equal(merkle_root(&tree, root), 0);
		assert_int_equal(merkle_paths_root(&paths, size, again), 0);
		assert_memory_equal(again, root, MERKLE_HASH);
		for (uint64_t i = 0; i < size; i++) {
			assert_int_equal(merkle_paths_prove(&paths, i, size, &proof), 0);
			assert_int_equal(merkle_check_proof(&hasher, &proof, size, leaf[i], root),
					 0);
			assert_int_equal(merkle_check_proof(&hasher, &proof, size,
							    leaf[(i + 1) % LEAVES], root),
					 -EBADMSG);
		}
	}
	merkle_done(&hasher);
	merkle_done(&tree);
	merkle_paths_done(&paths);
}

/* A tree that goes on from @first leaves of which only the edge is known. */
static void go_on_from(uint64_t first, uint8_t leaf[LEAVES][MERKLE_HASH])
{
	struct merkle_state state = { .size = first };
	uint8_t root[MERKLE_HASH], again[MERKLE_HASH];
	struct merkle_paths paths;
	struct merkle_proof proof;
	struct merkle tree, hasher;

	assert_int_equal(merkle_paths_init(&paths), 0);
	assert_int_equal(merkle_init(&tree), 0);
	assert_int_equal(merkle_init(&hasher), 0);
	for (uint64_t i = 0; i < first; i++)
		assert_int_equal(merkle_append(&tree, leaf[i]), 0);
	memcpy(state.edge, tree.edge, sizeof(state.edge));
	assert_int_equal(merkle_paths_begin(&paths, &state), 0);
	for (uint64_t i = first; i < LEAVES; i++)
		assert_int_equal(merkle_paths_add(&paths, leaf[i]), 0);
	for (uint64_t size = first + 1; size <= LEAVES; size++) {
		assert_int_equal(merkle_append(&tree, leaf[size - 1]), 0);
		assert_int_equal(merkle_root(&tree, root), 0);
		assert_int_equal(merkle_paths_root(&paths, size, again), 0);
		assert_memory_equal(again, root, MERKLE_HASH);
		for (uint64_t i = first; i < size; i++) {
			assert_int_equal(merkle_paths_prove(&paths, i, size, &proof), 0);
			assert_int_equal(merkle_check_proof(&hasher, &proof, size, leaf[i], root),
					 0);
		}
	}
	merkle_done(&hasher);
	merkle_done(&tree);
	merkle_paths_done(&paths);
}

static void test_from_the_middle(void **state)
{
	uint8_t leaf[LEAVES][MERKLE_HASH];
	struct merkle hasher;

	(void)state;
	assert_int_equal(merkle_init(&hasher), 0);
	for (uint64_t i = 0; i < LEAVES; i++)
		assert_int_equal(merkle_leaf(&hasher, &i, sizeof(i), leaf[i]), 0);
	merkle_done(&hasher);
	for (uint64_t first = 0; first < LEAVES; first++)
		go_on_from(first, leaf);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all),
					    cmocka_unit_test(test_from_the_middle) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
