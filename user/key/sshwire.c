/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sshwire.c: see sshwire.h. Owns no state.
 */
#include "sshwire.h"

#include <string.h>

bool sshwire_u8(struct sshwire *wire, uint8_t *ret)
{
	if (wire->left < 1)
		return false;
	*ret = *wire->at++;
	wire->left--;
	return true;
}

bool sshwire_u32(struct sshwire *wire, uint32_t *ret)
{
	const uint8_t *p = wire->at;

	if (wire->left < sizeof(*ret))
		return false;
	*ret = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	wire->at += sizeof(*ret);
	wire->left -= sizeof(*ret);
	return true;
}

bool sshwire_string(struct sshwire *wire, struct sshwire *ret)
{
	struct sshwire rest = *wire;
	uint32_t size;

	if (!sshwire_u32(&rest, &size) || size > rest.left)
		return false;
	*ret = (struct sshwire){ .at = rest.at, .left = size };
	wire->at = rest.at + size;
	wire->left = rest.left - size;
	return true;
}

bool sshwire_fixed(struct sshwire *wire, void *ret, size_t size)
{
	struct sshwire rest = *wire, string;

	if (!sshwire_string(&rest, &string) || string.left != size)
		return false;
	memcpy(ret, string.at, size);
	*wire = rest;
	return true;
}

bool sshwire_is(const struct sshwire *wire, const char *text)
{
	return wire->left == strlen(text) && !memcmp(wire->at, text, wire->left);
}

bool sshwire_text(const struct sshwire *wire, char *ret, size_t size)
{
	if (wire->left >= size || memchr(wire->at, '\0', wire->left))
		return false;
	memcpy(ret, wire->at, wire->left);
	ret[wire->left] = '\0';
	return true;
}
