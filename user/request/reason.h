/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reason.h: why somebody asks, in the words of those who ask.
 *
 * Owns: the ways in which a reason comes, their order, and those that sessions have given. Must not
 * own: the reason of a request (request.h), or what people make of it: nothing here is checked, and
 * no answer may rest on it alone.
 *
 * The nearest to the process goes before:
 * 1. SLUICE_REASON in its environment;
 * 2. `sluice reason` in its session, or in that of an ancestor, by somebody who stands behind the
 *    process, within the time given; kept in memory only: forgotten when sluiced ends;
 * 3. the file of its unit, in the first of the folders below that has one: the unit's whole name,
 *    the outermost one that the system's manager has made. Root's, and nobody else's to write.
 */
#ifndef SLUICE_REASON_H
#define SLUICE_REASON_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "limits.h"

struct agent;
struct identity;
struct ipc_reason;
struct reasons;

enum reason_origin {
	REASON_NONE,
	REASON_ENVIRONMENT,
	REASON_SESSION,
	REASON_UNIT,
	REASON_ORIGINS,
};

/* Ended by NULL; tests name folders of their own. */
extern const char *const *reason_folders;

struct reasons *reasons_new(void);
struct reasons *reasons_free(struct reasons *reasons); /* returns NULL */

/**
 * reason_find() - the reason for what a process does.
 * @who: all roads from it to people
 * Return: where it is from; REASON_NONE and an empty @ret when there is none.
 */
enum reason_origin reason_find(const struct agent *agent, pid_t pid, uint64_t start_ns,
			       const struct identity *who, char ret[SLUICE_REASON_MAX]);

/**
 * reason_declare() - the session of a process says why, for its open requests that have no reason
 * and for those that it opens next.
 * @pid, @pidfd: of the process that says so
 * @text: always written: what happened, or what is wrong and the remedy
 * Return: 0; -EINVAL for a reason that is empty or a time that is too long; -ESRCH when the session
 * cannot be told from another; -ENOMEM.
 */
int reason_declare(struct agent *agent, pid_t pid, int pidfd, const struct ipc_reason *reason,
		   char *text, size_t size);

const char *reason_origin_name(enum reason_origin origin); /* empty for REASON_NONE */
enum reason_origin reason_origin_by_name(const char *name);

#endif
