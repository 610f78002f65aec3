/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel_decision.h: what a channel of sluice-gateway (its page, a button in a chat) says that a
 * person has answered, as lines of text that the channel's key signs.
 *
 *	sluice-channel-v1
 *	channel NAME		as in [Channel NAME] of the policy
 *	tier A1|A2|A3		how sure the channel is that it was this person; the policy caps it
 *	account oidc|entra|slack|client
 *	issuer TEXT		of the account: account.h
 *	subject TEXT
 *	evidence 64 HEX DIGITS	SHA-256 of the evidence, which goes beside the statement
 *	sluice-decision-v1	and all lines of statement.h: the answer
 *	…
 *
 * Owns: this form, one decision has one spelling; and what a person is told when it cannot be sent.
 * Must not own: signatures (channel_key.h), or whether it is allowed (decision_channel.h in
 * sluiced).
 */
#ifndef SLUICE_CHANNEL_DECISION_H
#define SLUICE_CHANNEL_DECISION_H

#include <stddef.h>

#include "base/account.h"
#include "ipc.h"
#include "statement.h"

/* The namespace of the signature: one for a statement of a person's is none, nor the reverse. */
#define CHANNEL_NAMESPACE "sluice-channel@sluice"

/**
 * struct channel_decision: one decision.
 * @channel: name of the channel
 * @tier: 1 to 3: enum policy_tier
 * @evidence: digest of the evidence
 * @statement: the answer: for which request, which verdict, which scope
 */
struct channel_decision {
	char channel[SLUICE_NAME_MAX];
	unsigned int tier;
	struct account account;
	char evidence[65];
	struct statement statement;
};

/**
 * channel_decision_begin() - a denial of @request, all but for who gives it where.
 * The caller then sets channel, tier and account, and in statement.answer: the digest that the
 * person saw (never that of the request as it is known by now), approve, reason; and with an
 * approval scope and duration_s, which are preset to the widest that the rule allows. Digest of
 * evidence, time and nonce are set when it is sent (gateway_link_decide()).
 */
void channel_decision_begin(const struct ipc_request *request, struct channel_decision *ret);

/* The hex digest of @text. Return: 0 or -EIO. */
int channel_evidence_digest(const char *text, char ret[65]);

/* As statement_write(): 0, -EINVAL, -ENOSPC. */
int channel_decision_write(const struct channel_decision *decision, char *ret, size_t size);

/* As statement_parse(): 0 or -EBADMSG and which line. */
int channel_decision_parse(const char *text, struct channel_decision *ret, unsigned int *ret_line);

/* For the person: why gateway_link_decide() failed with @r. */
const char *channel_decision_unsent(int r);

#endif
