// SPDX-License-Identifier: Apache-2.0
/*
 * web_attempt.c: see web_attempt.h. Owns the key of this process, with which attempts are sealed
 * (AES-256-GCM), and the ring of those that were used.
 */
#include "web_attempt.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"

#define KEY_SIZE 32
#define IV_SIZE	 12
#define TAG_SIZE 16
#define MAX_USED 512

/* @used: states, the oldest is overwritten */
struct attempts {
	unsigned char key[KEY_SIZE];
	unsigned int n_used;
	char used[MAX_USED][OIDC_SECRET];
};

/* As it is written down: nothing between the parts. */
struct sealed {
	unsigned char iv[IV_SIZE];
	unsigned char text[sizeof(struct attempt)];
	unsigned char tag[TAG_SIZE];
};

_Static_assert(BASE64URL_SIZE(sizeof(struct sealed)) == WEB_SEALED_SIZE, "nothing between");

static void free_cipher(EVP_CIPHER_CTX **ctx)
{
	EVP_CIPHER_CTX_free(*ctx);
}

static uint64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec;
}

int attempts_new(struct attempts **ret)
{
	struct attempts *attempts = calloc(1, sizeof(*attempts));

	if (!attempts)
		return -ENOMEM;
	if (RAND_bytes(attempts->key, sizeof(attempts->key)) != 1) {
		free(attempts);
		return -EIO;
	}
	*ret = attempts;
	return 0;
}

struct attempts *attempts_free(struct attempts *attempts)
{
	if (!attempts)
		return NULL;
	explicit_bzero(attempts, sizeof(*attempts));
	free(attempts);
	return NULL;
}

static int seal(const struct attempts *attempts, const struct attempt *attempt, struct sealed *ret)
{
	_cleanup_(free_cipher) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (!ctx || RAND_bytes(ret->iv, sizeof(ret->iv)) != 1 ||
	    EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, attempts->key, ret->iv) != 1 ||
	    EVP_EncryptUpdate(ctx, ret->text, &n, (const void *)attempt, sizeof(*attempt)) != 1 ||
	    EVP_EncryptFinal_ex(ctx, ret->text + n, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, ret->tag) != 1)
		return -EIO;
	return 0;
}

static int unseal(const struct attempts *attempts, struct sealed *sealed, struct attempt *ret)
{
	_cleanup_(free_cipher) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (!ctx ||
	    EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, attempts->key, sealed->iv) != 1 ||
	    EVP_DecryptUpdate(ctx, (void *)ret, &n, sealed->text, sizeof(sealed->text)) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, sealed->tag) != 1 ||
	    EVP_DecryptFinal_ex(ctx, (unsigned char *)ret + n, &n) != 1)
		return -EPERM;
	return 0;
}

int attempts_begin(struct attempts *attempts, const char *path, struct attempt *ret,
		   char ret_sealed[WEB_SEALED_SIZE])
{
	struct sealed sealed;

	*ret = (struct attempt){ .expires_s = now_s() + WEB_ATTEMPT_S };
	snprintf(ret->path, sizeof(ret->path), "%s", path);
	if (oidc_random(ret->oidc.state) < 0 || oidc_random(ret->oidc.nonce) < 0 ||
	    oidc_random(ret->oidc.verifier) < 0 || seal(attempts, ret, &sealed) < 0)
		return -EIO;
	base64url_encode((const uint8_t *)&sealed, sizeof(sealed), ret_sealed);
	return 0;
}

static bool is_used(const struct attempts *attempts, const char *state)
{
	for (size_t i = 0; i < MAX_USED; i++)
		if (strcmp(attempts->used[i], state) == 0)
			return true;
	return false;
}

void attempts_use(struct attempts *attempts, const struct attempt *attempt)
{
	memcpy(attempts->used[attempts->n_used++ % MAX_USED], attempt->oidc.state, OIDC_SECRET);
}

int attempts_open(const struct attempts *attempts, const char *state, const char *text,
		  struct attempt *ret)
{
	struct sealed sealed;
	ssize_t n = base64url_decode(text, strlen(text), (uint8_t *)&sealed, sizeof(sealed));

	if (n != sizeof(sealed) || unseal(attempts, &sealed, ret) < 0 ||
	    strlen(state) != OIDC_SECRET - 1 ||
	    CRYPTO_memcmp(ret->oidc.state, state, OIDC_SECRET - 1) != 0)
		return -EPERM;
	if (now_s() >= ret->expires_s)
		return -ETIMEDOUT;
	return is_used(attempts, ret->oidc.state) ? -ENOENT : 0;
}
