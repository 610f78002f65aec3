// SPDX-License-Identifier: Apache-2.0
/*
 * slack_sign.c: see slack_sign.h. Owns no state. The time is checked both ways: a signature for
 * tomorrow could be kept until then.
 */
#include "slack_sign.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define SIGNATURE_LENGTH (sizeof("v0=") - 1 + 64)

static int sign(const char *secret, const char *timestamp, const char *body, size_t size,
		char ret[SIGNATURE_LENGTH + 1])
{
	size_t start = sizeof("v0::") - 1 + strlen(timestamp);
	_cleanup_free_ char *text = malloc(start + size + 1);
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (!text)
		return -EIO;
	snprintf(text, start + 1, "v0:%s:", timestamp);
	memcpy(text + start, body, size);
	if (!HMAC(EVP_sha256(), secret, (int)strlen(secret), (unsigned char *)text, start + size,
		  hash, &length) ||
	    length != 32)
		return -EIO;
	snprintf(ret, sizeof("v0="), "v0=");
	for (unsigned int i = 0; i < length; i++)
		snprintf(ret + 3 + 2 * (size_t)i, 3, "%02x", hash[i]);
	return 0;
}

int slack_sign_check(const char *secret, const char *timestamp, const char *signature,
		     const char *body, size_t size, uint64_t now_s)
{
	char ours[SIGNATURE_LENGTH + 1];
	uint64_t then_s;

	if (!timestamp || !signature || strlen(signature) != SIGNATURE_LENGTH ||
	    text_to_number(timestamp, INT64_MAX, &then_s) < 0)
		return -EBADMSG;
	if (then_s + SLACK_SIGN_AGE_S < now_s || then_s > now_s + SLACK_SIGN_AGE_S)
		return -ESTALE;
	if (sign(secret, timestamp, body, size, ours) < 0)
		return -EIO;
	return CRYPTO_memcmp(ours, signature, SIGNATURE_LENGTH) == 0 ? 0 : -EBADMSG;
}
