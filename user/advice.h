/* SPDX-License-Identifier: Apache-2.0 */
/*
 * advice.h: what is valid in a policy but hardly meant.
 *
 * Owns: the list of such things. Must not own: what makes a policy invalid (policy.h).
 */
#ifndef SLUICE_ADVICE_H
#define SLUICE_ADVICE_H

#include <jansson.h>

#include "policy.h"

/**
 * advice_on() - warnings on a loaded policy.
 * Looks at this host's files (paths and executables that do not exist here), at nothing else of it.
 * Return: array of strings "file:line: warning: …", new reference; NULL when memory ran out.
 */
json_t *advice_on(const struct policy *policy);

#endif
