/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sshwire.h: the data types of RFC 4251 section 5, read from bytes that may be anybody's.
 *
 * Owns: bounds. Must not own: what the fields mean (sshkey.h, sshsig.h). There is one spelling of
 * each value, so that what was read whole has no other form.
 */
#ifndef SLUICE_SSHWIRE_H
#define SLUICE_SSHWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is left to read. */
struct sshwire {
	const uint8_t *at;
	size_t left;
};

/* Each: false when the bytes do not hold it; nothing is taken then. */
bool sshwire_u8(struct sshwire *wire, uint8_t *ret);
bool sshwire_u32(struct sshwire *wire, uint32_t *ret);

/* A string: @ret points into the bytes. */
bool sshwire_string(struct sshwire *wire, struct sshwire *ret);

/* A string of exactly @size bytes, copied. */
bool sshwire_fixed(struct sshwire *wire, void *ret, size_t size);

/* Whether all that is left is @text. */
bool sshwire_is(const struct sshwire *wire, const char *text);

/* All that is left as text: false when it does not fit or holds a NUL. */
bool sshwire_text(const struct sshwire *wire, char *ret, size_t size);

#endif
