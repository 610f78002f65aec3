/* SPDX-License-Identifier: Apache-2.0 */
/*
 * person.h: which humans stand behind a process.
 *
 * Owns: the roads from a process to people (login, sudo and su, real ids of ancestors, owner of the
 * unit), and what conflicts with what. Must not own: who may decide (decision.h), or what people
 * are called (policy.h).
 *
 * An identity holds what was found on the roads, not people: those are looked up in the policy in
 * force when asked.
 */
#ifndef SLUICE_PERSON_H
#define SLUICE_PERSON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy/policy.h"
#include "process.h"

#define PERSON_MAX_UIDS 32
#define PERSON_MAX_DEPTH 256 /* ancestors; more is treated as "could be anybody" */

/**
 * struct identity: all that is known about who is behind a process.
 * @uid, @loginuid: of the process itself; PROCESS_NO_LOGIN when unset
 * @uids: every uid on any road, @uid and @loginuid included; uid 0 only where it is the process's
 * own, because every
 *	login has daemons of root among its ancestors
 * @claims: bit i: uids[i] was only ever claimed, by a login or by sudo's variables, and no process
 *	on the roads runs as it. Whoever has no login yet may write any number into
 *	/proc/self/loginuid, without rights. A claim conflicts with its person; it names nobody.
 * @everyone: not all roads could be followed to their end: conflicts with every person
 * @partial: the process ended before its ancestors could be seen, or what sudo says of them could
 * not be read, and no login names anybody: one approval more is needed, because one of the
 * approvers may be the one who asks
 * @unit, @owner_unit: see struct process
 */
struct identity {
	uid_t uid;
	uint32_t loginuid;
	uid_t uids[PERSON_MAX_UIDS];
	size_t n_uids;
	uint32_t claims;
	bool everyone;
	bool partial;
	char unit[PROCESS_UNIT];
	char owner_unit[PROCESS_UNIT];
};

/* Notes one uid that a process has, or that a login service vouches for; too many set @everyone. */
void identity_add(struct identity *identity, uid_t uid);

/* Notes one that is only said: a login, or what sudo tells its child. */
void identity_claim(struct identity *identity, uid_t uid);

/* Whether @uid is among the uids, and more than a claim. */
bool identity_has(const struct identity *identity, uid_t uid);

/**
 * identity_of() - follow all roads from a live process.
 * @start_ns: as for process_read()
 * SUDO_UID and PKEXEC_UID stand in memory of processes that may lie: they count only where an
 * ancestor really runs sudo, su, doas or pkexec with effective uid 0, and only in the children of
 * that.
 * Return: 0, -ESRCH when it is gone, or another negative errno; @ret then knows no uids, and says
 * so by @partial (gone) or @everyone (there, and could not be read).
 */
int identity_of(pid_t pid, uint64_t start_ns, struct identity *ret);

/* True when @person stands behind @identity on any road. */
bool person_behind(const struct policy *policy, const struct identity *identity,
		   const struct policy_person *person);

/* The first person who stands behind both, or NULL: the test for self-approval. */
const struct policy_person *person_common(const struct policy *policy, const struct identity *a,
					  const struct identity *b);

/*
 * Whom to name as requester: login, then own uid, owner of the unit, ancestors; NULL when nobody is
 * known. What is only claimed names nobody.
 */
const struct policy_person *person_requester(const struct policy *policy,
					     const struct identity *identity);

/* A system service, but none of those that log people in where no session is made for them. */
bool person_is_service(const char *unit);

/* The account by which a process decides: its login if there was one, else its uid. */
uid_t person_account(const struct identity *identity);

/**
 * person_deciding() - who is at the other end when a process decides.
 * @ret_why: when nobody: one sentence with the remedy
 * By login if there was one, else by uid. A system service is nobody, but for those that log people
 * in; nor is root without a login, or a login that is only claimed.
 */
const struct policy_person *person_deciding(const struct policy *policy,
					    const struct identity *identity, const char **ret_why);

#endif
