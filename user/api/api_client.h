/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_client.h: programs that may use the gateway's API: sections [Client NAME] of gateway.conf.
 *
 * Owns: their settings, and which one a token is of. Of a token only the SHA-256 is kept, here and
 * on disk: 32 random bytes need no slower hash. Must not own: what the API does (api.h).
 */
#ifndef SLUICE_API_CLIENT_H
#define SLUICE_API_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/setting.h"
#include "ipc.h"

#define API_MAX_CLIENTS 32
#define API_TOKEN_MAX	64 /* with the NUL */
#define API_HASH_SIZE	32

/* What a client may do. */
enum api_scope { API_READ = 1, API_DECIDE = 2, API_EVENTS = 4 };

/**
 * struct api_client: one, as in the file, and what follows from it.
 * @rate: requests a minute
 * @hash: SHA-256 of its token
 * @scopes: enum api_scope, of @scopes_text
 * @expires_ms: since the epoch; 0: never
 * @tier: enum policy_tier: what its own answers are said to be of
 */
struct api_client {
	char name[SLUICE_NAME_MAX];
	char *token_hash_file;
	char *scopes_text;
	char *expires;
	char *tier_text;
	uint64_t rate;

	uint8_t hash[API_HASH_SIZE];
	unsigned int scopes;
	uint64_t expires_ms;
	unsigned int tier;
};

struct api_clients {
	struct api_client *list[API_MAX_CLIENTS];
	size_t n;
};

extern const struct setting api_client_keys[];
extern const size_t api_client_n_keys;

/*
 * One more, with what holds by default. Return: lent by @clients, or NULL with errno: EINVAL for
 * the name, EEXIST, ENOSPC, ENOMEM.
 */
struct api_client *api_client_add(struct api_clients *clients, const char *name);

/* As the check of struct notifier_ops. */
int api_client_check(void *client, struct setting_error *error);

/* Two with one token would be one. Return: 0, or -EINVAL and @error. */
int api_clients_check(const struct api_clients *clients, struct setting_error *error);

void api_clients_clear(struct api_clients *clients);

/*
 * Whose token that is; takes as long whichever it is. Return: NULL when it is nobody's, or has
 * expired.
 */
const struct api_client *api_client_find(const struct api_clients *clients, const char *token);

bool api_client_expired(const struct api_client *client);

/*
 * One token's hash, of a section that has no [Client] of its own. Reads what --new-token has
 * printed. Return: 0, or a negative errno and @error.
 */
int api_token_hash_read(const char *key, const char *path, uint8_t ret[API_HASH_SIZE],
			struct setting_error *error);
bool api_token_fits(const char *token, const uint8_t hash[API_HASH_SIZE]);

/* "read", …; NULL for what is no single scope. */
const char *api_scope_name(enum api_scope scope);

/* A new one, and the hex digits of its hash. Return: 0 or -EIO. */
int api_token_make(char ret_token[API_TOKEN_MAX], char ret_hash[2 * API_HASH_SIZE + 1]);

#endif
