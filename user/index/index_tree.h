/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index_tree.h: a tree of RFC 6962 in pieces of INDEX_CHUNK leaves: the root of each piece is a leaf
 * of the tree above, which has the same root as one tree over all.
 *
 * So a few hashes say whether a piece is what was signed, and those of a piece whether a leaf is.
 *
 * Owns: these hashes in memory. Must not own: where they are kept (index_file.h), who signs.
 */
#ifndef SLUICE_INDEX_TREE_H
#define SLUICE_INDEX_TREE_H

#include "journal/merkle.h"

#define INDEX_CHUNK 1024

/* @chunks: roots of the full pieces; @piece: the last one, which is not full */
struct index_tree {
	struct merkle above, piece;
	uint8_t (*chunks)[MERKLE_HASH];
	uint64_t n;
	uint64_t room;
};

int index_tree_init(struct index_tree *tree);
void index_tree_done(struct index_tree *tree);
uint64_t index_tree_size(const struct index_tree *tree);

/* A full piece by its root alone, where no leaf was added yet. Return: 0 or -ENOMEM. */
int index_tree_add_chunk(struct index_tree *tree, const uint8_t root[MERKLE_HASH]);
/* One more leaf. Return: 1: a piece is full, whose root is the last of @chunks; 0; -ENOMEM. */
int index_tree_add(struct index_tree *tree, const uint8_t leaf[MERKLE_HASH]);
int index_tree_root(struct index_tree *tree, uint8_t ret_root[MERKLE_HASH]);

/*
 * Whether these are the leaves of a piece, of which the last one may not be full. Return: 0;
 * -EBADMSG; -ENOMEM.
 */
int index_tree_check(struct index_tree *tree, uint64_t chunk,
		     const uint8_t (*leaves)[MERKLE_HASH], uint64_t n);

#endif
