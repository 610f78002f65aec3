/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_scrub.c: the file written anew, in steps, after something was erased: see vault.h.
 *
 * Deleted cells are overwritten (secure_delete); but SQLite moves cells between pages as rows come
 * and go, and what it leaves of them in the gaps of a page it does not overwrite. So all rows go to
 * another table, as many at a time as fit into a short moment. The pages of the table that they leave
 * are filled with zeros as they get free, gaps included, and so is its root in the end. VACUUM would
 * do the same in one piece: seconds, in which nobody would be answered, and the kernel would take the
 * daemon for dead.
 */
#include <errno.h>
#include <stdarg.h>
#include <time.h>

#include "base/cleanup.h"
#include "vault_private.h"

#define ROWS_LEAST 64
#define ROWS_MOST  4096
#define STEP_NS	   20000000 /* what a step should take */

static const char *const names[] = { "value", "value_b" };

/* Of an older version's file, too: there all rows are in the first. */
static const char more_tables[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS value_b(commitment BLOB PRIMARY KEY, key BLOB NOT NULL,"
	" plain TEXT NOT NULL, uid INTEGER NOT NULL, request TEXT NOT NULL, day INTEGER NOT NULL,"
	" nonce INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS value_b_plain ON value_b(plain,uid,request,day);"
	"CREATE INDEX IF NOT EXISTS value_b_request ON value_b(request);"
	"CREATE TABLE IF NOT EXISTS place(id INTEGER PRIMARY KEY CHECK(id=0),"
	" target INTEGER NOT NULL, pending INTEGER NOT NULL);"
	"INSERT OR IGNORE INTO place VALUES(0,0,0);"
	"COMMIT;";

static const char one_table[] = "CREATE TEMP VIEW text AS SELECT * FROM main.value";
static const char two_tables[] = "CREATE TEMP VIEW text AS SELECT * FROM main.value "
				 "UNION ALL SELECT * FROM main.value_b";

int vault_scrub_prepare(struct vault *vault, bool writer)
{
	static const char has[] = "SELECT count(*) FROM main.sqlite_schema WHERE name='place'";
	int64_t there = 0;
	int err = writer ? database_run(vault->db, more_tables) : 0;

	if (!err)
		err = database_ask(vault->db, has, &there);
	if (!err)
		err = database_run(vault->db, there ? two_tables : one_table);
	if (!err && there)
		err = vault_scrub_know(vault);
	vault->rows = ROWS_LEAST;
	return err;
}

/* Where rows go to that come now. What is erased while they move has them move once more. */
int vault_scrub_begin(struct vault *vault)
{
	return database_run(vault->db, "UPDATE place SET "
				       "target=CASE pending WHEN 0 THEN 1-target ELSE target END,"
				       "pending=CASE pending WHEN 0 THEN 1 ELSE 2 END");
}

int vault_scrub_know(struct vault *vault)
{
	int err = database_ask(vault->db, "SELECT target FROM place", &vault->target);

	return err ? err : database_ask(vault->db, "SELECT pending FROM place", &vault->pending);
}

bool vault_scrub_pending(const struct vault *vault)
{
	return vault->pending;
}

static __attribute__((format(printf, 2, 3))) int run(struct vault *vault, const char *format, ...)
{
	va_list ap;
	char *sql;
	int err;

	va_start(ap, format);
	sql = sqlite3_vmprintf(format, ap);
	va_end(ap);
	if (!sql)
		return -ENOMEM;
	err = database_run(vault->db, sql);
	sqlite3_free(sql);
	return err;
}

/* The emptied table is emptied once more: that one overwrites its root. */
static int end_round(struct vault *vault, const char *from)
{
	int err = run(vault, "DELETE FROM %s", from);

	if (!err)
		err = database_run(vault->db,
				   "UPDATE place SET "
				   "target=CASE pending WHEN 2 THEN 1-target ELSE target END,"
				   "pending=pending-1");
	return err;
}

static int move(struct vault *vault)
{
	const char *from = names[1 - vault->target], *to = names[vault->target];
	int err = run(vault,
		      "INSERT INTO %s SELECT * FROM %s ORDER BY commitment LIMIT %u;"
		      "DELETE FROM %s WHERE commitment IN "
		      "(SELECT commitment FROM %s ORDER BY commitment LIMIT %u)",
		      to, from, vault->rows, from, from, vault->rows);

	if (!err && sqlite3_changes(vault->db) < (int)vault->rows)
		err = end_round(vault, from);
	return err;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* A disk that is slow now gets less at once. */
static void adapt(struct vault *vault, uint64_t took_ns)
{
	if (took_ns > STEP_NS && vault->rows > ROWS_LEAST)
		vault->rows /= 2;
	if (took_ns < STEP_NS / 2 && vault->rows < ROWS_MOST)
		vault->rows *= 2;
}

int vault_scrub(struct vault *vault)
{
	uint64_t start = now_ns();
	int err;

	if (!vault->pending)
		return 0;
	err = database_run(vault->db, "BEGIN IMMEDIATE");
	if (!err)
		err = move(vault);
	err = vault_end(vault, err);
	if (err)
		return err;
	err = vault_scrub_know(vault);
	adapt(vault, now_ns() - start);
	return err ? err : vault->pending != 0;
}
