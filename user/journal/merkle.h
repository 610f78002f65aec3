/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merkle.h: the RFC 6962 hash tree over the journal's lines, kept as its right edge (at most 64
 * hashes).
 *
 * Owns: leaf and node hashes, the root of what was appended. Must not own: what a leaf means
 * (journal_check.h), signatures over a root (note.h).
 */
#ifndef SLUICE_MERKLE_H
#define SLUICE_MERKLE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MERKLE_HASH 32
#define MERKLE_HEX  (2 * MERKLE_HASH + 1) /* with the NUL */

/*
 * What shows that a leaf is in a tree (RFC 6962 section 2.1.1): its sibling, and so on up to below
 * the root.
 */
struct merkle_proof {
	uint64_t index;
	unsigned int n;
	uint8_t hash[64][MERKLE_HASH];
};

struct merkle {
	uint64_t size;		       /* leaves appended */
	uint8_t edge[64][MERKLE_HASH]; /* edge[i]: root of the full subtree of 2^i leaves, where bit
					  i of size is set */
	struct merkle_proof *watched; /* of a leaf to come, gathered while appending; may be NULL */
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

/* Each returns 0, or -ENOMEM when the crypto library cannot hash. */
int merkle_init(struct merkle *tree);
void merkle_done(struct merkle *tree);

/* SHA-256(0x00 || bytes): RFC 6962 section 2.1. Does not append. */
int merkle_leaf(struct merkle *tree, const void *bytes, size_t size, uint8_t ret_leaf[MERKLE_HASH]);
int merkle_append(struct merkle *tree, const uint8_t leaf[MERKLE_HASH]);
/* Root of all leaves so far; of none: SHA-256 of the empty string. */
int merkle_root(struct merkle *tree, uint8_t ret_root[MERKLE_HASH]);

/* The whole proof of the watched leaf for the tree as it is now; it must have been appended. */
int merkle_prove(struct merkle *tree, struct merkle_proof *ret);
/*
 * Return: 0; -EBADMSG: @leaf is not at that place of the tree of @size leaves that has this root;
 * -ENOMEM.
 */
int merkle_check_proof(struct merkle *hasher, const struct merkle_proof *proof, uint64_t size,
		       const uint8_t leaf[MERKLE_HASH], const uint8_t root[MERKLE_HASH]);

/* Lower-case hex with NUL. */
void merkle_hex(const uint8_t hash[MERKLE_HASH], char ret_hex[MERKLE_HEX]);
/* The 64 digits at @hex; false when they are not that. */
bool merkle_unhex(const char *hex, uint8_t ret_hash[MERKLE_HASH]);

#endif
