/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lineage.h: who read what, started whom and wrote where: a bounded graph in memory.
 *
 * Owns: nodes (processes, files, endpoints), edges between them in the direction that data flows,
 * and the walks back.
 * Must not own: taint and labels in force (the kernel has them), the record of truth (the journal,
 * from which this is rebuilt: record_replay()), or people's questions (lineage_index.h). It is what
 * a request needs at once: its sources. What does not fit any more is forgotten here, never there.
 *
 * An edge can only carry what was there before it: walks go back in the order in which facts were
 * added.
 */
#ifndef SLUICE_LINEAGE_H
#define SLUICE_LINEAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"

#define LINEAGE_EDGES_PER_NODE 4 /* edges kept: this times the nodes */
#define LINEAGE_NO_SEQ UINT64_MAX

struct lineage;

/**
 * struct lineage_fact: one thing that happened.
 * @type: SLUICE_EVENT_READ, _LABEL, _FORK, _TAKE or _GIVE; others are ignored
 * @comm: short name of the process when it did it
 * @target, @object: READ, LABEL: the file or endpoint, and its name
 * @labels: that moved along
 * @seq: number of the journal entry, LINEAGE_NO_SEQ for none
 */
struct lineage_fact {
	enum sluice_event_type type;
	pid_t pid;
	pid_t peer;
	uint64_t start_ns;
	uint64_t peer_start_ns;
	const char *comm;
	const struct sluice_target *target;
	const char *object;
	uint64_t labels;
	uint64_t time_ms;
	uint64_t seq;
};

/*
 * One source. The strings are bytes, owned by the graph, valid until the next lineage_add().
 */
struct lineage_step {
	const char *verb; /* read, received */
	const char *comm;
	pid_t pid;
	const char *object;
	uint64_t labels;
	uint64_t time_ms;
	uint64_t seq;
};

/* Whether a process still runs: nodes of those that do are kept longer. NULL asks /proc. */
typedef bool (*lineage_alive_fn)(pid_t pid, uint64_t start_ns);

struct lineage *lineage_new(size_t max_nodes, lineage_alive_fn alive);
struct lineage *lineage_free(struct lineage *lineage); /* returns NULL */

/* Whether events of @type (SLUICE_EVENT_*) are between two processes. */
bool lineage_has_peer(unsigned int type);

/* Return: 0, -EINVAL for a fact that lacks a part, -ENOMEM. */
int lineage_add(struct lineage *lineage, const struct lineage_fact *fact);

/**
 * lineage_sources() - where the labels of a process came from.
 * For each label the reads of objects that got the label from nobody we know, nearest first, one of
 * each label before a second of any.
 * @ret_more: how many such reads there were besides, at least: from SLUICE_COUNTED_SOURCES on, and
 * where the graph has forgotten some, there may be more
 * Return: how many were written to @ret.
 */
size_t lineage_sources(struct lineage *lineage, pid_t pid, uint64_t start_ns, uint64_t labels,
		       struct lineage_step *ret, size_t max, size_t *ret_more);

/* Last known path of an object, or NULL; valid until the next lineage_add(). */
const char *lineage_object_name(struct lineage *lineage, const struct sluice_object_id *id);

/*
 * Which entries of the journal are enough to have the newest @most edges again: lineage_stands()
 * tells, as of the last call. Return: 0 or -ENOMEM: then none are.
 */
int lineage_look_back(struct lineage *lineage, size_t most);
bool lineage_stands(const struct lineage *lineage, uint64_t seq);

size_t lineage_nodes(const struct lineage *lineage);

#endif
