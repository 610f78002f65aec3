// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_jwt.c: a key set and a token of any bytes, a line each. No token is ever taken: nobody here
 * signs. Sources: fuzz_jwt.c user/key/jwt.c user/key/jwt_key.c user/base/base64.c.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "key/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A token, NUL-terminated. */
static void check(const struct jwt_keys *keys, const char *token)
{
	static const struct jwt_rules rules = {
		.issuer = "i",
		.audience = "a",
		.nonce = "n",
		.now_s = 1000000,
	};
	json_t *claims = NULL;
	const char *why;

	if (jwt_check(keys, token, &rules, &claims, &why) == 0)
		abort();
	if (claims || !*why)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* so that what lies behind the key is reached whatever the first line is */
	static const char known[] =
		"{\"keys\":[{\"kty\":\"EC\",\"kid\":\"k\",\"crv\":\"P-256\","
		"\"x\":\"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY\","
		"\"y\":\"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU\"}]}";
	const uint8_t *end = memchr(data, '\n', size);
	size_t set_size = end ? (size_t)(end - data) : size;
	size_t token_size = end ? size - set_size - 1 : 0;
	char *token = calloc(1, token_size + 1);
	struct jwt_keys *keys = NULL;

	if (!token)
		abort();
	if (end)
		memcpy(token, end + 1, token_size);
	if (jwt_keys_parse((const char *)data, set_size, &keys) == 0)
		check(keys, token);
	jwt_keys_free(keys);
	if (jwt_keys_parse(known, sizeof(known) - 1, &keys) < 0)
		abort();
	check(keys, token);
	jwt_keys_free(keys);
	free(token);
	return 0;
}
