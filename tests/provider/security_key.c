/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security_key.c: a security key in software, which OpenSSH loads in the place of a real one
 * (ssh-keygen -w, $SSH_SK_PROVIDER; OpenSSH, PROTOCOL.u2f). So ssh-keygen itself makes keys and
 * signatures of the kind sk-ssh-ed25519@openssh.com where there is no such device.
 *
 * Owns: the private key, which is its key handle. It is "touched" whenever OpenSSH asks for that.
 * Must not own: anything of Sluice; it is the other side.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define API_VERSION	  0x000a0000 /* of OpenSSH 8.9 to 10 */
#define KIND_ED25519	  1
#define ERROR_GENERAL	  (-1)
#define ERROR_UNSUPPORTED (-2)
#define FLAG_TOUCHED	  1
#define SEED		  32

struct sk_enroll_response {
	uint8_t flags;
	uint8_t *public_key;
	size_t public_key_len;
	uint8_t *key_handle;
	size_t key_handle_len;
	uint8_t *signature;
	size_t signature_len;
	uint8_t *attestation_cert;
	size_t attestation_cert_len;
	uint8_t *authdata;
	size_t authdata_len;
};

struct sk_sign_response {
	uint8_t flags;
	uint32_t counter;
	uint8_t *sig_r;
	size_t sig_r_len;
	uint8_t *sig_s;
	size_t sig_s_len;
};

struct sk_option;

uint32_t sk_api_version(void);
int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application,
	      uint8_t flags, const char *pin, struct sk_option **options,
	      struct sk_enroll_response **ret);
int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
	    const uint8_t *key_handle, size_t key_handle_len, uint8_t flags, const char *pin,
	    struct sk_option **options, struct sk_sign_response **ret);

int sk_load_resident_keys(const char *pin, struct sk_option **options, void ***ret, size_t *ret_n);

uint32_t sk_api_version(void)
{
	return API_VERSION;
}

/* OpenSSH frees each of these. */
static uint8_t *copy(const void *bytes, size_t n)
{
	uint8_t *p = malloc(n + 1);

	return p ? memcpy(p, bytes, n) : NULL;
}

static EVP_PKEY *key_of(const uint8_t *seed, size_t n)
{
	return n == SEED ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, n) : NULL;
}

int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application,
	      uint8_t flags, const char *pin, struct sk_option **options,
	      struct sk_enroll_response **ret)
{
	uint8_t seed[SEED], point[32];
	size_t n = sizeof(point);
	EVP_PKEY *key;

	(void)challenge, (void)challenge_len, (void)application, (void)pin, (void)options;
	if (alg != KIND_ED25519 || RAND_bytes(seed, sizeof(seed)) != 1)
		return ERROR_UNSUPPORTED;
	key = key_of(seed, sizeof(seed));
	if (!key || EVP_PKEY_get_raw_public_key(key, point, &n) != 1)
		return ERROR_GENERAL;
	EVP_PKEY_free(key);
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return ERROR_GENERAL;
	(*ret)->flags = flags;
	(*ret)->public_key = copy(point, n);
	(*ret)->public_key_len = n;
	(*ret)->key_handle = copy(seed, sizeof(seed));
	(*ret)->key_handle_len = sizeof(seed);
	(*ret)->signature = copy("", 0);
	(*ret)->attestation_cert = copy("", 0);
	(*ret)->authdata = copy("", 0);
	return 0;
}

/* What a security key puts together: who asks, touched or not, how often, and what. */
static void put_together(const uint8_t *data, size_t data_len, const char *application,
			 uint8_t flags, uint8_t ret[32 + 1 + 4 + 32])
{
	EVP_Digest(application, strlen(application), ret, NULL, EVP_sha256(), NULL);
	ret[32] = flags;
	memcpy(ret + 33, "\1\2\3\4", 4);
	EVP_Digest(data, data_len, ret + 37, NULL, EVP_sha256(), NULL);
}

int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application,
	    const uint8_t *key_handle, size_t key_handle_len, uint8_t flags, const char *pin,
	    struct sk_option **options, struct sk_sign_response **ret)
{
	uint8_t all[32 + 1 + 4 + 32], signature[64];
	EVP_PKEY *key = key_of(key_handle, key_handle_len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = sizeof(signature);
	int r = ERROR_GENERAL;

	(void)pin, (void)options;
	put_together(data, data_len, application, flags & FLAG_TOUCHED, all);
	if (alg == KIND_ED25519 && key && ctx &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, signature, &n, all, sizeof(all)) == 1)
		r = 0;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	*ret = r ? NULL : calloc(1, sizeof(**ret));
	if (!*ret)
		return ERROR_GENERAL;
	(*ret)->flags = flags & FLAG_TOUCHED;
	(*ret)->counter = 0x01020304;
	(*ret)->sig_r = copy(signature, n);
	(*ret)->sig_r_len = n;
	return 0;
}

/* It keeps none. */
int sk_load_resident_keys(const char *pin, struct sk_option **options, void ***ret, size_t *ret_n)
{
	(void)pin, (void)options, (void)ret, (void)ret_n;
	return ERROR_UNSUPPORTED;
}
