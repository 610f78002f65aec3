// SPDX-License-Identifier: Apache-2.0
/*
 * report_sum.c: what all entries of a period say together: see report.h.
 */
#include "report.h"

#include "base/cleanup.h"
#include "base/when.h"

#include <errno.h>
#include <string.h>

#define DAY_MS	 86400000ULL
#define DAYS_MAX 3660 /* of the chart */

#ifndef SLUICE_VERSION
#define SLUICE_VERSION "development"
#endif

/* What is counted of requests. */
struct sums {
	uint64_t requests, approved, denied, expired, other, pending;
	uint64_t decisions, approvals, void_decisions, self, unknown_requester;
	uint64_t grants, used, unused, revoked, grants_expired;
	uint64_t *seconds; /* from opening to the end of requests that people decided */
	size_t n_seconds;
};

static uint64_t number_of(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

static bool is_text(const json_t *object, const char *name, const char *wanted)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text && strcmp(text, wanted) == 0;
}

static bool in_period(const struct report *report, const json_t *request)
{
	const json_t *closed = json_object_get(request, "closed_ms");

	return number_of(request, "opened_ms") <= report->to_ms &&
	       (!closed || number_of(request, "closed_ms") >= report->from_ms);
}

static void count_decisions(struct sums *sums, json_t *request)
{
	const char *requester = json_string_value(json_object_get(request, "requester"));
	bool self = false, approved = false;
	json_t *decision;
	size_t i;

	json_array_foreach(json_object_get(request, "decisions"), i, decision) {
		sums->decisions++;
		if (json_is_true(json_object_get(decision, "void"))) {
			sums->void_decisions++;
			continue;
		}
		if (!json_is_true(json_object_get(decision, "approve")))
			continue;
		sums->approvals++;
		approved = true;
		self |= json_is_true(json_object_get(decision, "self"));
	}
	sums->self += self;
	sums->unknown_requester += approved && (!requester || !*requester);
	json_object_set_new(request, "self_approved", json_boolean(self));
}

static void count_grants(struct sums *sums, const json_t *request)
{
	const json_t *grant;
	size_t i;

	json_array_foreach(json_object_get(request, "grants"), i, grant) {
		bool used = number_of(grant, "used") > 0;

		sums->grants++;
		sums->used += used;
		sums->unused += !used;
		sums->revoked += is_text(grant, "ended", "revoked");
		sums->grants_expired += is_text(grant, "ended", "expired");
	}
}

/* Nobody took any time over it. */
static bool is_in_advance(const json_t *request)
{
	const json_t *decisions = json_object_get(request, "decisions");

	return json_object_get(json_array_get(decisions, 0), "standing");
}

static void count_state(struct sums *sums, json_t *request)
{
	const struct {
		const char *state;
		uint64_t *n;
		bool decided;
	} states[] = { { "approved", &sums->approved, true },
		       { "denied", &sums->denied, true },
		       { "expired", &sums->expired, false },
		       { "pending", &sums->pending, false } };
	uint64_t opened = number_of(request, "opened_ms"), closed = number_of(request, "closed_ms");
	size_t i = 0;

	sums->requests++;
	while (i < ARRAY_SIZE(states) && !is_text(request, "state", states[i].state))
		i++;
	if (i == ARRAY_SIZE(states)) {
		sums->other++;
		return;
	}
	(*states[i].n)++;
	if (!states[i].decided || closed < opened || is_in_advance(request))
		return;
	sums->seconds[sums->n_seconds++] = (closed - opened) / 1000;
	json_object_set_new(request, "decided_after_s",
			    json_integer((json_int_t)((closed - opened) / 1000)));
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The value below which so many of a hundred are: by nearest rank. */
static json_t *rank_of(const struct sums *sums, unsigned int percent)
{
	size_t rank = (sums->n_seconds * percent + 99) / 100;

	return sums->n_seconds ? json_integer((json_int_t)sums->seconds[rank ? rank - 1 : 0])
			       : json_null();
}

static const struct {
	const char *name;
	uint64_t below_s;
} steps[] = {
	{ "under 1 min", 60 },	   { "1 to 5 min", 300 }, { "5 to 15 min", 900 },
	{ "15 min to 1 h", 3600 }, { "1 to 4 h", 14400 }, { "4 h and more", UINT64_MAX },
};

static json_t *histogram_of(const struct sums *sums)
{
	json_t *rows = json_array();
	uint64_t from = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		json_int_t n = 0;

		for (size_t k = 0; k < sums->n_seconds; k++)
			n += sums->seconds[k] >= from && sums->seconds[k] < steps[i].below_s;
		json_array_append_new(
			rows, json_pack("{s:s, s:I}", "label", steps[i].name, "requests", n));
		from = steps[i].below_s;
	}
	return rows;
}

static json_t *decision_times(const struct sums *sums)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o}", "requests", (json_int_t)sums->n_seconds,
			 "median_s", rank_of(sums, 50), "p95_s", rank_of(sums, 95), "longest_s",
			 rank_of(sums, 100), "histogram", histogram_of(sums));
}

/* The days (UTC) from the first to the last that a request was opened on, but not without end. */
static json_t *empty_days(const json_t *approvals)
{
	uint64_t first = UINT64_MAX, last = 0;
	json_t *days = json_object(), *request;
	char text[WHEN_TEXT];
	size_t i;

	json_array_foreach(approvals, i, request) {
		uint64_t day = number_of(request, "opened_ms") / DAY_MS;

		first = day < first ? day : first;
		last = day > last ? day : last;
	}
	if (last > first + DAYS_MAX)
		first = last - DAYS_MAX;
	for (uint64_t day = first; day <= last; day++) {
		when_iso(day * DAY_MS, text);
		text[strlen("2026-11-22")] = '\0';
		json_object_set_new(days, text,
				    json_pack("{s:s, s:i, s:i, s:i, s:i, s:i}", "day", text,
					      "approved", 0, "denied", 0, "expired", 0, "pending",
					      0, "other", 0));
	}
	return days;
}

/* Requests by the day they were opened on. */
static json_t *days_of(const json_t *approvals)
{
	static const char *const states[] = { "approved", "denied", "expired", "pending" };
	json_t *days = empty_days(approvals), *rows = json_array(), *request, *day;
	const char *date;
	size_t i;

	json_array_foreach(approvals, i, request) {
		const char *state = "other";
		char text[WHEN_TEXT];
		json_t *n;

		for (size_t k = 0; k < ARRAY_SIZE(states); k++)
			if (is_text(request, "state", states[k]))
				state = states[k];
		when_iso(number_of(request, "opened_ms"), text);
		text[strlen("2026-11-22")] = '\0';
		n = json_object_get(json_object_get(days, text), state);
		json_integer_set(n, json_integer_value(n) + 1);
	}
	json_object_foreach(days, date, day)
		json_array_append(rows, day);
	json_decref(days);
	return rows;
}

static json_t *totals_of(const struct sums *sums)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "requests", (json_int_t)sums->requests, "approved",
			 (json_int_t)sums->approved, "denied", (json_int_t)sums->denied, "expired",
			 (json_int_t)sums->expired, "pending", (json_int_t)sums->pending, "other",
			 (json_int_t)sums->other, "decisions", (json_int_t)sums->decisions,
			 "approvals", (json_int_t)sums->approvals, "void_decisions",
			 (json_int_t)sums->void_decisions, "grants", (json_int_t)sums->grants,
			 "grants_used", (json_int_t)sums->used, "grants_unused",
			 (json_int_t)sums->unused, "grants_revoked", (json_int_t)sums->revoked,
			 "grants_expired", (json_int_t)sums->grants_expired);
}

static json_t *self_of(const struct sums *sums)
{
	return json_pack(
		"{s:I, s:I, s:I, s:s}", "count", (json_int_t)sums->self, "approvals_checked",
		(json_int_t)(sums->approvals), "requests_of_unknown_requesters",
		(json_int_t)sums->unknown_requester, "how",
		"Each approval of each request above was compared: the person who approved, and "
		"the person in whose place they did, with the person who asked, by the names that "
		"the policy gave them; and where the answer came from a session on the host, the "
		"login of that session with the login that asked. A request is counted when one "
		"of these is the same. Approvals that had no effect are left out.");
}

/* What report_population.c adds to. */
static json_t *population_of(const struct report *report, const struct sums *sums)
{
	return json_pack(
		"{s:I, s:o, s:o, s:O, s:I, s:s}", "entries", (json_int_t)report->entries,
		"first_seq",
		report->entries ? json_integer((json_int_t)report->first_seq) : json_null(),
		"last_seq",
		report->entries ? json_integer((json_int_t)report->last_seq) : json_null(),
		"by_type", report->types, "requests", (json_int_t)sums->requests, "how",
		"The host signs now and then how many entries of each type stand above. Two such "
		"entries enclose the period, or the begin of the journal stands for the first one. "
		"What they differ by is how many entries of a type there are between them: those "
		"of the period, each of which is in a list of this report, and those before and "
		"behind it, which are in lines.jsonl, too. Where nothing behind the period counts "
		"yet, each entry behind the last count is there. VERIFY.md has the commands that "
		"count again. Requests are those that were open at some time in the period.");
}

static json_t *integrity_of(const struct journal_verify_result *verified)
{
	uint64_t size = verified->entries - verified->unsigned_entries;

	return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:I}", "verdict",
			 journal_status_name(verified->status), "problem", verified->problem,
			 "size", (json_int_t)size, "unsigned_entries",
			 (json_int_t)verified->unsigned_entries, "root", verified->root, "genesis",
			 verified->genesis, "origin", verified->origin, "vkey", verified->vkey,
			 "signer", verified->signer, "checkpoints", (json_int_t)verified->checkpoints);
}

/* What is still there, and what sluiced says it has removed (journal_removed.h). */
static json_t *retention_of(const struct journal_verify_result *verified)
{
	json_t *removed = json_null(), *retention;
	char time[WHEN_TEXT];

	if (verified->removed_by)
		removed = json_pack("{s:I, s:I, s:I, s:s}", "first",
				    (json_int_t)verified->removed_first, "last",
				    (json_int_t)verified->removed_last, "by",
				    (json_int_t)verified->removed_by, "time",
				    when_iso((uint64_t)verified->removed_time, time));
	retention = json_pack("{s:I, s:s, s:I, s:o}", "first_seq", (json_int_t)verified->from,
			      "oldest", when_iso((uint64_t)verified->first_time, time), "files",
			      (json_int_t)verified->files, "removed", removed);
	return retention;
}

static json_t *period_of(const struct report *report, const struct journal_verify_result *verified)
{
	uint64_t from_ms = report->from_ms ? report->from_ms : (uint64_t)verified->first_time;
	char from[WHEN_TEXT], to[WHEN_TEXT];

	return json_pack("{s:s, s:s}", "from", when_iso(from_ms, from), "to",
			 when_iso(report->to_ms, to));
}

/* Requests of the period; each is counted on the way. */
static json_t *approvals_of(struct report *report, struct sums *sums)
{
	json_t *rows = json_array(), *request;
	const char *id;

	sums->seconds = calloc(json_object_size(report->requests) + 1, sizeof(*sums->seconds));
	if (!sums->seconds) {
		json_decref(rows);
		return NULL;
	}
	json_object_foreach(report->requests, id, request) {
		if (!in_period(report, request))
			continue;
		count_state(sums, request);
		count_decisions(sums, request);
		count_grants(sums, request);
		json_array_append(rows, request);
	}
	qsort(sums->seconds, sums->n_seconds, sizeof(*sums->seconds), compare);
	return rows;
}

static json_t *signers_of(const struct report *report)
{
	json_t *lines = json_array(), *value;
	const char *line;

	json_object_foreach(report->signers, line, value)
		json_array_append_new(lines, json_string(line));
	return lines;
}

json_t *report_finish(struct report *report, const struct report_framework *framework,
		      const struct journal_verify_result *verified)
{
	struct sums sums = { 0 };
	json_t *approvals = approvals_of(report, &sums), *finished;
	char now[WHEN_TEXT];

	finished = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			     "s:o, s:{s:O}, s:o}",
			     "format", "sluice-report/1", "framework", framework->name, "title",
			     framework->title, "made", when_iso(when_now(), now), "made_by",
			     "sluice " SLUICE_VERSION, "period", period_of(report, verified),
			     "integrity", integrity_of(verified), "population",
			     population_of(report, &sums), "totals", totals_of(&sums),
			     "self_approvals", self_of(&sums), "time_to_decision",
			     decision_times(&sums), "days", days_of(approvals), "approvals",
			     approvals, "controls", report_controls(framework), "policy",
			     "in_force", report->policy, "signers", signers_of(report));
	free(sums.seconds);
	if (finished && json_object_update(finished, report->lists) == 0 &&
	    json_object_set_new(finished, "retention", retention_of(verified)) == 0 &&
	    report_population_finish(&report->population, finished,
				     verified->entries - verified->unsigned_entries,
				     report->from_ms, report->to_ms) == 0)
		return finished;
	json_decref(finished);
	return NULL;
}

static size_t add_numbers(const json_t *value, uint64_t *ret, size_t n)
{
	const json_t *item;
	const char *name;
	size_t i;

	if (json_is_array(value))
		json_array_foreach(value, i, item) {
			if (json_is_integer(item))
				ret[n++] = (uint64_t)json_integer_value(item);
			else
				n = add_numbers(item, ret, n);
		}
	if (json_is_object(value))
		json_object_foreach((json_t *)value, name, item) {
			if (strcmp(name, "seq") == 0 || strcmp(name, "reviewed_seq") == 0)
				ret[n++] = (uint64_t)json_integer_value(item);
			else if (json_is_array(item))
				n = add_numbers(item, ret, n);
		}
	return n;
}

/* How many values there are at most. */
static size_t weigh(const json_t *value)
{
	const json_t *item;
	const char *name;
	size_t i, n = 1;

	json_array_foreach(value, i, item)
		n += weigh(item);
	json_object_foreach((json_t *)value, name, item)
		n += weigh(item);
	return n;
}

int report_sequences(const json_t *finished, uint64_t **ret, size_t *ret_n)
{
	static const char *const parts[] = { "approvals", "policy_changes", "restarts",
					     "gaps",	  "incidents",	    "standing",
					     "break_glass", "revocations",   "population" };
	size_t n = 0, kept = 0;
	uint64_t *numbers = calloc(weigh(finished), sizeof(*numbers));

	if (!numbers)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		n = add_numbers(json_object_get(finished, parts[i]), numbers, n);
	qsort(numbers, n, sizeof(*numbers), compare);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || numbers[i] != numbers[i - 1])
			numbers[kept++] = numbers[i];
	*ret = numbers;
	*ret_n = kept;
	return 0;
}
