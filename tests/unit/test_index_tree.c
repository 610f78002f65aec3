// SPDX-License-Identifier: Apache-2.0
/*
 * test_index_tree.c: a tree in pieces has the root of one tree over all leaves, also when it is
 * loaded by the roots of its pieces; and which leaves are those of a piece.
 */
#include "index/index_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#define MOST (5 * INDEX_CHUNK + 3)

static uint8_t leaves[MOST][MERKLE_HASH];

static void make_leaves(void)
{
	struct merkle hasher;

	assert_int_equal(merkle_init(&hasher), 0);
	for (uint32_t i = 0; i < MOST; i++)
		assert_int_equal(merkle_leaf(&hasher, &i, sizeof(i), leaves[i]), 0);
	merkle_done(&hasher);
}

/* What another index would have of the first @n leaves. */
static void load(struct index_tree *tree, const struct index_tree *from, uint64_t n)
{
	assert_int_equal(index_tree_init(tree), 0);
	for (uint64_t i = 0; i < n / INDEX_CHUNK; i++)
		assert_int_equal(index_tree_add_chunk(tree, from->chunks[i]), 0);
	for (uint64_t i = n - n % INDEX_CHUNK; i < n; i++)
		assert_int_equal(index_tree_add(tree, leaves[i]), 0);
}

static void test_root(void **state)
{
	uint8_t root[MERKLE_HASH], right[MERKLE_HASH];
	struct index_tree tree, loaded;
	struct merkle whole;

	(void)state;
	make_leaves();
	assert_int_equal(merkle_init(&whole), 0);
	assert_int_equal(index_tree_init(&tree), 0);
	for (uint64_t i = 0; i < MOST; i++) {
		assert_int_equal(merkle_append(&whole, leaves[i]), 0);
		assert_int_equal(index_tree_add(&tree, leaves[i]), (i + 1) % INDEX_CHUNK == 0);
		assert_int_equal(index_tree_size(&tree), i + 1);
		assert_int_equal(merkle_root(&whole, right), 0);
		assert_int_equal(index_tree_root(&tree, root), 0);
		assert_memory_equal(root, right, MERKLE_HASH);
		if ((i + 1) % INDEX_CHUNK > 2 && i % 257)
			continue;
		load(&loaded, &tree, i + 1);
		assert_int_equal(index_tree_root(&loaded, root), 0);
		assert_memory_equal(root, right, MERKLE_HASH);
		index_tree_done(&loaded);
	}
	merkle_done(&whole);
	index_tree_done(&tree);
}

static void test_check(void **state)
{
	const uint64_t last = MOST / INDEX_CHUNK, rest = MOST % INDEX_CHUNK;
	struct index_tree tree;

	(void)state;
	make_leaves();
	assert_int_equal(index_tree_init(&tree), 0);
	for (uint64_t i = 0; i < MOST; i++)
		assert_true(index_tree_add(&tree, leaves[i]) >= 0);
	for (uint64_t i = 0; i < last; i++)
		assert_int_equal(index_tree_check(&tree, i, &leaves[i * INDEX_CHUNK], INDEX_CHUNK),
				 0);
	assert_int_equal(index_tree_check(&tree, last, &leaves[last * INDEX_CHUNK], rest), 0);
	assert_int_equal(index_tree_check(&tree, 1, &leaves[0], INDEX_CHUNK), -EBADMSG);
	assert_int_equal(index_tree_check(&tree, 1, &leaves[INDEX_CHUNK], INDEX_CHUNK - 1),
			 -EBADMSG);
	assert_int_equal(index_tree_check(&tree, last, &leaves[last * INDEX_CHUNK], rest - 1),
			 -EBADMSG);
	assert_int_equal(index_tree_check(&tree, last + 1, &leaves[0], 1), -EBADMSG);
	leaves[7][3] ^= 1;
	assert_int_equal(index_tree_check(&tree, 0, &leaves[0], INDEX_CHUNK), -EBADMSG);
	index_tree_done(&tree);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
