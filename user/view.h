/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.h: messages of ipc.h as JSON records, the one form that --json prints and tables read.
 *
 * Owns: names of the members. Must not own: layout (table.h), or how text is made safe for terminals (escape.h).
 * Times are strings "2026-11-22T14:00:00.250Z", null when not set; lists are arrays; text that sluiced left empty is
 * null. JSON has no bytes: text that is not UTF-8 is in the form of escape_text().
 * Each function returns a new reference or NULL when memory ran out.
 */
#ifndef SLUICE_VIEW_H
#define SLUICE_VIEW_H

#include <jansson.h>

#include "ipc.h"

json_t *view_text(const char *text);
json_t *view_time(uint64_t ms);
/* "a, b" as ["a", "b"]. */
json_t *view_list(const char *text, const char *separator);

json_t *view_request(const struct ipc_request *request);
json_t *view_grant(const struct ipc_grant *grant);
json_t *view_label(const struct ipc_label_item *item);
json_t *view_edge(const struct ipc_edge *edge);
json_t *view_status(const struct ipc_status *status);

const char *view_state_name(unsigned int state);

#endif
