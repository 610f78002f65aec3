// SPDX-License-Identifier: Apache-2.0
/*
 * lineage_index.c: the file of the index and its bound: see lineage_index.h.
 *
 * A crash may take the last commits, since the place in the journal is part of each: then the
 * entries are read again.
 */
#include "lineage_index_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define DROP_AT_ONCE 4096

static const char *const texts[INDEX_STATEMENTS] = {
	[FIND_NODE] = "SELECT id FROM node WHERE kind=?1 AND a=?2 AND b=?3 AND c=?4 AND boot=?5",
	[ADD_NODE] = "INSERT INTO node(kind,a,b,c,boot,name,exe,last) "
		     "VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
	[TOUCH_NODE] = "UPDATE node SET last=?2, name=CASE ?3 WHEN '' THEN name ELSE ?3 END, "
		       "exe=CASE ?4 WHEN '' THEN exe ELSE ?4 END WHERE id=?1",
	[FIND_EDGE] = "SELECT first FROM edge WHERE target=?1 AND source=?2 AND kind=?3 AND n=?4",
	[ADD_EDGE] = "INSERT INTO edge VALUES(?1,?1,?2,?3,?4,?5,?6,?7,?8,"
		     "coalesce(nullif(?9,''),(SELECT exe FROM node WHERE id=?10)),?11,?12,?13)",
	[TOUCH_EDGE] = "UPDATE edge SET last=?2, labels=labels|?3, request=coalesce(request,?4),"
		       "granted=coalesce(granted,?5) WHERE first=?1",
	[ADD_PASS] = "INSERT OR REPLACE INTO pass VALUES(?1,?2,?3,?4,?5,?6)",
	[TAKE_PASS] = "DELETE FROM pass WHERE process=?1 AND object=?2 AND kind=?3 "
		      "RETURNING request,granted",
	[ADD_EMPTIED] = "INSERT OR REPLACE INTO emptied VALUES(?1,?2,?3)",
	[ADD_LABEL] = "INSERT INTO label VALUES(?1,?2)",
	[SET_PLACE] = "UPDATE place SET genesis=?1, offset=?2, seq=?3, boot=?4, dropped=?5",
	[GET_PLACE] = "SELECT genesis,offset,seq FROM place",
	[EDGES_INTO] = "SELECT first,last,source,kind FROM edge WHERE target=?1 AND first<=?2",
	[LAST_EMPTIED] = "SELECT max(seq) FROM emptied WHERE object=?1 AND seq<=?2",
	[WHOLE_EDGE] = "SELECT e.kind,e.time,e.labels,e.comm,e.exe,e.user,e.request,e.granted,"
		       "s.id,s.kind,s.a,s.name,t.id,t.kind,t.a,t.name FROM edge e "
		       "JOIN node s ON s.id=e.source JOIN node t ON t.id=e.target WHERE e.first=?1",
	[PROCESSES] = "SELECT id,b,boot FROM node WHERE kind=1 AND a=?1 ORDER BY boot,b",
};

static const char schema[] =
	"BEGIN;"
	"CREATE TABLE node(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, a INTEGER NOT NULL,"
	" b INTEGER NOT NULL, c INTEGER NOT NULL, boot INTEGER NOT NULL, name TEXT NOT NULL,"
	" exe TEXT NOT NULL, last INTEGER NOT NULL, UNIQUE(kind,a,b,c,boot));"
	"CREATE TABLE edge(first INTEGER PRIMARY KEY, last INTEGER NOT NULL,"
	" target INTEGER NOT NULL, source INTEGER NOT NULL, kind INTEGER NOT NULL,"
	" n INTEGER NOT NULL, time INTEGER NOT NULL, labels INTEGER NOT NULL, comm TEXT NOT NULL,"
	" exe TEXT, user TEXT NOT NULL, request TEXT, granted TEXT,"
	" UNIQUE(target,source,kind,n));"
	"CREATE TABLE emptied(object INTEGER NOT NULL, seq INTEGER NOT NULL, time INTEGER NOT NULL,"
	" PRIMARY KEY(object,seq)) WITHOUT ROWID;"
	"CREATE TABLE pass(process INTEGER NOT NULL, object INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, request TEXT, granted TEXT, seq INTEGER NOT NULL,"
	" PRIMARY KEY(process,object,kind)) WITHOUT ROWID;"
	"CREATE TABLE label(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE place(genesis TEXT NOT NULL, offset INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" boot INTEGER NOT NULL, dropped INTEGER NOT NULL);"
	"INSERT INTO place VALUES('',0,0,0,0);"
	"PRAGMA application_id=1397511491;"
	"PRAGMA user_version=1;"
	"COMMIT;";

static const struct database_form form = {
	.version = 1,
	.schema = schema,
	.synchronous = "NORMAL",
};

const char *index_text(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text ? text : "";
}

/* What the file knows and memory holds too; read again after a rollback. */
static int read_small(struct lineage_index *index)
{
	sqlite3_stmt *row = NULL;
	int64_t edges = 0, dropped = 0;
	int code, err = database_ask(index->db, "SELECT count(*) FROM edge", &edges);

	if (!err)
		err = database_ask(index->db, "SELECT boot FROM place", &index->boot);
	if (!err)
		err = database_ask(index->db, "SELECT dropped FROM place", &dropped);
	if (err)
		return err;
	index->edges = (size_t)edges;
	index->dropped_ms = (uint64_t)dropped;
	memset(index->labels, 0, sizeof(index->labels));
	code = sqlite3_prepare_v2(index->db, "SELECT number,name FROM label", -1, &row, NULL);
	while (code == SQLITE_OK || code == SQLITE_ROW) {
		int64_t number;

		code = sqlite3_step(row);
		number = code == SQLITE_ROW ? sqlite3_column_int64(row, 0) : -1;
		if (number >= 0 && number < SLUICE_MAX_LABELS)
			snprintf(index->labels[number], SLUICE_NAME_MAX, "%s", index_text(row, 1));
	}
	sqlite3_finalize(row);
	return database_error_of(code);
}

static int open_at(struct lineage_index *index, const char *path)
{
	int err = database_open(path, &form, &index->db);

	if (!err)
		err = read_small(index);
	return err ? err : database_prepare(index->db, texts, INDEX_STATEMENTS, index->statements);
}

static void close_file(struct lineage_index *index)
{
	for (size_t i = 0; i < INDEX_STATEMENTS; i++) {
		sqlite3_finalize(index->statements[i]);
		index->statements[i] = NULL;
	}
	sqlite3_close(index->db);
	index->db = NULL;
}

struct lineage_index *lineage_index_free(struct lineage_index *index)
{
	if (index)
		close_file(index);
	free(index);
	return NULL;
}

static void lineage_index_freep(struct lineage_index **index)
{
	lineage_index_free(*index);
}

/* Nothing in it is lost for good: the journal has it. */
static int begin_anew(struct lineage_index *index, const char *path)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[SLUICE_PATH_TEXT + 8];

	close_file(index);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		if (unlink(name) && errno != ENOENT)
			return -errno;
	}
	return open_at(index, path);
}

int lineage_index_open(const char *folder, size_t max_edges, struct lineage_index **ret, char *text,
		       size_t size)
{
	_cleanup_(lineage_index_freep) struct lineage_index *index = calloc(1, sizeof(*index));
	char path[SLUICE_PATH_TEXT] = ":memory:";
	int err;

	if (folder)
		snprintf(path, sizeof(path), "%s/lineage.db", folder);
	err = index ? open_at(index, path) : -ENOMEM;
	if (err == -EUCLEAN && folder) {
		err = begin_anew(index, path);
		snprintf(text, size, "'%s' was damaged: it is built again from the journal", path);
	}
	if (err) {
		snprintf(text, size, "cannot write '%s': %s (%s)", path, strerror(-err),
			 index && index->db ? sqlite3_errmsg(index->db) : "when it was opened");
		return err;
	}
	index->max_edges = max_edges;
	*ret = TAKE_PTR(index);
	return 0;
}

const char *lineage_index_error(const struct lineage_index *index)
{
	return sqlite3_errmsg(index->db);
}

int lineage_index_begin(struct lineage_index *index)
{
	return database_run(index->db, "BEGIN IMMEDIATE");
}

/*
 * Edges of equal age go together. A node that no entry since the oldest edge left has named is at
 * no end of any edge left.
 */
static int drop_oldest(struct lineage_index *index)
{
	int64_t last = 0, time = (int64_t)index->dropped_ms, left = 0;
	char sql[512];
	int err;

	if (index->edges <= index->max_edges)
		return 0;
	snprintf(sql, sizeof(sql), "SELECT first FROM edge ORDER BY first LIMIT 1 OFFSET %zu",
		 index->edges - index->max_edges + index->max_edges / 16);
	err = database_ask(index->db, sql, &last);
	if (err || !last)
		return err;
	snprintf(sql, sizeof(sql), "SELECT max(time) FROM edge WHERE first<%lld", (long long)last);
	err = database_ask(index->db, sql, &time);
	if (err)
		return err;
	snprintf(sql, sizeof(sql),
		 "DELETE FROM edge WHERE first<%1$lld; DELETE FROM node WHERE last<%1$lld;"
		 "DELETE FROM pass WHERE seq<%1$lld; DELETE FROM emptied WHERE seq<%1$lld",
		 (long long)last);
	err = database_run(index->db, sql);
	if (!err)
		err = database_ask(index->db, "SELECT count(*) FROM edge", &left);
	if (err)
		return err;
	index->edges = (size_t)left;
	index->dropped_ms = (uint64_t)time;
	return 0;
}

int lineage_index_commit(struct lineage_index *index, const struct lineage_place *place)
{
	sqlite3_stmt *set = index->statements[SET_PLACE];
	int err = drop_oldest(index);

	if (err)
		return err;
	sqlite3_bind_text(set, 1, place->genesis, -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(set, 2, (int64_t)place->offset);
	sqlite3_bind_int64(set, 3, (int64_t)place->seq);
	sqlite3_bind_int64(set, 4, index->boot);
	sqlite3_bind_int64(set, 5, (int64_t)index->dropped_ms);
	err = database_finish(set);
	return err ? err : database_run(index->db, "COMMIT");
}

void lineage_index_rollback(struct lineage_index *index)
{
	if (!sqlite3_get_autocommit(index->db))
		database_run(index->db, "ROLLBACK");
	read_small(index);
}

int lineage_index_place(struct lineage_index *index, struct lineage_place *ret)
{
	sqlite3_stmt *get = index->statements[GET_PLACE];
	int code = sqlite3_step(get);

	if (code == SQLITE_ROW) {
		snprintf(ret->genesis, sizeof(ret->genesis), "%s", index_text(get, 0));
		ret->offset = (uint64_t)sqlite3_column_int64(get, 1);
		ret->seq = (uint64_t)sqlite3_column_int64(get, 2);
	}
	sqlite3_reset(get);
	return code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? -EUCLEAN : database_error_of(code);
}

int lineage_index_clear(struct lineage_index *index)
{
	int err = database_run(index->db, "BEGIN IMMEDIATE; DELETE FROM edge; DELETE FROM node;"
					  "DELETE FROM emptied; DELETE FROM pass;"
					  "DELETE FROM label; UPDATE place SET genesis='',"
					  "offset=0, seq=0, boot=0, dropped=0; COMMIT");

	lineage_index_rollback(index); /* of what failed; and memory follows */
	return err;
}

size_t lineage_index_edges(const struct lineage_index *index)
{
	return index->edges;
}
