// SPDX-License-Identifier: Apache-2.0
/*
 * request_json.c: see request_json.h. Owns the list of an event's members.
 */
#include "request_json.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/view.h"
#include "base/when.h"

static const char *const event_members[] = {
	"id",	  "digest",  "host",	    "state",	 "rule",	"action",
	"target", "labels",  "sensitivity", "requester", "user",	"program",
	"unit",	  "reason",  "reviewers",   "tier",	 "approvals",	"approvals_needed",
	"opened", "expires", "closed",	    "outcome",	 "revoked",	"revoked_by",
	"escalated_s",
};

static int escape_all(json_t *value);

static int escape_text_of(json_t *value)
{
	_cleanup_free_ char *safe = escape_text(json_string_value(value));

	return safe && json_string_set(value, safe) == 0 ? 0 : -1;
}

static int escape_members(json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value) {
		if (escape_all(value) < 0)
			return -1;
	}
	return 0;
}

static int escape_items(json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (escape_all(json_array_get(array, i)) < 0)
			return -1;
	return 0;
}

/* In place; each value has one reference. Return: 0 or -1. */
static int escape_all(json_t *value)
{
	if (json_is_string(value))
		return escape_text_of(value);
	if (json_is_object(value))
		return escape_members(value);
	return json_is_array(value) ? escape_items(value) : 0;
}

json_t *request_json(const struct ipc_request *request)
{
	json_t *record = view_request(request);

	json_object_del(record, "told"); /* which sluiced does not tell the gateway */
	if (record && escape_all(record) < 0) {
		json_decref(record);
		return NULL;
	}
	return record;
}

const char *request_event_type(const struct ipc_request *request)
{
	if (strcmp(request->action, "break-glass") == 0)
		return request->state == IPC_APPROVED ? "glass.broken" : "glass.mended";
	if (request->state == IPC_APPROVED && request->revoked.time_ms)
		return "request.revoked";
	if (request->state != IPC_PENDING)
		return "request.closed";
	return request->escalated_s ? "request.escalated" : "request.opened";
}

/* The same for the same event, however late it is told. */
static uint64_t time_of(const struct ipc_request *request, const char *type)
{
	if (strcmp(type, REQUEST_UPDATED) == 0)
		return when_now();
	if (strcmp(type, "request.revoked") == 0)
		return request->revoked.time_ms;
	if (request->state != IPC_PENDING)
		return request->closed_ms ? request->closed_ms : when_now();
	return request->opened_ms + request->escalated_s * 1000ULL;
}

static json_t *data_of(const struct ipc_request *request, const char *page)
{
	json_auto_t *whole = request_json(request);
	json_t *data = whole ? json_object() : NULL;
	int r = data ? 0 : -1;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(event_members); i++)
		r = json_object_set(data, event_members[i],
				    json_object_get(whole, event_members[i]));
	if (r == 0)
		r = json_object_set_new(data, "url",
					page ? json_sprintf("%s/r/%s", page, request->id)
					     : json_null());
	if (r == 0)
		return data;
	json_decref(data);
	return NULL;
}

char *request_event(const struct ipc_request *request, const char *type, const char *page)
{
	json_auto_t *event =
		json_pack("{s:s, s:o, s:o}", "type", type, "timestamp",
			  view_time(time_of(request, type)), "data", data_of(request, page));

	return event ? json_dumps(event, JSON_COMPACT) : NULL;
}
