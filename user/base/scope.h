/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope.h: how far an approval goes, by name: "once", "process", "executable", from narrow to wide.
 *
 * Owns: these names, which are the same in the policy, in statements, on the API and on forms. Must
 * not own: what they mean (decision.h), or how people are told (request_words.h).
 */
#ifndef SLUICE_SCOPE_H
#define SLUICE_SCOPE_H

#include <stdint.h>

#include "ipc.h"

#define SCOPES (IPC_SCOPE_EXECUTABLE + 1)

/* @scope: of enum ipc_scope. Return: NULL for IPC_SCOPE_RULE, which has no name, and for no scope. */
const char *scope_name(unsigned int scope);

/* Return: of enum ipc_scope; IPC_SCOPE_RULE when @name is none. */
uint8_t scope_from(const char *name);

#endif
