// SPDX-License-Identifier: Apache-2.0
/*
 * request_words.c: see request_words.h. Owns the tables.
 */
#include "request_words.h"

#include <string.h>

#include "base/cleanup.h"

struct wording {
	const char *name;
	const char *words;
};

static const struct wording headings[] = {
	{ "open", "Approval needed: reading guarded data" },
	{ "write", "Approval needed: writing guarded data" },
	{ "egress", "Approval needed: sending labeled data to the network" },
	{ "credential", "Approval needed: changing credentials" },
};

static const struct wording actions[] = {
	{ "open", "open for reading" },
	{ "write", "write" },
	{ "egress", "send to the network" },
	{ "credential", "change credentials" },
};

static const struct wording waitings[] = {
	{ "hold",
	  "the process is stopped until someone decides; after the time below it is refused" },
	{ "fail", "the attempt was refused; after an approval it may be tried again" },
};

static const struct wording scopes[] = {
	{ "once", "this action once" },
	{ "process", "this action by this process" },
	{ "executable", "this action by this executable" },
};

static const char *const closings[IPC_STATES] = {
	[IPC_APPROVED] = "Approved",
	[IPC_DENIED] = "Denied",
	[IPC_EXPIRED] = "Expired without a decision: refused",
	[IPC_GONE] = "Closed: nothing is left to decide",
};

static const char *words_for(const struct wording *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].words;
	return NULL;
}

#define WORDS_FOR(table, name) words_for(table, ARRAY_SIZE(table), name)

const char *request_heading(const struct ipc_request *request)
{
	return WORDS_FOR(headings, request->action);
}

const char *request_action(const struct ipc_request *request)
{
	return WORDS_FOR(actions, request->action);
}

const char *request_waiting(const struct ipc_request *request)
{
	return WORDS_FOR(waitings, request->waiting);
}

const char *scope_words(const char *scope)
{
	return WORDS_FOR(scopes, scope);
}

bool request_is_revoked(const struct ipc_request *request)
{
	return request->state == IPC_APPROVED && request->revoked.time_ms && !request->revocable;
}

const char *request_closing(const struct ipc_request *request)
{
	if (request_is_revoked(request))
		return "Revoked";
	return request->state < IPC_STATES ? closings[request->state] : NULL;
}
