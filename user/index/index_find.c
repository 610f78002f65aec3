// SPDX-License-Identifier: Apache-2.0
/*
 * index_find.c: which entries of an index may fit a filter: see index_file.h. Each word is compared
 * once, by the filter itself, with private text put in for who has the vault, as the file has
 * commitments only; then the entries are those that have the right words.
 */
#include "index_file.h"

#include "base/cleanup.h"
#include "base/database.h"
#include "vault/reveal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What of a filter each kind of word answers. */
struct part {
	struct journal_filter filter;
	bool asked;
};

static struct part part_of(const struct journal_filter *all, int kind)
{
	struct part part = { .filter.reveal = all->reveal };

	switch (kind) {
	case WORD_WHAT:
		part.filter.type = all->type;
		part.filter.action = all->action;
		part.filter.label = all->label;
		part.filter.rule = all->rule;
		part.filter.decision = all->decision;
		part.filter.no_upkeep = all->no_upkeep;
		part.asked = all->type || all->action || all->label || all->rule ||
			     all->decision || all->no_upkeep;
		break;
	case WORD_WHO:
		part.filter.request = all->request;
		part.filter.person = all->person;
		part.asked = all->request || all->person;
		break;
	case WORD_SUBJECT:
		part.filter.user = all->user;
		part.filter.executable = all->executable;
		part.asked = all->user || all->executable;
		break;
	default:
		part.filter.path = all->path;
		part.filter.destination = all->destination;
		part.filter.has_network = all->has_network;
		part.filter.network = all->network;
		part.filter.prefix = all->prefix;
		part.asked = all->path || all->destination || all->has_network;
	}
	return part;
}

static int pick_words(sqlite3 *db, const struct part *part, int kind)
{
	static const char *const sql[] = {
		"SELECT id,text FROM word WHERE kind=?1",
		"INSERT INTO picked VALUES(?1)",
	};
	sqlite3_stmt *statements[2] = { NULL, NULL };
	int code = SQLITE_DONE, r = database_prepare(db, sql, 2, statements);

	if (r == 0)
		sqlite3_bind_int(statements[0], 1, kind);
	while (r == 0 && (code = sqlite3_step(statements[0])) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(statements[0], 1);
		json_auto_t *said = json_loads(text ? text : "", JSON_ALLOW_NUL, NULL);

		if (said && part->filter.reveal)
			reveal_json(part->filter.reveal, said);
		if (said && !journal_filter_wants(&part->filter, said))
			continue;
		sqlite3_bind_int64(statements[1], 1, sqlite3_column_int64(statements[0], 0));
		r = database_finish(statements[1]);
	}
	sqlite3_finalize(statements[0]);
	sqlite3_finalize(statements[1]);
	return r ? r : database_error_of(code);
}

/* The question to the table of entries; "picked" has the words of all kinds, whose numbers differ.
 */
static char *compose(sqlite3 *db, const struct journal_filter *filter, int *ret_error)
{
	char *sql = NULL, kinds[160] = "";
	int r = database_run(db, "CREATE TEMP TABLE IF NOT EXISTS picked(id INTEGER PRIMARY KEY);"
				 "DELETE FROM picked");

	for (int kind = 0; r == 0 && kind < INDEX_WORDS; kind++) {
		const struct part part = part_of(filter, kind);
		size_t used = strlen(kinds);

		if (!part.asked)
			continue;
		r = pick_words(db, &part, kind);
		snprintf(kinds + used, sizeof(kinds) - used,
			 " AND w%d IN (SELECT id FROM picked)", kind);
	}
	if (r == 0 && asprintf(&sql,
			       "SELECT seq,offset,size FROM entry WHERE seq>=?1 AND time>=?2 AND "
			       "time<=?3%s%s ORDER BY seq",
			       filter->process ? " AND ?4 IN (pid,peer)" : "", kinds) < 0)
		r = -ENOMEM;
	*ret_error = r;
	return r == 0 ? sql : NULL;
}

bool index_file_answers(const struct journal_filter *filter)
{
	struct journal_filter people = *filter;
	bool asked = !filter->has_grep || filter->process || filter->since_ms || filter->until_ms;

	people.no_upkeep = false; /* which leaves nearly all */
	for (int kind = 0; kind < INDEX_WORDS; kind++)
		asked |= part_of(&people, kind).asked;
	return asked;
}

int index_file_find(struct index_file *file, const struct journal_filter *filter,
		    index_entry_fn fn, void *ctx)
{
	sqlite3_stmt *find = NULL;
	int code = SQLITE_DONE, r = 0;
	_cleanup_free_ char *sql = compose(file->db, filter, &r);

	if (!sql)
		return r;
	r = database_error_of(sqlite3_prepare_v2(file->db, sql, -1, &find, NULL));
	if (r == 0) {
		sqlite3_bind_int64(find, 1, (int64_t)filter->from_seq);
		sqlite3_bind_int64(find, 2, filter->since_ms ? filter->since_ms : INT64_MIN);
		sqlite3_bind_int64(find, 3, filter->until_ms ? filter->until_ms : INT64_MAX);
		if (filter->process)
			sqlite3_bind_int64(find, 4, strtoll(filter->process, NULL, 10));
	}
	while (r == 0 && (code = sqlite3_step(find)) == SQLITE_ROW) {
		const struct index_entry entry = {
			.seq = (uint64_t)sqlite3_column_int64(find, 0),
			.offset = (uint64_t)sqlite3_column_int64(find, 1),
			.size = (uint64_t)sqlite3_column_int64(find, 2),
		};

		r = fn(ctx, &entry);
	}
	sqlite3_finalize(find);
	return r ? r : database_error_of(code);
}
