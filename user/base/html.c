// SPDX-License-Identifier: Apache-2.0
/*
 * html.c: see html.h. Owns the five characters that are markup.
 */
#include "html.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "escape.h"

int html_begin(struct html *html)
{
	*html = (struct html){};
	html->out = open_memstream(&html->text, &html->size);
	return html->out ? 0 : -ENOMEM;
}

int html_end(struct html *html)
{
	bool failed = html->failed || ferror(html->out);

	if (!fclose(html->out) && !failed)
		return 0;
	free(html->text);
	*html = (struct html){};
	return -ENOMEM;
}

void html_write(struct html *html, const char *markup)
{
	fputs(markup, html->out);
}

static void write_safe(struct html *html, const char *safe)
{
	static const struct {
		char c;
		const char *entity;
	} entities[] = {
		{ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" },
		{ '\'', "&#39;" },
	};

	for (; *safe; safe++) {
		const char *entity = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(entities); i++)
			if (entities[i].c == *safe)
				entity = entities[i].entity;
		if (entity)
			fputs(entity, html->out);
		else
			fputc(*safe, html->out);
	}
}

void html_text(struct html *html, const char *text)
{
	_cleanup_free_ char *safe = escape_text(text);

	if (safe)
		write_safe(html, safe);
	else
		html->failed = true;
}

void html_words(struct html *html, const char *format, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	html_text(html, text);
}

void html_code(struct html *html, const char *text)
{
	html_markup(html, "<code><bdi>");
	html_text(html, text);
	html_markup(html, "</bdi></code>");
}

void html_time(struct html *html, uint64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	char machine[32], people[32];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		tm = (struct tm){};
	strftime(machine, sizeof(machine), "%Y-%m-%dT%H:%M:%SZ", &tm);
	strftime(people, sizeof(people), "%Y-%m-%d %H:%M:%S UTC", &tm);
	html_markup(html, "<time datetime=\"");
	html_text(html, machine);
	html_markup(html, "\">");
	html_text(html, people);
	html_markup(html, "</time>");
}
