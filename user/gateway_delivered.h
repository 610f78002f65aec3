/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_delivered.h: which messages have been posted, so that none is posted again after a
 * restart.
 *
 * Owns: the file "delivered" in the gateway's state folder. Must not own: when something counts as
 * posted (notifier_queue.c). Losing the file costs nothing but a message that people see twice.
 */
#ifndef SLUICE_GATEWAY_DELIVERED_H
#define SLUICE_GATEWAY_DELIVERED_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc.h"

/* DELIVERED_ESCALATED: the question once more, as more people are asked. */
enum delivered_kind { DELIVERED_OPEN, DELIVERED_CLOSED, DELIVERED_ESCALATED };

struct delivered;

/* What identifies a request here: its id and the first 16 hex digits of its digest. */
struct delivered_request {
	char id[16];
	char digest[17];
	uint64_t expires_ms;
};

struct delivered_request delivered_request(const struct ipc_request *request);

/* @folder: must exist and be writable. Return: 0 or a negative errno. */
int delivered_load(const char *folder, struct delivered **ret);
struct delivered *delivered_free(struct delivered *delivered); /* returns NULL; accepts NULL */

/* Whether the channel @notifier has posted this message about @request. */
bool delivered_has(const struct delivered *delivered, const char *notifier,
		   enum delivered_kind kind, const struct delivered_request *request);

/* Remembered at once, on disk when it returns 0; negative errno when the file could not be written.
 */
int delivered_add(struct delivered *delivered, const char *notifier, enum delivered_kind kind,
		  const struct delivered_request *request);

#endif
