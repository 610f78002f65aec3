// SPDX-License-Identifier: Apache-2.0
/*
 * report.c: entries as facts: see report.h. What they say together is report_sum.c's.
 */
#include "report.h"

#include "base/cleanup.h"
#include "base/when.h"
#include "vault/reveal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define NO_LOGIN 4294967295 /* of loginuid: nobody has signed in */

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static json_t *iso(uint64_t ms)
{
	char text[WHEN_TEXT];

	return json_string(when_iso(ms, text));
}

/* A time that the entry tells; else when it was written. */
static uint64_t time_of(const json_t *entry, const char *name)
{
	const json_t *time = json_object_get(entry, name);

	if (!json_is_integer(time))
		time = json_object_get(entry, "time");
	return (uint64_t)json_integer_value(time);
}

static bool in_period(const struct report *report, uint64_t ms)
{
	return ms >= report->from_ms && ms <= report->to_ms;
}

static void set(struct report *report, json_t *to, const char *name, json_t *value)
{
	if (json_object_set_new(to, name, value))
		report->failed = true;
}

/* Copies members of the entry that are there. */
static void copy(struct report *report, json_t *to, const json_t *entry, const char *const *names)
{
	for (; *names; names++) {
		json_t *value = json_object_get(entry, *names);

		if (value && json_object_set(to, *names, value))
			report->failed = true;
	}
}

static json_t *request_of(const struct report *report, const json_t *entry)
{
	const char *id = text_of(entry, "request");

	return id ? json_object_get(report->requests, id) : NULL;
}

static void note(json_t *request, const struct journal_entry *entry)
{
	json_array_append_new(json_object_get(request, "entries"),
			      json_integer((json_int_t)entry->seq));
}

static void on_opened(struct report *report, const struct journal_entry *entry)
{
	static const char *const names[] = { "request", "digest", "requester", "action",
					     "labels",	"rule",	  "reason",    "reason_from",
					     "verdict", NULL };
	static const char *const of_subject[] = { "user", "exe",      "comm", "unit",
						  "pid",  "loginuid", NULL };
	const char *id = text_of(entry->json, "request");
	const json_t *target = json_object_get(entry->json, "target");
	uint64_t ms = time_of(entry->json, "opened_ms");
	json_t *request;

	if (!id)
		return;
	request = json_pack("{s:o, s:I, s:s, s:[], s:[], s:[]}", "opened", iso(ms), "opened_ms",
			    (json_int_t)ms, "state", "pending", "decisions", "grants", "entries");
	copy(report, request, entry->json, names);
	copy(report, request, json_object_get(entry->json, "subject"), of_subject);
	if (text_of(target, "text"))
		set(report, request, "target", json_incref(json_object_get(target, "text")));
	note(request, entry);
	set(report, report->requests, id, request);
}

/* By what somebody answered: the kind of evidence, and the channel's name. */
static json_t *way_of(const json_t *entry)
{
	const json_t *evidence = json_object_get(entry, "evidence");
	const char *kind = text_of(evidence, "kind"), *channel = text_of(evidence, "channel");

	if (channel)
		return json_sprintf("channel %s", channel);
	return json_string(!kind				? "not told"
			   : strcmp(kind, "ssh-signature") == 0 ? "own key"
			   : strcmp(kind, "login") == 0		? "session on the host"
								: kind);
}

static bool same(const json_t *a, const char *name, const json_t *b, const char *other)
{
	const char *x = text_of(a, name), *y = text_of(b, other);

	return x && y && *x && strcmp(x, y) == 0;
}

/* The session that answered is one of the login that asked. */
static bool same_login(const json_t *request, const json_t *entry)
{
	const json_t *asked = json_object_get(request, "loginuid");
	const json_t *answered = json_object_get(entry, "loginuid");
	const char *kind = text_of(json_object_get(entry, "evidence"), "kind");

	return kind && strcmp(kind, "login") == 0 && json_is_integer(asked) &&
	       json_is_integer(answered) && json_integer_value(asked) != NO_LOGIN &&
	       json_equal(asked, answered);
}

/* As in a file of allowed signers of OpenSSH; a channel is told from a person. */
static void note_signer(struct report *report, const json_t *entry)
{
	const json_t *evidence = json_object_get(entry, "evidence");
	const char *key = text_of(evidence, "public_key"), *channel = text_of(evidence, "channel");
	const char *person = text_of(entry, "person");
	char line[1024];
	int size;

	if (!key || !person)
		return;
	size = snprintf(line, sizeof(line), "%s%s %s", channel ? "channel:" : "",
			channel ? channel : person, key);
	if (size < (int)sizeof(line) && !strpbrk(line, "\r\n"))
		set(report, report->signers, line, json_true());
}

static void on_decision(struct report *report, const struct journal_entry *entry)
{
	static const char *const names[] = { "person",	   "approve", "tier",	"scope",
					     "duration_s", "reason",  "covers", NULL };
	json_t *request = request_of(report, entry->json), *decision;
	uint64_t ms = time_of(entry->json, "time_ms");
	bool self;

	if (!request)
		return;
	self = same(request, "requester", entry->json, "person") ||
	       same(request, "requester", entry->json, "covers") ||
	       same_login(request, entry->json);
	decision = json_pack("{s:o, s:I, s:o, s:b, s:b, s:I}", "time", iso(ms), "time_ms",
			     (json_int_t)ms, "by", way_of(entry->json), "self", self, "void", 0,
			     "seq", (json_int_t)entry->seq);
	copy(report, decision, entry->json, names);
	if (json_array_append_new(json_object_get(request, "decisions"), decision))
		report->failed = true;
	note_signer(report, entry->json);
	note(request, entry);
}

/* Approved in advance: by those whose approval stands, each of whom may not be the requester. */
static void on_standing_used(struct report *report, const struct journal_entry *entry)
{
	json_t *request = request_of(report, entry->json), *person, *decision;
	const char *standing = text_of(entry->json, "standing");
	uint64_t ms = time_of(entry->json, "time");
	size_t i;

	if (!request)
		return;
	json_array_foreach(json_object_get(entry->json, "people"), i, person) {
		decision = json_pack("{s:O, s:b, s:o, s:I, s:s, s:o, s:b, s:b, s:I}", "person",
				     person, "approve", 1, "time", iso(ms), "time_ms",
				     (json_int_t)ms, "standing", standing ? standing : "", "by",
				     json_sprintf("in advance, %s", standing ? standing : ""),
				     "self", 0, "void", 0, "seq", (json_int_t)entry->seq);
		set(report, decision, "self",
		    json_boolean(same(request, "requester", decision, "person")));
		if (json_array_append_new(json_object_get(request, "decisions"), decision))
			report->failed = true;
	}
	note(request, entry);
}

static void on_void(struct report *report, const struct journal_entry *entry)
{
	json_t *request = request_of(report, entry->json), *decision;
	size_t i;

	json_array_foreach(json_object_get(request, "decisions"), i, decision)
		if (same(decision, "person", entry->json, "person") ||
		    same(decision, "standing", entry->json, "person"))
			json_object_set_new(decision, "void", json_true());
	if (request)
		note(request, entry);
}

static void on_closed(struct report *report, const struct journal_entry *entry)
{
	static const char *const names[] = { "state", "outcome", "tries", NULL };
	json_t *request = request_of(report, entry->json);
	uint64_t ms = time_of(entry->json, "closed_ms");

	if (!request)
		return;
	copy(report, request, entry->json, names);
	set(report, request, "closed", iso(ms));
	set(report, request, "closed_ms", json_integer((json_int_t)ms));
	note(request, entry);
}

static void on_grant(struct report *report, const struct journal_entry *entry)
{
	static const char *const names[] = { "grant", "scope", "approved_by", NULL };
	json_t *request = request_of(report, entry->json), *grant;
	const char *id = text_of(entry->json, "grant");

	if (!request || !id)
		return;
	grant = json_pack("{s:o, s:i, s:s, s:I}", "until", iso(time_of(entry->json, "expires_ms")),
			  "used", 0, "ended", "", "seq", (json_int_t)entry->seq);
	copy(report, grant, entry->json, names);
	set(report, report->grants, id, json_incref(grant));
	if (json_array_append_new(json_object_get(request, "grants"), grant))
		report->failed = true;
	set(report, grant, "request", json_incref(json_object_get(request, "request")));
	note(request, entry);
}

/* Where an entry that stands for itself is listed. */
static void list(struct report *report, const struct journal_entry *entry, const char *part)
{
	static const char *const names[] = { "type", "message", "count", "person", "reason", NULL };
	const json_t *policy = json_object_get(entry->json, "policy");
	const json_t *agent = json_object_get(entry->json, "agent");
	uint64_t ms = time_of(entry->json, "time");
	json_t *row;

	if (!in_period(report, ms))
		return;
	row = json_pack("{s:I, s:o, s:s*, s:O*, s:O*}", "seq", (json_int_t)entry->seq, "time",
			iso(ms), "digest", text_of(policy, "digest"), "generation",
			json_object_get(policy, "generation"), "clean",
			json_object_get(agent, "clean"));
	copy(report, row, entry->json, names);
	if (json_array_append_new(json_object_get(report->lists, part), row))
		report->failed = true;
}

/* A use or the end of a grant. */
static void on_grant_later(struct report *report, const struct journal_entry *entry)
{
	const char *id = text_of(entry->json, "grant"), *type = text_of(entry->json, "type");
	json_t *grant = id ? json_object_get(report->grants, id) : NULL, *used, *request;
	static const char *const names[] = { "person", "reason", NULL };

	if (!grant)
		return;
	if (strcmp(type, "grant.used") == 0) {
		used = json_object_get(grant, "used");
		json_integer_set(used, json_integer_value(used) + 1);
	} else {
		set(report, grant, "ended", json_string(strchr(type, '.') + 1));
		set(report, grant, "ended_at", iso(time_of(entry->json, "time")));
		copy(report, grant, entry->json, names);
	}
	request = request_of(report, grant);
	if (request)
		note(request, entry);
}

static void on_revoked(struct report *report, const struct journal_entry *entry)
{
	list(report, entry, "revocations");
	on_grant_later(report, entry);
}

static void on_request_later(struct report *report, const struct journal_entry *entry)
{
	json_t *request = request_of(report, entry->json);

	if (request)
		note(request, entry);
}

/* One break-glass: it is evidence by itself, and has to be reviewed. */
static void on_glass(struct report *report, const struct journal_entry *entry)
{
	static const char *const names[] = { "id", "by", "asker", "reason", "duration_s", NULL };
	uint64_t ms = time_of(entry->json, "broken_ms");
	json_t *row;

	list(report, entry, "incidents");
	if (!in_period(report, ms))
		return;
	row = json_pack("{s:o, s:b, s:s, s:I}", "time", iso(ms), "reviewed", 0, "review",
			"NOT REVIEWED", "seq", (json_int_t)entry->seq);
	copy(report, row, entry->json, names);
	if (json_array_append_new(json_object_get(report->lists, "break_glass"), row))
		report->failed = true;
}

static void on_reviewed(struct report *report, const struct journal_entry *entry)
{
	const char *person = text_of(entry->json, "person"), *found = text_of(entry->json, "reason");
	json_t *row;
	size_t i;

	list(report, entry, "incidents");
	json_array_foreach(json_object_get(report->lists, "break_glass"), i, row) {
		if (!same(row, "id", entry->json, "id"))
			continue;
		set(report, row, "reviewed", json_true());
		set(report, row, "review",
		    json_sprintf("%s: %s", person ? person : "", found ? found : ""));
		set(report, row, "reviewed_at", iso(time_of(entry->json, "time")));
		set(report, row, "reviewed_seq", json_integer((json_int_t)entry->seq));
	}
}

/* Each type that is evidence; the first that fits. A name that ends in a dot stands for all that
 * begin so. @list: where the report has each one of the period, so that they can be counted; @time:
 * what it belongs to the period by, if not by when it was written. */
static const struct evidence {
	const char *type;
	void (*take)(struct report *report, const struct journal_entry *entry);
	const char *list, *time;
} evidence[] = {
	{ "request.opened", on_opened, "approvals", "opened_ms" },
	{ "request.decided", on_closed, "approvals", "closed_ms" },
	{ "request.closed", on_closed, "approvals", "closed_ms" },
	{ "request.", on_request_later, NULL, NULL },
	{ "decision", on_decision, "decisions", NULL },
	{ "decision.void", on_void, NULL, NULL },
	{ "decision.refused", NULL, "incidents", NULL },
	{ "grant.issued", on_grant, "grants", NULL },
	{ "grant.revoked", on_revoked, "revocations", NULL },
	{ "grant.", on_grant_later, NULL, NULL },
	{ "standing.used", on_standing_used, "decisions", NULL },
	{ "standing.", NULL, "standing", NULL },
	{ "policy.", NULL, "policy_changes", NULL },
	{ "agent.", NULL, "restarts", NULL },
	{ "journal.opened", NULL, "restarts", NULL },
	{ "journal.gap", NULL, "gaps", NULL },
	{ "journal.recovered", NULL, "gaps", NULL },
	{ "journal.repaired", NULL, "gaps", NULL },
	{ "journal.space", NULL, "gaps", NULL },
	{ "key.recover", NULL, "gaps", NULL },
	{ "clock.step", NULL, "gaps", NULL },
	{ "vault.", NULL, "gaps", NULL },
	{ "enforcement.", NULL, "incidents", NULL },
	{ "egress.missed", NULL, "incidents", NULL },
	{ "guard.", NULL, "incidents", NULL },
	{ "glass.broken", on_glass, "break_glass", "broken_ms" },
	{ "glass.reviewed", on_reviewed, "incidents", NULL },
	{ "glass.", NULL, "incidents", NULL },
	{ "labels.unsaved", NULL, "incidents", NULL },
};

static void note_policy(struct report *report, const json_t *entry)
{
	json_t *digest = json_object_get(json_object_get(entry, "policy"), "digest");

	if (!json_is_string(digest) || time_of(entry, "time") > report->to_ms)
		return;
	json_decref(report->policy);
	report->policy = json_incref(digest);
}

static bool is_type(const char *type, const char *wanted)
{
	size_t size = strlen(wanted);

	return wanted[size - 1] == '.' ? strncmp(type, wanted, size) == 0
				       : strcmp(type, wanted) == 0;
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
				   in_period(report, sample->ms)) < 0)
		report->failed = true;
}

static void count(struct report *report, uint64_t seq, uint64_t ms, const char *type)
{
	json_t *n;

	if (!in_period(report, ms))
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

static const struct evidence *evidence_of(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(evidence); i++)
		if (is_type(type, evidence[i].type))
			return &evidence[i];
	return NULL;
}

static void take_parsed(struct report *report, const struct journal_entry *entry)
{
	const char *type = text_of(entry->json, "type");
	const struct evidence *kind = type ? evidence_of(type) : NULL;
	uint64_t ms = time_of(entry->json, "time");
	struct report_sample sample = { .seq = entry->seq, .ms = ms, .type = type };

	if (!type)
		return;
	if (kind && kind->list) {
		sample.list = kind->list;
		sample.ms = time_of(entry->json, kind->time ? kind->time : "time");
	}
	report_population_place(&report->population, entry->seq, entry->json, when_of(report, ms));
	tally(report, &sample, ms);
	count(report, entry->seq, ms, type);
	note_policy(report, entry->json);
	if (kind && kind->take)
		kind->take(report, entry);
	else if (kind)
		list(report, entry, kind->list);
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
