/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearse.h: what a policy says of itself, tried: its sections [Test].
 *
 * Owns: comparing what is expected with what comes out, and the one message when they differ. Must
 * not own: what comes out (evaluate.h), or the keys (policy_test.c).
 */
#ifndef SLUICE_REHEARSE_H
#define SLUICE_REHEARSE_H

#include "policy.h"

/**
 * rehearse() - try all tests of @policy.
 * Reads symbolic links of the host, nothing else of it.
 * Return: 0; -EINVAL for the first test that fails, -E2BIG for what the kernel could not hold;
 * @error has the message then.
 */
int rehearse(const struct policy *policy, struct policy_error *error);

/* The same for a whole policy from @conf, as policy_read(): what sluiced takes. */
int rehearse_read(const char *conf, struct policy **ret, struct policy_error *error);

#endif
