/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64.h: base64 with padding, and that for URLs without, RFC 4648, each in its one spelling.
 *
 * Owns: the alphabets. Must not own: lines and headings around it.
 */
#ifndef SLUICE_BASE64_H
#define SLUICE_BASE64_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Characters for @size bytes, with the NUL. */
#define BASE64_SIZE(size) (4 * (((size) + 2) / 3) + 1)

/* @ret_text: room for BASE64_SIZE(size) characters */
void base64_encode(const uint8_t *bytes, size_t size, char *ret_text);

/*
 * Return: the number of bytes, or -EBADMSG: only the one spelling that base64_encode() writes is
 * taken, so that no character can change unseen.
 */
ssize_t base64_decode(const char *text, size_t size, uint8_t *ret_bytes, size_t room);

/* Characters for @size bytes without padding, with the NUL. */
#define BASE64URL_SIZE(size) ((4 * (size) + 2) / 3 + 1)

/* Section 5, no padding. @ret_text: room for BASE64URL_SIZE(size) characters */
void base64url_encode(const uint8_t *bytes, size_t size, char *ret_text);

/* Return: as base64_decode(); 0 for no text. */
ssize_t base64url_decode(const char *text, size_t size, uint8_t *ret_bytes, size_t room);

#endif
