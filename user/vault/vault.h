/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault.h: the plain text of what the journal only has a commitment to: "<state>/vault.db".
 *
 * Owns: that file, commitments, and erasing. Must not own: what is private and where it stands in
 * an entry (record_seal.h), or what is shown in its place (reveal.h).
 *
 * A commitment is "hmac:" and the hex of HMAC-SHA256 over the text, with a random key of its own:
 * without the key nobody can tell whether a guess is right, and with key and text everybody can. The
 * same text has the same commitment for one user, within one request or outside of any, on one day
 * (UTC), and another one else: nobody without the vault can follow it further than that.
 *
 * SQLite 3, tables: value and value_b (a row a commitment: key, text, whom it is about; in one of both,
 * or in the middle of vault_scrub()), place (which, and whether that is due), erased (commitments
 * whose key and text are gone, and when). Readers that are not sluiced open it read-only: so it has a
 * rollback journal, which a reader need not write to, as a write-ahead log would want.
 */
#ifndef SLUICE_VAULT_H
#define SLUICE_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VAULT_FILE   "vault.db"
#define VAULT_PREFIX "hmac:"
#define VAULT_HASH   32
#define VAULT_TEXT   (sizeof(VAULT_PREFIX) + 2 * VAULT_HASH) /* a commitment, with its NUL */
#define VAULT_NOBODY (-1)

struct vault;

/**
 * struct vault_scope: whom a text is about.
 * @uid: VAULT_NOBODY: that of the request, where the vault knows it
 * @request: "r-…", or ""
 */
struct vault_scope {
	int64_t uid;
	const char *request;
	uint64_t time_ms;
};

enum vault_state {
	VAULT_UNKNOWN, /* never was in this vault: it is another's, or was lost */
	VAULT_ERASED,
	VAULT_PLAIN,
};

struct vault_value {
	unsigned char key[VAULT_HASH];
	char *plain; /* the caller's */
	uint64_t erased_ms;
};

/**
 * vault_open() - open "<folder>/vault.db" for writing, or make it with mode 0600.
 * @make: also when it is not there; else -ENOENT
 * @text: of a failure, one sentence with the remedy
 * Return: 0; -EACCES: open to others; -EUCLEAN: damaged, or another program's; another negative
 * errno.
 */
int vault_open(const char *folder, bool make, struct vault **ret, char *text, size_t size);

/* The same to read only, by its path; sluiced may write to it meanwhile. */
int vault_open_reader(const char *path, struct vault **ret, char *text, size_t size);

struct vault *vault_close(struct vault *vault); /* what is not committed is lost; returns NULL */
const char *vault_path(const struct vault *vault);
bool vault_was_made(const struct vault *vault); /* by vault_open() */

/**
 * vault_put() - the commitment to @plain.
 * @nonce: not what somebody did, but what makes a hash over it impossible to guess: it is erased with
 * any other text of its request
 * A new one is in memory until vault_commit(). Return: 0; -ENOMEM, -EIO: no random bytes.
 */
int vault_put(struct vault *vault, const struct vault_scope *scope, bool nonce, const char *plain,
	      char ret[VAULT_TEXT]);

/*
 * Makes what was put durable: before the journal's entries that name it. Return: 0, or a negative
 * errno: it is kept for the next try. -ESTALE: the file was moved or replaced.
 */
int vault_commit(struct vault *vault);

/*
 * The commitment at the begin of @text, if one is there: its end, else NULL. What looks like one
 * need not be one.
 */
const char *vault_commitment_end(const char *text);

/* @commitment: VAULT_TEXT - 1 characters. Return: enum vault_state, or a negative errno. */
int vault_find(struct vault *vault, const char *commitment, struct vault_value *ret);

/* HMAC-SHA256, as @commitment says: whether key and text are those it was made of. */
bool vault_fits(const struct vault_value *value, const char *commitment);

/* The texts that are put for @request so far, each once; @fn is not to change the vault. */
int vault_each_of(struct vault *vault, const char *request,
		  void (*fn)(void *ctx, const char *plain), void *ctx);

/**
 * struct vault_select: which texts; all that is set must fit.
 * @path: pattern (match.h): texts that are or name such a path; NULL
 * @uid: VAULT_NOBODY: any
 * @request: NULL or "": any
 * @before_ms: of days that ended before; 0: any
 */
struct vault_select {
	const char *path;
	int64_t uid;
	const char *request;
	uint64_t before_ms;
};

/* How many texts are meant, nonces not counted. */
int vault_count(struct vault *vault, const struct vault_select *select, uint64_t *ret);

/*
 * Erases them: key and text are overwritten, and the commitments stay noted as erased; what SQLite
 * has left of them elsewhere in the file goes with vault_scrub(). Nothing may wait for
 * vault_commit(). Return: 0, -EBUSY: somebody reads it.
 */
int vault_erase(struct vault *vault, const struct vault_select *select, uint64_t now_ms,
		uint64_t *ret);

/**
 * vault_scrub() - go on with writing the file anew, for about 20 ms, or as long as the disk takes.
 * After vault_erase(), also of an earlier process.
 * Return: 1: there is more to do; 0: no byte is left of what was erased; a negative errno.
 */
int vault_scrub(struct vault *vault);
bool vault_scrub_pending(const struct vault *vault);

#endif
