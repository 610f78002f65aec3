/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_gap.h: lost records, found by their numbers: for event.c and event_repeat.c only.
 */
#ifndef SLUICE_EVENT_GAP_H
#define SLUICE_EVENT_GAP_H

#include "event.h"

/* Notes that @seq of @cpu arrived. */
void event_gap_note(struct events *events, uint16_t cpu, uint64_t seq);

/* Journals that @count refusals, which had to wait to be told of, were forgotten meanwhile. */
void event_gap_refusals(struct agent *agent, uint64_t count);

/*
 * Journals what has been missing for EVENT_GAP_NS, or at once when too much is missing to remember.
 */
void event_gap_report(struct agent *agent, uint64_t now_ns);

#endif
