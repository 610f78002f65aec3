// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_card.c: see notifier_card.h. Owns no state.
 */
#include "notifier_card.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "notifier_text.h"

void card_append(struct card *card, json_t *array, json_t *value)
{
	if (card->error)
		json_decref(value);
	else if (!value || json_array_append_new(array, value) < 0)
		card->error = ENOMEM;
}

void card_heading(struct card *card, const char *text, enum card_tone tone)
{
	card_append(card, card->body, card->form->heading(text, tone));
	card->line = NULL;
}

static void add_run(struct card *card, const char *text, enum card_style style, enum card_tone tone)
{
	if (*text && !card->error)
		card_append(card, card->line, card->form->run(text, style, tone));
}

void card_words(struct card *card, const char *format, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	add_run(card, text, CARD_PLAIN, CARD_NEUTRAL);
}

void card_strong(struct card *card, const char *text, enum card_tone tone)
{
	add_run(card, text, CARD_STRONG, tone);
}

void card_line(struct card *card, const char *title)
{
	if (!card->error)
		card->form->line(card);
	if (title) {
		card_strong(card, title, CARD_NEUTRAL);
		card_words(card, "  ");
	}
}

void card_monospace(struct card *card, const char *text)
{
	add_run(card, text, CARD_CODE, CARD_NEUTRAL);
}

void card_untrusted(struct card *card, const char *source)
{
	_cleanup_(notifier_text_clear) struct notifier_text text = {};
	char note[64];

	if (card->error)
		return;
	if (notifier_text_fit(source, card->max, &text) < 0) {
		card->error = ENOMEM;
		return;
	}
	card_monospace(card, text.head);
	if (text.hidden == 0)
		return;
	/* Not monospace: text from outside cannot imitate this note. */
	snprintf(note, sizeof(note), " … %zu bytes hidden … ", text.hidden);
	card_strong(card, note, CARD_ATTENTION);
	card_monospace(card, text.tail);
	card->hidden += text.hidden;
	card->places++;
}

void card_text(struct card *card, const char *source, const char *otherwise)
{
	if (*source)
		card_untrusted(card, source);
	else
		card_words(card, "%s", otherwise);
}

void card_fact(struct card *card, const char *title, const char *source, const char *otherwise)
{
	card_line(card, title);
	card_text(card, source, otherwise);
}

void card_time(struct card *card, uint64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[40];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
		card_words(card, "%s", text);
	else
		card_words(card, "an impossible time");
}
