// SPDX-License-Identifier: Apache-2.0
/*
 * report.c: entries on their way into a report: see report.h. What each says is report_facts.c's,
 * what they say together report_sum.c's.
 */
#include "report.h"

#include "base/cleanup.h"
#include "report_facts.h"
#include "vault/reveal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void set(struct report *report, json_t *to, const char *name, json_t *value)
{
	if (json_object_set_new(to, name, value))
		report->failed = true;
}

static void note_policy(struct report *report, const json_t *entry)
{
	json_t *digest = json_object_get(json_object_get(entry, "policy"), "digest");

	if (!json_is_string(digest) || report_time_of(entry, "time") > report->to_ms)
		return;
	json_decref(report->policy);
	report->policy = json_incref(digest);
}

static enum journal_when when_of(const struct report *report, uint64_t ms)
{
	if (ms < report->from_ms)
		return WHEN_BEFORE;
	return ms > report->to_ms ? WHEN_BEHIND : WHEN_INSIDE;
}

/* Counted whatever its time, as the totals do not know that. */
static void tally(struct report *report, const struct report_sample *sample, uint64_t ms)
{
	if (report_population_take(&report->population, sample, when_of(report, ms),
				   report_in_period(report, sample->ms)) < 0)
		report->failed = true;
}

static void count(struct report *report, uint64_t seq, uint64_t ms, const char *type)
{
	json_t *n;

	if (!report_in_period(report, ms))
		return;
	if (report->entries++ == 0)
		report->first_seq = seq;
	report->last_seq = seq;
	n = json_object_get(report->types, type);
	if (n)
		json_integer_set(n, json_integer_value(n) + 1);
	else
		set(report, report->types, type, json_integer(1));
}

/*
 * Of what only moved data nothing but the number is reported, and nearly all entries are of that
 * kind: they are not parsed when their begin is as the writer writes it.
 */
static bool take_event(struct report *report, const struct journal_entry *entry)
{
	char type[64] = "event.";
	uint64_t ms;
	int end = 0;

	if (sscanf(entry->line,
		   "{\"seq\":%*u,\"time\":%" SCNu64
		   ",\"boottime_us\":%*u,\"type\":\"event.%40[a-z]%n",
		   &ms, type + strlen("event."), &end) != 2 ||
	    end <= 0 || entry->line[end] != '"')
		return false;
	tally(report, &(struct report_sample){ .seq = entry->seq, .ms = ms, .type = type }, ms);
	count(report, entry->seq, ms, type);
	return true;
}

static void take_parsed(struct report *report, const struct journal_entry *entry)
{
	const char *type = json_string_value(json_object_get(entry->json, "type"));
	const struct report_fact *fact = type ? report_fact_of(type) : NULL;
	uint64_t ms = report_time_of(entry->json, "time");
	struct report_sample sample = { .seq = entry->seq, .ms = ms, .type = type };

	if (!type)
		return;
	if (fact && fact->list) {
		sample.list = fact->list;
		sample.ms = report_time_of(entry->json, fact->time ? fact->time : "time");
	}
	report_population_place(&report->population, entry->seq, entry->json, when_of(report, ms));
	tally(report, &sample, ms);
	count(report, entry->seq, ms, type);
	note_policy(report, entry->json);
	if (fact)
		report_fact_take(report, fact, entry);
}

int report_take(void *ctx, const struct journal_entry *entry)
{
	struct journal_entry whole = *entry;
	struct report *report = ctx;
	json_auto_t *parsed = NULL;

	if (!entry->is_signed || (!entry->json && take_event(report, entry)))
		return report->failed ? -ENOMEM : 0;
	if (!entry->json)
		whole.json = parsed = json_loadb(entry->line, entry->size, JSON_ALLOW_NUL, NULL);
	if (parsed && report->reveal)
		reveal_json(report->reveal, parsed);
	take_parsed(report, &whole);
	return report->failed ? -ENOMEM : 0;
}

int report_init(struct report *report, uint64_t from_ms, uint64_t to_ms)
{
	*report = (struct report){
		.from_ms = from_ms,
		.to_ms = to_ms,
		.requests = json_object(),
		.grants = json_object(),
		.types = json_object(),
		.signers = json_object(),
		.policy = json_null(),
		.lists = json_pack("{s:[], s:[], s:[], s:[], s:[], s:[], s:[]}", "policy_changes",
				   "restarts", "gaps", "incidents", "standing", "break_glass",
				   "revocations"),
	};
	if (report_population_init(&report->population) < 0)
		return -ENOMEM;
	return report->requests && report->grants && report->types && report->signers &&
			       report->lists
		       ? 0
		       : -ENOMEM;
}

void report_done(struct report *report)
{
	json_decref(report->requests);
	json_decref(report->grants);
	json_decref(report->types);
	json_decref(report->signers);
	json_decref(report->policy);
	json_decref(report->lists);
	report_population_done(&report->population);
}
