// SPDX-License-Identifier: Apache-2.0
/*
 * api_done.c: see api_done.h. A place that is under way is never given to another one.
 */
#include "api_done.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* gcc's analyzer loses what lists, tables and settings by offset hold on to; the leak sanitizer
 * watches instead. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* @used: @key counts; @text: NULL while it is under way */
struct place {
	bool used;
	struct api_key key;
	char *text;
};

struct api_done {
	struct place places[API_DONE_MAX];
	size_t next;
};

struct api_done *api_done_new(void)
{
	return calloc(1, sizeof(struct api_done));
}

static void empty(struct place *place)
{
	free(place->text);
	*place = (struct place){};
}

struct api_done *api_done_free(struct api_done *done)
{
	for (size_t i = 0; done && i < API_DONE_MAX; i++)
		empty(&done->places[i]);
	free(done);
	return NULL;
}

int api_key_make(const char *client, const char *request, const char *nonce, const char *body,
		 size_t size, struct api_key *ret)
{
	struct api_key key = {};

	snprintf(key.client, sizeof(key.client), "%s", client);
	snprintf(key.request, sizeof(key.request), "%s", request);
	snprintf(key.nonce, sizeof(key.nonce), "%s", nonce);
	if (EVP_Digest(body, size, key.hash, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	*ret = key;
	return 0;
}

static struct place *find(struct api_done *done, const struct api_key *key)
{
	for (size_t i = 0; i < API_DONE_MAX; i++) {
		struct place *place = &done->places[i];

		if (place->used && strcmp(place->key.client, key->client) == 0 &&
		    strcmp(place->key.request, key->request) == 0 &&
		    strcmp(place->key.nonce, key->nonce) == 0)
			return place;
	}
	return NULL;
}

/* The oldest that is not under way. NULL: all are. */
static struct place *take_place(struct api_done *done)
{
	for (size_t i = 0; i < API_DONE_MAX; i++) {
		struct place *place = &done->places[done->next++ % API_DONE_MAX];

		if (place->used && !place->text)
			continue;
		empty(place);
		return place;
	}
	return NULL;
}

int api_done_begin(struct api_done *done, const struct api_key *key, const char **ret_text)
{
	struct place *place = find(done, key);

	if (place && memcmp(place->key.hash, key->hash, sizeof(key->hash)) != 0)
		return -EEXIST;
	if (place && !place->text)
		return -EINPROGRESS;
	if (place) {
		*ret_text = place->text;
		return -EALREADY;
	}
	place = take_place(done);
	if (!place)
		return -EBUSY;
	*place = (struct place){ .used = true, .key = *key };
	return 0;
}

void api_done_end(struct api_done *done, const struct api_key *key, const char *text)
{
	struct place *place = find(done, key);

	if (!place)
		return;
	place->text = text ? strdup(text) : NULL;
	if (!place->text)
		empty(place);
}
