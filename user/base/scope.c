// SPDX-License-Identifier: Apache-2.0
/*
 * scope.c: see scope.h. Owns the table.
 */
#include "scope.h"

#include <stddef.h>
#include <string.h>

static const char *const names[SCOPES] = {
	[IPC_SCOPE_ONCE] = "once",
	[IPC_SCOPE_PROCESS] = "process",
	[IPC_SCOPE_EXECUTABLE] = "executable",
};

const char *scope_name(unsigned int scope)
{
	return scope < SCOPES ? names[scope] : NULL;
}

uint8_t scope_from(const char *name)
{
	for (uint8_t i = IPC_SCOPE_ONCE; i < SCOPES; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return IPC_SCOPE_RULE;
}
