// SPDX-License-Identifier: Apache-2.0
/*
 * index_tree.c: see index_tree.h.
 */
#include "index_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int index_tree_init(struct index_tree *tree)
{
	*tree = (struct index_tree){ 0 };
	return merkle_init(&tree->above) < 0 || merkle_init(&tree->piece) < 0 ? -ENOMEM : 0;
}

void index_tree_done(struct index_tree *tree)
{
	merkle_done(&tree->above);
	merkle_done(&tree->piece);
	free(tree->chunks);
	*tree = (struct index_tree){ 0 };
}

uint64_t index_tree_size(const struct index_tree *tree)
{
	return tree->n * INDEX_CHUNK + tree->piece.size;
}

int index_tree_add_chunk(struct index_tree *tree, const uint8_t root[MERKLE_HASH])
{
	uint64_t room = tree->room ? 2 * tree->room : 64;
	void *chunks = tree->chunks;

	if (tree->n == tree->room) {
		chunks = realloc(chunks, room * sizeof(*tree->chunks));
		if (!chunks)
			return -ENOMEM;
		tree->chunks = chunks;
		tree->room = room;
	}
	memcpy(tree->chunks[tree->n++], root, MERKLE_HASH);
	return merkle_append(&tree->above, root);
}

int index_tree_add(struct index_tree *tree, const uint8_t leaf[MERKLE_HASH])
{
	uint8_t root[MERKLE_HASH];
	int r = merkle_append(&tree->piece, leaf);

	if (r < 0 || tree->piece.size < INDEX_CHUNK)
		return r;
	r = merkle_root(&tree->piece, root);
	tree->piece.size = 0;
	if (r == 0)
		r = index_tree_add_chunk(tree, root);
	return r < 0 ? r : 1;
}

int index_tree_root(struct index_tree *tree, uint8_t ret_root[MERKLE_HASH])
{
	struct merkle above = tree->above; /* its hashing context is only borrowed */
	uint8_t root[MERKLE_HASH];
	int r;

	if (tree->piece.size == 0)
		return merkle_root(&above, ret_root);
	r = merkle_root(&tree->piece, root);
	if (r == 0)
		r = merkle_append(&above, root);
	return r < 0 ? r : merkle_root(&above, ret_root);
}

int index_tree_check(struct index_tree *tree, uint64_t chunk,
		     const uint8_t (*leaves)[MERKLE_HASH], uint64_t n)
{
	uint64_t wanted = chunk < tree->n ? INDEX_CHUNK : tree->piece.size;
	struct merkle piece = tree->piece;
	uint8_t root[MERKLE_HASH], right[MERKLE_HASH];
	int r = 0;

	if (chunk > tree->n || n != wanted || n == 0)
		return -EBADMSG;
	piece.size = 0;
	for (uint64_t i = 0; r == 0 && i < n; i++)
		r = merkle_append(&piece, leaves[i]);
	if (r == 0)
		r = merkle_root(&piece, root);
	if (r == 0 && chunk == tree->n)
		r = merkle_root(&tree->piece, right);
	else if (r == 0)
		memcpy(right, tree->chunks[chunk], MERKLE_HASH);
	if (r < 0)
		return r;
	return memcmp(root, right, MERKLE_HASH) == 0 ? 0 : -EBADMSG;
}
