/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notifier_card.h: an Adaptive Card while it is being written.
 *
 * Owns: the border between our words and text from outside. Text from outside reaches a card only
 * through card_untrusted() and goes into a monospace TextRun, which knows no markup; TextBlock,
 * which does, holds only our words. Must not own: what is said (teams_card.c) or the size of a
 * message.
 */
#ifndef SLUICE_NOTIFIER_CARD_H
#define SLUICE_NOTIFIER_CARD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct card: start with .body = json_array() and .max, then read .error once at the end.
 * @body: array of the card's elements, owned by the caller
 * @line: inlines of the newest RichTextBlock, borrowed
 * @max: of each untrusted text, see notifier_text_fit()
 * @hidden, @places: bytes left out, and in how many texts
 * @error: 0 or ENOMEM, after which calls do nothing
 */
struct card {
	json_t *body;
	json_t *line;
	size_t max;
	size_t hidden;
	unsigned int places;
	int error;
};

/* @text, @color, @title and @format must be words of ours; so must what the format inserts. */
void card_heading(struct card *card, const char *text, const char *color);
void card_line(struct card *card, const char *title); /* begins one; @title may be NULL */
void card_words(struct card *card, const char *format, ...) __attribute__((format(printf, 2, 3)));
void card_strong(struct card *card, const char *text, const char *color);
void card_monospace(struct card *card, const char *text);
/* A field to fill in; @id, @label: words of ours */
void card_input(struct card *card, const char *id, const char *label, int max_length,
		bool required);
void card_time(struct card *card, uint64_t ms); /* since the epoch, shown in UTC */

/* Text from outside: escaped, cut in the middle to .max, with a note of how much is hidden. */
void card_untrusted(struct card *card, const char *source);
/* The same, or our words where there is none. */
void card_text(struct card *card, const char *source, const char *otherwise);
/* A line with a title and that. */
void card_fact(struct card *card, const char *title, const char *source, const char *otherwise);

#endif
