/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault.c: the file and looking things up in it: see vault.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "event/wording.h"
#include "vault_private.h"

#define WRITER_MS 2000 /* what a reader waits for sluiced, which may be writing the file anew */

static const char *const texts[VAULT_STATEMENTS] = {
	[FIND_PLAIN] = ("SELECT commitment FROM text WHERE plain=?1 AND uid=?2 AND request=?3 AND "
		        "day=?4"),
	[FIND_VALUE] = "SELECT key,plain FROM text WHERE commitment=?1",
	[FIND_ERASED] = "SELECT time_ms FROM erased WHERE commitment=?1",
	[FIND_UID] = "SELECT uid FROM text WHERE request=?1 AND uid>=0 LIMIT 1",
	[ADD_VALUE] = "INSERT INTO value VALUES(?1,?2,?3,?4,?5,?6,?7)",
	[ADD_VALUE_B] = "INSERT INTO value_b VALUES(?1,?2,?3,?4,?5,?6,?7)",
	[OF_REQUEST] = "SELECT DISTINCT plain FROM text WHERE request=?1 AND NOT nonce",
};

static const char schema[] =
	"BEGIN;"
	"CREATE TABLE value(commitment BLOB PRIMARY KEY, key BLOB NOT NULL, plain TEXT NOT NULL,"
	" uid INTEGER NOT NULL, request TEXT NOT NULL, day INTEGER NOT NULL,"
	" nonce INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX value_plain ON value(plain,uid,request,day);"
	"CREATE INDEX value_request ON value(request);"
	"CREATE TABLE erased(commitment BLOB PRIMARY KEY, time_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"PRAGMA application_id=1397511491;"
	"PRAGMA user_version=1;"
	"COMMIT;";

static const struct database_form form = {
	.version = 1,
	.schema = schema,
	.synchronous = "FULL",
	.read_by_others = true,
};

int vault_error(const struct vault *vault, int code)
{
	if (vault->db && sqlite3_extended_errcode(vault->db) == SQLITE_READONLY_DBMOVED)
		return -ESTALE;
	return database_error_of(code);
}

int vault_end(struct vault *vault, int err)
{
	if (!err)
		err = database_run(vault->db, "COMMIT");
	if (!err)
		return 0;
	err = vault_error(vault, sqlite3_errcode(vault->db));
	database_run(vault->db, "ROLLBACK");
	return err ? err : -EIO;
}

int vault_hash(const unsigned char key[VAULT_HASH], const char *plain,
	       unsigned char ret[VAULT_HASH])
{
	return HMAC(EVP_sha256(), key, VAULT_HASH, (const unsigned char *)plain, strlen(plain), ret,
		    NULL)
		       ? 0
		       : -ENOMEM;
}

/* Who could read it could read all that is private. */
static int check_mode(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EUCLEAN;
	return st.st_mode & 077 || (st.st_uid != geteuid() && geteuid() != 0) ? -EACCES : 0;
}

static void say(const char *path, int err, char *text, size_t size)
{
	static const struct {
		int error;
		const char *remedy;
	} remedies[] = {
		{ -EACCES, "only its owner may read and write it: chmod 0600" },
		{ -EUCLEAN,
		  "it is damaged or another program's: put a backup in its place, or move "
		  "it aside, and what it held is as good as erased" },
		{ -EBUSY, "another program has it open: end that" },
		{ -ENOENT, "it is not there" },
		{ -ENOSPC, "free space" },
		{ -EROFS, "mount the file system writable" },
	};
	const char *remedy = "see the kernel's log";

	for (size_t i = 0; i < ARRAY_SIZE(remedies); i++)
		if (remedies[i].error == err)
			remedy = remedies[i].remedy;
	snprintf(text, size, "cannot open the vault '%.300s': %s; %s", path, strerror(-err),
		 remedy);
}

/* Takes @path. */
static struct vault *vault_new(char *path)
{
	struct vault *vault = path ? calloc(1, sizeof(*vault)) : NULL;

	if (vault)
		vault->path = path;
	else
		free(path);
	return vault;
}

/* A reader adds nothing, and may have a file of an older version. */
static int prepare(struct vault *vault, bool writer)
{
	int err = vault_scrub_prepare(vault, writer);

	return err ? err
		   : database_prepare(vault->db, texts, writer ? VAULT_STATEMENTS : ADD_VALUE,
				      vault->statements);
}

static int open_writer(struct vault *vault, bool make)
{
	int err = check_mode(vault->path);

	vault->made = err == -ENOENT && make;
	if (err && !vault->made)
		return err;
	err = database_open(vault->path, &form, &vault->db);
	return err ? err : prepare(vault, true);
}

static int check_form(sqlite3 *db)
{
	int64_t application = 0, version = 0;
	int err = database_ask(db, "PRAGMA application_id", &application);

	if (!err)
		err = database_ask(db, "PRAGMA user_version", &version);
	if (!err && (application != DATABASE_APPLICATION || version != form.version))
		err = -EUCLEAN;
	return err;
}

static int open_reader(struct vault *vault)
{
	int err = check_mode(vault->path);

	if (!err)
		err = database_error_of(sqlite3_open_v2(vault->path, &vault->db,
							SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW,
							NULL));
	if (!err) {
		sqlite3_busy_timeout(vault->db, WRITER_MS);
		err = check_form(vault->db);
	}
	return err ? err : prepare(vault, false);
}

static int finish_open(struct vault *vault, int err, struct vault **ret, char *text, size_t size)
{
	if (err) {
		say(vault->path, err, text, size);
		vault_close(vault);
		return err;
	}
	*ret = vault;
	return 0;
}

int vault_open(const char *folder, bool make, struct vault **ret, char *text, size_t size)
{
	struct vault *vault;
	char *path = NULL;

	if (asprintf(&path, "%s/" VAULT_FILE, folder) < 0)
		path = NULL;
	vault = vault_new(path);
	if (!vault)
		return -ENOMEM;
	return finish_open(vault, open_writer(vault, make), ret, text, size);
}

int vault_open_reader(const char *path, struct vault **ret, char *text, size_t size)
{
	struct vault *vault = vault_new(strdup(path));

	if (!vault)
		return -ENOMEM;
	return finish_open(vault, open_reader(vault), ret, text, size);
}

struct vault *vault_close(struct vault *vault)
{
	if (!vault)
		return NULL;
	vault_forget(vault);
	for (size_t i = 0; i < VAULT_STATEMENTS; i++)
		sqlite3_finalize(vault->statements[i]);
	sqlite3_close(vault->db);
	free(vault->path);
	free(vault);
	return NULL;
}

const char *vault_path(const struct vault *vault)
{
	return vault->path;
}

bool vault_was_made(const struct vault *vault)
{
	return vault->made;
}

const char *vault_commitment_end(const char *text)
{
	const size_t prefix = strlen(VAULT_PREFIX), digits = 2 * (size_t)VAULT_HASH;

	if (strncmp(text, VAULT_PREFIX, prefix) ||
	    strspn(text + prefix, "0123456789abcdef") < digits)
		return NULL;
	return text + prefix + digits;
}

/* Fills @ret from the row of @find, if there is one. Return: whether, or a negative errno. */
static int take_row(struct vault *vault, sqlite3_stmt *find, struct vault_value *ret)
{
	int code = sqlite3_step(find), r = vault_error(vault, code);

	if (code == SQLITE_ROW && find == vault->statements[FIND_ERASED]) {
		ret->erased_ms = (uint64_t)sqlite3_column_int64(find, 0);
		r = 1;
	} else if (code == SQLITE_ROW) {
		const char *plain = (const char *)sqlite3_column_text(find, 1);
		const void *key = sqlite3_column_blob(find, 0);

		ret->plain = plain ? strdup(plain) : NULL;
		r = ret->plain ? 1 : -ENOMEM;
		if (r == 1 && key && sqlite3_column_bytes(find, 0) == VAULT_HASH)
			memcpy(ret->key, key, VAULT_HASH);
	}
	sqlite3_reset(find);
	sqlite3_clear_bindings(find);
	return r;
}

static int find_in(struct vault *vault, enum vault_statement which, const unsigned char *hash,
		   struct vault_value *ret)
{
	sqlite3_bind_blob(vault->statements[which], 1, hash, VAULT_HASH, SQLITE_STATIC);
	return take_row(vault, vault->statements[which], ret);
}

static int find_fresh(const struct vault *vault, const unsigned char *hash, struct vault_value *ret)
{
	for (const struct vault_new *fresh = vault->fresh; fresh; fresh = fresh->hh.next) {
		if (memcmp(fresh->hash, hash, VAULT_HASH) != 0)
			continue;
		memcpy(ret->key, fresh->key, VAULT_HASH);
		ret->plain = strdup(fresh->plain);
		return ret->plain ? 1 : -ENOMEM;
	}
	return 0;
}

int vault_find(struct vault *vault, const char *commitment, struct vault_value *ret)
{
	char hex[2 * VAULT_HASH + 1];
	unsigned char hash[VAULT_HASH];
	int r;

	*ret = (struct vault_value){ 0 };
	snprintf(hex, sizeof(hex), "%s", commitment + strlen(VAULT_PREFIX));
	if (wording_unhex(hex, hash, sizeof(hash)))
		return VAULT_UNKNOWN;
	r = find_fresh(vault, hash, ret);
	if (!r)
		r = find_in(vault, FIND_VALUE, hash, ret);
	if (r)
		return r < 0 ? r : VAULT_PLAIN;
	r = find_in(vault, FIND_ERASED, hash, ret);
	return r < 0 ? r : r ? VAULT_ERASED : VAULT_UNKNOWN;
}

bool vault_fits(const struct vault_value *value, const char *commitment)
{
	char text[VAULT_TEXT] = VAULT_PREFIX;
	unsigned char hash[VAULT_HASH];

	if (!value->plain || vault_hash(value->key, value->plain, hash))
		return false;
	wording_hex(hash, sizeof(hash), text + strlen(VAULT_PREFIX));
	return !strncmp(text, commitment, VAULT_TEXT - 1);
}

int vault_each_of(struct vault *vault, const char *request,
		  void (*fn)(void *ctx, const char *plain), void *ctx)
{
	sqlite3_stmt *find = vault->statements[OF_REQUEST];
	int code;

	for (const struct vault_new *fresh = vault->fresh; fresh; fresh = fresh->hh.next)
		if (!fresh->nonce && !strcmp(fresh->request, request))
			fn(ctx, fresh->plain);
	sqlite3_bind_text(find, 1, request, -1, SQLITE_STATIC);
	while ((code = sqlite3_step(find)) == SQLITE_ROW) {
		const char *plain = (const char *)sqlite3_column_text(find, 0);

		if (plain)
			fn(ctx, plain);
	}
	sqlite3_reset(find);
	sqlite3_clear_bindings(find);
	return vault_error(vault, code);
}
