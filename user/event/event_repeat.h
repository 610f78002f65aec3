/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_repeat.h: denials that the kernel counted and no event tells of: for event.c only.
 */
#ifndef SLUICE_EVENT_REPEAT_H
#define SLUICE_EVENT_REPEAT_H

#include "event.h"

/* Journals counts that are SLUICE_REPEAT_MS old: the process does not come again. */
void event_repeat_report(struct agent *agent, uint64_t now_ns);

#endif
