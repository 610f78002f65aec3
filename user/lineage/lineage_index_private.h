/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lineage_index_private.h: what lineage_index.c (the file), lineage_index_add.c (entries) and
 * lineage_index_walk.c (answers) share. Nobody else includes it.
 */
#ifndef SLUICE_LINEAGE_INDEX_PRIVATE_H
#define SLUICE_LINEAGE_INDEX_PRIVATE_H

#include "base/database.h"
#include "lineage_index.h"

/* Numbers of the file's format: never given another meaning. */
enum index_node { INDEX_PROCESS = 1, INDEX_OBJECT, INDEX_ENDPOINT };
enum index_edge {
	INDEX_READ = 1,
	INDEX_WROTE,
	INDEX_STARTED,
	INDEX_BECAME,
	INDEX_DECLASSIFIED,
	INDEX_SUNK,
	INDEX_TOOK,
	INDEX_GAVE,
	INDEX_KINDS,
};

/* Data came to the process that did it, from the other end. */
static inline bool index_is_inward(int64_t kind)
{
	return kind == INDEX_READ || kind == INDEX_DECLASSIFIED || kind == INDEX_TOOK;
}

enum index_statement {
	FIND_NODE,
	ADD_NODE,
	TOUCH_NODE,
	FIND_EDGE,
	ADD_EDGE,
	TOUCH_EDGE,
	ADD_PASS,
	TAKE_PASS,
	ADD_EMPTIED,
	ADD_LABEL,
	SET_PLACE,
	GET_PLACE,
	EDGES_INTO,
	LAST_EMPTIED,
	WHOLE_EDGE,
	PROCESSES,
	INDEX_STATEMENTS,
};

/* What names a node; see the table in lineage_index.h. */
struct index_key {
	int64_t kind;
	int64_t a;
	int64_t b;
	int64_t c;
	int64_t boot;
};

/* @boot: of the entries that come now; @dropped_ms: time of the newest edge dropped */
struct lineage_index {
	sqlite3 *db;
	sqlite3_stmt *statements[INDEX_STATEMENTS];
	char labels[SLUICE_MAX_LABELS][SLUICE_NAME_MAX];
	size_t edges;
	size_t max_edges;
	int64_t boot;
	uint64_t dropped_ms;
};

void index_object_key(const struct lineage_index *index, const struct sluice_object_id *id,
		      struct index_key *ret);
void index_bind_key(sqlite3_stmt *statement, const struct index_key *key);

/* The number of a node, 0 for none; or a negative errno. */
int64_t index_find_node(struct lineage_index *index, const struct index_key *key);

/* Text of a column, "" for none; valid until the statement moves on. */
const char *index_text(sqlite3_stmt *row, int column);

#endif
