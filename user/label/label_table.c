// SPDX-License-Identifier: Apache-2.0
/*
 * label_table.c: see label_table.h.
 *
 * An object takes about 20 bytes of the file.
 */
#include "label_table_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const texts[STATEMENTS] = {
	[PUT] = ("INSERT INTO object VALUES(?1,?2,?3,?4) ON CONFLICT DO UPDATE SET labels=?4 "
		 "WHERE labels<>?4"),
	[TAKE] = "DELETE FROM object WHERE filesystem=?1 AND ino=?2 AND generation=?3",
	[EACH] = "SELECT filesystem,ino,generation,labels FROM object",
	[NEW_LABEL] = "INSERT INTO label VALUES(?1,?2)",
	[NEW_FILESYSTEM] = "INSERT INTO filesystem VALUES(?1,?2)",
};

static const char schema[] =
	"BEGIN;"
	"CREATE TABLE label(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE filesystem(number INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE);"
	"CREATE TABLE object(filesystem INTEGER NOT NULL, ino INTEGER NOT NULL,"
	" generation INTEGER NOT NULL, labels INTEGER NOT NULL,"
	" PRIMARY KEY(filesystem, ino, generation)) WITHOUT ROWID;"
	"PRAGMA application_id=1397511491;"
	"PRAGMA user_version=1;"
	"COMMIT;";

static const struct database_form form = {
	.version = 1,
	.schema = schema,
	.synchronous = "FULL",
};

int label_table_add_uuid(struct label_table *table, size_t number, const uint64_t uuid[2])
{
	uint64_t(*more)[2] = table->uuids;

	if (number >= table->n_uuids) {
		more = realloc(table->uuids, (number + 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		memset(more + table->n_uuids, 0, (number + 1 - table->n_uuids) * sizeof(*more));
		table->uuids = more;
		table->n_uuids = number + 1;
	}
	memcpy(more[number], uuid, sizeof(more[number]));
	return 0;
}

static int take_label(struct label_table *table, sqlite3_stmt *row)
{
	const char *name = (const char *)sqlite3_column_text(row, 1);
	int64_t number = sqlite3_column_int64(row, 0);

	if (number < 0 || number >= SLUICE_MAX_LABELS || !name || !*name ||
	    strlen(name) >= SLUICE_NAME_MAX)
		return -EUCLEAN;
	snprintf(table->names.name[number], SLUICE_NAME_MAX, "%s", name);
	return 0;
}

static int take_filesystem(struct label_table *table, sqlite3_stmt *row)
{
	int64_t number = sqlite3_column_int64(row, 0);
	uint64_t uuid[2];

	if (number < 0 || number >= SLUICE_MAX_FILESYSTEMS ||
	    sqlite3_column_bytes(row, 1) != (int)sizeof(uuid))
		return -EUCLEAN;
	memcpy(uuid, sqlite3_column_blob(row, 1), sizeof(uuid));
	return label_table_add_uuid(table, (size_t)number, uuid);
}

static int read_rows(struct label_table *table, const char *sql,
		     int (*take)(struct label_table *table, sqlite3_stmt *row))
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(table->db, sql, -1, &statement, NULL), err = 0;

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(statement);
		err = code == SQLITE_ROW ? take(table, statement) : 0;
		if (err)
			break;
	}
	sqlite3_finalize(statement);
	return err ? err : database_error_of(code);
}

static int read_small_tables(struct label_table *table)
{
	int err;

	memset(&table->names, 0, sizeof(table->names));
	table->n_uuids = 0;
	err = read_rows(table, "SELECT number,name FROM label", take_label);
	return err ? err : read_rows(table, "SELECT number,uuid FROM filesystem", take_filesystem);
}

static int open_db(struct label_table *table, const char *path)
{
	int err = database_open(path, &form, &table->db);

	if (!err)
		err = read_small_tables(table);
	return err ? err : database_prepare(table->db, texts, STATEMENTS, table->statements);
}

static void label_table_freep(struct label_table **table)
{
	label_table_free(*table);
}

int label_table_open(const char *folder, struct label_table **ret, char *text, size_t size)
{
	_cleanup_(label_table_freep) struct label_table *table = calloc(1, sizeof(*table));
	char path[SLUICE_PATH_TEXT];
	int err;

	snprintf(path, sizeof(path), "%s/objects.db", folder);
	err = table ? open_db(table, path) : -ENOMEM;
	if (!err) {
		*ret = TAKE_PTR(table);
		return 0;
	}
	if (err == -EUCLEAN)
		snprintf(text, size,
			 "'%s' is damaged: restore it from a backup; or move it away and label "
			 "again, with 'sluice label add', what data had brought labels to",
			 path);
	else if (err == -EBUSY)
		snprintf(text, size, "'%s' is in use by another program: end that", path);
	else
		snprintf(text, size, "cannot write '%s': %s (%s)", path, strerror(-err),
			 table && table->db ? sqlite3_errmsg(table->db) : "when it was opened");
	return err;
}

struct label_table *label_table_free(struct label_table *table)
{
	unsigned int i;

	if (!table)
		return NULL;
	for (i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(table->statements[i]);
	sqlite3_close(table->db);
	free(table->uuids);
	free(table);
	return NULL;
}

const char *label_table_error(const struct label_table *table)
{
	return sqlite3_errmsg(table->db);
}

int label_table_begin(struct label_table *table)
{
	return database_run(table->db, "BEGIN IMMEDIATE");
}

int label_table_commit(struct label_table *table)
{
	return database_run(table->db, "COMMIT");
}

void label_table_rollback(struct label_table *table)
{
	if (!sqlite3_get_autocommit(table->db))
		database_run(table->db, "ROLLBACK");
	read_small_tables(table); /* the numbers given meanwhile are free again */
}
