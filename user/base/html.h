/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html.h: the one way in which text gets into a page.
 *
 * Owns: that nothing from outside becomes markup, and that what could deceive is spelled as in a
 * terminal (escape.h). Must not own: any page.
 */
#ifndef SLUICE_HTML_H
#define SLUICE_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* @text: what has been written, owned; valid after html_end(). @failed: memory ran out. */
struct html {
	bool failed;
	FILE *out;
	char *text;
	size_t size;
};

int html_begin(struct html *html); /* 0 or -ENOMEM */
int html_end(struct html *html);   /* 0 or -ENOMEM, and then there is no text */

/* Our own markup: a literal, so that nothing from outside can be given here. */
#define html_markup(html, literal) html_write(html, "" literal)
void html_write(struct html *html, const char *markup);

/*
 * Our own words and numbers, with no markup: what is given for %s is escaped as html_text() does.
 */
__attribute__((format(printf, 2, 3))) void html_words(struct html *html, const char *format, ...);

/* Text from outside, in an element or between the quotes of an attribute. */
void html_text(struct html *html, const char *text);

/* The same as <code>, kept from reordering what stands around it. */
void html_code(struct html *html, const char *text);

/* Date and time in UTC, as <time>. */
void html_time(struct html *html, uint64_t time_ms);

#endif
