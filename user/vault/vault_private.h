/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_private.h: what vault.c (the file), vault_put.c (new texts) and vault_erase.c share. Nobody
 * else includes it.
 */
#ifndef SLUICE_VAULT_PRIVATE_H
#define SLUICE_VAULT_PRIVATE_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/database.h"
#include "vault.h"

#define VAULT_DAY_MS UINT64_C(86400000)

enum vault_statement {
	FIND_PLAIN,
	FIND_VALUE,
	FIND_ERASED,
	FIND_UID,
	OF_REQUEST,
	ADD_VALUE, /* from here on for who writes */
	ADD_VALUE_B,
	VAULT_STATEMENTS,
};

/**
 * struct vault_new: a text that is not in the file yet.
 * @name: of its scope and itself, for the table
 */
struct vault_new {
	UT_hash_handle hh;
	char *name;
	char *plain;
	char request[16];
	int64_t uid;
	int64_t day;
	bool nonce;
	unsigned char key[VAULT_HASH];
	unsigned char hash[VAULT_HASH];
};

/**
 * struct vault: the file.
 * @target: 0, 1: the table that rows go to; @pending: rounds in which they still have to move
 * (vault_scrub.c); @rows: so many in the next step
 */
struct vault {
	sqlite3 *db;
	sqlite3_stmt *statements[VAULT_STATEMENTS];
	struct vault_new *fresh;
	char *path;
	bool made;
	int64_t target, pending;
	unsigned int rows;
};

/* The errno of the last failure of SQLite, also for a file that was moved away. */
int vault_error(const struct vault *vault, int code);
/* Ends what "BEGIN IMMEDIATE" began: all of it, or with @err nothing. 0 or a negative errno. */
int vault_end(struct vault *vault, int err);
int vault_hash(const unsigned char key[VAULT_HASH], const char *plain,
	       unsigned char ret[VAULT_HASH]);
/* Before all statements, which ask the view "text". @writer: the file may be changed. */
int vault_scrub_prepare(struct vault *vault, bool writer);
/* In the transaction that erases; behind it vault_scrub_know(). */
int vault_scrub_begin(struct vault *vault);
int vault_scrub_know(struct vault *vault);
void vault_forget(struct vault *vault); /* what is not in the file */

#endif
