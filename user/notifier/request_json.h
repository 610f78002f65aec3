/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_json.h: requests as JSON for programs of others: the API and webhooks.
 *
 * Owns: which members an event has. Must not own: the names of members (view.h: they are those of
 * "sluice show --json"), or how it is sent. All text is in the spelling of escape_text(): whoever
 * shows it to people need not know what could deceive them.
 */
#ifndef SLUICE_REQUEST_JSON_H
#define SLUICE_REQUEST_JSON_H

#include <jansson.h>

#include "ipc.h"

/* All that the gateway knows. Return: a new reference, or NULL when memory ran out. */
json_t *request_json(const struct ipc_request *request);

#define REQUEST_UPDATED "request.updated"

/* What became of it, by how it stands: "request.opened", "request.closed", "glass.broken", … */
const char *request_event_type(const struct ipc_request *request);

/*
 * {"type", "timestamp", "data"}: what one must know to look further; @page: origin of the page on
 * which it can be decided, or NULL. Return: text of one line, the caller's to free, or NULL.
 */
char *request_event(const struct ipc_request *request, const char *type, const char *page);

#endif
