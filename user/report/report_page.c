// SPDX-License-Identifier: Apache-2.0
/*
 * report_page.c: see report_page.h.
 */
#include "report_page.h"

#include "base/cleanup.h"
#include "base/when.h"
#include "report_table.h"

static json_int_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void tile(struct html *html, const char *value, const char *words)
{
	html_markup(html, "<div><b>");
	html_text(html, value);
	html_markup(html, "</b> <span>");
	html_text(html, words);
	html_markup(html, "</span></div>");
}

static void tile_number(struct html *html, json_int_t n, const char *words)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	tile(html, text, words);
}

static void add_tiles(struct html *html, const json_t *report)
{
	const json_t *totals = json_object_get(report, "totals");
	const json_t *median =
		json_object_get(json_object_get(report, "time_to_decision"), "median_s");
	char text[WHEN_TEXT] = "none";

	if (json_is_integer(median))
		when_duration((uint64_t)json_integer_value(median), text);
	html_markup(html, "<div class=\"tiles\">");
	tile_number(html, number_of(totals, "requests"), "requests");
	tile_number(html, number_of(totals, "approved"), "approved");
	tile_number(html, number_of(totals, "denied"), "denied");
	tile_number(html, number_of(totals, "expired"), "nobody decided in time");
	tile_number(html, number_of(json_object_get(report, "self_approvals"), "count"),
		    "approved by the one who asked");
	tile(html, text, "until decided, median");
	tile_number(html, number_of(totals, "grants_revoked"), "grants revoked");
	tile_number(html, (json_int_t)json_array_size(json_object_get(report, "gaps")),
		    "gaps and recoveries");
	html_markup(html, "</div>");
}

static void add_charts(struct html *html, const json_t *report)
{
	const json_t *times = json_object_get(report, "time_to_decision");

	html_markup(html, "<h2 id=\"charts\">Requests over time</h2>");
	if (json_array_size(json_object_get(report, "days")) == 0) {
		html_markup(html, "<p>There were none.</p>");
		return;
	}
	report_chart_days(html, json_object_get(report, "days"));
	html_markup(html, "<h2 id=\"times\">Time until people had decided</h2>");
	report_chart_times(html, json_object_get(times, "histogram"));
	html_markup(html, "<p>Median ");
	report_seconds(html, json_object_get(times, "median_s"));
	html_markup(html, ", 95 of 100 within ");
	report_seconds(html, json_object_get(times, "p95_s"));
	html_markup(html, ", longest ");
	report_seconds(html, json_object_get(times, "longest_s"));
	html_markup(html, ".</p>");
}

static void add_requests(struct html *html, const json_t *report)
{
	static const struct report_column columns[] = {
		{ "Request", "", SHOW_REQUEST },	{ "Who asked", "", SHOW_REQUESTER },
		{ "For what", "", SHOW_WHAT },		{ "State", "", SHOW_STATE },
		{ "Who decided", "", SHOW_DECISIONS },	{ "What it allowed", "", SHOW_GRANTS },
		{ "Entries", "entries", SHOW_ENTRIES },
	};

	html_markup(html, "<h2 id=\"requests\">Who approved what for whom</h2>");
	report_table(html, json_object_get(report, "approvals"), columns, ARRAY_SIZE(columns),
		     "Nobody asked for anything in this period.");
}

static void add_self(struct html *html, const json_t *report)
{
	const json_t *self = json_object_get(report, "self_approvals");
	json_int_t n = number_of(self, "count");

	html_markup(html, "<h2 id=\"self\">Approvals of one’s own requests</h2><p>");
	html_write(html, n ? "<strong class=\"bad\">" : "<strong class=\"good\">");
	html_words(html, "%lld of %lld requests.", (long long)n,
		   (long long)number_of(json_object_get(report, "totals"), "requests"));
	html_markup(html, "</strong> ");
	html_words(html, "%lld approvals were looked at. ",
		   (long long)number_of(self, "approvals_checked"));
	html_text(html, text_of(self, "how"));
	html_markup(html, "</p><p>");
	html_words(html,
		   "%lld approved requests came from somebody whom the policy does not name as a "
		   "person: there, names cannot be the same, and only the login tells.",
		   (long long)number_of(self, "requests_of_unknown_requesters"));
	html_markup(html, "</p>");
}

/* Whether the files beside the page are the policy that was in force. */
static void add_policy(struct html *html, const json_t *report)
{
	const json_t *policy = json_object_get(report, "policy");
	const json_t *same = json_object_get(policy, "same");

	html_markup(html, "<p>In force at the end: ");
	html_code(html, *text_of(policy, "in_force") ? text_of(policy, "in_force") : "none");
	html_markup(html, ". ");
	if (json_is_true(same))
		html_markup(html, "The files in <code>policy/</code> are this policy.");
	else if (json_is_false(same))
		html_markup(html, "<strong class=\"bad\">The files in <code>policy/</code>, taken "
				  "when this was made, are another policy.</strong>");
	else
		html_markup(html, "Its files could not be given along or checked.");
	html_markup(html, "</p>");
}

static void add_parts(struct html *html, const json_t *report)
{
	static const struct report_column events[] = { { "When", "time", SHOW_TIME },
						       { "What", "message", SHOW_TEXT },
						       { "Type", "type", SHOW_CODE },
						       { "Entry", "seq", SHOW_PROOF } };
	static const struct report_column policies[] = { { "When", "time", SHOW_TIME },
							 { "What", "message", SHOW_TEXT },
							 { "Digest", "digest", SHOW_CODE },
							 { "Entry", "seq", SHOW_PROOF } };
	static const struct report_column starts[] = { { "When", "time", SHOW_TIME },
						       { "What", "message", SHOW_TEXT },
						       { "Ended cleanly before", "clean",
							 SHOW_YES },
						       { "Entry", "seq", SHOW_PROOF } };
	static const struct report_column broken[] = { { "When", "time", SHOW_TIME },
						       { "By", "by", SHOW_TEXT },
						       { "Why", "reason", SHOW_TEXT },
						       { "Reviewed by", "review", SHOW_TEXT },
						       { "Reviewed", "reviewed_at", SHOW_TIME },
						       { "Entry", "seq", SHOW_PROOF } };
	static const struct {
		const char *heading, *list, *empty;
		const struct report_column *columns;
		size_t n;
	} parts[] = {
		{ "<h2 id=\"revocations\">Grants that were revoked</h2>", "revocations", "None.",
		  events, ARRAY_SIZE(events) },
		{ "<h2 id=\"policy\">Policies put in force</h2>", "policy_changes",
		  "The policy was not changed in this period.", policies, ARRAY_SIZE(policies) },
		{ "<h2 id=\"gaps\">Gaps and recoveries of the record</h2>", "gaps",
		  "None: no event was lost, and no end was torn.", events, ARRAY_SIZE(events) },
		{ "<h2 id=\"restarts\">Starts and stops of the agent</h2>", "restarts",
		  "The agent was neither started nor stopped in this period.", starts,
		  ARRAY_SIZE(starts) },
		{ "<h2 id=\"incidents\">Attempts on the agent, break-glass, lost enforcement</h2>",
		  "incidents", "None.", events, ARRAY_SIZE(events) },
		{ "<h2 id=\"glass\">Each break-glass, and who reviewed it</h2>", "break_glass",
		  "The glass was not broken in this period.", broken, ARRAY_SIZE(broken) },
		{ "<h2 id=\"standing\">Approvals that stand</h2>", "standing", "None.", events,
		  ARRAY_SIZE(events) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		html_write(html, parts[i].heading);
		if (parts[i].columns == policies)
			add_policy(html, report);
		report_table(html, json_object_get(report, parts[i].list), parts[i].columns,
			     parts[i].n, parts[i].empty);
	}
}

static void add_place(struct html *html, const char *words, const json_t *place)
{
	html_words(html, "%s ", words);
	if (!json_is_object(place)) {
		html_markup(html, "the begin of the journal");
		return;
	}
	html_words(html, "entry %lld, ", (long long)number_of(place, "seq"));
	html_code(html, text_of(place, "type"));
	html_markup(html, ", ");
	report_time(html, text_of(place, "time"));
}

/* Whether the lists of this report have all, and by what that is shown. */
static void add_complete(struct html *html, const json_t *population)
{
	const json_t *rest = json_object_get(population, "rest");
	long long behind = (long long)(number_of(rest, "to") - number_of(rest, "from"));

	html_markup(html, "<p>");
	if (json_is_true(json_object_get(population, "complete"))) {
		html_markup(html, "<strong class=\"good\">Each list of this report is "
				  "complete.</strong>");
	} else {
		html_markup(html, "<strong class=\"bad\">Not shown to be complete: ");
		html_text(html, text_of(population, "problem"));
		html_markup(html, ".</strong>");
	}
	add_place(html, " Counted between", json_object_get(population, "from"));
	add_place(html, " and", json_object_get(population, "to"));
	if (behind)
		html_words(html, ", and one by one in the %lld entries from there to the end",
			   behind);
	html_markup(html, ".</p>");
}

static void add_population(struct html *html, const json_t *report)
{
	const json_t *population = json_object_get(report, "population"), *n;
	static const struct report_column columns[] = { { "Entries", "entries", SHOW_TEXT },
							{ "First", "first_seq", SHOW_TEXT },
							{ "Last", "last_seq", SHOW_TEXT },
							{ "Requests", "requests", SHOW_TEXT } };
	static const struct report_column lists[] = { { "Type", "type", SHOW_CODE },
						      { "By totals", "totals_delta", SHOW_TEXT },
						      { "Behind totals", "behind_totals", SHOW_TEXT },
						      { "Of the period", "matched", SHOW_TEXT },
						      { "Outside of it", "outside", SHOW_TEXT },
						      { "In no list", "unlisted", SHOW_TEXT },
						      { "Complete", "complete", SHOW_YES } };
	const char *type;

	html_markup(html, "<h2 id=\"population\">Population</h2><p>");
	html_text(html, text_of(population, "how"));
	html_markup(html, "</p>");
	report_facts(html, population, columns, ARRAY_SIZE(columns));
	add_complete(html, population);
	report_table(html, json_object_get(population, "lists"), lists, ARRAY_SIZE(lists), "");
	html_markup(html, "<table class=\"narrow\"><thead><tr><th scope=\"col\">Type</th>"
			  "<th scope=\"col\">Entries of the period</th></tr></thead><tbody>");
	json_object_foreach(json_object_get(population, "by_type"), type, n) {
		html_markup(html, "<tr><td data-label=\"Type\">");
		html_code(html, type);
		html_markup(html, "</td><td data-label=\"Entries\">");
		html_words(html, "%lld", (long long)json_integer_value(n));
		html_markup(html, "</td></tr>");
	}
	html_markup(html, "</tbody></table>");
}

static void add_integrity(struct html *html, const json_t *report)
{
	static const struct report_column columns[] = { { "Journal", "origin", SHOW_CODE },
							{ "Verdict", "verdict", SHOW_TEXT },
							{ "Signed entries", "size", SHOW_TEXT },
							{ "Root of the tree", "root", SHOW_CODE },
							{ "Hash of entry 0", "genesis", SHOW_CODE },
							{ "Key of the host", "vkey", SHOW_CODE },
							{ "... that signs at the end", "signer",
							  SHOW_CODE } };

	html_markup(html, "<h2 id=\"integrity\">Integrity</h2>");
	report_facts(html, json_object_get(report, "integrity"), columns, ARRAY_SIZE(columns));
	html_markup(
		html,
		"<p>Compare the key and the hash of entry 0 with what was noted, off the host, "
		"when the agent was installed. <code>VERIFY.md</code> says how to check each "
		"number here with other programs. What the host’s key signs, the host said: the "
		"signature shows that it was not changed later, not that it was true.</p>");
}

static void add_retention(struct html *html, const json_t *report)
{
	static const struct report_column columns[] = {
		{ "First entry on the host", "first_seq", SHOW_TEXT },
		{ "Of", "oldest", SHOW_TEXT },
		{ "Files there", "files", SHOW_TEXT },
	};
	static const struct report_column gone[] = {
		{ "Removed as old: first entry", "first", SHOW_TEXT },
		{ "Last entry", "last", SHOW_TEXT },
		{ "As says entry", "by", SHOW_TEXT },
		{ "Of", "time", SHOW_TEXT },
	};
	const json_t *retention = json_object_get(report, "retention");
	const json_t *removed = json_object_get(retention, "removed");

	html_markup(html, "<h2 id=\"retention\">Retention</h2>");
	report_facts(html, retention, columns, ARRAY_SIZE(columns));
	if (json_is_object(removed))
		report_facts(html, removed, gone, ARRAY_SIZE(gone));
	else
		html_markup(html, "<p>Nothing was removed: the journal is there from entry 0 on."
				  "</p>");
}

static void add_controls(struct html *html, const json_t *report)
{
	static const struct report_column columns[] = { { "Control", "id", SHOW_CODE },
							{ "Asks", "asks", SHOW_TEXT },
							{ "Shown here", "shown", SHOW_TEXT },
							{ "Where", "where", SHOW_WHERE } };

	html_markup(html, "<h2 id=\"controls\">Controls</h2>");
	report_table(html, json_object_get(report, "controls"), columns, ARRAY_SIZE(columns), "");
}

static const char head[] =
	"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	"<meta http-equiv=\"Content-Security-Policy\" "
	"content=\"default-src 'none'; style-src 'unsafe-inline'\">"
	"<style>"
	"*{box-sizing:border-box}"
	"body{margin:0 auto;max-width:84rem;padding:1rem;color:#1b1f24;background:#fff;"
	"font:1rem/1.5 system-ui,sans-serif}"
	"h1{overflow-wrap:anywhere;font-size:1.6rem;line-height:1.25;margin:.5rem 0}"
	"h2{font-size:1.2rem;margin:2rem 0 .5rem;padding-top:.5rem;border-top:1px solid #d5d9de}"
	"p,dd{max-width:52rem}"
	"code{font:.875em/1.4 ui-monospace,monospace;overflow-wrap:anywhere}"
	"time,.id{white-space:nowrap}"
	".good{color:#14663a}.bad{color:#a3171b}"
	".tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.75rem;"
	"margin:1rem 0}"
	".tiles div{border:1px solid #d5d9de;border-radius:.5rem;padding:.5rem .75rem}"
	".tiles b{display:block;font-size:1.3rem;line-height:1.3;white-space:nowrap}"
	".tiles span{color:#58616c;font-size:.875rem}"
	".chart{overflow-x:auto;max-width:48rem}"
	"svg{display:block;width:100%;min-width:36rem;height:auto}"
	"svg text{font:12px system-ui,sans-serif;fill:#1b1f24;text-anchor:middle}"
	"svg line{stroke:#8b949e}"
	"rect.approved,i.approved{fill:#2f7d4f;background:#2f7d4f}"
	"rect.denied,i.denied{fill:#b3393c;background:#b3393c}"
	"rect.expired,i.expired{fill:#c98a1b;background:#c98a1b}"
	"rect.pending,i.pending{fill:#7aa7d8;background:#7aa7d8}"
	"rect.other,i.other{fill:#8b949e;background:#8b949e}"
	"rect.time{fill:#3b6ea5}"
	".legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:.5rem 0}"
	".legend i{display:inline-block;width:.8em;height:.8em;margin-right:.35em}"
	"table{border-collapse:collapse;width:100%;font-size:.875rem;line-height:1.4}"
	"table.narrow{width:auto}"
	"th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;"
	"border-bottom:1px solid #d5d9de;overflow-wrap:break-word}"
	"th{color:#58616c;font-weight:600;border-bottom:2px solid #8b949e}"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem}"
	"dt{color:#58616c}dd{margin:0;overflow-wrap:anywhere}"
	"a{color:#0b57a4}"
	"@media (max-width:60rem){"
	"table,tbody,tr,td{display:block;width:100%}thead{display:none}"
	"tr{border:1px solid #d5d9de;border-radius:.5rem;margin:.75rem 0;padding:.25rem 0}"
	"td{border:0;padding:.2rem .75rem .2rem 9rem;position:relative;min-height:1.6rem;"
	"overflow-wrap:anywhere}"
	"td::before{content:attr(data-label);position:absolute;left:.75rem;width:8rem;"
	"color:#58616c}"
	"h1{font-size:1.3rem}dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}"
	"@media print{body{max-width:none;font-size:10pt}tr,svg,.tiles div{break-inside:avoid}}"
	"</style><title>";

static void add_head(struct html *html, const json_t *report)
{
	const json_t *period = json_object_get(report, "period");
	const char *origin = text_of(json_object_get(report, "integrity"), "origin");

	html_write(html, head);
	html_words(html, "%s evidence of %s", text_of(report, "title"), origin);
	html_markup(html, "</title></head><body><h1>");
	html_words(html, "%s evidence of %s", text_of(report, "title"), origin);
	html_markup(html, "</h1><p>From ");
	report_time(html, text_of(period, "from"));
	html_markup(html, " to ");
	report_time(html, text_of(period, "to"));
	html_markup(html, ", made ");
	report_time(html, text_of(report, "made"));
	html_markup(html, " by ");
	html_text(html, text_of(report, "made_by"));
	html_markup(html, ". All times are UTC. A number of an entry leads to the proof that it is "
			  "in the journal.</p>");
}

char *report_page(const json_t *report)
{
	static void (*const parts[])(struct html * html, const json_t *report) = {
		add_head,  add_tiles,	   add_charts,	  add_requests, add_self,
		add_parts, add_population, add_integrity,
		add_retention, add_controls,
	};
	struct html html;

	if (html_begin(&html) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i](&html, report);
	html_markup(&html, "</body></html>\n");
	return html_end(&html) < 0 ? NULL : html.text;
}
