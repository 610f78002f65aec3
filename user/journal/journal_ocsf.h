/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_ocsf.h: entries as events of the Open Cybersecurity Schema Framework, version 1.9.
 *
 * Owns: which class, activity and disposition a type of entry is, and where its members go. Must
 * not own: which entries (journal_read.h). Source of names and numbers: ocsf-schema, events/,
 * objects/, profiles/ and dictionary.json as of 1.9.0-dev.
 *
 * The entry itself goes along unchanged: "raw_data" is its line, "raw_data_hash" the SHA-256 of
 * these bytes. What OCSF has no place for is below "unmapped". An entry of a type that is not known
 * here is a Base Event. The profile record_integrity is not claimed: it means a signature over the
 * OCSF event, and what the journal signs is the line.
 */
#ifndef SLUICE_JOURNAL_OCSF_H
#define SLUICE_JOURNAL_OCSF_H

#include "journal_read.h"

#include <stdio.h>

/* Return: a new reference, NULL when memory ran out. */
json_t *journal_ocsf(const struct journal_entry *entry);

/* One event, one line. */
void journal_print_ocsf(FILE *out, const struct journal_entry *entry);

#endif
