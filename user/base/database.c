// SPDX-License-Identifier: Apache-2.0
/*
 * database.c: see database.h.
 *
 * A write-ahead log in exclusive mode: one fsync a commit at most, no shared memory, and a crash at
 * any point leaves the last commit. With readers a rollback journal, which has none of it to share.
 */
#include "database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"

#define BUSY_MS 2000

int database_error_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	default:
		return -EIO;
	}
}

int database_run(sqlite3 *db, const char *sql)
{
	return database_error_of(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int database_ask(sqlite3 *db, const char *sql, int64_t *ret)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return database_error_of(code);
}

int database_prepare(sqlite3 *db, const char *const *texts, size_t n, sqlite3_stmt **ret)
{
	int code = SQLITE_OK;

	for (size_t i = 0; code == SQLITE_OK && i < n; i++)
		code = sqlite3_prepare_v3(db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &ret[i],
					  NULL);
	return database_error_of(code);
}

int database_finish(sqlite3_stmt *statement)
{
	int err = database_error_of(sqlite3_step(statement));

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return err;
}

/* SQLite says "ok" in words. */
static int check_pages(sqlite3 *db)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &statement, NULL);
	bool ok = false;

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		ok = !strcmp((const char *)sqlite3_column_text(statement, 0), "ok");
	sqlite3_finalize(statement);
	return code == SQLITE_ROW && !ok ? -EUCLEAN : database_error_of(code);
}

/* Makes the tables of a new file, refuses those of another program or format. */
static int check_form(sqlite3 *db, const struct database_form *form)
{
	int64_t application = 0, version = 0, tables = 0;
	int err = database_ask(db, "PRAGMA application_id", &application);

	if (!err)
		err = database_ask(db, "PRAGMA user_version", &version);
	if (!err)
		err = database_ask(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (err)
		return err;
	if (!tables && !application && !version)
		return database_run(db, form->schema);
	if (application != DATABASE_APPLICATION || version != form->version)
		return -EUCLEAN;
	return form->unchecked ? 0 : check_pages(db);
}

static int configure(sqlite3 *db, const struct database_form *form)
{
	char text[64];
	int err;

	/* a reader is through in no time; one that is not, is in the way */
	sqlite3_busy_timeout(db, form->read_by_others ? BUSY_MS : 0);
	err = database_run(db, form->read_by_others
				       ? "PRAGMA locking_mode=NORMAL;"
					 "PRAGMA journal_mode=TRUNCATE; PRAGMA secure_delete=ON"
				       : "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL");

	if (!err)
		err = database_run(db, "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-512;"
				       "PRAGMA trusted_schema=OFF");
	if (err)
		return err;
	snprintf(text, sizeof(text), "PRAGMA synchronous=%s", form->synchronous);
	err = database_run(db, text);
	if (!err)
		err = check_form(db, form);
	if (err)
		return err;
	/* a disk that is full or read-only is found out now and not with the first row */
	snprintf(text, sizeof(text), "BEGIN IMMEDIATE; PRAGMA user_version=%d; COMMIT",
		 form->version);
	return database_run(db, text);
}

int database_open(const char *path, const struct database_form *form, sqlite3 **ret)
{
	bool file = strcmp(path, ":memory:");
	_cleanup_close_ int fd = -1;
	int err;

	/* SQLite would make it readable to all that the umask lets in. */
	if (file)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file && fd < 0)
		return -errno;
	err = database_error_of(
		sqlite3_open_v2(path, ret, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL));
	if (err)
		return err;
	sqlite3_extended_result_codes(*ret, 1);
	return configure(*ret, form);
}
