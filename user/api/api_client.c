// SPDX-License-Identifier: Apache-2.0
/*
 * api_client.c: see api_client.h. Owns the tables of keys and scopes, and how a token looks.
 */
#include "api_client.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/when.h"
#include "gateway/secret.h"

/* So that people, and programs that look for secrets in the wrong place, know what it is. */
#define TOKEN_START  "sluice_"
#define TOKEN_BYTES  32
#define DEFAULT_RATE 120
#define MAX_RATE     6000

#define AT(field)    offsetof(struct api_client, field)

const struct setting api_client_keys[] = {
	{ .name = "TokenHashFile",
	  .type = SETTING_SECRET,
	  .offset = AT(token_hash_file),
	  .required = true },
	{ .name = "Scopes", .type = SETTING_TEXT, .offset = AT(scopes_text), .required = true },
	{ .name = "Expires", .type = SETTING_TEXT, .offset = AT(expires) },
	{ .name = "Tier", .type = SETTING_TEXT, .offset = AT(tier_text) },
	{ .name = "Rate", .type = SETTING_NUMBER, .offset = AT(rate), .min = 1, .max = MAX_RATE },
};
const size_t api_client_n_keys = ARRAY_SIZE(api_client_keys);

static const struct {
	const char *name;
	enum api_scope scope;
} scopes[] = {
	{ "read", API_READ },
	{ "decide", API_DECIDE },
	{ "events", API_EVENTS },
};

const char *api_scope_name(enum api_scope scope)
{
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++)
		if (scopes[i].scope == scope)
			return scopes[i].name;
	return NULL;
}

static int check_name(const struct api_clients *clients, const char *name)
{
	if (!text_is_name(name, ""))
		return EINVAL;
	for (size_t i = 0; i < clients->n; i++)
		if (strcmp(clients->list[i]->name, name) == 0)
			return EEXIST;
	return clients->n < API_MAX_CLIENTS ? 0 : ENOSPC;
}

struct api_client *api_client_add(struct api_clients *clients, const char *name)
{
	struct api_client *client;

	errno = check_name(clients, name);
	if (errno)
		return NULL;
	client = calloc(1, sizeof(*client));
	if (!client)
		return NULL;
	snprintf(client->name, sizeof(client->name), "%s", name);
	client->rate = DEFAULT_RATE;
	clients->list[clients->n++] = client;
	return client;
}

void api_clients_clear(struct api_clients *clients)
{
	for (size_t i = 0; i < clients->n; i++) {
		setting_free_texts(clients->list[i], api_client_keys, api_client_n_keys);
		free(clients->list[i]);
	}
	clients->n = 0;
}

static int add_scope(struct api_client *client, const char *word, struct setting_error *error)
{
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++) {
		if (strcmp(scopes[i].name, word) != 0)
			continue;
		client->scopes |= scopes[i].scope;
		return 0;
	}
	return setting_refuse(error, -EINVAL,
			      "Scopes=%s is not known; write one or more of: read decide events",
			      word);
}

static int check_scopes(struct api_client *client, struct setting_error *error)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	int r = text_to_words(client->scopes_text, &words);

	if (r < 0)
		return setting_refuse(error, r, "Scopes=%s must be words: read decide events",
				      client->scopes_text);
	for (size_t i = 0; r == 0 && words[i]; i++)
		r = add_scope(client, words[i], error);
	return r;
}

static int check_tier(struct api_client *client, struct setting_error *error)
{
	const char *tier = client->tier_text ? client->tier_text : "A1";

	if (strcmp(tier, "A1") != 0 && strcmp(tier, "A2") != 0)
		return setting_refuse(error, -EINVAL,
				      "Tier=%s must be A1 or A2: what is to count as A3 is signed "
				      "by the person",
				      tier);
	client->tier = (unsigned int)(tier[1] - '0');
	return 0;
}

/* In full, so that it does not depend on when the gateway was started. */
static int check_expires(struct api_client *client, struct setting_error *error)
{
	if (!client->expires)
		return 0;
	if (client->expires[0] < '0' || client->expires[0] > '9' ||
	    when_parse(client->expires, when_now(), &client->expires_ms) < 0 || !client->expires_ms)
		return setting_refuse(error, -EINVAL,
				      "Expires=%s must be a date like 2027-01-31, or a time like "
				      "2027-01-31T18:00:00Z",
				      client->expires);
	return 0;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c);

	return at && c ? (int)(at - digits) : -1;
}

static bool read_hash(const char *text, uint8_t ret[API_HASH_SIZE])
{
	if (strlen(text) != (size_t)2 * API_HASH_SIZE)
		return false;
	for (size_t i = 0; i < API_HASH_SIZE; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

int api_token_hash_read(const char *key, const char *path, uint8_t ret[API_HASH_SIZE],
			struct setting_error *error)
{
	char line[256];
	int r = secret_read_line(key, path, "what sluice-gateway --new-token prints", line,
				 sizeof(line), error);

	if (r < 0)
		return r;
	if (!read_hash(line, ret))
		r = setting_refuse(error, -EINVAL,
				   "%s=%s does not hold 64 hex digits; make a token with "
				   "sluice-gateway --new-token NAME, and never put the token itself "
				   "there",
				   key, path);
	explicit_bzero(line, sizeof(line)); /* in case it is the token itself */
	return r;
}

int api_client_check(void *arg, struct setting_error *error)
{
	struct api_client *client = arg;
	int r = check_scopes(client, error);

	if (r == 0)
		r = check_tier(client, error);
	if (r == 0)
		r = check_expires(client, error);
	return r < 0 ? r
		     : api_token_hash_read("TokenHashFile", client->token_hash_file, client->hash,
					   error);
}

int api_clients_check(const struct api_clients *clients, struct setting_error *error)
{
	for (size_t i = 0; i < clients->n; i++)
		for (size_t k = 0; k < i; k++)
			if (memcmp(clients->list[i]->hash, clients->list[k]->hash, API_HASH_SIZE) ==
			    0)
				return setting_refuse(error, -EINVAL,
						      "[Client %s] and [Client %s] have one token; "
						      "make each its own: sluice-gateway "
						      "--new-token NAME",
						      clients->list[k]->name,
						      clients->list[i]->name);
	return 0;
}

bool api_client_expired(const struct api_client *client)
{
	return client->expires_ms && when_now() >= client->expires_ms;
}

static int hash_token(const char *token, uint8_t ret[API_HASH_SIZE])
{
	return EVP_Digest(token, strlen(token), ret, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

const struct api_client *api_client_find(const struct api_clients *clients, const char *token)
{
	const struct api_client *found = NULL;
	uint8_t hash[API_HASH_SIZE];

	if (hash_token(token, hash) < 0)
		return NULL;
	for (size_t i = 0; i < clients->n; i++)
		if (CRYPTO_memcmp(clients->list[i]->hash, hash, sizeof(hash)) == 0)
			found = clients->list[i];
	return found && !api_client_expired(found) ? found : NULL;
}

bool api_token_fits(const char *token, const uint8_t hash[API_HASH_SIZE])
{
	uint8_t own[API_HASH_SIZE];

	return hash_token(token, own) == 0 && CRYPTO_memcmp(own, hash, sizeof(own)) == 0;
}

int api_token_make(char ret_token[API_TOKEN_MAX], char ret_hash[2 * API_HASH_SIZE + 1])
{
	uint8_t bytes[TOKEN_BYTES], hash[API_HASH_SIZE];
	char text[BASE64URL_SIZE(TOKEN_BYTES)];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return -EIO;
	base64url_encode(bytes, sizeof(bytes), text);
	explicit_bzero(bytes, sizeof(bytes));
	snprintf(ret_token, API_TOKEN_MAX, TOKEN_START "%s", text);
	explicit_bzero(text, sizeof(text));
	if (hash_token(ret_token, hash) < 0)
		return -EIO;
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(ret_hash + 2 * i, 3, "%02x", hash[i]);
	return 0;
}
