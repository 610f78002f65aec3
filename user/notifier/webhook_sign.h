/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webhook_sign.h: signatures of webhooks, by Standard Webhooks 1.0.0
 * (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
 *
 * Owns: the form of a secret and of a signature. Must not own: what is signed, or where it goes.
 */
#ifndef SLUICE_WEBHOOK_SIGN_H
#define SLUICE_WEBHOOK_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/base64.h"

#define WEBHOOK_SECRET_START "whsec_"
#define WEBHOOK_SECRET_MIN   24
#define WEBHOOK_SECRET_MAX   64

#define WEBHOOK_HASH	     32
#define WEBHOOK_SIGNATURE    (sizeof("v1,") - 1 + BASE64_SIZE(WEBHOOK_HASH)) /* with the NUL */

struct webhook_secret {
	uint8_t bytes[WEBHOOK_SECRET_MAX];
	size_t size;
};

/* @text: "whsec_" and 24 to 64 bytes in base64. Return: 0 or -EINVAL. */
int webhook_secret_read(const char *text, struct webhook_secret *ret);

/* "v1," and the HMAC-SHA256 over "ID.TIME.BODY"; no dot may be in @id. Return: 0 or -ENOMEM. */
int webhook_sign(const struct webhook_secret *secret, const char *id, uint64_t time_s,
		 const char *body, char ret[WEBHOOK_SIGNATURE]);

#endif
