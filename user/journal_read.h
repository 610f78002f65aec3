/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_read.h: the entries that somebody asks for, each one checked before it is handed on.
 *
 * Owns: the filters, and holding entries back until a signature covers them. Must not own: the
 * check (journal_verify.h), the look (journal_print.h).
 */
#ifndef SLUICE_JOURNAL_READ_H
#define SLUICE_JOURNAL_READ_H

#include "journal_verify.h"

#include <jansson.h>

/* An entry is wanted when it fits all that is not NULL or 0. */
struct journal_filter {
	const char *request; /* "request" */
	const char *action;  /* "action" */
	const char *label;   /* in "labels", or "label" */
	const char *person;  /* "person", "requester" or "reviewer" */
	const char *type;    /* "type" itself, or what stands before one of its dots: "grant" fits
				"grant.used" */
	int64_t since_ms, until_ms; /* "time", both included */
};

struct journal_entry {
	uint64_t seq;
	json_t *json;	  /* borrowed */
	const char *line; /* the bytes as written, without LF, NUL-terminated */
	size_t size;
	bool is_signed; /* false: at the end, or SLUICE_JOURNAL_READ_BYTES passed without a
			   checkpoint */
};

/* 0: go on; else the reading ends. */
typedef int (*journal_entry_fn)(void *ctx, const struct journal_entry *entry);

bool journal_filter_wants(const struct journal_filter *filter, json_t *entry);

/**
 * journal_read() - hand on the wanted entries, in order.
 * An entry is handed on when a checkpoint has signed it; the ones that nothing signs come at the
 * end, and say so. From a wrong line on, and back to the last signature before it, nothing is
 * handed on: @ret_result tells.
 * @filter, @options: may be NULL
 * Return: 0 with the verdict on the whole file in @ret_result; what @fn returned when that was not
 * 0; negative errno.
 */
int journal_read(const char *path, const struct journal_filter *filter,
		 const struct journal_verify_options *options, journal_entry_fn fn, void *ctx,
		 struct journal_verify_result *ret_result);

#endif
