/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signed_fixture.h: people's keys, and signatures put together byte by byte, right or wrong in one
 * place. Owns no test. What ssh-keygen itself makes is in the tests as well: nothing here is proof
 * that the form is right.
 */
#ifndef SLUICE_TEST_SIGNED_FIXTURE_H
#define SLUICE_TEST_SIGNED_FIXTURE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "key/sshkey.h"
#include "key/statement.h"

#define MAYBE_UNUSED __attribute__((unused))

struct bytes {
	uint8_t at[1024];
	size_t n;
};

/**
 * struct signer: who signs, and everything that may be wrong about it.
 * @seed: the private key is 32 of these bytes
 * @sk: as a security key, which says @flags
 */
struct signer {
	uint8_t seed;
	bool sk;
	uint8_t flags;
	uint32_t counter;
	const char *namespace;
	const char *hash;
	const char *reserved;
	uint32_t version;
};

static const struct signer honest = { .seed = 1,
				      .flags = 1,
				      .counter = 7,
				      .namespace = STATEMENT_NAMESPACE,
				      .hash = "sha512",
				      .reserved = "",
				      .version = 1 };

static void add(struct bytes *out, const void *bytes, size_t n)
{
	memcpy(out->at + out->n, bytes, n);
	out->n += n;
}

static void add_u32(struct bytes *out, uint32_t value)
{
	const uint8_t bytes[] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16),
				  (uint8_t)(value >> 8), (uint8_t)value };

	add(out, bytes, sizeof(bytes));
}

static void add_string(struct bytes *out, const void *bytes, size_t n)
{
	add_u32(out, (uint32_t)n);
	add(out, bytes, n);
}

static void add_text(struct bytes *out, const char *text)
{
	add_string(out, text, strlen(text));
}

static EVP_PKEY *private_key(uint8_t seed)
{
	uint8_t bytes[32];

	memset(bytes, seed, sizeof(bytes));
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, bytes, sizeof(bytes));
}

/* The public key as on the wire. */
static struct bytes key_blob(const struct signer *signer)
{
	EVP_PKEY *key = private_key(signer->seed);
	struct bytes blob = { .n = 0 };
	uint8_t point[32];
	size_t n = sizeof(point);

	EVP_PKEY_get_raw_public_key(key, point, &n);
	EVP_PKEY_free(key);
	add_text(&blob, signer->sk ? SSHKEY_SK_ED25519 : SSHKEY_ED25519);
	add_string(&blob, point, n);
	if (signer->sk)
		add_text(&blob, "ssh:");
	return blob;
}

/* The line of its .pub file. */
MAYBE_UNUSED static const char *key_line(const struct signer *signer)
{
	static char line[2048];
	struct bytes blob = key_blob(signer);
	char text[BASE64_SIZE(1024)];

	base64_encode(blob.at, blob.n, text);
	snprintf(line, sizeof(line), "%s %s", signer->sk ? SSHKEY_SK_ED25519 : SSHKEY_ED25519,
		 text);
	return line;
}

static void hash_of(const char *name, const void *bytes, size_t n, struct bytes *ret)
{
	const EVP_MD *md = EVP_get_digestbyname(name);
	unsigned int size = 0;

	EVP_Digest(bytes, n, ret->at, &size, md ? md : EVP_sha512(), NULL);
	ret->n = size;
}

static void sign_bytes(const struct signer *signer, const struct bytes *what, uint8_t ret[64])
{
	EVP_PKEY *key = private_key(signer->seed);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = 64;

	EVP_DigestSignInit(ctx, NULL, NULL, NULL, key);
	EVP_DigestSign(ctx, ret, &n, what->at, what->n);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

/* What a security key signs in the place of @whole. */
static struct bytes of_security_key(const struct signer *signer, const struct bytes *whole)
{
	struct bytes out = { .n = 0 }, hash;

	hash_of("sha256", "ssh:", 4, &hash);
	add(&out, hash.at, hash.n);
	add(&out, &signer->flags, 1);
	add_u32(&out, signer->counter);
	hash_of("sha256", whole->at, whole->n, &hash);
	add(&out, hash.at, hash.n);
	return out;
}

static struct bytes signature_blob(const struct signer *signer, const char *message)
{
	struct bytes out = { .n = 0 }, inner = { .n = 0 }, whole = { .n = 0 }, hash;
	struct bytes key = key_blob(signer);
	uint8_t signature[64];

	hash_of(signer->hash, message, strlen(message), &hash);
	add(&whole, "SSHSIG", 6);
	add_text(&whole, signer->namespace);
	add_text(&whole, signer->reserved);
	add_text(&whole, signer->hash);
	add_string(&whole, hash.at, hash.n);
	if (signer->sk)
		whole = of_security_key(signer, &whole);
	sign_bytes(signer, &whole, signature);
	add_text(&inner, signer->sk ? SSHKEY_SK_ED25519 : SSHKEY_ED25519);
	add_string(&inner, signature, sizeof(signature));
	if (signer->sk) {
		add(&inner, &signer->flags, 1);
		add_u32(&inner, signer->counter);
	}
	add(&out, "SSHSIG", 6);
	add_u32(&out, signer->version);
	add_string(&out, key.at, key.n);
	add_text(&out, signer->namespace);
	add_text(&out, signer->reserved);
	add_text(&out, signer->hash);
	add_string(&out, inner.at, inner.n);
	return out;
}

/* With its heading, lines of 70 characters as ssh-keygen has them. */
static void armor(const struct bytes *blob, char *ret, size_t size)
{
	char text[BASE64_SIZE(1024)];
	size_t used = (size_t)snprintf(ret, size, "-----BEGIN SSH SIGNATURE-----\n");

	base64_encode(blob->at, blob->n, text);
	for (const char *at = text; *at; at += strnlen(at, 70))
		used += (size_t)snprintf(ret + used, size - used, "%.70s\n", at);
	snprintf(ret + used, size - used, "-----END SSH SIGNATURE-----\n");
}

MAYBE_UNUSED static void sign_text(const struct signer *signer, const char *message, char *ret,
				   size_t size)
{
	struct bytes blob = signature_blob(signer, message);

	armor(&blob, ret, size);
}

#endif
