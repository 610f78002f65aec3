/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision_proof.h: an answer that a person has signed: what must be right about statement and
 * signature before it is an answer of that person.
 *
 * Owns: whose it is, that it is meant for this host and this start of it, and is fresh. Must not
 * own: the form of statements (statement.h) and signatures (sshsig.h), or whether the person may
 * answer so (decision_check.c).
 */
#ifndef SLUICE_DECISION_PROOF_H
#define SLUICE_DECISION_PROOF_H

#include <jansson.h>

#include "ipc.h"
#include "key/sshsig.h"
#include "key/statement.h"
#include "policy/policy.h"
#include "sluiced/agent.h"

/**
 * struct proof: a signed answer.
 * @message: as it came, kept for the journal byte for byte
 * @key: of the policy in force, once the person is known
 */
struct proof {
	const struct ipc_signed *message;
	struct statement statement;
	struct sshsig signature;
	const struct policy_key *key;
};

/* Reads both texts. Return: 0, or -EBADMSG and @text. */
int proof_read(const struct ipc_signed *message, struct proof *ret, char *text, size_t size);

/* Whether it is for this host and this start of it. Return: 0, or -ESTALE and @text. */
int proof_place(const struct agent *agent, const struct statement *statement, char *text,
		size_t size);

/* Whether it was made within @age_s. Return: 0, or -EKEYEXPIRED and @text. */
int proof_age(uint64_t time_ms, unsigned int age_s, char *text, size_t size);

/**
 * proof_person() - who says so.
 * @ret: the person of the policy in force whose key signed the statement
 * Return: 0; -ESTALE another host or an earlier start; -EKEYEXPIRED too old, or of the future;
 * -EKEYREJECTED nobody's key, or the signature is not of this statement; -EBADMSG a signature for
 * something else; with @text.
 */
int proof_person(const struct agent *agent, struct proof *proof, const struct policy_person **ret,
		 char *text, size_t size);

/* For the journal: all that a stranger needs to verify it. NULL when memory ran out. */
json_t *proof_evidence(const struct proof *proof);

#endif
