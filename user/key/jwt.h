/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwt.h: signed JSON Web Tokens (RFC 7515, 7519) checked against a set of keys (RFC 7517).
 *
 * Owns: which algorithms and keys are taken, the signature, and the claims that every token must
 * have. Must not own: where keys come from (oidc.c), or what further claims mean.
 */
#ifndef SLUICE_JWT_H
#define SLUICE_JWT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JWT_TOKEN_MAX 16384 /* characters of a token */
#define JWT_KEYS_MAX 64	    /* keys of a set that are kept; Entra publishes about ten */
#define JWT_SKEW_S 60

struct jwt_keys;

/**
 * jwt_keys_parse() - read a JWK set. A key of another kind, for another use, or too weak is passed
 * over: providers publish such beside those that sign.
 * Return: 0 with at least one key, -EBADMSG when it is no set, -ENOKEY when no key is usable,
 * -ENOMEM.
 */
int jwt_keys_parse(const char *text, size_t size, struct jwt_keys **ret);
struct jwt_keys *jwt_keys_free(struct jwt_keys *keys); /* returns NULL; accepts NULL */

/**
 * struct jwt_rules: what a token must say besides being signed.
 * @issuer, @audience: iss and aud, which must be exactly this one string
 * @nonce: or NULL when none was asked for
 * @algorithm: the only one, or NULL for RS256 and ES256
 * @endorsement: what the key must be endorsed for in its set, or NULL. Microsoft's Bot Framework
 * marks so which channel a key signs for.
 * @now_s: since the epoch
 * @max_age_s: since iat, 0 for any
 * @skew_s: that clocks may differ by, 0 for JWT_SKEW_S
 * @iat_optional: the issuer does not say when it issued; with @max_age_s 0
 */
struct jwt_rules {
	const char *issuer;
	const char *audience;
	const char *nonce;
	const char *algorithm;
	const char *endorsement;
	int64_t now_s;
	int64_t max_age_s;
	int64_t skew_s;
	bool iat_optional;
};

/**
 * jwt_check() - check a token in its compact form.
 * @ret_claims: all claims, owned by the caller; only on success
 * @ret_why: always written: "", or what is wrong; never holds a part of the token
 * Return: 0; -EBADMSG malformed; -ENOKEY signed with a key that is not in the set, and nothing else
 * is wrong with it; -EKEYREJECTED another algorithm, a key without the endorsement, or a signature
 * that does not fit; -EACCES other issuer, audience or nonce; -EKEYEXPIRED not in its time;
 * -ENOMEM. Claims are looked at only after the signature, or when its key is not known.
 */
int jwt_check(const struct jwt_keys *keys, const char *token, const struct jwt_rules *rules,
	      json_t **ret_claims, const char **ret_why);

#endif
