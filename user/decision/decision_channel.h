/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision_channel.h: an answer that a channel of the gateway has signed: what must be right about
 * it before it is an answer of the person whose account it names.
 *
 * Owns: whether the channel is known and signed it, for this host and start, of now, with its
 * evidence; whose account it names; how sure that is. Must not own: the form of it
 * (channel_decision.h), or whether the person may answer so (decision_check.c). The gateway is not
 * trusted: what it can do with its key ends at the channel's Tier= and at the accounts of people
 * in the policy.
 */
#ifndef SLUICE_DECISION_CHANNEL_H
#define SLUICE_DECISION_CHANNEL_H

#include <jansson.h>

#include "decision.h"
#include "ipc.h"
#include "key/channel_decision.h"
#include "key/sshsig.h"
#include "policy/policy.h"
#include "sluiced/agent.h"

/**
 * struct vouched: a channel's decision.
 * @message: as it came, kept for the journal byte for byte
 * @channel: of the policy in force
 */
struct vouched {
	const struct ipc_channel *message;
	struct channel_decision decision;
	struct sshsig signature;
	const struct policy_channel *channel;
};

/**
 * vouched_read() - read all of it, and verify what needs no request.
 * Return: 0; -EBADMSG form, or evidence that is not what was signed; -EKEYREJECTED no such channel,
 * or not its key; -ESTALE another host or an earlier start; -EKEYEXPIRED too old, or of the future;
 * -EACCES a kind of account that the channel may not name; with @text.
 */
int vouched_read(const struct agent *agent, const struct ipc_channel *message,
		 struct vouched *ret, char *text, size_t size);

/*
 * The person whose account it is. Return: 0; -EPERM nobody's, or the gateway itself waits for this
 * @request; with @text.
 */
int vouched_person(const struct agent *agent, const struct vouched *vouched,
		   const struct policy_person **ret, char *text, size_t size);

/* What it is taken for: what the channel says, at most the channel's Tier=. */
enum policy_tier vouched_tier(const struct vouched *vouched);

/* For the journal: all that a stranger needs to verify it. NULL when memory ran out. */
json_t *vouched_evidence(const struct vouched *vouched);

/* Journals one that was refused: @text says why. @vouched: NULL when it is not the channel's. */
void vouched_refused(struct agent *agent, const struct vouched *vouched, const char *text);

#endif
