/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_put.c: new texts, in memory until they are in the file: see vault.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "event/wording.h"
#include "vault_private.h"

static struct vault_new *new_free(struct vault_new *fresh)
{
	if (fresh) {
		free(fresh->name);
		free(fresh->plain);
		OPENSSL_cleanse(fresh->key, sizeof(fresh->key));
	}
	free(fresh);
	return NULL;
}

void vault_forget(struct vault *vault)
{
	struct vault_new *fresh, *next;

	HASH_ITER(hh, vault->fresh, fresh, next) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		HASH_DEL(vault->fresh, fresh);
		new_free(fresh);
	}
}

static void spell(const unsigned char hash[VAULT_HASH], char ret[VAULT_TEXT])
{
	strcpy(ret, VAULT_PREFIX);
	wording_hex(hash, VAULT_HASH, ret + strlen(VAULT_PREFIX));
}

/* An entry that names nobody is about whom its request is about. */
static int64_t uid_of(struct vault *vault, const struct vault_scope *scope)
{
	sqlite3_stmt *find = vault->statements[FIND_UID];
	int64_t uid = VAULT_NOBODY;

	if (scope->uid >= 0 || !*scope->request)
		return scope->uid;
	for (const struct vault_new *fresh = vault->fresh; fresh; fresh = fresh->hh.next)
		if (fresh->uid >= 0 && !strcmp(fresh->request, scope->request))
			return fresh->uid;
	sqlite3_bind_text(find, 1, scope->request, -1, SQLITE_STATIC);
	if (sqlite3_step(find) == SQLITE_ROW)
		uid = sqlite3_column_int64(find, 0);
	sqlite3_reset(find);
	sqlite3_clear_bindings(find);
	return uid;
}

/*
 * False also for a file that cannot be read: the text gets another commitment then, and writing that
 * fails where it can be dealt with.
 */
static bool find_plain(struct vault *vault, const struct vault_new *wanted, char ret[VAULT_TEXT])
{
	sqlite3_stmt *find = vault->statements[FIND_PLAIN];
	bool found;

	sqlite3_bind_text(find, 1, wanted->plain, -1, SQLITE_STATIC);
	sqlite3_bind_int64(find, 2, wanted->uid);
	sqlite3_bind_text(find, 3, wanted->request, -1, SQLITE_STATIC);
	sqlite3_bind_int64(find, 4, wanted->day);
	found = sqlite3_step(find) == SQLITE_ROW && sqlite3_column_bytes(find, 0) == VAULT_HASH;
	if (found)
		spell(sqlite3_column_blob(find, 0), ret);
	sqlite3_reset(find);
	sqlite3_clear_bindings(find);
	return found;
}

static struct vault_new *new_text(struct vault *vault, const struct vault_scope *scope, bool nonce,
				  const char *plain)
{
	struct vault_new *fresh = calloc(1, sizeof(*fresh));

	if (!fresh)
		return NULL;
	fresh->uid = uid_of(vault, scope);
	fresh->day = (int64_t)(scope->time_ms / VAULT_DAY_MS);
	fresh->nonce = nonce;
	snprintf(fresh->request, sizeof(fresh->request), "%s", scope->request);
	fresh->plain = strdup(plain);
	if (asprintf(&fresh->name, "%" PRId64 " %" PRId64 " %s %s", fresh->uid, fresh->day,
		     fresh->request, plain) < 0)
		fresh->name = NULL;
	return fresh->plain && fresh->name ? fresh : new_free(fresh);
}

static int add_new(struct vault *vault, struct vault_new *fresh)
{
	if (RAND_bytes(fresh->key, sizeof(fresh->key)) != 1)
		return -EIO;
	if (vault_hash(fresh->key, fresh->plain, fresh->hash))
		return -ENOMEM;
	HASH_ADD_KEYPTR(hh, vault->fresh, fresh->name, strlen(fresh->name), fresh);
	return fresh->hh.tbl ? 0 : -ENOMEM;
}

int vault_put(struct vault *vault, const struct vault_scope *scope, bool nonce, const char *plain,
	      char ret[VAULT_TEXT])
{
	struct vault_new *fresh = new_text(vault, scope, nonce, plain), *known;
	int r;

	if (!fresh)
		return -ENOMEM;
	HASH_FIND_STR(vault->fresh, fresh->name, known);
	if (known)
		spell(known->hash, ret);
	if (known || find_plain(vault, fresh, ret)) {
		new_free(fresh);
		return 0;
	}
	r = add_new(vault, fresh);
	if (r < 0) {
		new_free(fresh);
		return r;
	}
	spell(fresh->hash, ret);
	return 0;
}

static int write_one(struct vault *vault, const struct vault_new *fresh)
{
	sqlite3_stmt *add = vault->statements[vault->target ? ADD_VALUE_B : ADD_VALUE];

	sqlite3_bind_blob(add, 1, fresh->hash, VAULT_HASH, SQLITE_STATIC);
	sqlite3_bind_blob(add, 2, fresh->key, VAULT_HASH, SQLITE_STATIC);
	sqlite3_bind_text(add, 3, fresh->plain, -1, SQLITE_STATIC);
	sqlite3_bind_int64(add, 4, fresh->uid);
	sqlite3_bind_text(add, 5, fresh->request, -1, SQLITE_STATIC);
	sqlite3_bind_int64(add, 6, fresh->day);
	sqlite3_bind_int(add, 7, fresh->nonce);
	return database_finish(add);
}

int vault_commit(struct vault *vault)
{
	int err;

	if (!vault->fresh)
		return 0;
	err = database_run(vault->db, "BEGIN IMMEDIATE");
	for (const struct vault_new *fresh = vault->fresh; !err && fresh; fresh = fresh->hh.next)
		err = write_one(vault, fresh);
	err = vault_end(vault, err);
	if (err)
		return err;
	vault_forget(vault);
	return 0;
}
