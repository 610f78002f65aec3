// SPDX-License-Identifier: Apache-2.0
/*
 * request_told.c: see request_told.h.
 */
#include "request_told.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "event/record.h"
#include "event/wording.h"

const char *const told_state_names[IPC_STANDBY + 1] = {
	[IPC_DELIVERED] = "delivered",
	[IPC_RETRYING] = "retrying",
	[IPC_FAILED] = "failed",
	[IPC_STANDBY] = "standby",
};

/* The place of the channel's last report, made when there is none; NULL when there is no room. */
static struct ipc_told *find_or_add(struct request *request, const char *notifier)
{
	struct ipc_told *told;

	for (size_t i = 0; i < request->n_told; i++)
		if (strcmp(request->told_by[i].notifier, notifier) == 0)
			return &request->told_by[i];
	if (request->n_told == SLUICE_MAX_NOTIFIERS)
		return NULL;
	told = realloc(request->told_by, (request->n_told + 1) * sizeof(*told));
	if (!told)
		return NULL;
	request->told_by = told;
	told += request->n_told++;
	*told = (struct ipc_told){};
	wording_copy(told->notifier, sizeof(told->notifier), notifier);
	return told;
}

void request_told_note(struct request *request, const struct ipc_delivery *delivery,
		       uint64_t time_ms)
{
	struct ipc_told *told = find_or_add(request, delivery->notifier);

	/* Attempt 0: nothing was tried, and after a connect all is told again. */
	if (!told || (told->state == delivery->state && delivery->attempt == 0 &&
		      (told->state == IPC_DELIVERED || strcmp(told->text, delivery->text) == 0)))
		return;
	told->state = delivery->state;
	told->attempt = delivery->attempt;
	told->time_ms = time_ms;
	wording_copy(told->text, sizeof(told->text), delivery->text);
}

uint32_t request_told_replay(struct requests *requests, struct request *request,
			     const json_t *entry)
{
	const char *name = json_string_value(json_object_get(entry, "state"));
	struct ipc_delivery delivery = {};
	uint64_t attempt = 0, time_ms = 0;

	for (uint32_t i = 1; name && i < ARRAY_SIZE(told_state_names); i++)
		if (strcmp(told_state_names[i], name) == 0)
			delivery.state = i;
	if (!delivery.state)
		return 0;
	record_get_text(entry, "notifier", delivery.notifier, sizeof(delivery.notifier));
	record_get_text(entry, "text", delivery.text, sizeof(delivery.text));
	record_get_u64(entry, "attempt", &attempt);
	record_get_u64(entry, "time", &time_ms);
	delivery.attempt = (uint32_t)attempt;
	told_channels_note(&requests->channels, request, &delivery, time_ms);
	if (request)
		request_told_note(request, &delivery, time_ms);
	return delivery.state;
}

void request_told_describe(const struct request *request, struct ipc_request *ret)
{
	ret->n_told = (uint16_t)request->n_told;
	if (request->n_told)
		memcpy(ret->told, request->told_by, request->n_told * sizeof(ret->told[0]));
}
