// SPDX-License-Identifier: Apache-2.0
/*
 * index_file.c: see index_file.h. What is added stands behind a savepoint until a checkpoint that
 * the host has signed covers it.
 */
#include "index_file.h"

#include "base/cleanup.h"
#include "base/database.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char schema[] =
	"BEGIN;"
	"CREATE TABLE place(genesis TEXT, entries INTEGER, bytes INTEGER, note TEXT);"
	"CREATE TABLE leaf(seq INTEGER PRIMARY KEY, hash BLOB NOT NULL);"
	"CREATE TABLE chunk(n INTEGER PRIMARY KEY, root BLOB NOT NULL);"
	"CREATE TABLE word(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL);"
	"CREATE TABLE entry(seq INTEGER PRIMARY KEY, offset INTEGER NOT NULL,"
	" size INTEGER NOT NULL, time INTEGER NOT NULL, pid INTEGER, peer INTEGER,"
	" w0 INTEGER NOT NULL, w1 INTEGER NOT NULL, w2 INTEGER NOT NULL, w3 INTEGER NOT NULL);"
	"PRAGMA application_id=1397511491; PRAGMA user_version=101; COMMIT";

static const struct database_form form = {
	.version = 101, .schema = schema, .synchronous = "OFF", .unchecked = true
};

static const char *const texts[INDEX_STATEMENTS] = {
	[ADD_ENTRY] = "INSERT INTO entry VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
	[ADD_LEAF] = "INSERT INTO leaf VALUES(?1,?2)",
	[ADD_CHUNK] = "INSERT INTO chunk VALUES(?1,?2)",
	[ADD_WORD] = "INSERT INTO word VALUES(NULL,?1,?2)",
	[SET_PLACE] = ("INSERT OR REPLACE INTO place(rowid,genesis,entries,bytes,note) "
		       "VALUES(1,?1,?2,?3,?4)"),
	[GET_LEAVES] = "SELECT hash FROM leaf WHERE seq>=?1 AND seq<?2 ORDER BY seq",
};

/* What an entry says of one thing; a name with a dot is a member of a member. */
static const char *const members[INDEX_WORDS][10] = {
	[WORD_WHAT] = { "type", "action", "labels", "label", "rule", "approve", "state" },
	[WORD_WHO] = { "request", "person", "requester", "reviewer" },
	[WORD_SUBJECT] = { "subject.exe", "subject.user", "subject.uid", "subject.loginuid" },
	[WORD_TARGET] = { "target.kind", "target.text", "target.address", "path" },
};

static int check_owner(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	return st.st_uid == geteuid() && S_ISREG(st.st_mode) && !(st.st_mode & 022) ? 0 : -EPERM;
}

/* Runs a query; @row gets each of its rows. */
static int each_row(sqlite3_stmt *statement, int (*row)(void *ctx, sqlite3_stmt *statement),
		    void *ctx)
{
	int code, r = 0;

	while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW)
		r = row(ctx, statement);
	return r ? r : database_error_of(code);
}

static int query(sqlite3 *db, const char *sql, int (*row)(void *ctx, sqlite3_stmt *statement),
		 void *ctx)
{
	sqlite3_stmt *statement = NULL;
	int r = database_error_of(sqlite3_prepare_v2(db, sql, -1, &statement, NULL));

	if (r == 0)
		r = each_row(statement, row, ctx);
	sqlite3_finalize(statement);
	return r;
}

static int take_place(void *ctx, sqlite3_stmt *statement)
{
	const char *genesis = (const char *)sqlite3_column_text(statement, 0);
	const char *note = (const char *)sqlite3_column_text(statement, 3);
	struct index_place *place = ctx;

	if (!genesis || !note)
		return -EUCLEAN;
	snprintf(place->genesis, sizeof(place->genesis), "%s", genesis);
	place->entries = (uint64_t)sqlite3_column_int64(statement, 1);
	place->bytes = (uint64_t)sqlite3_column_int64(statement, 2);
	free(place->note);
	place->note = strdup(note);
	return place->note ? 0 : -ENOMEM;
}

static int take_chunk(void *ctx, sqlite3_stmt *statement)
{
	if (sqlite3_column_bytes(statement, 0) != MERKLE_HASH)
		return -EUCLEAN;
	return index_tree_add_chunk(ctx, sqlite3_column_blob(statement, 0));
}

static int load_tree(struct index_file *file)
{
	uint8_t leaves[INDEX_CHUNK][MERKLE_HASH];
	ssize_t n;
	int r;

	index_tree_done(&file->tree);
	r = index_tree_init(&file->tree);
	if (r == 0)
		r = query(file->db, "SELECT root FROM chunk ORDER BY n", take_chunk, &file->tree);
	n = r == 0 ? index_file_leaves(file, file->tree.n, leaves) : r;
	for (ssize_t i = 0; r == 0 && i < n; i++)
		r = index_tree_add(&file->tree, leaves[i]);
	return n < 0 ? (int)n : r < 0 ? r : 0;
}

static int load(struct index_file *file)
{
	int r;

	free(file->place.note);
	file->place = (struct index_place){ 0 };
	r = query(file->db, "SELECT genesis,entries,bytes,note FROM place", take_place,
		  &file->place);
	return r == 0 ? load_tree(file) : r;
}

int index_file_open(const char *path, struct index_file *file)
{
	int r = check_owner(path);

	*file = (struct index_file){ 0 };
	if (r == 0)
		r = database_open(path, &form, &file->db);
	if (r == 0)
		r = database_run(file->db, "PRAGMA cache_size=-32768");
	if (r == 0)
		r = database_prepare(file->db, texts, INDEX_STATEMENTS, file->statements);
	return r == 0 ? load(file) : r;
}

void index_file_close(struct index_file *file)
{
	for (size_t i = 0; i < INDEX_STATEMENTS; i++)
		sqlite3_finalize(file->statements[i]);
	for (size_t i = 0; i < INDEX_WORDS; i++)
		json_decref(file->words[i]);
	sqlite3_close(file->db);
	index_tree_done(&file->tree);
	free(file->place.note);
	*file = (struct index_file){ 0 };
}

int index_file_clear(struct index_file *file)
{
	int r = database_run(file->db, "BEGIN; DELETE FROM place; DELETE FROM leaf; DELETE FROM "
				       "chunk; DELETE FROM word; DELETE FROM entry; COMMIT");

	return r == 0 ? load(file) : r;
}

static void copy_member(json_t *to, const json_t *from, const char *name)
{
	const char *dot = strchr(name, '.');
	char first[16];
	json_t *inner;

	if (!dot) {
		json_object_set(to, name, json_object_get(from, name));
		return;
	}
	snprintf(first, sizeof(first), "%.*s", (int)(dot - name), name);
	from = json_object_get(from, first);
	if (!json_object_get(from, dot + 1))
		return;
	inner = json_object_get(to, first);
	if (!inner) {
		inner = json_object();
		json_object_set_new(to, first, inner);
	}
	json_object_set(inner, dot + 1, json_object_get(from, dot + 1));
}

static int take_word(void *ctx, sqlite3_stmt *statement)
{
	json_t **words = ctx;
	int kind = sqlite3_column_int(statement, 1);
	const char *text = (const char *)sqlite3_column_text(statement, 2);

	if (kind < 0 || kind >= INDEX_WORDS || !text)
		return -EUCLEAN;
	return json_object_set_new_nocheck(words[kind], text,
					   json_integer(sqlite3_column_int64(statement, 0)));
}

static int load_words(struct index_file *file)
{
	if (file->words[0])
		return 0;
	for (size_t i = 0; i < INDEX_WORDS; i++)
		file->words[i] = json_object();
	return query(file->db, "SELECT id,kind,text FROM word", take_word, file->words);
}

/* Return: the number of the word; a negative errno. */
static int64_t word_of(struct index_file *file, const json_t *json, int kind)
{
	sqlite3_stmt *add = file->statements[ADD_WORD];
	json_auto_t *said = json_object();
	_cleanup_free_ char *text = NULL;
	const json_t *known;
	int64_t id;
	int r;

	for (const char *const *name = members[kind]; *name; name++)
		copy_member(said, json, *name);
	text = json_dumps(said, JSON_COMPACT);
	if (!text)
		return -ENOMEM;
	known = json_object_get(file->words[kind], text);
	if (known)
		return json_integer_value(known);
	sqlite3_bind_int(add, 1, kind);
	sqlite3_bind_text(add, 2, text, -1, SQLITE_STATIC);
	r = database_finish(add);
	id = sqlite3_last_insert_rowid(file->db);
	if (r == 0 && json_object_set_new_nocheck(file->words[kind], text, json_integer(id)))
		r = -ENOMEM;
	return r < 0 ? r : id;
}

static void bind_number(sqlite3_stmt *statement, int at, const json_t *object, const char *name)
{
	const json_t *number = json_object_get(object, name);

	if (json_is_integer(number))
		sqlite3_bind_int64(statement, at, json_integer_value(number));
}

static int add_leaf(struct index_file *file, uint64_t seq, const uint8_t leaf[MERKLE_HASH])
{
	sqlite3_stmt *add = file->statements[ADD_LEAF], *chunk = file->statements[ADD_CHUNK];
	int r;

	sqlite3_bind_int64(add, 1, (int64_t)seq);
	sqlite3_bind_blob(add, 2, leaf, MERKLE_HASH, SQLITE_STATIC);
	r = database_finish(add);
	if (r == 0)
		r = index_tree_add(&file->tree, leaf);
	if (r <= 0)
		return r;
	sqlite3_bind_int64(chunk, 1, (int64_t)file->tree.n - 1);
	sqlite3_bind_blob(chunk, 2, file->tree.chunks[file->tree.n - 1], MERKLE_HASH,
			  SQLITE_STATIC);
	return database_finish(chunk);
}

/* Whatever is between two checkpoints is in the file as a whole or not at all. */
static int begin(struct index_file *file)
{
	return sqlite3_get_autocommit(file->db) ? database_run(file->db, "BEGIN; SAVEPOINT kept")
						: 0;
}

int index_file_add(struct index_file *file, const struct index_entry *entry, const json_t *json,
		   const uint8_t leaf[MERKLE_HASH])
{
	sqlite3_stmt *add = file->statements[ADD_ENTRY];
	int64_t words[INDEX_WORDS] = { 0 };
	int r = begin(file);

	if (r == 0)
		r = load_words(file);
	for (int i = 0; r == 0 && i < INDEX_WORDS; i++) {
		words[i] = word_of(file, json, i);
		r = words[i] < 0 ? (int)words[i] : 0;
	}
	if (r < 0)
		return r;
	sqlite3_bind_int64(add, 1, (int64_t)entry->seq);
	sqlite3_bind_int64(add, 2, (int64_t)entry->offset);
	sqlite3_bind_int64(add, 3, (int64_t)entry->size);
	sqlite3_bind_int64(add, 4, json_integer_value(json_object_get(json, "time")));
	bind_number(add, 5, json_object_get(json, "subject"), "pid");
	bind_number(add, 6, json_object_get(json, "peer"), "pid");
	for (int i = 0; i < INDEX_WORDS; i++)
		sqlite3_bind_int64(add, 7 + i, words[i]);
	r = database_finish(add);
	return r == 0 ? add_leaf(file, entry->seq, leaf) : r;
}

int index_file_keep(struct index_file *file, const struct index_place *place)
{
	sqlite3_stmt *set = file->statements[SET_PLACE];
	int r = begin(file);

	sqlite3_bind_text(set, 1, place->genesis, -1, SQLITE_STATIC);
	sqlite3_bind_int64(set, 2, (int64_t)place->entries);
	sqlite3_bind_int64(set, 3, (int64_t)place->bytes);
	sqlite3_bind_text(set, 4, place->note, -1, SQLITE_STATIC);
	if (r == 0)
		r = database_finish(set);
	return r == 0 ? database_run(file->db, "RELEASE kept; SAVEPOINT kept") : r;
}

int index_file_drop(struct index_file *file)
{
	int r = 0;

	if (!sqlite3_get_autocommit(file->db))
		r = database_run(file->db, "ROLLBACK TO kept; COMMIT");
	for (size_t i = 0; i < INDEX_WORDS; i++) {
		json_decref(file->words[i]);
		file->words[i] = NULL;
	}
	return r == 0 ? load(file) : r;
}

ssize_t index_file_leaves(struct index_file *file, uint64_t chunk, uint8_t (*ret)[MERKLE_HASH])
{
	sqlite3_stmt *get = file->statements[GET_LEAVES];
	ssize_t n = 0;
	int code;

	sqlite3_bind_int64(get, 1, (int64_t)(chunk * INDEX_CHUNK));
	sqlite3_bind_int64(get, 2, (int64_t)((chunk + 1) * INDEX_CHUNK));
	while ((code = sqlite3_step(get)) == SQLITE_ROW) {
		if (n == INDEX_CHUNK || sqlite3_column_bytes(get, 0) != MERKLE_HASH)
			break;
		memcpy(ret[n++], sqlite3_column_blob(get, 0), MERKLE_HASH);
	}
	sqlite3_reset(get);
	return code == SQLITE_DONE ? n : code == SQLITE_ROW ? -EUCLEAN : database_error_of(code);
}
