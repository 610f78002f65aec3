/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lineage_index.h: the file <state>/lineage.db: who read what, started whom and wrote where, as the
 * journal tells it, for the questions of people.
 *
 * Owns: the file's format and bound, adding one entry of the journal, and the walks back. Must not
 * own: the record of truth (the journal, of which this is a function: it can be thrown away), how
 * far the journal has been read (lineage_follow.h), or the sources that requests name (lineage.h).
 *
 * SQLite 3, tables:
 *   node     a process (pid, start), a file (device, generation, inode) or an endpoint; "boot" is 0
 *            for what is the same after a reboot
 *   edge     data that went from source to target; "first" and "last" are the numbers of the
 * journal entries that first and last told of it emptied  a file was cut to nothing pass     a
 * grant was used, and the edge that it let through has not come yet label    number (of this file:
 * not the kernel's bit), name place    one row: up to where the journal has been read, and what was
 * dropped
 *
 * An edge can only carry what was there before it: walks go back in the order of the journal. What
 * went into a file before it was emptied is former: shown, and said to be so. It is not left out,
 * since emptying a file takes no labels off it.
 */
#ifndef SLUICE_LINEAGE_INDEX_H
#define SLUICE_LINEAGE_INDEX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"
#include "ipc.h"
#include "sluiced/agent.h"

struct lineage_index;

/* Up to where the journal that began with the entry @genesis is in the index. */
struct lineage_place {
	char genesis[65];
	uint64_t offset; /* bytes of the journal */
	uint64_t seq;	 /* the entry there */
};

/**
 * lineage_index_open() - open "<folder>/lineage.db", or make it.
 * @folder: NULL for an index in memory, gone with the process
 * @max_edges: beyond it the oldest are dropped
 * @text: one sentence: why it failed, or, on success and when not empty, that the file was damaged
 * and has been begun anew
 */
int lineage_index_open(const char *folder, size_t max_edges, struct lineage_index **ret, char *text,
		       size_t size);
struct lineage_index *lineage_index_free(struct lineage_index *index); /* returns NULL */

/* What SQLite says about the last failure; valid until the next call. */
const char *lineage_index_error(const struct lineage_index *index);

/* What is between begin and commit is in the file as a whole or not at all. */
int lineage_index_begin(struct lineage_index *index);
int lineage_index_commit(struct lineage_index *index, const struct lineage_place *place);
void lineage_index_rollback(struct lineage_index *index);

int lineage_index_place(struct lineage_index *index, struct lineage_place *ret);
int lineage_index_clear(struct lineage_index *index); /* all but the tables */

/**
 * lineage_index_add() - one entry of the journal, in order.
 * Entries of other types, and those that lack a member, are passed over: a newer agent may have
 * written them.
 * Return: 0, or a negative errno of the file: then roll back.
 */
int lineage_index_add(struct lineage_index *index, const json_t *entry, uint64_t seq);

size_t lineage_index_edges(const struct lineage_index *index);

/**
 * struct lineage_answer: steps that led to something, oldest first.
 * @edges: owned by the caller
 * @more: steps that were found and did not fit; with @at_least there are even more
 * @dropped_until_ms: steps before were dropped to keep the bound; 0 when none was
 */
struct lineage_answer {
	struct ipc_edge *edges;
	size_t n;
	uint64_t more;
	bool at_least;
	uint64_t dropped_until_ms;
};

/* Of what is found, the nearest @steps and none further away than @depth. */
struct lineage_bounds {
	size_t steps;
	unsigned int depth;
};

/**
 * lineage_index_of_pid() - what led to a process.
 * @start_ns: as for process_read(); 0 for the newest process with that pid, also one that has ended
 * Return: 0, -ESRCH when nothing is known of it, -ENOMEM, or an errno of the file.
 */
int lineage_index_of_pid(struct lineage_index *index, const struct agent *agent, pid_t pid,
			 uint64_t start_ns, const struct lineage_bounds *bounds,
			 struct lineage_answer *ret);

/* The same for a file; -ENOENT when nothing is known of it. */
int lineage_index_of_object(struct lineage_index *index, const struct agent *agent,
			    const struct sluice_object_id *id, const struct lineage_bounds *bounds,
			    struct lineage_answer *ret);

#endif
