/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_limit.h: how far an approval by a button in a chat goes: the choices that its message
 * offers, from the narrowest to all that the rule allows.
 *
 * Owns: which there are, and their spelling, "SCOPE SECONDS". Must not own: a chat's element for
 * them, or whether sluiced allows it (decision_check.h).
 */
#ifndef SLUICE_REQUEST_LIMIT_H
#define SLUICE_REQUEST_LIMIT_H

#include <stddef.h>

#include "ipc.h"

#define REQUEST_LIMITS 16

/**
 * struct request_limit: one choice.
 * @value: as a button brings it back
 * @words: for people, at most 75 bytes, as Slack has it; ours alone
 */
struct request_limit {
	char value[32];
	char words[76];
};

/* Return: how many, the narrowest first; 1: there is nothing to choose; 0: no scope of ours. */
size_t request_limits(const struct ipc_request *request, struct request_limit ret[REQUEST_LIMITS]);

/**
 * request_limit_take() - set scope and duration_s of @decide.
 * @value: what came back; "" is the first, which stands there before anybody chooses
 * Return: 0; -ERANGE: it was not offered.
 */
int request_limit_take(const struct ipc_request *request, const char *value,
		       struct ipc_decide *decide);

#endif
