/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.h: the agent guards itself: what is its own is marked in the kernel, attempts on it are
 * journaled, and a start by somebody who is not taken for the agent ends with the reason.
 *
 * Owns: when marks are made and put in force, what an attempt is called. Must not own: which files
 * are marked (guard_marks.h), who may break the glass (glass.h), how the kernel keeps it
 * (kernel_guard.h), or who has the identity (bpf/guard.bpf.h says how that works, and why so).
 */
#ifndef SLUICE_GUARD_H
#define SLUICE_GUARD_H

#include <stdbool.h>

#include "abi.h"
#include "glass.h"
#include "guard_marks.h"
#include "sluiced/agent.h"

/**
 * struct guard: of one running sluiced.
 * @places: where this daemon's own files are, as the options say
 * @marks: in force
 * @policy: digest of the files that it vouches for: those of the policy in force, or what lay there
 *	when the glass was mended
 * @cgroup: the daemon's control group at the last look
 */
struct guard {
	struct guard_places places;
	struct guard_marks marks;
	enum sluice_guard_mode mode;
	struct glass glass;
	char policy[65];
	char cgroup[1024];
};

struct guard *guard_new(const struct guard_places *places);
struct guard *guard_free(struct guard *guard); /* returns NULL; what is in force stays */

/**
 * guard_admits() - may a daemon start with @policy, read from @conf, on this kernel? To be asked
 * before anything is written: what the guard in force does not know is not the agent's. @policy is
 * held to what was vouched for as at a reload.
 * Return: 0, also when no guard is in force or the glass is broken; a negative errno with one line
 * in @text.
 */
int guard_admits(const struct policy *policy, const char *conf, char *text, size_t size);

/*
 * May @policy, which was just read, take the place of the one in force? Only what is guarded is
 * read while the glass is whole, so it is the one that is vouched for, whatever name or mount it
 * was reached by. Return: as guard_admits().
 */
int guard_admits_reload(struct agent *agent, const struct policy *policy, char *text, size_t size);

/* Vouches for @policy; or with NULL, for what lies at its place now, if that is a policy. */
void guard_vouch(struct agent *agent, const struct policy *policy);

/* Whether a guard stands in the way of ending enforcement. With the remedy in @text. */
bool guard_forbids_detach(char *text, size_t size);

/*
 * Marks anew what is the agent's own, by the policy in force, and puts the guard in force. Logs and
 * journals what it cannot mark. Return: 0 or a negative errno: then what was in force stays.
 */
int guard_apply(struct agent *agent);

/*
 * Something was mounted or unmounted: marks anew when that changed by which mounts the agent's own
 * is reached. The kernel gives the number of one that has gone to another one.
 */
void guard_follow_mounts(struct agent *agent);

/* SLUICE_EVENT_GUARD: journals it. */
void guard_event(struct agent *agent, const struct sluice_event *event);

/* The journal has another file: it is marked. */
void guard_follow_journal(struct agent *agent);

/* Once a heartbeat: mends the glass when its time is over. */
void guard_tick(struct agent *agent);

const char *guard_mode_name(enum sluice_guard_mode mode);

#endif
