/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_table.h: values of a report, and rows of them, in the page.
 *
 * Owns: how each kind of value looks. Must not own: which values a part has (report_page.c).
 */
#ifndef SLUICE_REPORT_TABLE_H
#define SLUICE_REPORT_TABLE_H

#include "base/html.h"

#include <jansson.h>

/* How a value is shown. */
enum show {
	SHOW_TEXT,
	SHOW_CODE,
	SHOW_TIME, /* "2026-11-22T14:00:00.250Z" without what nobody reads */
	SHOW_SECONDS,
	SHOW_LIST,
	SHOW_REQUEST, /* these take several members of the row */
	SHOW_REQUESTER,
	SHOW_WHAT,
	SHOW_STATE,
	SHOW_DECISIONS,
	SHOW_GRANTS,
	SHOW_PROOF, /* the number of an entry, and a link to its proof */
	SHOW_ENTRIES,
	SHOW_WHERE,
	SHOW_YES,
};

struct report_column {
	const char *heading, *key;
	enum show show;
};

/* One row an item of @rows. @empty: one sentence in its place when there is none. */
void report_table(struct html *html, const json_t *rows, const struct report_column *columns,
		  size_t n, const char *empty);
/* One object, a line for each value. */
void report_facts(struct html *html, const json_t *object, const struct report_column *columns,
		  size_t n);
void report_time(struct html *html, const char *iso);
/* A number of seconds, or a dash. */
void report_seconds(struct html *html, const json_t *value);

#endif
