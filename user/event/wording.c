/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wording.c: see wording.h. Owns the byte spelling and the lists of names; the words for a target
 * are in wording_target.c.
 */
#include "wording.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "policy/policy.h"
#include "sluiced/agent.h"

const char *wording_passwd = "/etc/passwd";

/* Spells one character at @bytes into @ret. Return: bytes taken from @bytes. */
static size_t spell(const char *bytes, char ret[8])
{
	uint32_t code;
	size_t n = escape_decode(bytes, &code);

	if (*bytes == '\\') {
		memcpy(ret, "\\\\", 3);
		return 1;
	}
	if (n) {
		memcpy(ret, bytes, n);
		ret[n] = '\0';
		return n;
	}
	snprintf(ret, 8, "\\x%02x", (unsigned char)*bytes);
	return 1;
}

size_t wording_copy(char *ret, size_t size, const char *bytes)
{
	size_t used = 0, hidden = 0;
	char one[8];

	while (*bytes) {
		size_t n;

		bytes += spell(bytes, one);
		n = strlen(one);
		if (hidden || used + n >= size) {
			hidden += n;
			continue;
		}
		memcpy(ret + used, one, n);
		used += n;
	}
	if (size)
		ret[used] = '\0';
	return hidden;
}

char *wording_utf8(const char *bytes, size_t length)
{
	_cleanup_free_ char *copy = strndup(bytes, length);
	char *ret;

	if (!copy)
		return NULL;
	ret = malloc(WORDING_ROOM(length));
	if (ret)
		wording_copy(ret, WORDING_ROOM(length), copy);
	return ret;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte behind the backslash at @text. Return: characters read, 0 for what is no spelling. */
static size_t unspell(const char *text, char *ret)
{
	int high, low;

	if (text[1] == '\\') {
		*ret = '\\';
		return 2;
	}
	if (text[1] != 'x')
		return 0;
	high = hex_digit(text[2]);
	low = high < 0 ? -1 : hex_digit(text[3]);
	if (low < 0)
		return 0;
	*ret = (char)(high << 4 | low);
	return 4;
}

int wording_bytes(const char *text, char *ret, size_t size)
{
	size_t used = 0;

	while (*text) {
		char byte = *text;
		size_t n = byte == '\\' ? unspell(text, &byte) : 1;

		if (!n || !byte)
			return -EINVAL;
		if (used + 1 >= size)
			return -ENAMETOOLONG;
		ret[used++] = byte;
		text += n;
	}
	if (used >= size)
		return -ENAMETOOLONG;
	ret[used] = '\0';
	return (int)used;
}

static unsigned int sensitivity(const struct agent *agent, unsigned int bit)
{
	const struct policy_label *label = agent_label(agent, bit);

	return label ? label->sensitivity : 0;
}

static bool goes_before(const struct agent *agent, uint8_t a, uint8_t b)
{
	unsigned int sa = sensitivity(agent, a), sb = sensitivity(agent, b);

	return sa != sb ? sa > sb : strcmp(agent->names.name[a], agent->names.name[b]) < 0;
}

size_t wording_sort_labels(const struct agent *agent, uint64_t labels,
			   uint8_t ret_bits[SLUICE_MAX_LABELS])
{
	size_t n = 0;

	for (uint8_t bit = 0; bit < SLUICE_MAX_LABELS; bit++) {
		size_t at = n;

		if (!(labels >> bit & 1))
			continue;
		while (at && goes_before(agent, bit, ret_bits[at - 1])) {
			ret_bits[at] = ret_bits[at - 1];
			at--;
		}
		ret_bits[at] = bit;
		n++;
	}
	return n;
}

size_t wording_labels(const struct agent *agent, uint64_t labels, char *ret, size_t size)
{
	uint8_t bits[SLUICE_MAX_LABELS];
	size_t n = wording_sort_labels(agent, labels, bits);
	size_t used = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *name = agent->names.name[bits[i]];
		size_t at = used < size ? used : size; /* past the end nothing is written */
		char number[16];

		snprintf(number, sizeof(number), "bit%u", bits[i]);
		used += (size_t)snprintf(ret + at, size - at, "%s%s", used ? ", " : "",
					 *name ? name : number);
	}
	if (used < size || size <= 4)
		return 0;
	memcpy(ret + size - 4, "...", 4); /* cut visibly */
	return used - (size - 4);
}

void wording_user(uid_t uid, char *ret, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen(wording_passwd, "re");
	struct passwd buffer, *found = NULL;
	char text[4096];

	while (file && !fgetpwent_r(file, &buffer, text, sizeof(text), &found)) {
		if (found->pw_uid != uid)
			continue;
		wording_copy(ret, size, found->pw_name);
		return;
	}
	snprintf(ret, size, "%u", uid);
}

void wording_hex(const void *bytes, size_t length, char *ret)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < length; i++)
		snprintf(ret + 2 * i, 3, "%02x", p[i]);
}

int wording_unhex(const char *hex, void *ret, size_t length)
{
	unsigned char *p = ret;

	if (strlen(hex) != 2 * length)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		p[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}
