/* SPDX-License-Identifier: Apache-2.0 */
/*
 * label_stay.h: a line of the policy that leads elsewhere than before takes nothing from what it
 * led to: a labeled path that was moved away, or covered by a mount, is still the same data.
 *
 * Owns: which objects keep labels for that reason. Must not own: what lines lead to (label.h).
 */
#ifndef SLUICE_LABEL_STAY_H
#define SLUICE_LABEL_STAY_H

#include "policy/policy.h"
#include "sluiced/agent.h"

/* After a start: what the kernel has been enforcing meanwhile, in @slot. */
int label_stay_adopt(struct agent *agent, unsigned int slot);

/**
 * label_stay() - before @policy, resolved in @slot, replaces the other slot: objects that the same
 * lines led to there and not here keep their labels as if data had brought them. Journaled.
 * Not so labels of which the new policy lacks a line, and objects whose file system is unmounted.
 * Return: 0 or a negative errno with @error: the policy must not replace the old one then.
 */
int label_stay(struct agent *agent, const struct policy *policy, unsigned int slot,
	       struct policy_error *error);

#endif
