/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_token.h: sluice-gateway --new-token: a token for a client of the API.
 *
 * Owns: where each half goes: the hash to standard output, from where it goes into a file; the
 * token to standard error, for a person's eyes, once. Must not own: how it is made (api_client.h).
 */
#ifndef SLUICE_GATEWAY_TOKEN_H
#define SLUICE_GATEWAY_TOKEN_H

/* 0 or a negative errno, logged. */
int gateway_token_print(const char *client);

#endif
