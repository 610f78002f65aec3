/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.c: see view.h. One table a message says which of its fields is which member.
 */
#include "view.h"

#include <string.h>

#include "abi.h"
#include "cleanup.h"
#include "escape.h"
#include "when.h"

#define TEXT(key, type, field)   VIEW_MEMBER(key, VIEW_TEXT, type, field)
#define LIST(key, type, field)   VIEW_MEMBER(key, VIEW_LIST, type, field)
#define TIME(key, type, field)   VIEW_MEMBER(key, VIEW_TIME, type, field)
#define NUMBER(key, type, field) VIEW_MEMBER(key, VIEW_NUMBER, type, field)
#define SOME(key, type, field)   VIEW_MEMBER(key, VIEW_SOME, type, field)
#define BOUND(key, type, field)  VIEW_MEMBER(key, VIEW_BOUND, type, field)
#define FLAG(key, type, field)   VIEW_MEMBER(key, VIEW_FLAG, type, field)
#define TIER(key, type, field)	 VIEW_MEMBER(key, VIEW_TIER, type, field)

static const struct view_member request_members[] = {
	TEXT("id", ipc_request, id),
	TEXT("digest", ipc_request, digest),
	TEXT("host", ipc_request, host),
	TEXT("boot", ipc_request, boot),
	TEXT("rule", ipc_request, rule),
	TEXT("action", ipc_request, action),
	TEXT("target", ipc_request, target),
	LIST("labels", ipc_request, labels),
	NUMBER("sensitivity", ipc_request, sensitivity),
	TEXT("reason", ipc_request, reason),
	TEXT("reason_from", ipc_request, reason_from),
	NUMBER("more_sources", ipc_request, more_sources),
	NUMBER("hidden_bytes", ipc_request, hidden),
	TEXT("requester", ipc_request, requester),
	TEXT("user", ipc_request, user),
	NUMBER("uid", ipc_request, uid),
	BOUND("loginuid", ipc_request, loginuid),
	NUMBER("pid", ipc_request, pid),
	NUMBER("process_start_ns", ipc_request, start_ns),
	TEXT("program", ipc_request, comm),
	TEXT("executable", ipc_request, executable),
	TEXT("command", ipc_request, command),
	TEXT("unit", ipc_request, unit),
	TEXT("waiting", ipc_request, waiting),
	TEXT("scope", ipc_request, scope),
	NUMBER("duration_s", ipc_request, duration_s),
	NUMBER("tries", ipc_request, tries),
	NUMBER("approvals", ipc_request, approvals),
	NUMBER("approvals_needed", ipc_request, approvals_needed),
	TIER("tier", ipc_request, tier),
	FLAG("reason_required", ipc_request, reason_required),
	LIST("reviewers", ipc_request, reviewers),
	SOME("escalated_s", ipc_request, escalated_s),
	FLAG("in_force", ipc_request, revocable),
	TIME("opened", ipc_request, opened_ms),
	TIME("expires", ipc_request, expires_ms),
	TIME("closed", ipc_request, closed_ms),
	TEXT("outcome", ipc_request, outcome),
	TEXT("revoked_by", ipc_request, revoked.person),
	TIME("revoked", ipc_request, revoked.time_ms),
	TEXT("revoked_reason", ipc_request, revoked.reason),
};

static const struct view_member source_members[] = {
	TEXT("path", ipc_source, path),
	LIST("labels", ipc_source, labels),
	TEXT("reader", ipc_source, reader),
	TIME("time", ipc_source, time_ms),
};

static const struct view_member decision_members[] = {
	TEXT("person", ipc_decision, person), FLAG("approve", ipc_decision, approve),
	TIER("tier", ipc_decision, tier),     TEXT("key", ipc_decision, key),
	TIME("time", ipc_decision, time_ms),  TEXT("reason", ipc_decision, reason),
	SOME("standing_s", ipc_decision, standing_s),
};

static const struct view_member told_members[] = {
	TEXT("channel", ipc_told, notifier),
	NUMBER("attempt", ipc_told, attempt),
	TIME("time", ipc_told, time_ms),
	TEXT("text", ipc_told, text),
};

static const struct view_member grant_members[] = {
	TEXT("id", ipc_grant, id),
	TEXT("request", ipc_grant, request),
	TEXT("action", ipc_grant, action),
	TEXT("scope", ipc_grant, scope),
	LIST("labels", ipc_grant, labels),
	TEXT("subject", ipc_grant, subject),
	TEXT("target", ipc_grant, target),
	LIST("approved_by", ipc_grant, approved_by),
	BOUND("uses_left", ipc_grant, uses),
	TIME("issued", ipc_grant, issued_ms),
	TIME("expires", ipc_grant, expires_ms),
};

static const struct view_member label_members[] = {
	TEXT("label", ipc_label_item, label),
	NUMBER("sensitivity", ipc_label_item, sensitivity),
	TEXT("path", ipc_label_item, path),
	TEXT("origin", ipc_label_item, origin),
};

static const struct view_member edge_members[] = {
	TIME("time", ipc_edge, time_ms),
	TEXT("subject", ipc_edge, subject),
	TEXT("verb", ipc_edge, verb),
	TEXT("object", ipc_edge, object),
	LIST("labels", ipc_edge, labels),
	TEXT("executable", ipc_edge, executable),
	TEXT("user", ipc_edge, user),
	TEXT("request", ipc_edge, request),
	TEXT("grant", ipc_edge, grant),
	FLAG("former", ipc_edge, former),
	NUMBER("pid", ipc_edge, pid),
	SOME("peer", ipc_edge, peer),
	NUMBER("source", ipc_edge, source),
	NUMBER("target", ipc_edge, target),
	BOUND("journal_seq", ipc_edge, seq),
};

static const struct view_member sink_members[] = {
	TEXT("name", ipc_sink, name),
	NUMBER("held", ipc_sink, held),
	FLAG("receipt", ipc_sink, receipt),
	TIME("time", ipc_sink, time_ms),
	TEXT("text", ipc_sink, text),
};

static const struct view_member status_members[] = {
	FLAG("enforcing", ipc_status, enforcing),
	FLAG("monitor", ipc_status, monitor),
	VIEW_MEMBER("why", VIEW_LINES, ipc_status, why),
	TEXT("version", ipc_status, version),
	TEXT("kernel", ipc_status, kernel),
	TIME("started", ipc_status, started_ms),
	NUMBER("policy.generation", ipc_status, generation),
	TEXT("policy.digest", ipc_status, policy_digest),
	TIME("policy.loaded", ipc_status, policy_ms),
	NUMBER("policy.labels", ipc_status, labels),
	NUMBER("policy.rules", ipc_status, rules),
	NUMBER("policy.people", ipc_status, people),
	NUMBER("requests.pending", ipc_status, pending),
	NUMBER("requests.held", ipc_status, held),
	NUMBER("grants", ipc_status, grants),
	NUMBER("counters.events", ipc_status, counters[SLUICE_COUNT_SEQ]),
	NUMBER("counters.dropped", ipc_status, counters[SLUICE_COUNT_DROPPED]),
	NUMBER("counters.refused", ipc_status, counters[SLUICE_COUNT_REFUSED]),
	NUMBER("counters.stopped", ipc_status, counters[SLUICE_COUNT_STOPPED]),
	NUMBER("counters.held", ipc_status, counters[SLUICE_COUNT_HELD]),
	NUMBER("counters.failed", ipc_status, counters[SLUICE_COUNT_FAILED]),
	NUMBER("counters.granted", ipc_status, counters[SLUICE_COUNT_GRANTED]),
	NUMBER("counters.audited", ipc_status, counters[SLUICE_COUNT_AUDITED]),
	NUMBER("counters.map_full", ipc_status, counters[SLUICE_COUNT_MAP_FULL]),
	NUMBER("counters.fallback", ipc_status, counters[SLUICE_COUNT_FALLBACK]),
	NUMBER("counters.merged", ipc_status, counters[SLUICE_COUNT_MERGED]),
	NUMBER("counters.told", ipc_status, counters[SLUICE_COUNT_TOLD]),
	NUMBER("counters.unnoted", ipc_status, counters[SLUICE_COUNT_UNNOTED]),
	NUMBER("counters.guarded", ipc_status, counters[SLUICE_COUNT_GUARDED]),
	NUMBER("counters.packets", ipc_status, counters[SLUICE_COUNT_PACKETS]),
	NUMBER("counters.gaps", ipc_status, gaps),
	NUMBER("counters.missed", ipc_status, missed),
	FLAG("gateway.connected", ipc_status, gateway_connected),
	NUMBER("gateway.delivered", ipc_status, delivered),
	NUMBER("gateway.undelivered", ipc_status, undelivered),
	TEXT("journal.file", ipc_status, journal),
	TEXT("gateway.problem", ipc_status, gateway),
	NUMBER("journal.entries", ipc_status, journal_entries),
	TEXT("journal.root", ipc_status, journal_root),
	NUMBER("guard.mode", ipc_status, guard),
	FLAG("guard.broken", ipc_status, glass_broken),
	TIME("guard.until", ipc_status, glass_until_ms),
	TEXT("guard.by", ipc_status, glass_by),
	TEXT("guard.asker", ipc_status, glass_asker),
	TEXT("guard.agreed", ipc_status, glass_agreed),
	TEXT("guard.reason", ipc_status, glass_reason),
	NUMBER("guard.duration_s", ipc_status, glass_duration_s),
	LIST("guard.to_review", ipc_status, glass_review),
};

static const struct view_member notifier_members[] = {
	TEXT("channel", ipc_notifier, name),
	FLAG("connected", ipc_notifier, connected),
	TIME("last_delivery", ipc_notifier, delivered_ms),
	NUMBER("delivered", ipc_notifier, delivered),
	NUMBER("failures", ipc_notifier, failures),
	NUMBER("waiting", ipc_notifier, waiting),
	NUMBER("standing_by", ipc_notifier, standing_by),
	NUMBER("given_up", ipc_notifier, given_up),
	NUMBER("handed_over", ipc_notifier, handed_over),
	TEXT("problem", ipc_notifier, problem),
	TIME("last_problem", ipc_notifier, problem_ms),
};

_Static_assert(SLUICE_COUNTERS == 15, "show the new counter in status_members too");

static const char *const state_names[IPC_STATES] = {
	[IPC_PENDING] = "pending", [IPC_APPROVED] = "approved", [IPC_DENIED] = "denied",
	[IPC_EXPIRED] = "expired", [IPC_GONE] = "gone",
};

json_t *view_text(const char *text)
{
	_cleanup_free_ char *safe = NULL;

	if (!*text)
		return json_null();
	if (escape_valid(text))
		return json_string(text);
	safe = escape_text(text);
	return safe ? json_string(safe) : NULL;
}

json_t *view_time(uint64_t ms)
{
	char text[WHEN_TEXT];

	return ms ? json_string(when_iso(ms, text)) : json_null();
}

json_t *view_list(const char *text, const char *separator)
{
	_cleanup_free_ char *part = NULL;
	json_t *list = json_array();
	const char *end;

	while (list && *text) {
		end = strstr(text, separator);
		free(part);
		part = strndup(text, end ? (size_t)(end - text) : strlen(text));
		if (!part || json_array_append_new(list, view_text(part)) < 0) {
			json_decref(list);
			return NULL;
		}
		text = end ? end + strlen(separator) : "";
	}
	return list;
}

/* An unsigned integer of @size bytes. */
static uint64_t load(const void *field, size_t size)
{
	uint64_t wide = 0;
	uint32_t word;
	uint16_t half;

	switch (size) {
	case sizeof(wide):
		memcpy(&wide, field, size);
		return wide;
	case sizeof(word):
		memcpy(&word, field, size);
		return word;
	case sizeof(half):
		memcpy(&half, field, size);
		return half;
	default:
		return *(const uint8_t *)field;
	}
}

static json_t *number(uint64_t value, const struct view_member *member)
{
	uint64_t highest = UINT64_MAX >> (64 - 8 * member->size);

	if ((member->kind == VIEW_SOME && value == 0) ||
	    (member->kind == VIEW_BOUND && value == highest))
		return json_null();
	return member->kind == VIEW_FLAG ? json_boolean(value != 0)
					 : json_integer((json_int_t)value);
}

static json_t *value_of(const void *field, const struct view_member *member)
{
	switch (member->kind) {
	case VIEW_TEXT:
		return view_text(field);
	case VIEW_LIST:
		return view_list(field, ", ");
	case VIEW_LINES:
		return view_list(field, "\n");
	case VIEW_TIME:
		return view_time(load(field, member->size));
	case VIEW_TIER:
		return json_sprintf("A%u", (unsigned int)load(field, member->size));
	default:
		return number(load(field, member->size), member);
	}
}

/* Sets a member, also in an object inside, which is made. Return: 0 or -1; steals @value. */
static int set_member(json_t *record, const char *key, json_t *value)
{
	const char *dot = strchr(key, '.');
	json_t *inner;

	if (!dot)
		return json_object_set_new(record, key, value);
	inner = json_object_getn(record, key, (size_t)(dot - key));
	if (!inner) {
		inner = json_object();
		if (json_object_setn_new(record, key, (size_t)(dot - key), inner) < 0)
			inner = NULL;
	}
	return json_object_set_new(inner, dot + 1, value);
}

json_t *view_record(const void *item, const struct view_member *members, size_t n)
{
	json_t *record = json_object();

	for (size_t i = 0; record && i < n; i++) {
		if (set_member(record, members[i].key,
			       value_of((const char *)item + members[i].offset, &members[i])) < 0) {
			json_decref(record);
			record = NULL;
		}
	}
	return record;
}

/* The records of @count items of @size bytes. */
static json_t *view_array(const void *items, size_t count, size_t size,
			  const struct view_member *members, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(
			    list, view_record((const char *)items + i * size, members, n)) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

/* Names the state of each of @items, which is a number at @offset, in the records of @list. */
static json_t *name_states(json_t *list, const void *items, size_t size, size_t offset,
			   const char *const names[], size_t n)
{
	json_t *record;
	uint32_t state;
	size_t i;

	json_array_foreach(list, i, record) {
		memcpy(&state, (const char *)items + i * size + offset, sizeof(state));
		json_object_set_new(record, "state",
				    json_string(state && state < n ? names[state] : "unknown"));
	}
	return list;
}

static json_t *view_told(const struct ipc_request *request)
{
	static const char *const states[] = {
		[IPC_DELIVERED] = "delivered",
		[IPC_RETRYING] = "retrying",
		[IPC_FAILED] = "failed",
		[IPC_STANDBY] = "standby",
	};
	const size_t size = sizeof(*request->told);
	json_t *list = view_array(request->told, request->n_told, size, told_members,
				  ARRAY_SIZE(told_members));

	return name_states(list, request->told, size, offsetof(struct ipc_told, state), states,
			   ARRAY_SIZE(states));
}

static json_t *view_sinks(const struct ipc_status *status)
{
	static const char *const states[] = {
		[IPC_SINK_SENT] = "sent",
		[IPC_SINK_RETRYING] = "retrying",
		[IPC_SINK_REFUSED] = "refused",
		[IPC_SINK_DIVERGED] = "diverged",
	};
	const size_t size = sizeof(*status->sinks);
	json_t *list = view_array(status->sinks, status->n_sinks, size, sink_members,
				  ARRAY_SIZE(sink_members));

	return name_states(list, status->sinks, size, offsetof(struct ipc_sink, state), states,
			   ARRAY_SIZE(states));
}

json_t *view_request(const struct ipc_request *request)
{
	const char *state = request->state < IPC_STATES ? state_names[request->state] : "unknown";
	json_t *record = view_record(request, request_members, ARRAY_SIZE(request_members));
	int r;

	r = json_object_set_new(record, "state", json_string(state));
	r |= json_object_set_new(record, "told", view_told(request));
	r |= json_object_set_new(record, "sources",
				 view_array(request->sources, request->n_sources,
					    sizeof(*request->sources), source_members,
					    ARRAY_SIZE(source_members)));
	r |= json_object_set_new(record, "decisions",
				 view_array(request->decisions, request->n_decisions,
					    sizeof(*request->decisions), decision_members,
					    ARRAY_SIZE(decision_members)));
	if (r == 0)
		return record;
	json_decref(record);
	return NULL;
}

json_t *view_grant(const struct ipc_grant *grant)
{
	return view_record(grant, grant_members, ARRAY_SIZE(grant_members));
}

json_t *view_label(const struct ipc_label_item *item)
{
	return view_record(item, label_members, ARRAY_SIZE(label_members));
}

json_t *view_edge(const struct ipc_edge *edge)
{
	return view_record(edge, edge_members, ARRAY_SIZE(edge_members));
}

/* @state: in one word, of what the rest says. */
static json_t *view_channels(const struct ipc_status *status)
{
	json_t *list = view_array(status->notifiers, status->n_notifiers,
				  sizeof(*status->notifiers), notifier_members,
				  ARRAY_SIZE(notifier_members));
	json_t *channel;
	size_t i;

	json_array_foreach (list, i, channel) {
		const struct ipc_notifier *notifier = &status->notifiers[i];

		json_object_set_new(channel, "state",
				    json_string(!notifier->connected ? "not there"
						: *notifier->problem ? "failing"
								     : "well"));
	}
	return list;
}

json_t *view_status(const struct ipc_status *status)
{
	static const char *const modes[] = { "off", "monitor", "enforce" };
	json_t *record = view_record(status, status_members, ARRAY_SIZE(status_members));
	json_t *guard = json_object_get(record, "guard");

	json_object_set_new(json_object_get(record, "gateway"), "channels", view_channels(status));
	if (guard)
		json_object_set_new(guard, "mode",
				    json_string(status->guard < ARRAY_SIZE(modes)
							? modes[status->guard]
							: "unknown"));
	if (record && json_object_set_new(record, "copies", view_sinks(status)) < 0) {
		json_decref(record);
		return NULL;
	}
	return record;
}
