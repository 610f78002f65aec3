// SPDX-License-Identifier: Apache-2.0
/*
 * report_facts.c: see report_facts.h. Owns the table of types.
 */
#include "report_facts.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/when.h"

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

uint64_t report_time_of(const json_t *entry, const char *name)
{
	const json_t *time = json_object_get(entry, name);

	if (!json_is_integer(time))
		time = json_object_get(entry, "time");
	return (uint64_t)json_integer_value(time);
}

bool report_in_period(const struct report *report, uint64_t ms)
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
	uint64_t ms = report_time_of(entry->json, "opened_ms");
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
	uint64_t ms = report_time_of(entry->json, "time_ms");
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
	uint64_t ms = report_time_of(entry->json, "time");
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
	uint64_t ms = report_time_of(entry->json, "closed_ms");

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
	grant = json_pack("{s:o, s:i, s:s, s:I}", "until",
			  iso(report_time_of(entry->json, "expires_ms")), "used", 0, "ended", "",
			  "seq", (json_int_t)entry->seq);
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
	uint64_t ms = report_time_of(entry->json, "time");
	json_t *row;

	if (!report_in_period(report, ms))
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
		set(report, grant, "ended_at", iso(report_time_of(entry->json, "time")));
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
	uint64_t ms = report_time_of(entry->json, "broken_ms");
	json_t *row;

	list(report, entry, "incidents");
	if (!report_in_period(report, ms))
		return;
	row = json_pack("{s:o, s:b, s:s, s:I}", "time", iso(ms), "reviewed", 0, "review",
			"NOT REVIEWED", "seq", (json_int_t)entry->seq);
	copy(report, row, entry->json, names);
	if (json_array_append_new(json_object_get(report->lists, "break_glass"), row))
		report->failed = true;
}

static void on_reviewed(struct report *report, const struct journal_entry *entry)
{
	const char *person = text_of(entry->json, "person"),
		   *found = text_of(entry->json, "reason");
	json_t *row;
	size_t i;

	list(report, entry, "incidents");
	json_array_foreach(json_object_get(report->lists, "break_glass"), i, row) {
		if (!same(row, "id", entry->json, "id"))
			continue;
		set(report, row, "reviewed", json_true());
		set(report, row, "review",
		    json_sprintf("%s: %s", person ? person : "", found ? found : ""));
		set(report, row, "reviewed_at", iso(report_time_of(entry->json, "time")));
		set(report, row, "reviewed_seq", json_integer((json_int_t)entry->seq));
	}
}

/* The first that fits. */
static const struct report_fact facts[] = {
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

static bool is_type(const char *type, const char *wanted)
{
	size_t size = strlen(wanted);

	return wanted[size - 1] == '.' ? strncmp(type, wanted, size) == 0
				       : strcmp(type, wanted) == 0;
}

const struct report_fact *report_fact_of(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		if (is_type(type, facts[i].type))
			return &facts[i];
	return NULL;
}

void report_fact_take(struct report *report, const struct report_fact *fact,
		      const struct journal_entry *entry)
{
	if (fact->take)
		fact->take(report, entry);
	else
		list(report, entry, fact->list);
}
