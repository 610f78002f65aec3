/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_erase.c: choosing texts and erasing them: see vault.h.
 *
 * Deleted cells are overwritten (secure_delete), and vault_scrub.c writes the file anew, so that none
 * of its bytes is left from before. What the file system keeps of freed blocks is not ours.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "match.h"
#include "vault_private.h"

struct chosen {
	unsigned char (*hashes)[VAULT_HASH];
	size_t n;
};

/*
 * What each text that fits has in it, unless its upper part is cut off: nearly all others are told
 * apart by it four times faster than by the pattern. It ends where a text may be spelled in another
 * way.
 */
static void begin_of(const struct vault_select *select, char *ret, size_t size)
{
	size_t n = 0;

	for (const char *c = select->path ?: ""; *c > ' ' && *c <= '~' && n + 1 < size; c++) {
		if (strchr("*?\\", *c))
			break;
		ret[n++] = *c;
	}
	while (n > 0 && ret[n - 1] == '/')
		n--;
	ret[n] = '\0';
}

static bool wants(const struct vault_select *select, const char *begin, const char *plain)
{
	if (!strstr(plain, begin) && !strstr(plain, MATCH_CUT))
		return false;
	return !select->path || match_path(select->path, plain) || match_text(select->path, plain);
}

static int choose(struct chosen *chosen, sqlite3_stmt *row)
{
	unsigned char(*hash)[VAULT_HASH] = ARRAY_APPEND(chosen->hashes, chosen->n);

	if (!hash)
		return -ENOMEM;
	if (sqlite3_column_bytes(row, 0) != VAULT_HASH)
		return -EUCLEAN;
	memcpy(hash, sqlite3_column_blob(row, 0), VAULT_HASH);
	return 0;
}

static int choose_all(struct vault *vault, const struct vault_select *select, sqlite3_stmt *rows,
		      struct chosen *chosen)
{
	char begin[256];
	int code, err = 0;

	begin_of(select, begin, sizeof(begin));
	sqlite3_bind_int64(rows, 1, select->uid);
	sqlite3_bind_text(rows, 2, select->request ? select->request : "", -1, SQLITE_STATIC);
	sqlite3_bind_int64(rows, 3, (int64_t)(select->before_ms / VAULT_DAY_MS));
	while (!err && (code = sqlite3_step(rows)) == SQLITE_ROW) {
		const char *plain = (const char *)sqlite3_column_text(rows, 1);

		if (plain && wants(select, begin, plain))
			err = choose(chosen, rows);
	}
	return err ? err : vault_error(vault, code);
}

static int select_rows(struct vault *vault, const struct vault_select *select, struct chosen *ret)
{
	static const char sql[] = "SELECT commitment,plain FROM text WHERE NOT nonce AND "
				  "(?1<0 OR uid=?1) AND (?2='' OR request=?2) AND (?3=0 OR day<?3)";
	sqlite3_stmt *rows = NULL;
	int code = sqlite3_prepare_v2(vault->db, sql, -1, &rows, NULL);
	int err = vault_error(vault, code);

	if (!err)
		err = choose_all(vault, select, rows, ret);
	sqlite3_finalize(rows);
	return err;
}

int vault_count(struct vault *vault, const struct vault_select *select, uint64_t *ret)
{
	struct chosen chosen = { 0 };
	int err = select_rows(vault, select, &chosen);

	*ret = chosen.n;
	free(chosen.hashes);
	return err;
}

/* Runs @statement for each that was chosen. */
static int for_each(const struct chosen *chosen, sqlite3_stmt *statement)
{
	int err = 0;

	for (size_t i = 0; !err && i < chosen->n; i++) {
		sqlite3_bind_blob(statement, 1, chosen->hashes[i], VAULT_HASH, SQLITE_STATIC);
		err = database_error_of(sqlite3_step(statement));
		sqlite3_reset(statement);
	}
	return err;
}

static int each_statement(struct vault *vault, const struct chosen *chosen, uint64_t now_ms)
{
	static const char *const steps[] = {
		"INSERT OR REPLACE INTO erased VALUES(?1,?2)",
		/* the hash of a request over what is erased must not be guessed either */
		"INSERT OR REPLACE INTO erased SELECT n.commitment,?2 FROM text v JOIN text n ON "
		"n.request=v.request AND n.nonce WHERE v.commitment=?1 AND v.request<>''",
		"DELETE FROM value WHERE nonce AND commitment IN (SELECT commitment FROM erased) "
		"AND request=(SELECT request FROM text WHERE commitment=?1 AND request<>'')",
		"DELETE FROM value_b WHERE nonce AND commitment IN (SELECT commitment FROM erased) "
		"AND request=(SELECT request FROM text WHERE commitment=?1 AND request<>'')",
		"DELETE FROM value WHERE commitment=?1",
		"DELETE FROM value_b WHERE commitment=?1",
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(steps); i++) {
		sqlite3_stmt *statement = NULL;

		err = database_error_of(
			sqlite3_prepare_v2(vault->db, steps[i], -1, &statement, NULL));
		if (!err && sqlite3_bind_parameter_count(statement) > 1)
			sqlite3_bind_int64(statement, 2, (int64_t)now_ms);
		if (!err)
			err = for_each(chosen, statement);
		sqlite3_finalize(statement);
	}
	return err;
}

static int erase_rows(struct vault *vault, const struct chosen *chosen, uint64_t now_ms)
{
	int err = database_run(vault->db, "BEGIN IMMEDIATE");

	if (!err)
		err = each_statement(vault, chosen, now_ms);
	if (!err && chosen->n)
		err = vault_scrub_begin(vault);
	err = vault_end(vault, err);
	if (err)
		return err;
	return vault_scrub_know(vault);
}

int vault_erase(struct vault *vault, const struct vault_select *select, uint64_t now_ms,
		uint64_t *ret)
{
	struct chosen chosen = { 0 };
	int err = vault->fresh ? -EAGAIN : select_rows(vault, select, &chosen);

	if (!err)
		err = erase_rows(vault, &chosen, now_ms);
	*ret = err ? 0 : chosen.n;
	free(chosen.hashes);
	return err;
}
