/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision.h: a person's answer to a request: checked, journaled, and only then put into effect.
 *
 * Owns: every check between an answer and a grant, and the counting of distinct persons. Must not
 * own: who the person at the other end is (person.h), or what the kernel is told (grant.h, hold.h).
 */
#ifndef SLUICE_DECISION_H
#define SLUICE_DECISION_H

#include <stdbool.h>

#include "brake.h"
#include "event/person.h"
#include "ipc.h"
#include "sluiced/agent.h"

/**
 * struct decider: the process that answers, or that brings a signed answer of whoever signed it.
 * @who: all roads to people, read while @pidfd was alive
 * @pidfd: of the process, to ask the kernel for its taint
 * @gateway: it is the gateway, not a session of somebody's
 */
struct decider {
	struct identity who;
	int pidfd;
	bool gateway;
};

/**
 * decision_make() - take one answer.
 * @text: always written: what happened, or what is wrong and the remedy
 * In order: -ENOENT no such request; -EALREADY closed; -ETIMEDOUT expired; -EINVAL digest too short
 * or not hex;
 * -ESTALE digest of something else; -EPERM the answering process is nobody, or carries labels, or
 * is the requester;
 * -EACCES not one of the reviewers, or not as sure as the rule wants (enum policy_tier); -EEXIST
 * the same person answered before; -ENOKEY a reason is missing; -ERANGE scope or duration beyond
 * the rule; -EKEYREJECTED the policy in force refuses or does not ask; -ENOSPC, -EDQUOT limits;
 * -EIO the journal cannot be written: nothing was decided. One denial is enough and wins; an
 * approval counts towards what each rule needs.
 */
int decision_make(struct agent *agent, const struct ipc_decide *answer,
		  const struct decider *decider, char *text, size_t size);

/**
 * decision_submit() - take one answer that a person has signed.
 * @courier: who brings it: carries no labels; else it does not matter who that is
 * As decision_make(), with the errors of proof_read() and proof_person() besides.
 */
int decision_submit(struct agent *agent, const struct ipc_signed *message,
		    const struct decider *courier, char *text, size_t size);

/**
 * decision_channel() - take one answer that a channel of the gateway vouches for.
 * @gateway: the process that brings it: carries no labels, and waits for nothing itself
 * @brake: counts those that are refused
 * As decision_make(), with the errors of vouched_read() and vouched_person() besides; -EBUSY too
 * many were refused: it is not looked at; -EUCLEAN the gateway carries labels: nobody's fault, and
 * may be another way later.
 */
int decision_channel(struct agent *agent, const struct ipc_channel *message,
		     const struct decider *gateway, struct brake *brake, char *text, size_t size);

/* Whether the process that wants to change something carries no labels. 0, or -EPERM and @text. */
int decision_check_taint(struct agent *agent, const struct decider *decider, char *text,
			 size_t size);

#endif
