/* SPDX-License-Identifier: Apache-2.0 */
/*
 * escape.c: see escape.h. Owns the table of characters that deceive; printability of the rest is
 * the C library's.
 */
#include "escape.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "cleanup.h"

#define MARKS_IN_A_ROW 2 /* more pile up into the lines above */

struct range {
	uint32_t first;
	uint32_t last;
};

/* Characters that a terminal shows as nothing, as a plain space, or that reorder what stands around
 * them. */
static const struct range deceptive[] = {
	{ 0x0080, 0x00a0 },   /* C1 controls, no-break space */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x034f, 0x034f },   /* grapheme joiner */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x1680, 0x1680 },   /* Ogham space */
	{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
	{ 0x180b, 0x180f },   /* Mongolian selectors, vowel separator */
	{ 0x2000, 0x200f },   /* spaces, zero-width, direction marks */
	{ 0x2028, 0x202f },   /* line and paragraph separators, embeddings and overrides */
	{ 0x205f, 0x206f },   /* joiners, isolates, deprecated formats */
	{ 0x2800, 0x2800 },   /* blank Braille pattern */
	{ 0x3000, 0x3000 },   /* ideographic space */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xe000, 0xf8ff },   /* private use */
	{ 0xfe00, 0xfe0f },   /* variation selectors */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xffa0, 0xffa0 },   /* halfwidth Hangul filler */
	{ 0xfff0, 0xfffd },   /* specials; U+FFFD would look like damage of our own */
	{ 0x1bca0, 0x1bca3 }, /* shorthand formats */
	{ 0x1d173, 0x1d17a }, /* musical formats */
	{ 0xe0000, 0x10ffff } /* tags, selectors, private use */
};

static bool is_deceptive(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_SIZE(deceptive); i++)
		if (c >= deceptive[i].first && c <= deceptive[i].last)
			return true;
	return false;
}

/* Bytes of the sequence that @lead opens, 0 if it cannot open one. */
static size_t sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return lead != 0;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

size_t escape_decode(const char *text, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
	size_t length = sequence_length(s[0]);
	uint32_t c;

	if (length <= 1) {
		if (length)
			*ret = s[0];
		return length;
	}
	c = s[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return length;
}

bool escape_valid(const char *text)
{
	uint32_t c;
	size_t n;

	while ((n = escape_decode(text, &c)))
		text += n;
	return !*text;
}

static void print_ascii(FILE *out, uint32_t c)
{
	static const char letters[] = { ['\n'] = 'n', ['\t'] = 't', ['\r'] = 'r' };

	if (c < sizeof(letters) && letters[c])
		fprintf(out, "\\%c", letters[c]);
	else if (c < 0x20 || c == 0x7f)
		fprintf(out, "\\x%02x", c);
	else
		fputc((int)c, out);
}

/* @marks: combining marks just shown in a row, kept up to date. */
static void print_wide(FILE *out, const char *text, size_t n, uint32_t c, unsigned int *marks)
{
	int width = is_deceptive(c) ? -1 : wcwidth((wchar_t)c);

	*marks = width == 0 ? *marks + 1 : 0;
	if (width >= 0 && *marks <= MARKS_IN_A_ROW)
		fwrite(text, 1, n, out);
	else
		fprintf(out, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
}

void escape_print(FILE *out, const char *text)
{
	unsigned int marks =
		MARKS_IN_A_ROW; /* a mark with nothing before it would join our own text */
	uint32_t c = 0;
	size_t n;

	while (*text) {
		n = escape_decode(text, &c);
		if (n == 0) {
			fprintf(out, "\\x%02x", (unsigned char)*text);
			n = 1;
			marks = 0;
		} else if (c < 0x80) {
			print_ascii(out, c);
			marks = 0;
		} else {
			print_wide(out, text, n, c, &marks);
		}
		text += n;
	}
}

char *escape_text(const char *text)
{
	_cleanup_free_ char *safe = NULL;
	size_t size = 0;
	FILE *out;

	out = open_memstream(&safe, &size);
	if (!out)
		return NULL;
	escape_print(out, text);
	if (fclose(out))
		return NULL;
	return TAKE_PTR(safe);
}

unsigned int escape_char_width(uint32_t c)
{
	int width = wcwidth((wchar_t)c);

	return width < 0 ? 1 : (unsigned int)width;
}

size_t escape_width(const char *safe)
{
	size_t width = 0, n;
	uint32_t c;

	while ((n = escape_decode(safe, &c))) {
		width += escape_char_width(c);
		safe += n;
	}
	return width;
}

void escape_locale(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
}
