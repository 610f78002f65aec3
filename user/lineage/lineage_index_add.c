// SPDX-License-Identifier: Apache-2.0
/*
 * lineage_index_add.c: one entry of the journal as nodes and an edge: see lineage_index.h.
 *
 * Names stay spelled as in the journal (wording.h), which answers send on as they are.
 */
#include "lineage_index_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "event/record.h"

#define MAX_EXECS 64 /* of one process; the last one stands for all further ones */

/**
 * struct fact: an entry, taken apart.
 * @self: the process that did it; @other: the file, the endpoint or the child
 * @request, @granted: what let it through; text of @entry or of nobody
 */
struct fact {
	const json_t *entry;
	uint64_t seq;
	int64_t time;
	int64_t labels;
	int64_t self;
	int64_t other;
	const char *comm;
	const char *exe;
	const char *user;
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void bind_text(sqlite3_stmt *statement, int column, const char *text)
{
	sqlite3_bind_text(statement, column, text, -1, SQLITE_TRANSIENT);
}

void index_bind_key(sqlite3_stmt *statement, const struct index_key *key)
{
	sqlite3_bind_int64(statement, 1, key->kind);
	sqlite3_bind_int64(statement, 2, key->a);
	sqlite3_bind_int64(statement, 3, key->b);
	sqlite3_bind_int64(statement, 4, key->c);
	sqlite3_bind_int64(statement, 5, key->boot);
}

void index_object_key(const struct lineage_index *index, const struct sluice_object_id *id,
		      struct index_key *ret)
{
	*ret = (struct index_key){
		.kind = INDEX_OBJECT,
		.a = id->dev,
		.b = id->gen,
		.c = (int64_t)id->ino,
		/* a device number, an inode of memory: another one's after a reboot */
		.boot = id->dev & SLUICE_FS_HAS_UUID ? 0 : index->boot,
	};
}

int64_t index_find_node(struct lineage_index *index, const struct index_key *key)
{
	sqlite3_stmt *find = index->statements[FIND_NODE];
	int64_t id = 0;
	int code;

	index_bind_key(find, key);
	code = sqlite3_step(find);
	if (code == SQLITE_ROW)
		id = sqlite3_column_int64(find, 0);
	sqlite3_reset(find);
	return id ? id : database_error_of(code);
}

/* Finds or makes a node, which then has been named by entry @seq. Return: its number or errno. */
static int64_t get_node(struct lineage_index *index, const struct index_key *key, const char *name,
			const char *exe, uint64_t seq)
{
	int64_t id = index_find_node(index, key);
	sqlite3_stmt *change = index->statements[id ? TOUCH_NODE : ADD_NODE];
	int err;

	if (id < 0)
		return id;
	if (id) {
		sqlite3_bind_int64(change, 1, id);
		sqlite3_bind_int64(change, 2, (int64_t)seq);
		bind_text(change, 3, name);
		bind_text(change, 4, exe);
	} else {
		index_bind_key(change, key);
		bind_text(change, 6, name);
		bind_text(change, 7, exe);
		sqlite3_bind_int64(change, 8, (int64_t)seq);
	}
	err = database_finish(change);
	if (err)
		return err;
	return id ? id : sqlite3_last_insert_rowid(index->db);
}

static int64_t get_process(struct lineage_index *index, const json_t *part, const char *name,
			   const char *exe, uint64_t seq)
{
	struct index_key key = { .kind = INDEX_PROCESS, .boot = index->boot };
	uint64_t pid, start_ns;

	if (!record_get_u64(part, "pid", &pid) || !record_get_u64(part, "start_ns", &start_ns))
		return 0;
	key.a = (int64_t)pid;
	key.b = (int64_t)start_ns;
	return get_node(index, &key, name, exe, seq);
}

static int64_t get_target(struct lineage_index *index, const json_t *entry, uint64_t seq)
{
	const char *name = text_of(json_object_get(entry, "target"), "text");
	struct sluice_target target;
	struct index_key key = { .kind = INDEX_ENDPOINT };

	if (!record_get_target(entry, &target))
		return 0;
	if (target.kind == SLUICE_TARGET_FILE) {
		index_object_key(index, &target.object, &key);
	} else {
		key.a = (int64_t)target.arg << 16 | target.port;
		memcpy(&key.b, target.addr, sizeof(key.b));
		memcpy(&key.c, target.addr + sizeof(key.b), sizeof(key.c));
	}
	return get_node(index, &key, name, "", seq);
}

/* The index's own number of a label, given when it has none yet; -1 when all are given. */
static int number_of(struct lineage_index *index, const char *name)
{
	sqlite3_stmt *add = index->statements[ADD_LABEL];
	int number, unused = -1, err;

	for (number = 0; number < SLUICE_MAX_LABELS; number++) {
		if (!strcmp(index->labels[number], name))
			return number;
		if (unused < 0 && !index->labels[number][0])
			unused = number;
	}
	if (unused < 0 || !*name || strlen(name) >= SLUICE_NAME_MAX)
		return -1;
	sqlite3_bind_int(add, 1, unused);
	bind_text(add, 2, name);
	err = database_finish(add);
	if (err)
		return err;
	snprintf(index->labels[unused], SLUICE_NAME_MAX, "%s", name);
	return unused;
}

static int get_labels(struct lineage_index *index, const json_t *entry, int64_t *ret)
{
	const json_t *names = json_object_get(entry, "labels"), *name;
	uint64_t labels = 0;
	size_t i;

	json_array_foreach(names, i, name)
	{
		int number = number_of(index, json_is_string(name) ? json_string_value(name) : "");

		if (number < -1)
			return number;
		if (number >= 0)
			labels |= UINT64_C(1) << number;
	}
	*ret = (int64_t)labels;
	return 0;
}

/* Whether the edge is there already: its number in @ret, else -1. */
static int find_edge(struct lineage_index *index, const int64_t key[4], int64_t *ret)
{
	sqlite3_stmt *find = index->statements[FIND_EDGE];
	int code;

	for (int i = 0; i < 4; i++)
		sqlite3_bind_int64(find, i + 1, key[i]);
	code = sqlite3_step(find);
	*ret = code == SQLITE_ROW ? sqlite3_column_int64(find, 0) : -1;
	sqlite3_reset(find);
	return database_error_of(code);
}

/* An exec is an edge of its own: the first number that is not taken. */
static int find_exec(struct lineage_index *index, int64_t key[4], int64_t *ret)
{
	int err;

	for (key[3] = 0;; key[3]++) {
		err = find_edge(index, key, ret);
		if (err || *ret < 0 || key[3] == MAX_EXECS - 1)
			return err;
	}
}

/* The grant that the entry before told of, into columns @column and the next of @statement. */
static int take_pass(struct lineage_index *index, const struct fact *fact, int64_t kind,
		     sqlite3_stmt *statement, int column)
{
	sqlite3_stmt *take = index->statements[TAKE_PASS];
	int code;

	sqlite3_bind_int64(take, 1, fact->self);
	sqlite3_bind_int64(take, 2, fact->other);
	sqlite3_bind_int64(take, 3, kind);
	code = sqlite3_step(take);
	if (code == SQLITE_ROW) {
		sqlite3_bind_value(statement, column, sqlite3_column_value(take, 0));
		sqlite3_bind_value(statement, column + 1, sqlite3_column_value(take, 1));
		code = sqlite3_step(take);
	}
	sqlite3_reset(take);
	return database_error_of(code);
}

static int new_edge(struct lineage_index *index, const struct fact *fact, const int64_t key[4])
{
	sqlite3_stmt *add = index->statements[ADD_EDGE];
	int err = take_pass(index, fact, key[2], add, 12);

	if (err)
		return err;
	sqlite3_bind_int64(add, 1, (int64_t)fact->seq);
	for (int i = 0; i < 4; i++)
		sqlite3_bind_int64(add, i + 2, key[i]);
	sqlite3_bind_int64(add, 6, fact->time);
	sqlite3_bind_int64(add, 7, fact->labels);
	bind_text(add, 8, fact->comm);
	bind_text(add, 9, fact->exe);
	sqlite3_bind_int64(add, 10, fact->self);
	bind_text(add, 11, fact->user);
	err = database_finish(add);
	index->edges += !err;
	return err;
}

static int touch_edge(struct lineage_index *index, const struct fact *fact, int64_t kind,
		      int64_t edge)
{
	sqlite3_stmt *touch = index->statements[TOUCH_EDGE];
	int err = take_pass(index, fact, kind, touch, 4);

	if (err)
		return err;
	sqlite3_bind_int64(touch, 1, edge);
	sqlite3_bind_int64(touch, 2, (int64_t)fact->seq);
	sqlite3_bind_int64(touch, 3, fact->labels);
	return database_finish(touch);
}

static int add_edge(struct lineage_index *index, struct fact *fact, int kind)
{
	bool inward = index_is_inward(kind);
	int64_t key[4] = { inward ? fact->self : fact->other, inward ? fact->other : fact->self,
			   kind, 0 };
	int64_t edge;
	int err =
		kind == INDEX_BECAME ? find_exec(index, key, &edge) : find_edge(index, key, &edge);

	if (err)
		return err;
	return edge >= 0 ? touch_edge(index, fact, kind, edge) : new_edge(index, fact, key);
}

static int add_flow(struct lineage_index *index, struct fact *fact, int kind)
{
	const json_t *peer = json_object_get(fact->entry, "peer");

	if (kind == INDEX_STARTED)
		fact->other = get_process(index, peer, fact->comm, fact->exe, fact->seq);
	else if (kind == INDEX_TOOK || kind == INDEX_GAVE)
		fact->other = get_process(index, peer, "", "", fact->seq);
	else if (kind == INDEX_BECAME)
		fact->other = fact->self;
	else
		fact->other = get_target(index, fact->entry, fact->seq);
	if (fact->other <= 0)
		return (int)fact->other;
	return add_edge(index, fact, kind);
}

static int add_emptied(struct lineage_index *index, struct fact *fact, int kind)
{
	sqlite3_stmt *add = index->statements[ADD_EMPTIED];
	int64_t object = get_target(index, fact->entry, fact->seq);

	(void)kind;
	if (object <= 0)
		return (int)object;
	sqlite3_bind_int64(add, 1, object);
	sqlite3_bind_int64(add, 2, (int64_t)fact->seq);
	sqlite3_bind_int64(add, 3, fact->time);
	return database_finish(add);
}

/* What comes by this grant is told of by an entry after this one. */
static int add_pass(struct lineage_index *index, struct fact *fact, int kind)
{
	const char *action = text_of(fact->entry, "action");
	const char *request = text_of(fact->entry, "request");
	sqlite3_stmt *add = index->statements[ADD_PASS];
	int64_t object;

	kind = !strcmp(action, "open") ? INDEX_READ : !strcmp(action, "write") ? INDEX_WROTE : 0;
	object = kind ? get_target(index, fact->entry, fact->seq) : 0;
	if (object <= 0)
		return (int)object;
	sqlite3_bind_int64(add, 1, fact->self);
	sqlite3_bind_int64(add, 2, object);
	sqlite3_bind_int64(add, 3, kind);
	if (*request)
		bind_text(add, 4, request);
	bind_text(add, 5, text_of(fact->entry, "grant"));
	sqlite3_bind_int64(add, 6, (int64_t)fact->seq);
	return database_finish(add);
}

/* Processes and device numbers of another boot are others. */
static void note_boot(struct lineage_index *index, const json_t *entry)
{
	uint64_t hash = 14695981039346656037ULL; /* FNV-1a: nobody chooses boot ids */
	const char *id = text_of(entry, "boot");

	if (!*id)
		return;
	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * 1099511628211ULL;
	index->boot = (int64_t)(hash >> 1) | 1; /* never 0, which stands for all */
}

int lineage_index_add(struct lineage_index *index, const json_t *entry, uint64_t seq)
{
	static const struct {
		const char *type;
		int (*fn)(struct lineage_index *index, struct fact *fact, int kind);
		int kind;
	} types[] = {
		{ "event.read", add_flow, INDEX_READ },
		{ "event.label", add_flow, INDEX_WROTE },
		{ "event.fork", add_flow, INDEX_STARTED },
		{ "event.exec", add_flow, INDEX_BECAME },
		{ "event.take", add_flow, INDEX_TOOK },
		{ "event.give", add_flow, INDEX_GAVE },
		{ "event.declassify", add_flow, INDEX_DECLASSIFIED },
		{ "event.sink", add_flow, INDEX_SUNK },
		{ "event.empty", add_emptied, 0 },
		{ "grant.used", add_pass, 0 },
	};
	const json_t *subject = json_object_get(entry, "subject");
	const char *type = text_of(entry, "type");
	struct fact fact = { .entry = entry, .seq = seq };
	uint64_t time = 0;
	size_t i = 0;
	int err;

	if (!strcmp(type, "agent.start"))
		note_boot(index, entry);
	while (i < ARRAY_SIZE(types) && strcmp(types[i].type, type))
		i++;
	if (i == ARRAY_SIZE(types))
		return 0;
	record_get_u64(entry, "time", &time);
	fact.time = (int64_t)time;
	fact.comm = text_of(subject, "comm");
	fact.exe = text_of(subject, "exe");
	fact.user = text_of(subject, "user");
	fact.self = get_process(index, subject, fact.comm, fact.exe, seq);
	if (fact.self <= 0)
		return (int)fact.self;
	err = get_labels(index, entry, &fact.labels);
	return err ? err : types[i].fn(index, &fact, types[i].kind);
}
