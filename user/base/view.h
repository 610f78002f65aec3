/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.h: messages of ipc.h as JSON records, the one form that --json prints and tables read.
 *
 * Owns: names of the members. Must not own: layout (table.h), or how text is made safe for
 * terminals (escape.h). Times are strings "2026-11-22T14:00:00.250Z", null when not set; lists are
 * arrays; text that sluiced left empty is null. JSON has no bytes: text that is not UTF-8 is in the
 * form of escape_text(). Each function returns a new reference or NULL when memory ran out.
 */
#ifndef SLUICE_VIEW_H
#define SLUICE_VIEW_H

#include <jansson.h>
#include <stddef.h>

#include "ipc.h"

enum view_kind {
	VIEW_TEXT,   /* array of characters */
	VIEW_LIST,   /* the same, a list with comma and space between */
	VIEW_LINES,  /* the same, newline between */
	VIEW_TIME,   /* milliseconds */
	VIEW_NUMBER, /* unsigned, 1 to 8 bytes */
	VIEW_SOME,   /* the same, null for 0 */
	VIEW_BOUND,  /* the same, null for the highest value, which stands for "none" */
	VIEW_FLAG,   /* the same, true unless 0 */
	VIEW_TIER,   /* the same, enum policy_tier */
};

/* One member of a record; a dot in @key leads into an object ("policy.digest"). */
struct view_member {
	const char *key;
	enum view_kind kind;
	size_t offset;
	size_t size;
};

#define VIEW_MEMBER(key, kind, type, field)                                                        \
	{                                                                                          \
		key, kind, offsetof(struct type, field), sizeof(((struct type *)0)->field)         \
	}

/* The record of the structure at @item. */
json_t *view_record(const void *item, const struct view_member *members, size_t n);

json_t *view_text(const char *text);
json_t *view_time(uint64_t ms);
/* "a, b" as ["a", "b"]. */
json_t *view_list(const char *text, const char *separator);

json_t *view_request(const struct ipc_request *request);
json_t *view_grant(const struct ipc_grant *grant);
json_t *view_label(const struct ipc_label_item *item);
json_t *view_edge(const struct ipc_edge *edge);
json_t *view_status(const struct ipc_status *status);

#endif
