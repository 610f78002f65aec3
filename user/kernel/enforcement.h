/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enforcement.h: whether what the kernel was given is still in force.
 *
 * Owns: the look at it, agent::enforcing and agent::why. Must not own: how links are counted
 * (kernel.h) or switches read (check.h), or what a policy says.
 */
#ifndef SLUICE_ENFORCEMENT_H
#define SLUICE_ENFORCEMENT_H

#include "sluiced/agent.h"

/**
 * enforcement_look() - compare the kernel with what was attached; call it with every heartbeat.
 * Each change is logged and journaled once: "enforcement.lost" with the reasons,
 * "enforcement.back".
 */
void enforcement_look(struct agent *agent);

#endif
