/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_read.h: the entries that somebody asks for, each one checked before it is handed on.
 *
 * Owns: holding entries back until a signature covers them. Must not own: the filters
 * (journal_filter.h), the check (journal_verify.h), the look (journal_print.h).
 */
#ifndef SLUICE_JOURNAL_READ_H
#define SLUICE_JOURNAL_READ_H

#include "journal_filter.h"
#include "journal_verify.h"

#include <jansson.h>

struct journal_entry {
	uint64_t seq;
	uint64_t from;	    /* the first one that is here; 0 unless files are missing */
	uint64_t boot;	    /* of the host, from 0 in this journal */
	const char *origin; /* name of the journal, borrowed */
	json_t *json;	    /* borrowed */
	const char *line;   /* the bytes as written, without LF, NUL-terminated */
	size_t size;
	bool is_signed; /* false: at the end, or SLUICE_JOURNAL_READ_BYTES passed without a
			   checkpoint */
};

/* 0: go on; else the reading ends. */
typedef int (*journal_entry_fn)(void *ctx, const struct journal_entry *entry);

/**
 * journal_read() - hand on the wanted entries, in order.
 * An entry is handed on when a checkpoint has signed it; the ones that nothing signs come at the
 * end, and say so. From a wrong line on, and back to the last signature before it, nothing is
 * handed on: @ret_result tells.
 * @filter, @options: may be NULL
 * With @filter->resume only signed entries are handed on, those behind its place; -EXDEV and
 * -ESTALE tell that the place is not in this journal, before anything is handed on.
 * Return: 0 with the verdict on the whole file in @ret_result; what @fn returned when that was not
 * 0; negative errno.
 */
int journal_read(const char *path, const struct journal_filter *filter,
		 const struct journal_verify_options *options, journal_entry_fn fn, void *ctx,
		 struct journal_verify_result *ret_result);

#endif
