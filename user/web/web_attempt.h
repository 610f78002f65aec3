/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_attempt.h: sign-ins that have begun.
 *
 * Owns: that each is over after a while, serves once, and only in the browser that began it. Must
 * not own: cookies (web_sign_in.c). What an attempt is stands sealed in the browser's cookie:
 * anybody may begin as many as they like, and takes nothing from others by it.
 */
#ifndef SLUICE_WEB_ATTEMPT_H
#define SLUICE_WEB_ATTEMPT_H

#include <stdint.h>

#include "oidc.h"

#define WEB_ATTEMPT_S 600 /* a sign-in may take */
#define WEB_PATH_MAX  64  /* of the page to go to after it, with the NUL */

/* @path: where to go to afterwards; @expires_s: by the clock that goes on in sleep */
struct attempt {
	struct oidc_attempt oidc;
	char path[WEB_PATH_MAX];
	uint64_t expires_s;
};

/* Initialization vector, attempt, authentication tag, as text. */
#define WEB_SEALED_SIZE BASE64URL_SIZE(12 + sizeof(struct attempt) + 16)

struct attempts;

int attempts_new(struct attempts **ret);		   /* 0, -ENOMEM, -EIO */
struct attempts *attempts_free(struct attempts *attempts); /* returns NULL; accepts NULL */

/* @ret_sealed: for the cookie of the browser. Return: 0 or -EIO. */
int attempts_begin(struct attempts *attempts, const char *path, struct attempt *ret,
		   char ret_sealed[WEB_SEALED_SIZE]);

/*
 * The attempt that is in @sealed, when it is that of @state. Return: 0, -EPERM for another state or
 * what is not sealed here, -ETIMEDOUT, -ENOENT for a used one.
 */
int attempts_open(const struct attempts *attempts, const char *state, const char *sealed,
		  struct attempt *ret);

/*
 * It was opened, and is over. The last 512 that were used are known; of one before these the
 * identity provider knows that its code was used.
 */
void attempts_use(struct attempts *attempts, const struct attempt *attempt);

#endif
