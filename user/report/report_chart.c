// SPDX-License-Identifier: Apache-2.0
/*
 * report_chart.c: the charts of the page: see report_page.h. Every number that a chart shows also
 * stands in it as text, for those who cannot see colours, and for search.
 */
#include "report_page.h"

#include "base/cleanup.h"

#include <string.h>

#define WIDTH	   560
#define LEFT	   40 /* so that the first and the last label fit */
#define HEIGHT	   220
#define TOP	   22 /* for the number above the highest bar */
#define BOTTOM	   46 /* for the labels */
#define BARS_MAX   31
#define BAR_MAX	   64 /* no wider, or one day fills the page */
#define LABELS_MAX 8

static const struct state {
	const char *name, *words;
} states[] = {
	{ "approved", "approved" }, { "denied", "denied" }, { "expired", "nobody decided in time" },
	{ "pending", "open" },	    { "other", "other" },
};

/* Some days in one bar, so that not more than BARS_MAX are drawn. */
struct bar {
	const char *from, *to;
	json_int_t n[ARRAY_SIZE(states)], sum;
};

static json_int_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static size_t bars_of(const json_t *days, struct bar bars[BARS_MAX])
{
	size_t n = json_array_size(days), each = (n + BARS_MAX - 1) / BARS_MAX, i;
	const json_t *day;

	json_array_foreach(days, i, day) {
		struct bar *bar = &bars[i / each];

		bar->to = json_string_value(json_object_get(day, "day"));
		if (!bar->from)
			bar->from = bar->to;
		for (size_t k = 0; k < ARRAY_SIZE(states); k++) {
			bar->n[k] += number_of(day, states[k].name);
			bar->sum += number_of(day, states[k].name);
		}
	}
	return each ? (n + each - 1) / each : 0;
}

static void rectangle(struct html *html, const char *class, double x, double y, double width,
		      double height)
{
	html_markup(html, "<rect class=\"");
	html_text(html, class);
	html_markup(html, "\" x=\"");
	html_words(html, "%.1f", x);
	html_markup(html, "\" y=\"");
	html_words(html, "%.1f", y);
	html_markup(html, "\" width=\"");
	html_words(html, "%.1f", width);
	html_markup(html, "\" height=\"");
	html_words(html, "%.1f", height);
	html_markup(html, "\"/>");
}

static void label(struct html *html, double x, double y, const char *text)
{
	html_markup(html, "<text x=\"");
	html_words(html, "%.1f", x);
	html_markup(html, "\" y=\"");
	html_words(html, "%.1f", y);
	html_markup(html, "\">");
	html_text(html, text);
	html_markup(html, "</text>");
}

static void begin(struct html *html, const char *name)
{
	html_markup(html, "<div class=\"chart\"><svg viewBox=\"0 0 640 220\" role=\"img\" "
			  "aria-label=\"");
	html_text(html, name);
	html_markup(html, "\"><line x1=\"0\" y1=\"174.5\" x2=\"640\" y2=\"174.5\"/>");
}

static void end(struct html *html)
{
	html_markup(html, "</svg></div>");
}

/* From the bottom up; what is there has at least a line that can be seen. */
static void draw_bar(struct html *html, const struct bar *bar, double x, double width,
		     json_int_t highest)
{
	double room = HEIGHT - TOP - BOTTOM, y = HEIGHT - BOTTOM;
	char text[32];

	html_markup(html, "<g><title>");
	html_words(html, "%s to %s:", bar->from, bar->to);
	for (size_t k = 0; k < ARRAY_SIZE(states); k++)
		if (bar->n[k])
			html_words(html, " %lld %s", (long long)bar->n[k], states[k].words);
	html_markup(html, "</title>");
	for (size_t k = 0; k < ARRAY_SIZE(states); k++) {
		double height = room * (double)bar->n[k] / (double)highest;

		if (!bar->n[k])
			continue;
		y -= height;
		rectangle(html, states[k].name, x, y, width, height < 1 ? 1 : height);
	}
	snprintf(text, sizeof(text), "%lld", (long long)bar->sum);
	if (bar->sum)
		label(html, x + width / 2, y - 5, text);
	html_markup(html, "</g>");
}

static void label_days(struct html *html, double x, const struct bar *bar)
{
	if (!bar->from || !bar->to)
		return;
	label(html, x, HEIGHT - BOTTOM + 17, bar->from);
	if (strcmp(bar->from, bar->to) != 0)
		label(html, x, HEIGHT - BOTTOM + 33, bar->to);
}

static void legend(struct html *html, const struct bar *bars, size_t n)
{
	html_markup(html, "<p class=\"legend\">");
	for (size_t k = 0; k < ARRAY_SIZE(states); k++) {
		json_int_t sum = 0;

		for (size_t i = 0; i < n; i++)
			sum += bars[i].n[k];
		if (!sum)
			continue;
		html_markup(html, "<span><i class=\"");
		html_text(html, states[k].name);
		html_markup(html, "\"></i>");
		html_words(html, "%s: %lld", states[k].words, (long long)sum);
		html_markup(html, "</span> ");
	}
	html_markup(html, "</p>");
}

void report_chart_days(struct html *html, const json_t *days)
{
	struct bar bars[BARS_MAX] = { 0 };
	size_t n = bars_of(days, bars), apart = (n + LABELS_MAX - 1) / LABELS_MAX;
	double step = n ? (double)WIDTH / (double)n : 0;
	double width = step * 0.7 < BAR_MAX ? step * 0.7 : BAR_MAX;
	json_int_t highest = 1;

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		highest = bars[i].sum > highest ? bars[i].sum : highest;
	begin(html, "Requests by the day they were opened on");
	for (size_t i = 0; i < n; i++) {
		double middle = LEFT + step * ((double)i + 0.5);

		draw_bar(html, &bars[i], middle - width / 2, width, highest);
		if (i % apart == 0)
			label_days(html, middle, &bars[i]);
	}
	end(html);
	legend(html, bars, n);
}

void report_chart_times(struct html *html, const json_t *histogram)
{
	size_t n = json_array_size(histogram), i;
	double step = n ? (double)WIDTH / (double)n : 0, room = HEIGHT - TOP - BOTTOM;
	json_int_t highest = 1;
	const json_t *row;
	char text[32];

	json_array_foreach(histogram, i, row)
		if (number_of(row, "requests") > highest)
			highest = number_of(row, "requests");
	begin(html, "Requests by the time until people had decided");
	json_array_foreach(histogram, i, row) {
		double height = room * (double)number_of(row, "requests") / (double)highest;
		double middle = LEFT + step * ((double)i + 0.5);

		if (height > 0)
			rectangle(html, "time", middle - BAR_MAX / 2.0, HEIGHT - BOTTOM - height,
				  BAR_MAX, height);
		snprintf(text, sizeof(text), "%lld", (long long)number_of(row, "requests"));
		label(html, middle, HEIGHT - BOTTOM - height - 5, text);
		label(html, middle, HEIGHT - BOTTOM + 17,
		      json_string_value(json_object_get(row, "label")));
	}
	end(html);
}
