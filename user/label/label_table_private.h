/* SPDX-License-Identifier: Apache-2.0 */
/*
 * label_table_private.h: what label_table.c and label_rows.c share. Nobody else includes it.
 */
#ifndef SLUICE_LABEL_TABLE_PRIVATE_H
#define SLUICE_LABEL_TABLE_PRIVATE_H

#include "base/database.h"
#include "label_table.h"

enum statement { PUT, TAKE, EACH, NEW_LABEL, NEW_FILESYSTEM, STATEMENTS };

/* @names, @uuids: what the two small tables hold; read again after a rollback. */
struct label_table {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	struct label_names names;
	uint64_t (*uuids)[2];
	size_t n_uuids;
};

/* The small table of file systems in memory: @number stands for @uuid. */
int label_table_add_uuid(struct label_table *table, size_t number, const uint64_t uuid[2]);

#endif
