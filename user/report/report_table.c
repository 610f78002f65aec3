// SPDX-License-Identifier: Apache-2.0
/*
 * report_table.c: see report_table.h. Nothing is cut.
 */
#include "report_table.h"

#include "base/cleanup.h"
#include "base/when.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static json_int_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

void report_time(struct html *html, const char *iso)
{
	html_markup(html, "<time>");
	html_words(html, "%.10s %.8s", iso, strlen(iso) > 11 ? iso + 11 : "");
	html_markup(html, "</time>");
}

void report_seconds(struct html *html, const json_t *value)
{
	char text[WHEN_TEXT];

	if (json_is_integer(value))
		html_text(html, when_duration((uint64_t)json_integer_value(value), text));
	else
		html_markup(html, "&ndash;");
}

static void show_proof(struct html *html, json_int_t seq)
{
	html_markup(html, "<a href=\"proofs/");
	html_words(html, "%lld", (long long)seq);
	html_markup(html, ".tlog-proof\">");
	html_words(html, "%lld", (long long)seq);
	html_markup(html, "</a>");
}

static void show_list(struct html *html, const json_t *list, bool proofs)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		html_write(html, i ? ", " : "");
		if (proofs)
			show_proof(html, json_integer_value(item));
		else if (json_is_string(item))
			html_text(html, json_string_value(item));
	}
}

static void show_request(struct html *html, const json_t *row)
{
	html_markup(html, "<span class=\"id\">");
	html_code(html, text_of(row, "request"));
	html_markup(html, "</span><br>");
	report_time(html, text_of(row, "opened"));
}

static void show_what(struct html *html, const json_t *row)
{
	html_markup(html, "<b>");
	html_text(html, text_of(row, "action"));
	html_markup(html, "</b> with ");
	show_list(html, json_object_get(row, "labels"), false);
	html_markup(html, "<br>");
	html_code(html, text_of(row, "target"));
	if (*text_of(row, "rule")) {
		html_markup(html, "<br>rule ");
		html_text(html, text_of(row, "rule"));
	}
}

static void show_state(struct html *html, const json_t *row)
{
	html_markup(html, "<b>");
	html_text(html, text_of(row, "state"));
	html_markup(html, "</b>");
	if (json_is_integer(json_object_get(row, "decided_after_s"))) {
		html_markup(html, "<br>after ");
		report_seconds(html, json_object_get(row, "decided_after_s"));
	}
}

/* The person, or that the policy does not know one, and the account and program that asked. */
static void show_requester(struct html *html, const json_t *row)
{
	const char *person = text_of(row, "requester");

	if (*person) {
		html_markup(html, "<b>");
		html_text(html, person);
		html_markup(html, "</b>");
	} else {
		html_markup(html, "<em>nobody of the policy</em>");
	}
	html_markup(html, "<br>");
	html_code(html, text_of(row, "exe"));
	html_markup(html, " as ");
	html_code(html, text_of(row, "user"));
	if (*text_of(row, "reason")) {
		html_markup(html, "<br>“");
		html_text(html, text_of(row, "reason"));
		html_markup(html, "”");
	}
}

static void show_decisions(struct html *html, const json_t *row)
{
	const json_t *list = json_object_get(row, "decisions"), *decision;
	size_t i;

	if (json_array_size(list) == 0)
		html_markup(html, "<em>nobody</em>");
	json_array_foreach(list, i, decision) {
		html_write(html, i ? "<br>" : "");
		html_markup(html, "<b>");
		html_text(html, text_of(decision, "person"));
		html_markup(html, "</b>");
		html_write(html, json_is_true(json_object_get(decision, "approve")) ? " approved"
										    : " denied");
		if (*text_of(decision, "covers")) {
			html_markup(html, " in the place of ");
			html_text(html, text_of(decision, "covers"));
		}
		html_markup(html, " (");
		html_text(html, text_of(decision, "tier"));
		html_write(html, *text_of(decision, "tier") ? ", " : "");
		html_text(html, text_of(decision, "by"));
		html_markup(html, ")");
		if (json_is_true(json_object_get(decision, "void")))
			html_markup(html, ", without effect");
		if (json_is_true(json_object_get(decision, "self")))
			html_markup(html, " <strong class=\"bad\">own request</strong>");
		if (*text_of(decision, "reason")) {
			html_markup(html, "<br>“");
			html_text(html, text_of(decision, "reason"));
			html_markup(html, "”");
		}
	}
}

static void show_grants(struct html *html, const json_t *row)
{
	const json_t *grant;
	size_t i;

	json_array_foreach(json_object_get(row, "grants"), i, grant) {
		json_int_t used = number_of(grant, "used");

		html_write(html, i ? "<br>" : "");
		html_words(html, "%s, used %lld time%s", text_of(grant, "scope"), (long long)used,
			   used == 1 ? "" : "s");
		if (*text_of(grant, "ended")) {
			html_markup(html, ", ");
			html_text(html, text_of(grant, "ended"));
			html_markup(html, " ");
			report_time(html, text_of(grant, "ended_at"));
		}
		if (*text_of(grant, "person")) {
			html_markup(html, " by ");
			html_text(html, text_of(grant, "person"));
		}
	}
}

static void show_where(struct html *html, const char *where)
{
	if (!*where) {
		html_markup(html, "–");
		return;
	}
	html_markup(html, "<a href=\"#");
	html_text(html, where);
	html_markup(html, "\">see there</a>");
}

static void show(struct html *html, const json_t *row, const struct report_column *column)
{
	const json_t *value = json_object_get(row, column->key);

	switch (column->show) {
	case SHOW_TEXT:
		if (json_is_integer(value))
			html_words(html, "%lld", (long long)json_integer_value(value));
		else
			html_text(html, text_of(row, column->key));
		return;
	case SHOW_CODE:
		html_code(html, text_of(row, column->key));
		return;
	case SHOW_TIME:
		report_time(html, text_of(row, column->key));
		return;
	case SHOW_SECONDS:
		report_seconds(html, value);
		return;
	case SHOW_LIST:
	case SHOW_ENTRIES:
		show_list(html, value, column->show == SHOW_ENTRIES);
		return;
	case SHOW_REQUEST:
		show_request(html, row);
		return;
	case SHOW_WHAT:
		show_what(html, row);
		return;
	case SHOW_STATE:
		show_state(html, row);
		return;
	case SHOW_REQUESTER:
		show_requester(html, row);
		return;
	case SHOW_DECISIONS:
		show_decisions(html, row);
		return;
	case SHOW_GRANTS:
		show_grants(html, row);
		return;
	case SHOW_PROOF:
		show_proof(html, json_integer_value(value));
		return;
	case SHOW_WHERE:
		show_where(html, text_of(row, column->key));
		return;
	case SHOW_YES:
		html_text(html, !json_is_boolean(value) ? "" : json_is_true(value) ? "yes" : "no");
		return;
	}
}

void report_table(struct html *html, const json_t *rows, const struct report_column *columns,
		  size_t n, const char *empty)
{
	const json_t *row;
	size_t i;

	if (json_array_size(rows) == 0) {
		html_markup(html, "<p>");
		html_text(html, empty);
		html_markup(html, "</p>");
		return;
	}
	html_markup(html, "<table><thead><tr>");
	for (size_t k = 0; k < n; k++) {
		html_markup(html, "<th scope=\"col\">");
		html_text(html, columns[k].heading);
		html_markup(html, "</th>");
	}
	html_markup(html, "</tr></thead><tbody>");
	json_array_foreach(rows, i, row) {
		html_markup(html, "<tr>");
		for (size_t k = 0; k < n; k++) {
			html_markup(html, "<td data-label=\"");
			html_text(html, columns[k].heading);
			html_markup(html, "\">");
			show(html, row, &columns[k]);
			html_markup(html, "</td>");
		}
		html_markup(html, "</tr>");
	}
	html_markup(html, "</tbody></table>");
}

void report_facts(struct html *html, const json_t *object, const struct report_column *columns,
		  size_t n)
{
	html_markup(html, "<dl>");
	for (size_t i = 0; i < n; i++) {
		html_markup(html, "<dt>");
		html_text(html, columns[i].heading);
		html_markup(html, "</dt><dd>");
		show(html, object, &columns[i]);
		html_markup(html, "</dd>");
	}
	html_markup(html, "</dl>");
}
