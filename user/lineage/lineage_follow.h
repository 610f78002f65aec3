/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lineage_follow.h: the index of the lineage follows the journal.
 *
 * Owns: how far the journal has been read into the index, when, and what is done when the index is
 * missing, damaged, of another journal or cannot be written. Must not own: the index
 * (lineage_index.h) or the journal (journal.h).
 *
 * Only what is durable in the journal is read, in turns of some milliseconds between all else that
 * the daemon does. So the index may be behind, never ahead; enforcement does not wait for it.
 */
#ifndef SLUICE_LINEAGE_FOLLOW_H
#define SLUICE_LINEAGE_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "lineage_index.h"
#include "sluiced/agent.h"

struct lineage_follow;

/**
 * lineage_follow_new() - open the index in @folder; agent->journal is open.
 * An index that cannot be opened is a warning: then it is in memory, smaller, until the next start.
 * Return: 0, -ENOMEM, or why the journal cannot be read.
 */
int lineage_follow_new(struct agent *agent, const char *folder, struct lineage_follow **ret);
struct lineage_follow *lineage_follow_free(struct lineage_follow *follow); /* returns NULL */

/* With every heartbeat: reads on, and tries again what failed (a full disk). */
void lineage_follow_tick(struct lineage_follow *follow);

/*
 * Reads on for at most @ms: before a question. Return: entries of the journal that the index does
 * not have yet.
 */
uint64_t lineage_follow_catch_up(struct lineage_follow *follow, unsigned int ms);

/* The byte of the journal behind what it has read. */
uint64_t lineage_follow_place(const struct lineage_follow *follow);

/* Forgets all and begins at the start of the journal, or of what is there of it. */
int lineage_follow_again(struct lineage_follow *follow);

struct lineage_index *lineage_follow_index(struct lineage_follow *follow);

/* Why the index cannot be written, or NULL. */
const char *lineage_follow_broken(const struct lineage_follow *follow);

#endif
