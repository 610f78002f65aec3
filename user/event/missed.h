/* SPDX-License-Identifier: Apache-2.0 */
/*
 * missed.h: programs that the kernel left out. It runs none of those at functions while the same
 * one is in the middle of its work on that processor, which happens when a task is preempted there;
 * LSM programs, which refuse, are never left out.
 *
 * Owns: the look at the counts. Must not own: how they are read (kernel.h), or whether this kernel
 * preempts (check.h).
 */
#ifndef SLUICE_MISSED_H
#define SLUICE_MISSED_H

struct agent;

/*
 * With every heartbeat: looks once in a while, logs and journals the counts when they have grown.
 */
void missed_tick(struct agent *agent);

#endif
