// SPDX-License-Identifier: Apache-2.0
/*
 * merkle.c: see merkle.h. A binary counter of subtree roots: appending carries like an increment,
 * so that n leaves cost fewer than n node hashes and the memory does not grow.
 */
#include "merkle.h"

#include <errno.h>
#include <string.h>

/* The algorithm is fetched once: a fetch in each hash costs more than hashing a line. */
int merkle_init(struct merkle *tree)
{
	*tree = (struct merkle){ .md = EVP_MD_fetch(NULL, "SHA256", NULL),
				 .ctx = EVP_MD_CTX_new() };
	if (!tree->md || !tree->ctx) {
		merkle_done(tree);
		return -ENOMEM;
	}
	return 0;
}

void merkle_done(struct merkle *tree)
{
	if (!tree)
		return;
	EVP_MD_CTX_free(tree->ctx);
	EVP_MD_free(tree->md);
	*tree = (struct merkle){ 0 };
}

int merkle_leaf(struct merkle *tree, const void *bytes, size_t size, uint8_t ret_leaf[MERKLE_HASH])
{
	static const uint8_t leaf_tag = 0x00;

	if (EVP_DigestInit_ex2(tree->ctx, tree->md, NULL) != 1 ||
	    EVP_DigestUpdate(tree->ctx, &leaf_tag, 1) != 1 ||
	    EVP_DigestUpdate(tree->ctx, bytes, size) != 1 ||
	    EVP_DigestFinal_ex(tree->ctx, ret_leaf, NULL) != 1)
		return -ENOMEM;
	return 0;
}

static int merkle_node(struct merkle *tree, const uint8_t *left, const uint8_t *right,
		       uint8_t *ret_node)
{
	uint8_t input[1 + 2 * MERKLE_HASH] = { 0x01 };

	memcpy(input + 1, left, MERKLE_HASH);
	memcpy(input + 1 + MERKLE_HASH, right, MERKLE_HASH);
	if (EVP_DigestInit_ex2(tree->ctx, tree->md, NULL) != 1 ||
	    EVP_DigestUpdate(tree->ctx, input, sizeof(input)) != 1 ||
	    EVP_DigestFinal_ex(tree->ctx, ret_node, NULL) != 1)
		return -ENOMEM;
	return 0;
}

static void add_sibling(struct merkle_proof *proof, const uint8_t *hash)
{
	memcpy(proof->hash[proof->n++], hash, MERKLE_HASH);
}

/*
 * Two subtrees of 2^@level leaves are joined, the right one ends with the leaf that is appended
 * now.
 */
static void watch(const struct merkle *tree, unsigned int level, const uint8_t *right)
{
	uint64_t right_place = tree->size >> level, place = tree->watched->index >> level;

	if (place == right_place)
		add_sibling(tree->watched, tree->edge[level]);
	else if (place + 1 == right_place)
		add_sibling(tree->watched, right);
}

int merkle_append(struct merkle *tree, const uint8_t leaf[MERKLE_HASH])
{
	uint8_t hash[MERKLE_HASH];
	unsigned int level = 0;
	int r;

	memcpy(hash, leaf, sizeof(hash));
	for (; level < 63 && (tree->size >> level & 1); level++) {
		if (tree->watched)
			watch(tree, level, hash);
		r = merkle_node(tree, tree->edge[level], hash, hash);
		if (r < 0)
			return r;
	}
	memcpy(tree->edge[level], hash, sizeof(hash));
	tree->size++;
	return 0;
}

/* From the right edge up: @proof, where given, gets the siblings of its leaf's subtree. */
static int fold_edge(struct merkle *tree, struct merkle_proof *proof, uint8_t *ret_root)
{
	uint8_t hash[MERKLE_HASH];
	bool found = false;
	int r;

	for (unsigned int level = 0; level < 64; level++) {
		uint64_t place = (tree->size >> level) - 1; /* of the subtree on the edge */

		if (!(tree->size >> level & 1))
			continue;
		if (!found) {
			memcpy(hash, tree->edge[level], sizeof(hash));
			found = true;
			continue;
		}
		if (proof && proof->index >> level == place)
			add_sibling(proof, hash);
		else if (proof && proof->index >> level > place)
			add_sibling(proof, tree->edge[level]);
		r = merkle_node(tree, tree->edge[level], hash, hash);
		if (r < 0)
			return r;
	}
	memcpy(ret_root, hash, sizeof(hash));
	return 0;
}

int merkle_root(struct merkle *tree, uint8_t ret_root[MERKLE_HASH])
{
	if (tree->size == 0)
		return EVP_Digest("", 0, ret_root, NULL, tree->md, NULL) == 1 ? 0 : -ENOMEM;
	return fold_edge(tree, NULL, ret_root);
}

int merkle_prove(struct merkle *tree, struct merkle_proof *ret)
{
	uint8_t root[MERKLE_HASH];

	*ret = *tree->watched;
	return fold_edge(tree, ret, root);
}

/* RFC 9162 section 2.1.3.2. */
int merkle_check_proof(struct merkle *hasher, const struct merkle_proof *proof, uint64_t size,
		       const uint8_t leaf[MERKLE_HASH], const uint8_t root[MERKLE_HASH])
{
	uint64_t place = proof->index, last = size - 1;
	uint8_t hash[MERKLE_HASH];
	int r;

	if (place >= size)
		return -EBADMSG;
	memcpy(hash, leaf, sizeof(hash));
	for (unsigned int i = 0; i < proof->n; i++, place >>= 1, last >>= 1) {
		if (last == 0)
			return -EBADMSG;
		if (!(place & 1) && place != last) {
			r = merkle_node(hasher, hash, proof->hash[i], hash);
		} else {
			r = merkle_node(hasher, proof->hash[i], hash, hash);
			for (; !(place & 1) && place; place >>= 1)
				last >>= 1;
		}
		if (r < 0)
			return r;
	}
	return last == 0 && memcmp(hash, root, sizeof(hash)) == 0 ? 0 : -EBADMSG;
}

void merkle_hex(const uint8_t hash[MERKLE_HASH], char ret_hex[MERKLE_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < MERKLE_HASH; i++) {
		ret_hex[2 * i] = digits[hash[i] >> 4];
		ret_hex[2 * i + 1] = digits[hash[i] & 15];
	}
	ret_hex[2 * MERKLE_HASH] = '\0';
}

/* Without a branch, so that the compiler does many digits at once: this is done for each entry. */
bool merkle_unhex(const char *hex, uint8_t ret_hash[MERKLE_HASH])
{
	uint8_t values[2 * MERKLE_HASH], bad = 0;

	for (size_t i = 0; i < sizeof(values); i++) {
		uint8_t digit = (uint8_t)(hex[i] - '0'), letter = (uint8_t)(hex[i] - 'a');

		values[i] = digit < 10 ? digit : (uint8_t)(letter + 10);
		bad |= (digit >= 10) & (letter >= 6);
	}
	for (size_t i = 0; i < MERKLE_HASH; i++)
		ret_hash[i] = (uint8_t)(values[2 * i] << 4 | values[2 * i + 1]);
	return !bad;
}
