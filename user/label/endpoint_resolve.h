/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoint_resolve.h: the resolver child and what goes over its socket: one question, one answer,
 * fixed sizes.
 */
#ifndef SLUICE_ENDPOINT_RESOLVE_H
#define SLUICE_ENDPOINT_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "policy/ruleset.h"

#define RESOLVE_NAME 256
#define RESOLVE_ADDRESSES 64 /* a name with more is an error: it would not be guarded as written */

struct resolve_question {
	char name[RESOLVE_NAME];
};

/* @addresses: sorted, each once. @error: 1 with @text, or 0 */
struct resolve_answer {
	char name[RESOLVE_NAME];
	char text[128];
	uint32_t error;
	uint32_t n;
	struct ruleset_address addresses[RESOLVE_ADDRESSES];
};

/* Drops all rights, answers questions until the socket closes, and ends the process. */
void resolve_serve(int sock) __attribute__((noreturn));

/* IPv4 and IPv6 addresses as 16 bytes; false for other families. */
bool resolve_address(const struct sockaddr *from, struct ruleset_address *ret);

#endif
