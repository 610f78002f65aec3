/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_done.h: decisions that clients brought and that were taken, so that one that is sent again,
 * because its answer was lost on the way, gets the same answer.
 *
 * Owns: the last API_DONE_MAX, in memory only: after that, and after a restart, sluiced says that
 * the person has answered before. Must not own: whether anything is taken.
 */
#ifndef SLUICE_API_DONE_H
#define SLUICE_API_DONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc.h"
#include "key/statement.h"

#define API_DONE_MAX 256

/**
 * struct api_key: what a decision is known by.
 * @hash: SHA-256 of the body that brought it
 */
struct api_key {
	char client[SLUICE_NAME_MAX];
	char request[16];
	char nonce[STATEMENT_NONCE];
	uint8_t hash[32];
};

struct api_done;

struct api_done *api_done_new(void);		       /* NULL when memory ran out */
struct api_done *api_done_free(struct api_done *done); /* returns NULL; accepts NULL */

/* @client, @request, @nonce: within their arrays. Return: 0 or -EIO. */
int api_key_make(const char *client, const char *request, const char *nonce, const char *body,
		 size_t size, struct api_key *ret);

/**
 * api_done_begin() - one is about to be brought; api_done_end() follows when this returns 0.
 * Return: 0; -EALREADY: it was taken, with @ret_text what sluiced said, lent until the next call;
 * -EINPROGRESS: the same is being brought; -EEXIST: the nonce belongs to another body; -EBUSY: too
 * many are.
 */
int api_done_begin(struct api_done *done, const struct api_key *key, const char **ret_text);

/* @text: what sluiced said of one that it took; NULL: not taken, it may be brought again */
void api_done_end(struct api_done *done, const struct api_key *key, const char *text);

#endif
