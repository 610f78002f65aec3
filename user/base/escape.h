/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escape.h: untrusted text made safe for a terminal.
 *
 * Owns: which characters are shown as they are and how the others are spelled. Must not own: layout
 * (table.h), or JSON, which has escapes of its own. Nothing is ever left out. A backslash stays as
 * it is: names that sluiced sends have theirs doubled already (wording.h), so an escape made here
 * cannot be mistaken for a part of a name.
 */
#ifndef SLUICE_ESCAPE_H
#define SLUICE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/**
 * escape_decode() - one character of UTF-8.
 * @ret: code point, written when the sequence is valid (shortest form, no surrogate, at most
 * U+10FFFF) Return: bytes used, 1 to 4; 0 when @text does not start with a valid sequence (the end
 * included).
 */
size_t escape_decode(const char *text, uint32_t *ret);

/* Return: the whole text is valid UTF-8. */
bool escape_valid(const char *text);

/**
 * escape_print() - write @text so that it can only move the cursor to the right.
 * Newline, tab, carriage return become "\n", "\t", "\r"; other ASCII controls and bytes that are
 * not UTF-8 "\xNN"; controls, direction marks, zero-width and look-alike spaces, look-alikes of
 * ASCII punctuation, letters of scripts with look-alikes in a word with Latin ones, unassigned
 * characters and a third combining mark in a row "\uNNNN" or "\UNNNNNNNN". A word that is all of
 * another script is shown, though it may look like a Latin one. Needs LC_CTYPE with
 * UTF-8 (see escape_locale()); without it everything beyond ASCII is escaped.
 */
void escape_print(FILE *out, const char *text);

/* escape_print() into memory. Return: owned by the caller; NULL when memory ran out. */
char *escape_text(const char *text);

/* Return: columns of text that escape_text() made. */
size_t escape_width(const char *safe);

/* Columns of one character: 0, 1 or 2; 1 for what the locale does not know. */
unsigned int escape_char_width(uint32_t c);

/* Sets LC_CTYPE to UTF-8 whatever the user's language is: the widths need it. */
void escape_locale(void);

#endif
