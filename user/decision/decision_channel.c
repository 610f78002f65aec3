// SPDX-License-Identifier: Apache-2.0
/*
 * decision_channel.c: see decision_channel.h. Owns no state. That a decision is taken once only
 * needs nothing here: it names one request, and a person answers a request once
 * (decision_check.c).
 */
#include "decision_channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/complaint.h"
#include "decision_proof.h"
#include "event/record.h"

static int read_form(struct vouched *vouched, const struct complaint *complaint)
{
	const char *why = "";
	unsigned int line;

	if (channel_decision_parse(vouched->message->statement, &vouched->decision, &line) < 0)
		return complain(complaint, -EBADMSG,
				"line %u of the channel's decision is not as it has to be; gateway "
				"and agent must be of one version",
				line);
	if (sshsig_from_text(vouched->message->signature, &vouched->signature, &why) < 0)
		return complain(complaint, -EBADMSG, "the channel's signature %s", why);
	return 0;
}

static int check_signature(const struct agent *agent, struct vouched *vouched,
			   const struct complaint *complaint)
{
	const char *statement = vouched->message->statement, *why = "";
	const char *name = vouched->decision.channel;
	int r;

	vouched->channel = policy_find_channel(agent->policy, name);
	if (!vouched->channel)
		return complain(complaint, -EKEYREJECTED,
				"the policy in force has no [Channel %s]; add what sluice-gateway "
				"--print-keys says",
				name);
	if (!sshkey_equal(&vouched->channel->key.key, &vouched->signature.key))
		return complain(complaint, -EKEYREJECTED,
				"the key is not that of [Channel %s]; put into the policy what "
				"sluice-gateway --print-keys says",
				name);
	r = sshsig_verify(&vouched->signature, CHANNEL_NAMESPACE, statement, strlen(statement),
			  &why);
	return r < 0 ? complain(complaint, r, "the channel's signature %s", why) : 0;
}

/* What was signed is the digest: it must be of this text, and the text what a journal can hold. */
static int check_evidence(const struct vouched *vouched, const struct complaint *complaint)
{
	json_auto_t *json = json_loads(vouched->message->evidence, JSON_REJECT_DUPLICATES, NULL);
	char digest[65];

	if (channel_evidence_digest(vouched->message->evidence, digest) < 0)
		return complain(complaint, -ENOMEM, "nothing was decided: no memory; try again");
	if (strcmp(digest, vouched->decision.evidence) != 0)
		return complain(complaint, -EBADMSG,
				"the evidence is not what the channel has signed; decide again");
	if (!json_is_object(json))
		return complain(complaint, -EBADMSG,
				"the evidence is no JSON object; gateway and agent must be of one "
				"version");
	return 0;
}

static int check_kind(const struct vouched *vouched, const struct complaint *complaint)
{
	enum account_kind kind = vouched->decision.account.kind;

	if (vouched->channel->accounts >> kind & 1)
		return 0;
	return complain(complaint, -EACCES,
			"[Channel %s] may not name people by accounts of the kind %s; add it to "
			"Accounts= there if it should",
			vouched->channel->name, account_kind_names[kind]);
}

int vouched_read(const struct agent *agent, const struct ipc_channel *message, struct vouched *ret,
		 char *text, size_t size)
{
	const struct complaint complaint = { text, size };
	const struct statement *statement = &ret->decision.statement;
	int r;

	*ret = (struct vouched){ .message = message };
	r = read_form(ret, &complaint);
	if (!r)
		r = check_signature(agent, ret, &complaint);
	if (!r)
		r = proof_place(agent, statement, text, size);
	if (!r)
		r = proof_age(statement->time_ms, SLUICE_CHANNEL_AGE_S, text, size);
	if (!r)
		r = check_evidence(ret, &complaint);
	return r ? r : check_kind(ret, &complaint);
}

int vouched_person(const struct agent *agent, const struct vouched *vouched,
		   const struct policy_person **ret, char *text, size_t size)
{
	static const char *const keys[] = {
		[ACCOUNT_OIDC] = "OIDC",
		[ACCOUNT_ENTRA] = "Entra",
		[ACCOUNT_SLACK] = "Slack",
		[ACCOUNT_CLIENT] = "Client",
	};
	const struct complaint complaint = { text, size };
	const struct account *account = &vouched->decision.account;

	*ret = policy_person_by_account(agent->policy, account);
	if (*ret)
		return 0;
	return complain(&complaint, -EPERM,
			"the account %.120s of %.120s belongs to no person of the policy; have "
			"%s= added to your [Person]",
			account->subject, account->issuer, keys[account->kind]);
}

enum policy_tier vouched_tier(const struct vouched *vouched)
{
	unsigned int tier = vouched->decision.tier;

	return tier < vouched->channel->tier ? (enum policy_tier)tier : vouched->channel->tier;
}

static json_t *account_of(const struct channel_decision *decision)
{
	return json_pack("{s:s, s:s, s:s}", "kind", account_kind_names[decision->account.kind],
			 "issuer", decision->account.issuer, "subject", decision->account.subject);
}

json_t *vouched_evidence(const struct vouched *vouched)
{
	char line[SSHKEY_LINE_MAX];

	sshkey_line(&vouched->channel->key.key, line);
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s}", "kind",
			 "channel-signature", "channel", vouched->channel->name, "channel_tier",
			 policy_tier_name(vouched->channel->tier), "key",
			 vouched->channel->key.fingerprint, "account",
			 account_of(&vouched->decision), "public_key", line, "namespace",
			 CHANNEL_NAMESPACE, "statement", vouched->message->statement, "signature",
			 vouched->message->signature, "evidence", vouched->message->evidence);
}

void vouched_refused(struct agent *agent, const struct vouched *vouched, const char *text)
{
	json_t *body;

	if (vouched)
		body = json_pack("{s:s, s:s, s:o, s:s, s:s, s:s}", "request",
				 vouched->decision.statement.answer.id, "channel",
				 vouched->channel->name, "account", account_of(&vouched->decision),
				 "statement", vouched->message->statement, "signature",
				 vouched->message->signature, "why", text);
	else
		body = json_pack("{s:o}", "why", record_text(text));
	record_add(agent, NULL, body, "decision.refused",
		   "a decision that the gateway brought%s%s was refused: %s",
		   vouched ? " for " : "", vouched ? vouched->decision.statement.answer.id : "",
		   text);
	record_commit(agent);
}
