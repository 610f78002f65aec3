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

/* Characters that a terminal shows as nothing, as a plain space or as ASCII punctuation, or that
 * reorder what stands around them. */
static const struct range deceptive[] = {
	{ 0x0080, 0x00a0 },   /* C1 controls, no-break space */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x00b4, 0x00b4 },   /* acute accent, as a quote */
	{ 0x02b9, 0x02bf },   /* modifier letters, as quotes */
	{ 0x02c8, 0x02cb },   /* more of them */
	{ 0x034f, 0x034f },   /* grapheme joiner */
	{ 0x037e, 0x037e },   /* Greek question mark, as a semicolon */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x1680, 0x1680 },   /* Ogham space */
	{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
	{ 0x180b, 0x180f },   /* Mongolian selectors, vowel separator */
	{ 0x2000, 0x200f },   /* spaces, zero-width, direction marks */
	{ 0x2010, 0x2011 },   /* hyphens */
	{ 0x2018, 0x201b },   /* single quotes: words of a command line are in quotes */
	{ 0x2024, 0x2024 },   /* one dot leader */
	{ 0x2028, 0x202f },   /* line and paragraph separators, embeddings and overrides */
	{ 0x2032, 0x2035 },   /* primes */
	{ 0x2044, 0x2044 },   /* fraction slash */
	{ 0x205f, 0x206f },   /* joiners, isolates, deprecated formats */
	{ 0x2212, 0x2212 },   /* minus */
	{ 0x2215, 0x2216 },   /* division slash, set minus */
	{ 0x2236, 0x2236 },   /* ratio, as a colon */
	{ 0x2571, 0x2572 },   /* diagonals */
	{ 0x27cb, 0x27cd },   /* mathematical diagonals */
	{ 0x2800, 0x2800 },   /* blank Braille pattern */
	{ 0x29f5, 0x29f9 },   /* slashes */
	{ 0x3000, 0x3000 },   /* ideographic space */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xa789, 0xa789 },   /* modifier colon */
	{ 0xa78b, 0xa78c },   /* saltillo, as a quote */
	{ 0xe000, 0xf8ff },   /* private use */
	{ 0xfe00, 0xfe0f },   /* variation selectors */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xff01, 0xff5e },   /* full width ASCII */
	{ 0xffa0, 0xffa0 },   /* halfwidth Hangul filler */
	{ 0xfff0, 0xfffd },   /* specials; U+FFFD would look like damage of our own */
	{ 0x1bca0, 0x1bca3 }, /* shorthand formats */
	{ 0x1d173, 0x1d17a }, /* musical formats */
	{ 0x1d400, 0x1d7ff }, /* mathematical alphabets */
	{ 0xe0000, 0x10ffff } /* tags, selectors, private use */
};

/* Scripts with letters that look like Latin ones; they are not for the same word. */
static const struct range look_alike[] = {
	{ 0x0250, 0x02af }, /* phonetic */
	{ 0x0370, 0x058f }, /* Greek, Cyrillic, Armenian */
	{ 0x13a0, 0x13ff }, /* Cherokee */
	{ 0x1c80, 0x1c8f }, /* Cyrillic */
	{ 0x1d00, 0x1dbf }, /* phonetic */
	{ 0x1f00, 0x1fff }, /* Greek */
	{ 0x2160, 0x2188 }, /* Roman numerals */
	{ 0x2c80, 0x2cff }, /* Coptic */
	{ 0xa4d0, 0xa4ff }, /* Lisu */
	{ 0xa640, 0xa69f }, /* Cyrillic */
	{ 0xab30, 0xabbf }, /* phonetic, Cherokee */
};

static bool is_in(const struct range *ranges, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
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

static bool is_latin(uint32_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Letters and digits from @text on. @end: their end. */
struct word {
	const char *end;
	bool latin; /* an ASCII letter is among them */
};

static struct word find_word(const char *text)
{
	struct word word = { .end = text };
	uint32_t c;
	size_t n;

	while ((n = escape_decode(word.end, &c)) &&
	       (c >= 0x80 || is_latin(c) || (c >= '0' && c <= '9'))) {
		word.latin |= is_latin(c);
		word.end += n;
	}
	return word;
}

/* @latin: in a word with Latin letters. @marks: combining marks just shown in a row, kept up to
 * date. */
static void print_wide(FILE *out, const char *text, size_t n, bool latin, unsigned int *marks)
{
	uint32_t c = 0;
	int width;

	escape_decode(text, &c);
	width = wcwidth((wchar_t)c);
	if (is_in(deceptive, ARRAY_SIZE(deceptive), c) ||
	    (latin && is_in(look_alike, ARRAY_SIZE(look_alike), c)))
		width = -1;
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
	struct word word = { .end = text };
	uint32_t c = 0;
	size_t n;

	while (*text) {
		if (text >= word.end)
			word = find_word(text);
		n = escape_decode(text, &c);
		if (n == 0) {
			fprintf(out, "\\x%02x", (unsigned char)*text);
			n = 1;
			marks = 0;
		} else if (c < 0x80) {
			print_ascii(out, c);
			marks = 0;
		} else {
			print_wide(out, text, n, word.latin, &marks);
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
