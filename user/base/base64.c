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

/* @extra: the two characters behind the digits */
static int base64_value(char c, const char *extra)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == extra[0] ? 62 : c == extra[1] ? 63 : -1;
}

/* @size: without padding, of which there would be @padding */
static ssize_t decode(const char *text, size_t size, size_t padding, const char *extra,
		      uint8_t *ret_bytes, size_t room)
{
	size_t count = 0;
	uint32_t bits = 0;
	int value;

	if ((size + padding) / 4 * 3 - padding > room)
		return -EBADMSG;
	for (size_t i = 0; i < size; i++) {
		value = base64_value(text[i], extra);
		if (value < 0)
			return -EBADMSG;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4)
			ret_bytes[count++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	/* Bits that say nothing must be zero. */
	return bits & ((1U << (2 * padding)) - 1) ? -EBADMSG : (ssize_t)count;
}

ssize_t base64_decode(const char *text, size_t size, uint8_t *ret_bytes, size_t room)
{
	size_t padding = 0;

	if (size == 0 || size % 4 != 0)
		return -EBADMSG;
	if (text[size - 1] == '=')
		padding = text[size - 2] == '=' ? 2 : 1;
	return decode(text, size - padding, padding, "+/", ret_bytes, room);
}

void base64url_encode(const uint8_t *bytes, size_t size, char *ret_text)
{
	size_t whole = size / 3 * 3, rest = size - whole;
	char last[BASE64_SIZE(2)];

	base64_encode(bytes, whole, ret_text);
	base64_encode(bytes + whole, rest, last);
	/* so many characters tell of the rest; more would be padding */
	last[rest ? rest + 1 : 0] = '\0';
	memcpy(ret_text + whole / 3 * 4, last, strlen(last) + 1);
	for (char *c = ret_text; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
}

ssize_t base64url_decode(const char *text, size_t size, uint8_t *ret_bytes, size_t room)
{
	if (size % 4 == 1)
		return -EBADMSG;
	return decode(text, size, (4 - size % 4) % 4, "-_", ret_bytes, room);
}
