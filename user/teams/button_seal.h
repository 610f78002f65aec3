/* SPDX-License-Identifier: Apache-2.0 */
/*
 * button_seal.h: what shows that a button was on a card of this gateway.
 *
 * Owns: the seal, an HMAC-SHA256 over request, digest, verb and expiry. It says nothing of who
 * pressed: everybody who sees the card sees it. Whoever only has a token of the Bot Connector, and
 * knows the request, its digest and the ids of the message, has no seal. Must not own: where the
 * key comes from (channel_key.h), or the card.
 */
#ifndef SLUICE_BUTTON_SEAL_H
#define SLUICE_BUTTON_SEAL_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc.h"

#define BUTTON_SEAL_KEY	 32
#define BUTTON_SEAL_TEXT 65 /* with the NUL */

struct button_seal {
	uint8_t key[BUTTON_SEAL_KEY];
};

/* @ret: hex digits. Return: 0 or -EIO. */
int button_seal_make(const struct button_seal *seal, const struct ipc_request *request,
		     const char *verb, char ret[BUTTON_SEAL_TEXT]);

bool button_seal_fits(const struct button_seal *seal, const struct ipc_request *request,
		      const char *verb, const char *text);

#endif
