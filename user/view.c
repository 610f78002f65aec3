/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.c: see view.h.
 */
#include "view.h"

#include <string.h>

#include "abi.h"
#include "cleanup.h"
#include "escape.h"
#include "when.h"

static const char *const state_names[IPC_STATES] = {
	[IPC_PENDING] = "pending",
	[IPC_APPROVED] = "approved",
	[IPC_DENIED] = "denied",
	[IPC_EXPIRED] = "expired",
	[IPC_GONE] = "gone",
};

static const char *const counter_names[SLUICE_COUNTERS] = {
	[SLUICE_COUNT_SEQ] = "events",	   [SLUICE_COUNT_DROPPED] = "dropped",	 [SLUICE_COUNT_REFUSED] = "refused",
	[SLUICE_COUNT_STOPPED] = "stopped", [SLUICE_COUNT_HELD] = "held",	 [SLUICE_COUNT_FAILED] = "failed",
	[SLUICE_COUNT_GRANTED] = "granted", [SLUICE_COUNT_AUDITED] = "audited", [SLUICE_COUNT_MAP_FULL] = "map_full",
	[SLUICE_COUNT_FALLBACK] = "fallback",
};

_Static_assert(SLUICE_COUNTERS <= ARRAY_SIZE(((struct ipc_status *)0)->counters), "counters");

const char *view_state_name(unsigned int state)
{
	return state < IPC_STATES ? state_names[state] : "unknown";
}

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

static json_t *view_uid(uint32_t uid)
{
	return uid == UINT32_MAX ? json_null() : json_integer(uid);
}

static json_t *view_sources(const struct ipc_request *request)
{
	const struct ipc_source *source;
	json_t *list = json_array();

	for (size_t i = 0; list && i < request->n_sources && i < SLUICE_MAX_SOURCES; i++) {
		source = &request->sources[i];
		json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o}", "path", view_text(source->path), "labels",
						      view_list(source->labels, ", "), "reader",
						      view_text(source->reader), "time", view_time(source->time_ms)));
	}
	return list;
}

static json_t *view_decisions(const struct ipc_request *request)
{
	const struct ipc_decision *decision;
	json_t *list = json_array();

	for (size_t i = 0; list && i < request->n_decisions && i < SLUICE_MAX_REVIEWERS; i++) {
		decision = &request->decisions[i];
		json_array_append_new(list, json_pack("{s:o, s:b, s:o, s:o}", "person", view_text(decision->person),
						      "approve", (int)decision->approve, "time",
						      view_time(decision->time_ms), "reason",
						      view_text(decision->reason)));
	}
	return list;
}

/* Who asks: person, account, process. */
static json_t *view_requester(const struct ipc_request *request)
{
	return json_pack("{s:o, s:o, s:I, s:o, s:i, s:I, s:o, s:o, s:o, s:o}", "requester",
			 view_text(request->requester), "user", view_text(request->user), "uid",
			 (json_int_t)request->uid, "loginuid", view_uid(request->loginuid), "pid", (int)request->pid,
			 "process_start_ns", (json_int_t)request->start_ns, "program", view_text(request->comm),
			 "executable", view_text(request->executable), "command", view_text(request->command), "unit",
			 view_text(request->unit));
}

/* What is asked for, and on which grounds. */
static json_t *view_question(const struct ipc_request *request)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:I}", "id",
			 view_text(request->id), "digest", view_text(request->digest), "host",
			 view_text(request->host), "state", view_state_name(request->state), "rule",
			 view_text(request->rule), "action", view_text(request->action), "target",
			 view_text(request->target), "labels", view_list(request->labels, ", "), "sensitivity",
			 (json_int_t)request->sensitivity, "sources", view_sources(request), "reason",
			 view_text(request->reason), "hidden_bytes", (json_int_t)request->hidden);
}

/* What an answer means, and the answers so far. */
static json_t *view_answer(const struct ipc_request *request)
{
	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:o}", "waiting",
			 view_text(request->waiting), "scope", view_text(request->scope), "duration_s",
			 (json_int_t)request->duration_s, "tries", (json_int_t)request->tries, "approvals",
			 (json_int_t)request->approvals, "approvals_needed", (json_int_t)request->approvals_needed,
			 "reason_required", (int)request->reason_required, "reviewers",
			 view_list(request->reviewers, ", "), "opened", view_time(request->opened_ms), "expires",
			 view_time(request->expires_ms), "closed", view_time(request->closed_ms), "outcome",
			 view_text(request->outcome));
}

/* Moves the members of @from to @to. Return: @to, or NULL with both released. */
static json_t *join(json_t *to, json_t *from)
{
	int r = to && from ? json_object_update_new(to, from) : -1;

	if (r == 0)
		return to;
	if (!to)
		json_decref(from);
	json_decref(to);
	return NULL;
}

json_t *view_request(const struct ipc_request *request)
{
	json_t *record = join(view_question(request), view_requester(request));

	record = join(record, view_answer(request));
	return record ? join(record, json_pack("{s:o}", "decisions", view_decisions(request))) : NULL;
}

json_t *view_grant(const struct ipc_grant *grant)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", view_text(grant->id),
			 "request", view_text(grant->request), "action", view_text(grant->action), "scope",
			 view_text(grant->scope), "labels", view_list(grant->labels, ", "), "subject",
			 view_text(grant->subject), "target", view_text(grant->target), "approved_by",
			 view_list(grant->approved_by, ", "), "uses_left",
			 grant->uses == UINT32_MAX ? json_null() : json_integer(grant->uses), "issued",
			 view_time(grant->issued_ms), "expires", view_time(grant->expires_ms));
}

json_t *view_label(const struct ipc_label_item *item)
{
	return json_pack("{s:o, s:I, s:o, s:o}", "label", view_text(item->label), "sensitivity",
			 (json_int_t)item->sensitivity, "path", view_text(item->path), "origin",
			 view_text(item->origin));
}

json_t *view_edge(const struct ipc_edge *edge)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o}", "time", view_time(edge->time_ms), "subject",
			 view_text(edge->subject), "verb", view_text(edge->verb), "object", view_text(edge->object),
			 "labels", view_list(edge->labels, ", "), "pid", (int)edge->pid, "peer",
			 edge->peer ? json_integer(edge->peer) : json_null(), "journal_seq",
			 edge->seq == UINT64_MAX ? json_null() : json_integer((json_int_t)edge->seq));
}

static json_t *view_counters(const struct ipc_status *status)
{
	json_t *counters = json_object();

	for (size_t i = 0; counters && i < SLUICE_COUNTERS; i++)
		json_object_set_new(counters, counter_names[i], json_integer((json_int_t)status->counters[i]));
	if (counters)
		json_object_set_new(counters, "gaps", json_integer((json_int_t)status->gaps));
	return counters;
}

static json_t *view_policy(const struct ipc_status *status)
{
	return json_pack("{s:I, s:o, s:o, s:I, s:I, s:I}", "generation", (json_int_t)status->generation, "digest",
			 view_text(status->policy_digest), "loaded", view_time(status->policy_ms), "labels",
			 (json_int_t)status->labels, "rules", (json_int_t)status->rules, "people",
			 (json_int_t)status->people);
}

static json_t *view_gateway(const struct ipc_status *status)
{
	return json_pack("{s:b, s:I, s:I, s:o}", "connected", (int)status->gateway_connected, "delivered",
			 (json_int_t)status->delivered, "undelivered", (json_int_t)status->undelivered, "problem",
			 view_text(status->gateway));
}

json_t *view_status(const struct ipc_status *status)
{
	return json_pack("{s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I}, s:I, s:o, s:o, s:{s:I, s:o}}",
			 "enforcing", (int)status->enforcing, "monitor", (int)status->monitor, "why",
			 view_list(status->why, "\n"), "version", view_text(status->version), "kernel",
			 view_text(status->kernel), "started", view_time(status->started_ms), "policy",
			 view_policy(status), "requests", "pending", (json_int_t)status->pending, "held",
			 (json_int_t)status->held, "grants", (json_int_t)status->grants, "counters",
			 view_counters(status), "gateway", view_gateway(status), "journal", "entries",
			 (json_int_t)status->journal_entries, "root", view_text(status->journal_root));
}
