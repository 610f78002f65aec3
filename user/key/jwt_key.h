/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwt_key.h: one public key of a JWK set, and a signature by it.
 *
 * Owns: RSA and P-256 keys, RS256 and ES256. Must not own: tokens (jwt.c).
 */
#ifndef SLUICE_JWT_KEY_H
#define SLUICE_JWT_KEY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JWT_SIGNATURE_MAX 1024 /* bytes: RSA with 8192 bits */

struct jwt_key;

bool jwt_algorithm_known(const char *name);

/* Return: 0; -EINVAL when it is not a key that we take, without its id, weak, or not to sign with;
 * -ENOMEM. */
int jwt_key_parse(const json_t *jwk, struct jwt_key **ret);
struct jwt_key *jwt_key_free(struct jwt_key *key); /* returns NULL; accepts NULL */

/* Whether it has this id and is of the algorithm's kind: a key never serves another algorithm. */
bool jwt_key_is(const struct jwt_key *key, const char *id, const char *algorithm);

/* Whether its set says so: "endorsements":["msteams"], Microsoft's Bot Connector. */
bool jwt_key_endorses(const struct jwt_key *key, const char *what);

/* Return: 0, or -EKEYREJECTED. */
int jwt_key_verify(const struct jwt_key *key, const char *text, size_t size,
		   const uint8_t *signature, size_t signature_size);

#endif
