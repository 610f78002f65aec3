// SPDX-License-Identifier: Apache-2.0
/*
 * button_seal.c: see button_seal.h. Owns no state.
 */
#include "button_seal.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

int button_seal_make(const struct button_seal *seal, const struct ipc_request *request,
		     const char *verb, char ret[BUTTON_SEAL_TEXT])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int length = 0;
	char text[256];
	int n = snprintf(text, sizeof(text), "%s\n%s\n%s\n%llu", request->id, request->digest, verb,
			 (unsigned long long)request->expires_ms);

	if (n < 0 || (size_t)n >= sizeof(text) ||
	    !HMAC(EVP_sha256(), seal->key, sizeof(seal->key), (const unsigned char *)text,
		  (size_t)n, hash, &length) ||
	    length != (BUTTON_SEAL_TEXT - 1) / 2)
		return -EIO;
	for (unsigned int i = 0; i < length; i++)
		snprintf(ret + 2 * (size_t)i, 3, "%02x", hash[i]);
	return 0;
}

bool button_seal_fits(const struct button_seal *seal, const struct ipc_request *request,
		      const char *verb, const char *text)
{
	char own[BUTTON_SEAL_TEXT];

	return strlen(text) == BUTTON_SEAL_TEXT - 1 &&
	       button_seal_make(seal, request, verb, own) == 0 &&
	       CRYPTO_memcmp(own, text, BUTTON_SEAL_TEXT - 1) == 0;
}
