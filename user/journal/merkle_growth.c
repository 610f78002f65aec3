// SPDX-License-Identifier: Apache-2.0
/*
 * merkle_growth.c: see merkle_growth.h. The proof is the way from the smaller tree's lowest full
 * subtree to the root: that subtree, unless it is all of the smaller tree, and its siblings, which
 * are those of the smaller tree's last leaf from that height on.
 */
#include "merkle_growth.h"

#include <string.h>

int merkle_growth_init(struct merkle_growth *growth)
{
	memset(growth, 0, sizeof(*growth));
	return merkle_init(&growth->tree);
}

void merkle_growth_done(struct merkle_growth *growth)
{
	merkle_done(&growth->tree);
}

void merkle_growth_mark(struct merkle_growth *growth)
{
	struct merkle *tree = &growth->tree;

	growth->from = tree->size;
	tree->watched = NULL;
	if (tree->size == 0)
		return;
	growth->watched = (struct merkle_proof){ .index = tree->size - 1 };
	tree->watched = &growth->watched;
	memcpy(growth->first, tree->edge[__builtin_ctzll(tree->size)], MERKLE_HASH);
}

void merkle_growth_save(const struct merkle_growth *growth, struct merkle_state *ret)
{
	ret->size = growth->tree.size;
	memcpy(ret->edge, growth->tree.edge, sizeof(ret->edge));
}

void merkle_growth_restore(struct merkle_growth *growth, const struct merkle_state *state)
{
	growth->tree.size = state->size;
	memcpy(growth->tree.edge, state->edge, sizeof(state->edge));
	merkle_growth_mark(growth);
}

int merkle_growth_prove(struct merkle_growth *growth, struct merkle_consistency *ret)
{
	struct merkle_proof way;
	int r;

	ret->n = 0;
	if (growth->from == 0 || growth->from == growth->tree.size)
		return 0;
	r = merkle_prove(&growth->tree, &way);
	if (r < 0)
		return r;
	if (growth->from & (growth->from - 1))
		memcpy(ret->hash[ret->n++], growth->first, MERKLE_HASH);
	memcpy(ret->hash + ret->n, way.hash, way.n * sizeof(way.hash[0]));
	ret->n += way.n;
	return 0;
}
