/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notifier_card.h: a message in a chat while it is being written.
 *
 * Owns: the border between our words and text from outside. Text from outside reaches a message
 * only through card_untrusted() and is marked as CARD_CODE; a form writes that into an element that
 * knows no markup. Must not own: what is said (request_card.h), the elements of one chat (card_form
 * in teams_card.c, slack_card.c), or the size of a message.
 */
#ifndef SLUICE_NOTIFIER_CARD_H
#define SLUICE_NOTIFIER_CARD_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum card_style { CARD_PLAIN, CARD_STRONG, CARD_CODE };

enum card_tone { CARD_NEUTRAL, CARD_ACCENT, CARD_GOOD, CARD_WARNING, CARD_ATTENTION };

struct card;

/**
 * struct card_form: the elements of one chat. Each returns a new reference, NULL without memory.
 * @heading: an element of the body
 * @run: a piece of a line, @text never empty
 * @line: begin a line: append to card->body what is needed, and point card->line at where runs go
 */
struct card_form {
	json_t *(*heading)(const char *text, enum card_tone tone);
	json_t *(*run)(const char *text, enum card_style style, enum card_tone tone);
	void (*line)(struct card *card);
};

/**
 * struct card: start with .form, .body = json_array() and .max, then read .error once at the end.
 * @body: array of the message's elements, owned by the caller
 * @line: where the runs of the newest line go, borrowed; NULL behind a heading
 * @max: of each untrusted text, see notifier_text_fit()
 * @hidden, @places: bytes left out, and in how many texts
 * @error: 0 or ENOMEM, after which calls do nothing
 */
struct card {
	const struct card_form *form;
	json_t *body;
	json_t *line;
	size_t max;
	size_t hidden;
	unsigned int places;
	int error;
};

/* For forms: takes over @value. */
void card_append(struct card *card, json_t *array, json_t *value);

/* @text, @title and @format must be words of ours; so must what the format inserts. */
void card_heading(struct card *card, const char *text, enum card_tone tone);
void card_line(struct card *card, const char *title); /* begins one; @title may be NULL */
void card_words(struct card *card, const char *format, ...) __attribute__((format(printf, 2, 3)));
void card_strong(struct card *card, const char *text, enum card_tone tone);
void card_monospace(struct card *card, const char *text);
void card_time(struct card *card, uint64_t ms); /* since the epoch, shown in UTC */

/* Text from outside: escaped, cut in the middle to .max, with a note of how much is hidden. */
void card_untrusted(struct card *card, const char *source);
/* The same, or our words where there is none. */
void card_text(struct card *card, const char *source, const char *otherwise);
/* A line with a title and that. */
void card_fact(struct card *card, const char *title, const char *source, const char *otherwise);

#endif
