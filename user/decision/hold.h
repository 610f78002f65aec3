/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold.h: processes that the kernel stopped, and waking them.
 *
 * Owns: SIGCONT. Must not own: why somebody is woken, or what the retry will find (grant.h): the
 * answer must be in the kernel before.
 */
#ifndef SLUICE_HOLD_H
#define SLUICE_HOLD_H

#include "request/request.h"
#include "sluiced/agent.h"

#define HOLD_DENIAL_S 10 /* how long a denial waits for the retry that it refuses */

/* Ends the question in the kernel, then wakes all held waiters. */
void hold_wake(struct agent *agent, struct request *request);

/* Puts a denial for each held waiter, then hold_wake(). Nothing is put when nobody is held. */
void hold_deny(struct agent *agent, struct request *request);

/* The same for an attempt that never became a request. */
void hold_deny_event(struct agent *agent, const struct sluice_event *event);

/*
 * Wakes one process if it still is that one, and the parents that stopped because it did (sudo,
 * su). @pidfd: of it, or -1.
 * Return: 0, -ESRCH or another negative errno, of the process itself.
 */
int hold_continue(pid_t pid, uint64_t start_ns, int pidfd);

/* Calls @fn for each stopped process that runs as @uid. */
typedef void (*hold_stopped_fn)(void *ctx, pid_t pid, uint64_t start_ns);
void hold_each_stopped(uid_t uid, hold_stopped_fn fn, void *ctx);

/**
 * hold_release_all() - wake all that is held, for `sluiced --release` when no daemon runs.
 * Their retries find a stale heartbeat and fail with EPERM. Questions asked for an executable name
 * only the first process that waits: all stopped processes of that user are woken then.
 * Return: processes woken, or a negative errno.
 */
int hold_release_all(struct kernel *kernel);

#endif
