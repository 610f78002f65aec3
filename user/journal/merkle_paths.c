// SPDX-License-Identifier: Apache-2.0
/*
 * merkle_paths.c: see merkle_paths.h. RFC 6962 section 2.1.1, with each full subtree looked up.
 */
#include "merkle_paths.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int merkle_paths_init(struct merkle_paths *paths)
{
	memset(paths, 0, sizeof(*paths));
	return merkle_init(&paths->hasher);
}

void merkle_paths_done(struct merkle_paths *paths)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths->level); i++)
		free(paths->level[i].hash);
	merkle_done(&paths->hasher);
}

/* The hash of a node is the root of the tree of its two children. */
static int join(struct merkle *hasher, const uint8_t *left, const uint8_t *right, uint8_t *ret)
{
	int r;

	hasher->size = 0;
	r = merkle_append(hasher, left);
	if (r == 0)
		r = merkle_append(hasher, right);
	return r < 0 ? r : merkle_root(hasher, ret);
}

static int push(struct merkle_paths *paths, size_t level, const uint8_t *hash)
{
	size_t n = paths->level[level].n, room = paths->level[level].room;
	uint8_t(*hashes)[MERKLE_HASH] = paths->level[level].hash, (*larger)[MERKLE_HASH];

	if (n == room) {
		room = room ? 2 * room : 64;
		larger = reallocarray(hashes, room, sizeof(*hashes));
		if (!larger)
			return -ENOMEM;
		hashes = paths->level[level].hash = larger;
		paths->level[level].room = room;
	}
	memcpy(hashes[n], hash, MERKLE_HASH);
	paths->level[level].n++;
	return 0;
}

/* What is inside the full subtrees is not known, and not asked for: their places stay empty. */
int merkle_paths_begin(struct merkle_paths *paths, const struct merkle_state *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths->level) && state->size >> i; i++) {
		size_t n = (size_t)(state->size >> i);

		paths->level[i].hash = calloc(n + 1, sizeof(*paths->level[i].hash));
		if (!paths->level[i].hash)
			return -ENOMEM;
		paths->level[i].n = n;
		paths->level[i].room = n + 1;
		if (n % 2)
			memcpy(paths->level[i].hash[n - 1], state->edge[i], MERKLE_HASH);
	}
	return 0;
}

int merkle_paths_add(struct merkle_paths *paths, const uint8_t leaf[MERKLE_HASH])
{
	uint8_t hash[MERKLE_HASH];
	int r = push(paths, 0, leaf);

	for (size_t i = 0; r == 0 && paths->level[i].n % 2 == 0; i++) {
		const uint8_t(*pair)[MERKLE_HASH] =
			(const uint8_t(*)[MERKLE_HASH])paths->level[i].hash + paths->level[i].n - 2;

		if (i + 1 == ARRAY_SIZE(paths->level))
			return -ENOMEM;
		r = join(&paths->hasher, pair[0], pair[1], hash);
		if (r == 0)
			r = push(paths, i + 1, hash);
	}
	return r;
}

/* The largest power of two below @n, which is 2 or more: its exponent. */
static unsigned int split(uint64_t n)
{
	return 63 - (unsigned int)__builtin_clzll(n - 1);
}

/* The root over leaves @from to @to; @from is where a full subtree of that size or more begins. */
static int root_of(struct merkle_paths *paths, uint64_t from, uint64_t to, uint8_t *ret)
{
	uint8_t right[MERKLE_HASH];
	uint64_t n = to - from;
	unsigned int exponent;
	int r;

	if ((n & (n - 1)) == 0) {
		exponent = (unsigned int)__builtin_ctzll(n);
		memcpy(ret, paths->level[exponent].hash[from >> exponent], MERKLE_HASH);
		return 0;
	}
	exponent = split(n);
	r = root_of(paths, from + (1ULL << exponent), to, right);
	return r < 0 ? r
		     : join(&paths->hasher, paths->level[exponent].hash[from >> exponent], right,
			    ret);
}

int merkle_paths_root(struct merkle_paths *paths, uint64_t size, uint8_t ret_root[MERKLE_HASH])
{
	return root_of(paths, 0, size, ret_root);
}

int merkle_paths_prove(struct merkle_paths *paths, uint64_t index, uint64_t size,
		       struct merkle_proof *ret)
{
	uint64_t from = 0, to = size, other_from[64], other_to[64];
	int r = 0;

	ret->index = index;
	/* from the root down, each time into the half that has the leaf */
	for (ret->n = 0; to - from > 1; ret->n++) {
		uint64_t middle = from + (1ULL << split(to - from));
		bool left = index < middle;

		other_from[ret->n] = left ? middle : from;
		other_to[ret->n] = left ? to : middle;
		if (left)
			to = middle;
		else
			from = middle;
	}
	for (unsigned int i = 0; r == 0 && i < ret->n; i++)
		r = root_of(paths, other_from[ret->n - 1 - i], other_to[ret->n - 1 - i],
			    ret->hash[i]);
	return r;
}
