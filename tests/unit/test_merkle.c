// SPDX-License-Identifier: Apache-2.0
/*
 * test_merkle.c: the tree against published vectors, and against the recursive definition of RFC
 * 6962.
 */
#include "journal/merkle.h"
#include "journal_fixture.h"

#include <errno.h>

#define VECTORS "tests/data/journal/journal.jsonl"

static const char *const leaves[] = {
	"0168e63517b4971950408a401742002b8b127495b78c79f2ffaa4816889e163a",
	"2690bc7403695c38bc3797d3c4cbcf7d36c06b484c2215ba8e97c78a705c998f",
	"e9fa57ade79fe35cc6511db87579c012bd9bc4213a5cebd123b8f91f76e56444",
	"7c90cd3c85c15a921184f6697700c24987b9763d55def9c119bc9bd799b09954",
	"530c21a52bc34e94d6987e720412b89e945bf1b45a89d0ff955ff3954ce0e08d",
	"e68eb2dd4b80e154dfc3f90767c37641f90f819769d1bfbe520b76bf39d1b219",
	"f418304b5a97d1341608db81dbe0502ad004d3f103df284e81215cb8cf0858af",
	"625beebb9f8d47af0909bd8e0116b7b968df56849055d11c2a825a0f49a46fd7",
	"6c22db0cd3fd25a610f0f172df73f59f97946f7e8b70028ba27098ff6a27263d",
	"6194be2858bab9109f4a8267e7083d5f24ef12690b3fb3c34cb65f340c6bd858",
};

static const struct {
	uint64_t size;
	const char *root;
} roots[] = {
	{ 3, "2b68d765b4e15f47445b4be4cd60411e22aa00587901648592e61576e057107f" },
	{ 7, "9bdd146d474d1a7d62350747c35a0f8efc4acb863d7bc2f29f3b8a5093dbb929" },
	{ 10, "cb5d05d3a126bed353c0c6ef42365f14a1b632bcb744dccbab44f589e650a715" },
};

static void assert_hash(const uint8_t *hash, const char *hex)
{
	char text[MERKLE_HEX];

	merkle_hex(hash, text);
	assert_string_equal(text, hex);
}

static void test_vectors(void **state)
{
	struct bytes file = file_load(VECTORS), line;
	uint8_t hash[MERKLE_HASH];
	struct merkle tree;
	size_t next_root = 0;

	(void)state;
	assert_int_equal(merkle_init(&tree), 0);
	for (size_t i = 0; i < count_lines(&file); i++) {
		line = line_at(&file, i);
		if (strncmp(line.at, "{\"checkpoint\"", 13) == 0)
			continue;
		assert_int_equal(merkle_leaf(&tree, line.at, line.size - 1, hash), 0);
		assert_hash(hash, leaves[tree.size]);
		assert_int_equal(merkle_append(&tree, hash), 0);
		if (next_root == ARRAY_SIZE(roots) || roots[next_root].size != tree.size)
			continue;
		assert_int_equal(merkle_root(&tree, hash), 0);
		assert_hash(hash, roots[next_root++].root);
	}
	assert_int_equal(tree.size, 10);
	assert_int_equal(next_root, ARRAY_SIZE(roots));
	merkle_done(&tree);
	free(file.at);
}

/* RFC 6962 section 2.1, word for word; slow. */
static void root_by_definition(uint8_t (*hashes)[MERKLE_HASH], size_t count, uint8_t *ret)
{
	uint8_t input[1 + 2 * MERKLE_HASH] = { 1 };
	size_t k = 1;

	if (count == 1) {
		memcpy(ret, hashes[0], MERKLE_HASH);
		return;
	}
	while (k * 2 < count)
		k *= 2;
	root_by_definition(hashes, k, input + 1);
	root_by_definition(hashes + k, count - k, input + 1 + MERKLE_HASH);
	assert_int_equal(EVP_Digest(input, sizeof(input), ret, NULL, EVP_sha256(), NULL), 1);
}

static void test_every_size(void **state)
{
	static uint8_t hashes[300][MERKLE_HASH];
	uint8_t expected[MERKLE_HASH], root[MERKLE_HASH];
	struct merkle tree;

	(void)state;
	assert_int_equal(merkle_init(&tree), 0);
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		assert_int_equal(merkle_leaf(&tree, &i, sizeof(i), hashes[i]), 0);
		assert_int_equal(merkle_append(&tree, hashes[i]), 0);
		assert_int_equal(merkle_root(&tree, root), 0);
		root_by_definition(hashes, i + 1, expected);
		assert_memory_equal(root, expected, MERKLE_HASH);
	}
	merkle_done(&tree);
}

/* Proves @index in the tree of the first @size leaves, and checks it. */
static void prove_one(uint64_t index, uint64_t size)
{
	uint8_t leaf[MERKLE_HASH], wanted[MERKLE_HASH] = { 0 }, root[MERKLE_HASH];
	struct merkle_proof watched = { .index = index }, proof;
	struct merkle tree;

	assert_int_equal(merkle_init(&tree), 0);
	tree.watched = &watched;
	for (uint64_t i = 0; i < size; i++) {
		assert_int_equal(merkle_leaf(&tree, &i, sizeof(i), leaf), 0);
		assert_int_equal(merkle_append(&tree, leaf), 0);
		if (i == index)
			memcpy(wanted, leaf, sizeof(wanted));
	}
	assert_int_equal(merkle_root(&tree, root), 0);
	assert_int_equal(merkle_prove(&tree, &proof), 0);
	assert_int_equal(merkle_check_proof(&tree, &proof, size, wanted, root), 0);
	for (unsigned int i = 0; i < proof.n; i++) {
		proof.hash[i][index % MERKLE_HASH] ^= 1;
		assert_int_equal(merkle_check_proof(&tree, &proof, size, wanted, root), -EBADMSG);
		proof.hash[i][index % MERKLE_HASH] ^= 1;
	}
	proof.index = (index + 1) % size;
	assert_int_equal(merkle_check_proof(&tree, &proof, size, wanted, root),
			 size == 1 ? 0 : -EBADMSG);
	proof.index = index;
	assert_int_equal(merkle_check_proof(&tree, &proof, index, wanted, root), -EBADMSG);
	proof.n++;
	assert_int_equal(merkle_check_proof(&tree, &proof, size, wanted, root), -EBADMSG);
	proof.n -= 2;
	if (size > 1)
		assert_int_equal(merkle_check_proof(&tree, &proof, size, wanted, root), -EBADMSG);
	merkle_done(&tree);
}

static void test_every_proof(void **state)
{
	(void)state;
	for (uint64_t size = 1; size <= 70; size++)
		for (uint64_t index = 0; index < size; index++)
			prove_one(index, size);
}

/* Every byte at every place: the sixteen digits and nothing else, each with its value. */
static void test_unhex(void **state)
{
	static const char digits[] = "0123456789abcdef";
	char hex[MERKLE_HEX];
	uint8_t hash[MERKLE_HASH];
	const char *digit;

	(void)state;
	memset(hex, '0', sizeof(hex));
	for (size_t i = 0; i < 2 * MERKLE_HASH; i++) {
		for (int c = 0; c < 256; c++) {
			hex[i] = (char)c;
			digit = c ? strchr(digits, c) : NULL;
			assert_int_equal(merkle_unhex(hex, hash), !!digit);
			if (digit)
				assert_int_equal(hash[i / 2],
						 (digit - digits) << (i % 2 ? 0 : 4));
		}
		hex[i] = '0';
	}
}

static void test_empty(void **state)
{
	uint8_t hash[MERKLE_HASH];
	struct merkle tree;

	(void)state;
	assert_int_equal(merkle_init(&tree), 0);
	assert_int_equal(merkle_root(&tree, hash), 0);
	assert_hash(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(merkle_leaf(&tree, "", 0, hash), 0);
	assert_hash(hash, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
	merkle_done(&tree);
	merkle_done(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_every_proof),
		cmocka_unit_test(test_unhex),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
