/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwt_fixture.h: keys and tokens of a provider that is played.
 *
 * Owns: making them, right and wrong. Must not own: what is to become of them.
 */
#ifndef SLUICE_JWT_FIXTURE_H
#define SLUICE_JWT_FIXTURE_H

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

static inline char *encode(const void *bytes, size_t size)
{
	char *text = malloc(BASE64URL_SIZE(size));

	base64url_encode(bytes, size, text);
	return text;
}

static inline char *number_of(EVP_PKEY *key, const char *name, int size)
{
	unsigned char bytes[1024];
	BIGNUM *bn = NULL;
	char *text;

	EVP_PKEY_get_bn_param(key, name, &bn);
	if (size == 0)
		size = BN_num_bytes(bn);
	BN_bn2binpad(bn, bytes, size);
	text = encode(bytes, (size_t)size);
	BN_free(bn);
	return text;
}

/* @more: further members, each with a comma before it */
static inline char *rsa_jwk(EVP_PKEY *key, const char *id, const char *more)
{
	char *n = number_of(key, OSSL_PKEY_PARAM_RSA_N, 0);
	char *e = number_of(key, OSSL_PKEY_PARAM_RSA_E, 0);
	char *jwk;

	if (asprintf(&jwk, "{\"kty\":\"RSA\",\"kid\":\"%s\",\"n\":\"%s\",\"e\":\"%s\"%s}", id, n, e,
		     more) < 0)
		abort();
	free(n);
	free(e);
	return jwk;
}

static inline char *ec_jwk(EVP_PKEY *key, const char *id, const char *curve)
{
	char *x = number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, 32);
	char *y = number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
	char *jwk;

	if (asprintf(&jwk,
		     "{\"kty\":\"EC\",\"kid\":\"%s\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}", id,
		     curve, x, y) < 0)
		abort();
	free(x);
	free(y);
	return jwk;
}

/* The signature of @text as ES256 has it: two numbers of 32 bytes. */
static inline char *raw_p256(const unsigned char *der, size_t size)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
	unsigned char raw[64];
	char *text;

	BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32);
	ECDSA_SIG_free(pair);
	text = encode(raw, sizeof(raw));
	return text;
}

static inline char *sign_text(EVP_PKEY *key, const EVP_MD *digest, const char *text)
{
	unsigned char signature[1024];
	size_t size = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (EVP_DigestSignInit(context, NULL, digest, NULL, key) != 1 ||
	    EVP_DigestSign(context, signature, &size, (const void *)text, strlen(text)) != 1)
		abort();
	EVP_MD_CTX_free(context);
	return EVP_PKEY_is_a(key, "EC") ? raw_p256(signature, size) : encode(signature, size);
}

/* header.claims, not signed yet */
static inline char *unsigned_token(const char *header, const char *claims)
{
	char *a = encode(header, strlen(header)), *b = encode(claims, strlen(claims)), *text;

	if (asprintf(&text, "%s.%s", a, b) < 0)
		abort();
	free(a);
	free(b);
	return text;
}

/* Takes over @text and @signature. */
static inline char *join(char *text, char *signature)
{
	char *token;

	if (asprintf(&token, "%s.%s", text, signature) < 0)
		abort();
	free(text);
	free(signature);
	return token;
}

static inline char *make_token(EVP_PKEY *key, const char *header, const char *claims)
{
	char *text = unsigned_token(header, claims);

	return join(text, sign_text(key, EVP_sha256(), text));
}

#endif
