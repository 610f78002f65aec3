/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_made.h: what the journal's entry "report.made" says.
 *
 * Owns: its members: "report" {"manifest_sha256", "framework", "from_ms", "to_ms", "entries"}. Must
 * not own: who may have it written (control_report.c), the folder (report_bundle.h).
 */
#ifndef SLUICE_REPORT_MADE_H
#define SLUICE_REPORT_MADE_H

#include <jansson.h>
#include <stdbool.h>

#include "ipc.h"

#define REPORT_MADE "report.made"

/* Whether it is one that sluice sends: a hash in lower case hex, and the name of a framework. */
bool report_made_valid(const struct ipc_report *made);
/* A new reference, NULL: no memory. */
json_t *report_made_body(const struct ipc_report *made);

#endif
