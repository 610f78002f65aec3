/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merkle_paths.h: proofs of many leaves of one tree, from one pass over them.
 *
 * Owns: all hashes of the tree, 64 bytes a leaf. Must not own: what a leaf means. For one leaf
 * known before, merkle.h needs no memory.
 */
#ifndef SLUICE_MERKLE_PATHS_H
#define SLUICE_MERKLE_PATHS_H

#include "merkle.h"
#include "merkle_growth.h"

struct merkle_paths {
	struct merkle hasher;
	struct {
		uint8_t (*hash)[MERKLE_HASH]; /* roots of the full subtrees of 2^i leaves */
		size_t n, room;
	} level[48];
};

/* Each returns 0 or -ENOMEM; merkle_paths_done() also after a failure. */
int merkle_paths_init(struct merkle_paths *paths);
void merkle_paths_done(struct merkle_paths *paths);
/*
 * Before the first leaf: the tree goes on from @state. Proofs are of later leaves, and roots of trees
 * that have more than these.
 */
int merkle_paths_begin(struct merkle_paths *paths, const struct merkle_state *state);
int merkle_paths_add(struct merkle_paths *paths, const uint8_t leaf[MERKLE_HASH]);

/* The root of the tree of the first @size leaves, 1 or more. */
int merkle_paths_root(struct merkle_paths *paths, uint64_t size, uint8_t ret_root[MERKLE_HASH]);
/* The proof of leaf @index in the tree of the first @size leaves; @index < @size <= all. */
int merkle_paths_prove(struct merkle_paths *paths, uint64_t index, uint64_t size,
		       struct merkle_proof *ret);

#endif
