// SPDX-License-Identifier: Apache-2.0
/*
 * jwt_key.c: see jwt_key.h. Owns the table of algorithms; the arithmetic is OpenSSL's.
 */
#include "jwt_key.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"

#define RSA_MIN_BITS 2048
#define RSA_MAX_BITS 8192
#define P256_BYTES 32

struct algorithm {
	const char *name;
	const char *type; /* kty */
	int (*parse)(const json_t *jwk, EVP_PKEY **ret);
	int (*verify)(EVP_PKEY *key, const char *text, size_t size, const uint8_t *signature,
		      size_t signature_size);
};

/* @endorsements: array of words, or NULL */
struct jwt_key {
	const struct algorithm *algorithm;
	EVP_PKEY *key;
	json_t *endorsements;
	char id[];
};

static void free_bn(BIGNUM **bn)
{
	BN_free(*bn);
}

static void free_build(OSSL_PARAM_BLD **build)
{
	OSSL_PARAM_BLD_free(*build);
}

static void free_params(OSSL_PARAM **params)
{
	OSSL_PARAM_free(*params);
}

static void free_context(EVP_PKEY_CTX **context)
{
	EVP_PKEY_CTX_free(*context);
}

static void free_digest(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

static void free_pkey(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void free_signature(ECDSA_SIG **signature)
{
	ECDSA_SIG_free(*signature);
}

static ssize_t member(const json_t *jwk, const char *name, uint8_t *ret, size_t room)
{
	const json_t *value = json_object_get(jwk, name);

	if (!json_is_string(value))
		return -EINVAL;
	return base64url_decode(json_string_value(value), json_string_length(value), ret, room);
}

static int from_params(const char *type, OSSL_PARAM_BLD *build, EVP_PKEY **ret)
{
	_cleanup_(free_params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	_cleanup_(free_context) EVP_PKEY_CTX *context =
		EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

	if (!params || !context || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, ret, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return -EINVAL;
	return 0;
}

static int parse_rsa(const json_t *jwk, EVP_PKEY **ret)
{
	uint8_t n[RSA_MAX_BITS / 8], e[8];
	ssize_t n_size = member(jwk, "n", n, sizeof(n)), e_size = member(jwk, "e", e, sizeof(e));
	_cleanup_(free_build) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	_cleanup_(free_bn) BIGNUM *modulus = NULL;
	_cleanup_(free_bn) BIGNUM *exponent = NULL;

	if (n_size < 0 || e_size < 0)
		return -EINVAL;
	modulus = BN_bin2bn(n, (int)n_size, NULL);
	exponent = BN_bin2bn(e, (int)e_size, NULL);
	if (!build || !modulus || !exponent)
		return -ENOMEM;
	if (BN_num_bits(modulus) < RSA_MIN_BITS || !BN_is_odd(exponent) || BN_is_one(exponent) ||
	    !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) ||
	    !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent))
		return -EINVAL;
	return from_params("RSA", build, ret);
}

static int parse_p256(const json_t *jwk, EVP_PKEY **ret)
{
	const char *curve = json_string_value(json_object_get(jwk, "crv"));
	uint8_t point[1 + 2 * P256_BYTES] = { POINT_CONVERSION_UNCOMPRESSED };
	_cleanup_(free_build) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();

	if (!build)
		return -ENOMEM;
	/* OpenSSL refuses a point that is not on the curve */
	if (!curve || strcmp(curve, "P-256") != 0 ||
	    member(jwk, "x", point + 1, P256_BYTES) != P256_BYTES ||
	    member(jwk, "y", point + 1 + P256_BYTES, P256_BYTES) != P256_BYTES ||
	    !OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
					      sizeof(point)))
		return -EINVAL;
	return from_params("EC", build, ret);
}

static int verify_sha256(EVP_PKEY *key, const char *text, size_t size, const uint8_t *signature,
			 size_t signature_size)
{
	_cleanup_(free_digest) EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!context || EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestVerify(context, signature, signature_size, (const uint8_t *)text, size) != 1)
		return -EKEYREJECTED;
	return 0;
}

/* RFC 7518 has the two numbers side by side, OpenSSL wants them in DER. */
static int verify_p256(EVP_PKEY *key, const char *text, size_t size, const uint8_t *signature,
		       size_t signature_size)
{
	_cleanup_(free_signature) ECDSA_SIG *pair = ECDSA_SIG_new();
	uint8_t der[2 * P256_BYTES + 16], *end = der;
	BIGNUM *r, *s;
	int n;

	if (!pair || signature_size != 2 * P256_BYTES)
		return -EKEYREJECTED;
	r = BN_bin2bn(signature, P256_BYTES, NULL);
	s = BN_bin2bn(signature + P256_BYTES, P256_BYTES, NULL);
	if (!r || !s || ECDSA_SIG_set0(pair, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return -EKEYREJECTED;
	}
	n = i2d_ECDSA_SIG(pair, &end);
	return n > 0 ? verify_sha256(key, text, size, der, (size_t)n) : -EKEYREJECTED;
}

static const struct algorithm algorithms[] = {
	{ "RS256", "RSA", parse_rsa, verify_sha256 },
	{ "ES256", "EC", parse_p256, verify_p256 },
};

bool jwt_algorithm_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++)
		if (strcmp(algorithms[i].name, name) == 0)
			return true;
	return false;
}

static bool absent_or(const json_t *jwk, const char *name, const char *wanted)
{
	const json_t *value = json_object_get(jwk, name);

	return !value || (json_is_string(value) && strcmp(json_string_value(value), wanted) == 0);
}

static const struct algorithm *algorithm_of(const json_t *jwk)
{
	const char *type = json_string_value(json_object_get(jwk, "kty"));

	for (size_t i = 0; type && i < ARRAY_SIZE(algorithms); i++)
		if (strcmp(algorithms[i].type, type) == 0 &&
		    absent_or(jwk, "alg", algorithms[i].name))
			return &algorithms[i];
	return NULL;
}

/* Takes over @key on success. */
static int make_key(const struct algorithm *algorithm, const char *id, EVP_PKEY *key,
		    struct jwt_key **ret)
{
	struct jwt_key *fresh = calloc(1, sizeof(*fresh) + strlen(id) + 1);

	if (!fresh)
		return -ENOMEM;
	strcpy(fresh->id, id);
	fresh->algorithm = algorithm;
	fresh->key = key;
	*ret = fresh;
	return 0;
}

int jwt_key_parse(const json_t *jwk, struct jwt_key **ret)
{
	const struct algorithm *algorithm = algorithm_of(jwk);
	const char *id = json_string_value(json_object_get(jwk, "kid"));
	_cleanup_(free_pkey) EVP_PKEY *key = NULL;
	int r;

	if (!algorithm || !id || !absent_or(jwk, "use", "sig"))
		return -EINVAL;
	r = algorithm->parse(jwk, &key);
	if (r == 0)
		r = make_key(algorithm, id, key, ret);
	if (r < 0)
		return r;
	TAKE_PTR(key);
	(*ret)->endorsements = json_incref(json_object_get(jwk, "endorsements"));
	return 0;
}

struct jwt_key *jwt_key_free(struct jwt_key *key)
{
	if (!key)
		return NULL;
	EVP_PKEY_free(key->key);
	json_decref(key->endorsements);
	free(key);
	return NULL;
}

bool jwt_key_is(const struct jwt_key *key, const char *id, const char *algorithm)
{
	return strcmp(key->id, id) == 0 && strcmp(key->algorithm->name, algorithm) == 0;
}

bool jwt_key_endorses(const struct jwt_key *key, const char *what)
{
	const json_t *word;
	size_t i;

	json_array_foreach (key->endorsements, i, word) {
		if (json_is_string(word) && strcmp(json_string_value(word), what) == 0)
			return true;
	}
	return false;
}

int jwt_key_verify(const struct jwt_key *key, const char *text, size_t size,
		   const uint8_t *signature, size_t signature_size)
{
	return key->algorithm->verify(key->key, text, size, signature, signature_size);
}
