// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_text.c: see notifier_text.h. Owns the arithmetic of what fits, nothing else.
 */
#include "notifier_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"

/* Bytes of @text inside a JSON string: what was escaped has no control characters left. */
static size_t json_cost(const char *text)
{
	size_t cost = 0;

	for (; *text; text++)
		cost += *text == '"' || *text == '\\' ? 2 : 1;
	return cost;
}

/* Spaces at either end and after another space are invisible in a chat, so they are spelled. */
static char *spell_spaces(const char *text)
{
	size_t length = strlen(text);
	char *spelled = malloc(length * 4 + 1);
	char *out = spelled;

	if (!spelled)
		return NULL;
	for (size_t i = 0; i < length; i++) {
		bool lost = text[i] == ' ' && (i == 0 || i + 1 == length || text[i - 1] == ' ');

		if (lost)
			out = stpcpy(out, "\\x20");
		else
			*out++ = text[i];
	}
	*out = '\0';
	return spelled;
}

static char *make_safe(const char *source, size_t length)
{
	_cleanup_free_ char *part = strndup(source, length);
	_cleanup_free_ char *escaped = NULL;

	if (!part)
		return NULL;
	escaped = escape_text(part);
	return escaped ? spell_spaces(escaped) : NULL;
}

/* The first offset at or after @at that does not cut a character. */
static size_t next_boundary(const char *source, size_t at)
{
	size_t offset = 0;
	uint32_t c;

	while (offset < at) {
		size_t n = escape_decode(source + offset, &c);

		offset += n ? n : 1;
	}
	return offset;
}

static void move_text(struct notifier_text *from, struct notifier_text *to)
{
	*to = *from;
	*from = (struct notifier_text){};
}

/* Keeps about @keep bytes of the source: two thirds from its start, the rest from its end. */
static int cut_middle(const char *source, size_t keep, struct notifier_text *ret)
{
	_cleanup_(notifier_text_clear) struct notifier_text text = {};
	size_t length = strlen(source);
	size_t head = next_boundary(source, keep * 2 / 3);
	size_t tail = next_boundary(source, length - keep / 3);

	text.head = make_safe(source, head);
	text.tail = make_safe(source + tail, length - tail);
	if (!text.head || !text.tail)
		return -ENOMEM;
	text.hidden = tail - head;
	move_text(&text, ret);
	return 0;
}

int notifier_text_fit(const char *source, size_t max, struct notifier_text *ret)
{
	_cleanup_(notifier_text_clear) struct notifier_text text = {};
	size_t length = strlen(source);
	size_t keep;
	size_t cost;

	text.head = make_safe(source, length);
	if (!text.head)
		return -ENOMEM;
	cost = json_cost(text.head);
	for (keep = length * max / (cost ? cost : 1); cost > max; keep = keep * 3 / 4) {
		int r;

		notifier_text_clear(&text);
		r = cut_middle(source, keep, &text);
		if (r < 0)
			return r;
		cost = json_cost(text.head) + json_cost(text.tail);
	}
	move_text(&text, ret);
	return 0;
}

void notifier_text_clear(struct notifier_text *text)
{
	free(text->head);
	free(text->tail);
	*text = (struct notifier_text){};
}
