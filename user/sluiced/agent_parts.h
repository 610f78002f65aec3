/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_parts.h: the agent before there are policy, journal and kernel: facts of the host, and the
 * modules that need no more.
 *
 * Owns: making these, and giving back all modules but journal, kernel and loop. Must not own: the
 * order of the start (sluiced.c).
 */
#ifndef SLUICE_AGENT_PARTS_H
#define SLUICE_AGENT_PARTS_H

#include "agent.h"

/* Return: 0, or a negative errno, which is logged; agent_parts_free() also after a failure. */
int agent_parts_new(struct agent *agent);
void agent_parts_free(struct agent *agent);

#endif
