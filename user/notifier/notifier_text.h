/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notifier_text.h: untrusted text made safe and short enough for a message to people.
 *
 * Owns: cutting out the middle, and saying how much. Must not own: which characters are safe
 * (escape.h), or how a channel marks text (teams_card.c). Reviewers see here the same spelling as
 * in their terminal.
 */
#ifndef SLUICE_NOTIFIER_TEXT_H
#define SLUICE_NOTIFIER_TEXT_H

#include <stddef.h>

/**
 * struct notifier_text: @head, then @hidden bytes of the source that are left out, then @tail.
 * @head: owned; the whole text when nothing is hidden
 * @tail: owned; NULL when nothing is hidden
 */
struct notifier_text {
	char *head;
	char *tail;
	size_t hidden;
};

/**
 * notifier_text_fit() - escape @source as escape_text() does; spaces that a chat would swallow
 * become "\x20".
 * @max: bytes that head and tail may take together as the inside of a JSON string; at least 32
 * Return: 0 or -ENOMEM.
 */
int notifier_text_fit(const char *source, size_t max, struct notifier_text *ret);

/* Frees what it holds; accepts what is all zero. */
void notifier_text_clear(struct notifier_text *text);

#endif
