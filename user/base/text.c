/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.c: see text.h. Owns the tables of forms; must not own any message: callers know the
 * setting's name.
 */
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"
#include "limits.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* Bytes of the UTF-8 sequence at @p and its code point, or 0 when it is none (shortest form, RFC
 * 3629). */
static size_t decode(const unsigned char *p, size_t left, uint32_t *ret)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = { { 0x80, 0x00, 0 },
		      { 0xe0, 0xc0, 0x80 },
		      { 0xf0, 0xe0, 0x800 },
		      { 0xf8, 0xf0, 0x10000 } };
	size_t more = 0;
	uint32_t code;

	while (more < ARRAY_SIZE(forms) && (p[0] & forms[more].mask) != forms[more].lead)
		more++;
	if (more == ARRAY_SIZE(forms) || left < more + 1)
		return 0;
	code = p[0] & (unsigned char)~forms[more].mask;
	for (size_t i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < forms[more].least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret = code;
	return more + 1;
}

static bool is_shown(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{ 0x0000, 0x0008 }, { 0x000a, 0x001f }, { 0x007f, 0x009f }, { 0x200e, 0x200f },
		{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, { 0xfeff, 0xfeff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return false;
	return true;
}

size_t text_find_bad(const char *text, size_t length)
{
	size_t offset = 0;

	while (offset < length) {
		uint32_t code = 0;
		size_t n = decode((const unsigned char *)text + offset, length - offset, &code);

		if (!n || !is_shown(code))
			break;
		offset += n;
	}
	return offset;
}

void text_scrub(char *text)
{
	size_t length = strlen(text);
	size_t bad;

	while ((bad = text_find_bad(text, length)) < length)
		text[bad] = '?';
	for (char *tab = strchr(text, '\t'); tab; tab = strchr(tab, '\t'))
		*tab = ' ';
}

bool text_is_made_of(const char *text, const char *set)
{
	return *text && !text[strspn(text, set)];
}

int text_to_number(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!text_is_made_of(text, DIGITS))
		return -EINVAL;
	for (; *text; text++) {
		unsigned int digit = (unsigned int)(*text - '0');

		if (value > (max - digit) / 10 || digit > max)
			return -ERANGE;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}

int text_to_bool(const char *text, bool *ret)
{
	static const char *const names[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcasecmp(text, names[i])) {
			*ret = i & 1;
			return 0;
		}
	}
	return -EINVAL;
}

static int seconds_of_unit(const char *unit, size_t length, uint64_t *ret)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = {
		{ "s", 1 },	{ "sec", 1 },	{ "m", 60 },	  { "min", 60 },     { "h", 3600 },
		{ "hr", 3600 }, { "d", 86400 }, { "day", 86400 }, { "days", 86400 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strlen(units[i].name) == length && !strncmp(units[i].name, unit, length)) {
			*ret = units[i].seconds;
			return 0;
		}
	}
	return -EINVAL;
}

/* One "5min" of "1h 5min": moves @text behind it and adds it to @sum. */
static int add_span(const char **text, uint64_t max, uint64_t *sum)
{
	size_t digits = strspn(*text, DIGITS);
	uint64_t count, unit;
	char number[21];
	int r;

	if (!digits || digits >= sizeof(number))
		return digits ? -ERANGE : -EINVAL;
	memcpy(number, *text, digits);
	number[digits] = '\0';
	r = text_to_number(number, max, &count);
	if (r < 0)
		return r;
	*text += digits;
	*text += strspn(*text, " \t");
	digits = strspn(*text, LOWER);
	r = seconds_of_unit(*text, digits, &unit);
	if (r < 0)
		return r;
	if (count > (max - *sum) / unit)
		return -ERANGE;
	*sum += count * unit;
	*text += digits;
	*text += strspn(*text, " \t");
	return 0;
}

int text_to_seconds(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t sum = 0;

	if (text_is_made_of(text, DIGITS))
		return text_to_number(text, max, ret);
	do {
		int r = add_span(&text, max, &sum);

		if (r < 0)
			return r;
	} while (*text);
	*ret = sum;
	return 0;
}

/* Copies one word to @out, which has room for all of @text, and moves @text behind it. */
static int copy_word(const char **text, char *out)
{
	const char *p = *text;
	char *start = out;
	bool quoted = false;

	for (; *p && (quoted || !strchr(" \t", *p)); p++) {
		if (*p == '"') {
			quoted = !quoted;
			continue;
		}
		if (quoted && *p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		*out++ = *p;
	}
	*out = '\0';
	*text = p;
	return quoted || out == start ? -EINVAL : 0;
}

int text_to_words(const char *text, char ***ret)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	size_t room = strlen(text) / 2 + 2, n = 0;
	_cleanup_free_ char *word = malloc(strlen(text) + 1);

	words = calloc(room, sizeof(*words));
	if (!word || !words)
		return -ENOMEM;
	for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
		int r = copy_word(&text, word);

		if (r < 0)
			return r;
		words[n] = strdup(word);
		if (!words[n++])
			return -ENOMEM;
	}
	if (!n)
		return -EINVAL;
	*ret = TAKE_PTR(words);
	return 0;
}

char **text_free_words(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
	return NULL;
}

void text_free_wordsp(char ***words)
{
	text_free_words(*words);
}

bool text_is_name(const char *text, const char *extra)
{
	if (!*text || !strchr(LOWER, *text) || strlen(text) >= SLUICE_NAME_MAX)
		return false;
	for (; *text; text++)
		if (!strchr(LOWER DIGITS "-_.", *text) && !strchr(extra, *text))
			return false;
	return true;
}
