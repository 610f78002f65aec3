/* SPDX-License-Identifier: Apache-2.0 */
/*
 * advice.h: what is valid in a policy but hardly meant.
 *
 * Owns: the list of such things. Must not own: what makes a policy invalid (policy.h).
 */
#ifndef SLUICE_ADVICE_H
#define SLUICE_ADVICE_H

#include "policy/policy.h"

/*
 * @where: in the files; @text: what is hardly meant; @remedy: what to write instead. All borrowed for
 * the call.
 */
typedef void (*advice_fn)(void *arg, const struct policy_origin *where, const char *text,
			  const char *remedy);

/**
 * advice_on() - calls @fn for each warning on a loaded policy.
 * Looks at this host's files (paths and executables that do not exist here), at nothing else of it.
 * Return: 0 or -ENOMEM.
 */
int advice_on(const struct policy *policy, advice_fn fn, void *arg);

#endif
