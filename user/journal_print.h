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
 * Nothing in the entry can move the cursor or begin another line. An entry that nothing signs is
 * marked.
 */
void journal_print_text(FILE *out, const struct journal_entry *entry);

/* The line as it is in the journal: its hash is what the signature covers. */
void journal_print_json(FILE *out, const struct journal_entry *entry);

#endif
