/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_print.h: entries as people read them, one line each:
 *
 *	2026-11-22 14:00:00.123  #12  request.decided   r-1a2b3c4d  alice approved the request
 *
 * Local time. Must not own: which entries (journal_read.h), what is safe to show (escape.h).
 */
#ifndef SLUICE_JOURNAL_PRINT_H
#define SLUICE_JOURNAL_PRINT_H

#include "journal_read.h"

#include <stdio.h>

/*
 * Nothing in the entry can move the cursor or begin another line, in no form but the raw one. An
 * entry that nothing signs is marked.
 */
void journal_print_text(FILE *out, const struct journal_entry *entry);

/* The same JSON in ASCII. */
void journal_print_json(FILE *out, const struct journal_entry *entry);

/* The line as it is in the journal: its hash is what the signature covers. */
void journal_print_raw(FILE *out, const struct journal_entry *entry);

/*
 * For spreadsheets (RFC 4180, lines end with LF). What one could take for a formula gets an
 * apostrophe in front.
 */
void journal_print_csv(FILE *out, const struct journal_entry *entry);
void journal_print_csv_header(FILE *out);

#endif
