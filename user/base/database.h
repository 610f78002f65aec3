/* SPDX-License-Identifier: Apache-2.0 */
/*
 * database.h: SQLite files that this process alone writes to.
 *
 * Owns: how they are opened and checked, and errors as errno. Must not own: what is in them
 * (label_table.h, lineage_index.h, vault.h).
 */
#ifndef SLUICE_DATABASE_H
#define SLUICE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#define DATABASE_APPLICATION 0x534c5543 /* "SLUC", for file(1) */

/**
 * struct database_form: what a file must be.
 * @schema: makes the tables of a new one, and sets user_version to @version
 * @unchecked: pages of a whole file are not read through at each opening: its reader believes nothing
 * @synchronous: "FULL": a commit is durable; "NORMAL": a crash may take the last ones, never a part
 * @read_by_others: by processes that may not write to its folder; and what is deleted is overwritten
 */
struct database_form {
	int version;
	const char *schema;
	const char *synchronous;
	bool unchecked;
	bool read_by_others;
};

/* A negative errno for what SQLite returned; 0 when all is well, also for a row. */
int database_error_of(int code);

/**
 * database_open() - open @path, or make it with mode 0600; ":memory:" has no file.
 * @ret: also after a failure, when it is not NULL: for sqlite3_errmsg() and sqlite3_close()
 * Return: 0, -EUCLEAN for a file that is not whole or another program's, -EBUSY for one in use, or
 * another negative errno.
 */
int database_open(const char *path, const struct database_form *form, sqlite3 **ret);

int database_run(sqlite3 *db, const char *sql);
/* One number that @sql asks for; @ret is left as it is when there is no row. */
int database_ask(sqlite3 *db, const char *sql, int64_t *ret);
int database_prepare(sqlite3 *db, const char *const *texts, size_t n, sqlite3_stmt **ret);
/* Runs a prepared statement that returns no row. */
int database_finish(sqlite3_stmt *statement);

#endif
