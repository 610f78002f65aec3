// SPDX-License-Identifier: Apache-2.0
/*
 * web_lineage.c: see web_lineage.h. Owns the measures: narrow enough for a telephone, one box below
 * the other, what was read above the process and the target below.
 */
#include "web_lineage.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "notifier/request_words.h"

#define WIDTH	360
#define BOX_X	30
#define BOX_H	46
#define STEP	62 /* from one box to the next */
#define SPINE	14 /* the line that joins what was read to the process */
#define COLUMNS 40

/* Columns of @safe from its end backwards, so many that no more fit. */
static const char *tail_of(const char *safe, size_t columns)
{
	while (escape_width(safe) > columns) {
		uint32_t c;

		safe += escape_decode(safe, &c);
	}
	return safe;
}

static void add_head(struct html *html, const char *safe, size_t columns)
{
	size_t used = 0, width, n;
	const char *end = safe;
	char *head;
	uint32_t c;

	while ((n = escape_decode(end, &c)) &&
	       (width = escape_char_width(c), used + width <= columns)) {
		used += width;
		end += n;
	}
	head = strndup(safe, (size_t)(end - safe));
	if (head)
		html_text(html, head);
	else
		html->failed = true;
	free(head);
}

/* Text from outside, its middle left out when it is too long; all of it stands in words below. */
static void add_short(struct html *html, const char *text)
{
	_cleanup_free_ char *safe = escape_text(text);

	if (!safe) {
		html->failed = true;
		return;
	}
	if (escape_width(safe) <= COLUMNS) {
		html_text(html, text);
		return;
	}
	add_head(html, safe, COLUMNS / 3);
	html_markup(html, "…");
	html_text(html, tail_of(safe, COLUMNS - COLUMNS / 3 - 1));
}

/* @class: of ours */
static void begin_box(struct html *html, const char *class, int y)
{
	fprintf(html->out,
		"<g class=\"%s\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>",
		class, BOX_X, y, WIDTH - BOX_X - 2, BOX_H);
}

static void begin_line(struct html *html, int y)
{
	fprintf(html->out, "<text x=\"%d\" y=\"%d\">", BOX_X + 10, y);
}

static void end_line(struct html *html)
{
	html_markup(html, "</text>");
}

static void add_box(struct html *html, const char *class, int y, const char *first,
		    const char *second)
{
	begin_box(html, class, y);
	begin_line(html, y + 19);
	add_short(html, first);
	end_line(html);
	begin_line(html, y + 37);
	add_short(html, second);
	end_line(html);
	html_markup(html, "</g>");
}

/* From @x1, @y1 down or along to @x2, @y2, with a head. */
static void add_arrow(struct html *html, int x1, int y1, int x2, int y2)
{
	fprintf(html->out, "<path class=\"arrow\" d=\"M%d %dL%d %d\" marker-end=\"url(#head)\"/>",
		x1, y1, x2, y2);
}

static void add_spine(struct html *html, unsigned int n, int process_y)
{
	for (unsigned int i = 0; i < n; i++)
		fprintf(html->out, "<path class=\"arrow\" d=\"M%d %dH%d\"/>", BOX_X,
			(int)i * STEP + BOX_H / 2 + 2, SPINE);
	fprintf(html->out, "<path class=\"arrow\" d=\"M%d %dV%d\"/>", SPINE, BOX_H / 2 + 2,
		process_y + BOX_H / 2);
	add_arrow(html, SPINE, process_y + BOX_H / 2, BOX_X - 2, process_y + BOX_H / 2);
}

static void add_picture(struct html *html, const struct ipc_request *request, unsigned int n)
{
	int process_y = (int)n * STEP + 2, target_y = process_y + STEP + 8;
	const char *action = request_action(request);

	fprintf(html->out,
		"<svg class=\"lineage\" viewBox=\"0 0 %d %d\" role=\"img\" "
		"aria-labelledby=\"picture\"><title id=\"picture\">What was read, by which "
		"process, "
		"and where it is to go; the same in words below</title><defs><marker id=\"head\" "
		"viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" "
		"orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>",
		WIDTH, target_y + BOX_H + 2);
	for (unsigned int i = 0; i < n; i++)
		add_box(html, "source", (int)i * STEP + 2, request->sources[i].path,
			request->sources[i].labels);
	if (n)
		add_spine(html, n, process_y);
	add_box(html, "process", process_y, request->comm, request->labels);
	add_arrow(html, WIDTH / 2, process_y + BOX_H, WIDTH / 2, target_y - 2);
	add_box(html, "target", target_y, action ? action : request->action, request->target);
	html_markup(html, "</svg>");
}

void add_lineage(struct html *html, const struct ipc_request *request)
{
	unsigned int n =
		request->n_sources < SLUICE_MAX_SOURCES ? request->n_sources : SLUICE_MAX_SOURCES;

	html_markup(html, "<section><h2>Where the data came from</h2>");
	add_picture(html, request, n);
	if (n == 0)
		html_markup(html, "<p>No earlier read is on record.</p>");
	else
		html_markup(html, "<p>The nearest first:</p><ol>");
	for (unsigned int i = 0; i < n; i++) {
		const struct ipc_source *source = &request->sources[i];

		html_markup(html, "<li>");
		html_code(html, *source->reader ? source->reader : "a program");
		html_markup(html, " read ");
		html_code(html, *source->path ? source->path : "a file without a name");
		html_markup(html, ", labels ");
		html_code(html, *source->labels ? source->labels : "none");
		html_markup(html, ", ");
		html_time(html, source->time_ms);
		html_markup(html, "</li>");
	}
	if (n)
		html_markup(html, "</ol>");
	if (request->more_sources) {
		html_markup(html, "<p>");
		html_words(html, "And at least %u more: sluice why %d, on that host.",
			   request->more_sources, request->pid);
		html_markup(html, "</p>");
	}
	html_markup(html, "</section>");
}
