// SPDX-License-Identifier: Apache-2.0
/*
 * webhook_sign.c: see webhook_sign.h. Owns no state.
 */
#include "webhook_sign.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

int webhook_secret_read(const char *text, struct webhook_secret *ret)
{
	ssize_t n;

	if (strncmp(text, WEBHOOK_SECRET_START, strlen(WEBHOOK_SECRET_START)) != 0)
		return -EINVAL;
	text += strlen(WEBHOOK_SECRET_START);
	n = base64_decode(text, strlen(text), ret->bytes, sizeof(ret->bytes));
	if (n < WEBHOOK_SECRET_MIN)
		return -EINVAL;
	ret->size = (size_t)n;
	return 0;
}

int webhook_sign(const struct webhook_secret *secret, const char *id, uint64_t time_s,
		 const char *body, char ret[WEBHOOK_SIGNATURE])
{
	_cleanup_free_ char *text = NULL;
	uint8_t hash[WEBHOOK_HASH];
	int n = asprintf(&text, "%s.%llu.%s", id, (unsigned long long)time_s, body);

	if (n < 0 || !HMAC(EVP_sha256(), secret->bytes, (int)secret->size,
			   (const unsigned char *)text, (size_t)n, hash, NULL))
		return -ENOMEM;
	strcpy(ret, "v1,");
	base64_encode(hash, sizeof(hash), ret + strlen("v1,"));
	return 0;
}
