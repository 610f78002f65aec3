/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.h: records of the kernel's ring buffer, and what follows from each.
 *
 * Owns: the sequence numbers per CPU (losses), and the table from event to module. Must not own:
 * reading the ring (kernel.h), or what a module makes of an event (request.h, grant.h, lineage.h,
 * record.h).
 */
#ifndef SLUICE_EVENT_H
#define SLUICE_EVENT_H

#include <jansson.h>

#include "abi.h"
#include "sluiced/agent.h"

/* a number that is missing this long is lost; before, it may only be late */
#define EVENT_GAP_NS 1000000000ULL

/**
 * events_new() - @adopted: the kernel's programs ran before this daemon: the first number of each
 * CPU is taken as it comes; else they count from 1.
 */
struct events *events_new(bool adopted);
struct events *events_free(struct events *events); /* returns NULL */
uint64_t events_lost(const struct events *events);

/*
 * kernel_event_fn: @ctx is the agent. Call event_flush() when all that waited have been handed
 * over.
 */
void event_handle(void *ctx, const struct sluice_event *event);

/**
 * event_flush() - end of a turn: makes all entries durable with one commit, then tells people.
 * Call it after each kernel_consume() and at least once a second: gaps are found out by it.
 * Return: 0 or the journal's negative errno; what could not be journaled has been denied then.
 */
int event_flush(struct agent *agent);

/* Feeds an old entry of type event.* to the lineage. */
void event_replay(struct agent *agent, const json_t *entry, const char *type, uint64_t seq);

#endif
