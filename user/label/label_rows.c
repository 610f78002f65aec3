// SPDX-License-Identifier: Apache-2.0
/*
 * label_rows.c: rows of the table of labeled objects: see label_table.h.
 *
 * Owns: the way from kernel bits to the table's own numbers, by name, and back. Must not own: the
 * file (label_table.c).
 */
#include "label_table_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The table's own number for a label, given when it has none yet. */
static int number_of(struct label_table *table, const char *name)
{
	sqlite3_stmt *insert = table->statements[NEW_LABEL];
	int number, unused = -1, err;

	for (number = 0; number < SLUICE_MAX_LABELS; number++) {
		if (!strcmp(table->names.name[number], name))
			return number;
		if (unused < 0 && !table->names.name[number][0])
			unused = number;
	}
	if (unused < 0)
		return -ENOSPC;
	sqlite3_bind_int(insert, 1, unused);
	sqlite3_bind_text(insert, 2, name, -1, SQLITE_TRANSIENT);
	err = database_finish(insert);
	if (err)
		return err;
	snprintf(table->names.name[unused], SLUICE_NAME_MAX, "%s", name);
	return unused;
}

/* @ret: the table's bits for the kernel's. */
static int to_table(struct label_table *table, const struct label_names *names, uint64_t labels,
		    uint64_t *ret)
{
	uint64_t mask = 0;
	unsigned int bit;

	for (bit = 0; bit < SLUICE_MAX_LABELS; bit++) {
		int number;

		if (!(labels & 1ULL << bit))
			continue;
		if (!names->name[bit][0]) /* left out, the object would lose it */
			return -EINVAL;
		number = number_of(table, names->name[bit]);
		if (number < 0)
			return number;
		mask |= 1ULL << number;
	}
	*ret = mask;
	return 0;
}

static int filesystem_of(struct label_table *table, const uint64_t uuid[2])
{
	sqlite3_stmt *insert = table->statements[NEW_FILESYSTEM];
	size_t i, n = table->n_uuids;
	int err;

	for (i = 0; i < n; i++)
		if (table->uuids[i][0] == uuid[0] && table->uuids[i][1] == uuid[1])
			return (int)i;
	if (n >= SLUICE_MAX_FILESYSTEMS)
		return -ENOSPC;
	sqlite3_bind_int64(insert, 1, (int64_t)n);
	sqlite3_bind_blob(insert, 2, uuid, 2 * sizeof(*uuid), SQLITE_TRANSIENT);
	err = database_finish(insert);
	if (!err)
		err = label_table_add_uuid(table, n, uuid);
	return err ? err : (int)n;
}

int label_table_put(struct label_table *table, const struct label_names *names,
		    const struct label_row *row)
{
	sqlite3_stmt *statement;
	uint64_t labels;
	int number, err = to_table(table, names, row->labels, &labels);

	if (err)
		return err;
	number = filesystem_of(table, row->uuid);
	if (number < 0)
		return number;
	statement = table->statements[labels ? PUT : TAKE];
	sqlite3_bind_int(statement, 1, number);
	sqlite3_bind_int64(statement, 2, (int64_t)row->id.ino);
	sqlite3_bind_int64(statement, 3, row->id.gen);
	if (labels)
		sqlite3_bind_int64(statement, 4, (int64_t)labels);
	return database_finish(statement);
}

int label_table_uuid(const struct label_table *table, uint32_t number, uint64_t ret[2])
{
	size_t i;

	for (i = 0; i < table->n_uuids; i++) {
		if (sluice_fs_number(table->uuids[i][0], table->uuids[i][1]) != number)
			continue;
		memcpy(ret, table->uuids[i], sizeof(table->uuids[i]));
		return 0;
	}
	return -ENOENT;
}

size_t label_table_names(const struct label_table *table, const char *ret[SLUICE_MAX_LABELS])
{
	size_t i, n = 0;

	for (i = 0; i < SLUICE_MAX_LABELS; i++)
		if (table->names.name[i][0])
			ret[n++] = table->names.name[i];
	return n;
}

/* The kernel's bit for each number of the table; 0 for what @names does not have. */
static void to_kernel(const struct label_table *table, const struct label_names *names,
		      uint64_t ret[SLUICE_MAX_LABELS])
{
	unsigned int number, bit;

	for (number = 0; number < SLUICE_MAX_LABELS; number++) {
		ret[number] = 0;
		for (bit = 0; table->names.name[number][0] && bit < SLUICE_MAX_LABELS; bit++)
			if (!strcmp(table->names.name[number], names->name[bit]))
				ret[number] = 1ULL << bit;
	}
}

static int fill_row(const struct label_table *table, sqlite3_stmt *statement,
		    const uint64_t bits[SLUICE_MAX_LABELS], struct label_row *ret)
{
	uint64_t number = (uint64_t)sqlite3_column_int64(statement, 0);
	uint64_t labels = (uint64_t)sqlite3_column_int64(statement, 3);
	unsigned int i;

	if (number >= table->n_uuids)
		return -EUCLEAN;
	memcpy(ret->uuid, table->uuids[number], sizeof(ret->uuid));
	ret->id.dev = sluice_fs_number(ret->uuid[0], ret->uuid[1]);
	ret->id.ino = (uint64_t)sqlite3_column_int64(statement, 1);
	ret->id.gen = (uint32_t)sqlite3_column_int64(statement, 2);
	ret->labels = 0;
	for (i = 0; i < SLUICE_MAX_LABELS; i++)
		if (labels & 1ULL << i)
			ret->labels |= bits[i];
	return 0;
}

int label_table_each(struct label_table *table, const struct label_names *names, label_row_fn fn,
		     void *ctx)
{
	sqlite3_stmt *statement = table->statements[EACH];
	uint64_t bits[SLUICE_MAX_LABELS];
	int code, err = 0;

	to_kernel(table, names, bits);
	while (!err && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct label_row row;

		err = fill_row(table, statement, bits, &row);
		if (!err)
			err = fn(ctx, &row);
	}
	if (!err)
		err = database_error_of(code);
	sqlite3_reset(statement);
	return err;
}
