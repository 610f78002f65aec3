/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merkle_growth.h: that one tree is the beginning of a larger one (consistency proof, RFC 6962
 * section 2.1.2), from one pass over the leaves, in memory that does not grow.
 *
 * Owns: what is gathered on the way. Must not own: what a leaf means.
 */
#ifndef SLUICE_MERKLE_GROWTH_H
#define SLUICE_MERKLE_GROWTH_H

#include "merkle.h"

/* Leaves are added by merkle_append() to @tree. @from: the smaller tree's leaves; 0: the empty one */
struct merkle_growth {
	struct merkle tree;
	struct merkle_proof watched;
	uint64_t from;
	uint8_t first[MERKLE_HASH];
};

/* Of the smaller tree, as it is when the larger one is begun. A value. */
struct merkle_state {
	uint64_t size;
	uint8_t edge[64][MERKLE_HASH];
};

struct merkle_consistency {
	unsigned int n;
	uint8_t hash[65][MERKLE_HASH];
};

int merkle_growth_init(struct merkle_growth *growth); /* 0 or -ENOMEM */
void merkle_growth_done(struct merkle_growth *growth);

/* The tree as it is now is the smaller one from here on. */
void merkle_growth_mark(struct merkle_growth *growth);
void merkle_growth_save(const struct merkle_growth *growth, struct merkle_state *ret);
/* The tree as it was saved; it is marked, too. */
void merkle_growth_restore(struct merkle_growth *growth, const struct merkle_state *state);

/* From the marked tree to the one that is there now. Return: 0 or -ENOMEM. */
int merkle_growth_prove(struct merkle_growth *growth, struct merkle_consistency *ret);

#endif
