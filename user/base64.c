/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64.c: see base64.h. Owns no state.
 */
#include "base64.h"

#include <errno.h>
#include <openssl/evp.h>

void base64_encode(const uint8_t *bytes, size_t size, char *ret_text)
{
	EVP_EncodeBlock((unsigned char *)ret_text, bytes, (int)size);
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

ssize_t base64_decode(const char *text, size_t size, uint8_t *ret_bytes, size_t room)
{
	size_t padding = 0, count = 0;
	uint32_t bits = 0;
	int value;

	if (size == 0 || size % 4 != 0)
		return -EBADMSG;
	if (text[size - 1] == '=')
		padding = text[size - 2] == '=' ? 2 : 1;
	if (size / 4 * 3 - padding > room)
		return -EBADMSG;
	for (size_t i = 0; i < size - padding; i++) {
		value = base64_value(text[i]);
		if (value < 0)
			return -EBADMSG;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4)
			ret_bytes[count++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	/* Bits that say nothing must be zero. */
	return bits & ((1U << (2 * padding)) - 1) ? -EBADMSG : (ssize_t)count;
}
