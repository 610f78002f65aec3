/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h: what an operator's string means: words, numbers, times, yes or no, and whether it is safe
 * to show.
 *
 * Owns: the forms that every setting shares. Must not own: what a setting is about
 * (policy_value.c), or any state. Nothing here depends on the locale.
 */
#ifndef SLUICE_TEXT_H
#define SLUICE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * text_find_bad() - find what must not reach a terminal, a chat message or a JSON string.
 * Bad are invalid UTF-8 and every code point that moves the cursor or reverses the text: controls
 * other than the tab, line and paragraph separators, overrides of direction, byte order marks.
 * Return: the offset of the first bad byte, or @length when there is none.
 */
size_t text_find_bad(const char *text, size_t length);

/* Replaces every bad byte by '?' (see text_find_bad(); tabs become spaces). */
void text_scrub(char *text);

/* Decimal digits only. Return: 0, -EINVAL for anything else, -ERANGE above @max. */
int text_to_number(const char *text, uint64_t max, uint64_t *ret);

/* yes, no, true, false, on, off, 1, 0 in any case. Return: 0 or -EINVAL. */
int text_to_bool(const char *text, bool *ret);

/**
 * text_to_seconds() - a span: "90" (seconds), "30s", "5min", "1h 30min", "2d".
 * Return: 0, -EINVAL for another form, -ERANGE above @max seconds.
 */
int text_to_seconds(const char *text, uint64_t max, uint64_t *ret);

/**
 * text_to_words() - split at white space; "..." keeps it, and in quotes \" and \\ stand for
 * themselves.
 * @ret: NULL-terminated, owned by the caller, text_free_words(); never empty on success
 * Return: 0, -EINVAL for an open quote or an empty word, -ENOMEM.
 */
int text_to_words(const char *text, char ***ret);

/* Returns NULL; accepts NULL. */
char **text_free_words(char **words);
void text_free_wordsp(char ***words);

/* A lower case letter, then lower case letters, digits, '-', '_', '.' or one of @extra; at most 63
 * bytes. */
bool text_is_name(const char *text, const char *extra);

/* Whether @text is not empty and has characters of @set only. */
bool text_is_made_of(const char *text, const char *set);

#endif
