/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64.c: see base64.h. Owns no state.
 */
#include "base64.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

void base64_encode(const uint8_t *bytes, size_t size, char *ret_text)
{
	EVP_EncodeBlock((unsigned char *)ret_text, bytes, (int)size);
}

ssize_t base64_decode(const char *text, size_t size, uint8_t *ret_bytes, size_t room)
{
	uint8_t bytes[BASE64_MAX + 2];
	char again[BASE64_SIZE(BASE64_MAX + 2)];
	size_t count = size / 4 * 3;

	if (size == 0 || size % 4 != 0 || count > sizeof(bytes))
		return -EBADMSG;
	if (EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)size) != (int)count)
		return -EBADMSG;
	count -= (size_t)(text[size - 1] == '=') + (size_t)(text[size - 2] == '=');
	base64_encode(bytes, count, again);
	if (memcmp(again, text, size) != 0 || count > room)
		return -EBADMSG;
	memcpy(ret_bytes, bytes, count);
	return (ssize_t)count;
}
