/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision_proof.c: see decision_proof.h. Owns no state. That a statement is taken once only needs
 * nothing here: it names one request, and a person answers a request once (decision_check.c).
 */
#include "decision_proof.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/complaint.h"

int proof_read(const struct ipc_signed *message, struct proof *ret, char *text, size_t size)
{
	const struct complaint complaint = { text, size };
	const char *why = "";
	unsigned int line;

	ret->message = message;
	ret->key = NULL;
	if (statement_parse(message->statement, &ret->statement, &line) < 0)
		return complain(
			&complaint, -EBADMSG,
			"line %u of the statement is not as sluice approve --print writes it; "
			"sign its output without a change",
			line);
	if (sshsig_from_text(message->signature, &ret->signature, &why) < 0)
		return complain(&complaint, -EBADMSG, "the signature %s", why);
	return 0;
}

int proof_place(const struct agent *agent, const struct statement *statement, char *text,
		size_t size)
{
	const struct complaint complaint = { text, size };

	if (strcmp(statement->host, agent->host) != 0)
		return complain(
			&complaint, -ESTALE,
			"the statement is meant for host %s, and this is %s; submit it there",
			statement->host, agent->host);
	if (strcmp(statement->boot, agent->boot_id) != 0)
		return complain(
			&complaint, -ESTALE,
			"this host was started anew since the statement was made; look at what "
			"waits now");
	return 0;
}

int proof_age(uint64_t time_ms, unsigned int age_s, char *text, size_t size)
{
	const struct complaint complaint = { text, size };
	uint64_t now_ms = agent_time_ms();

	if (time_ms > now_ms + SLUICE_STATEMENT_SKEW_S * 1000ULL)
		return complain(
			&complaint, -EKEYEXPIRED,
			"the statement is of the future by this host's clock; set the clocks, "
			"and sign a new one");
	if (now_ms > time_ms + age_s * 1000ULL)
		return complain(&complaint, -EKEYEXPIRED,
				"the statement is older than %u s; make and sign a new one", age_s);
	return 0;
}

static int check_signature(const struct agent *agent, struct proof *proof,
			   const struct policy_person **ret, const struct complaint *complaint)
{
	const char *statement = proof->message->statement, *why = "";
	char fingerprint[SSHKEY_FINGERPRINT_MAX] = "?";
	int r = sshsig_verify(&proof->signature, STATEMENT_NAMESPACE, statement, strlen(statement),
			      &why);

	if (r < 0)
		return complain(complaint, r, "the signature %s", why);
	*ret = policy_person_by_key(agent->policy, &proof->signature.key, &proof->key);
	if (*ret)
		return 0;
	sshkey_fingerprint(&proof->signature.key, fingerprint);
	return complain(complaint, -EKEYREJECTED,
			"the key %s belongs to no person of the policy; sign with one of your keys "
			"there, or have Key= added to your [Person]",
			fingerprint);
}

int proof_person(const struct agent *agent, struct proof *proof, const struct policy_person **ret,
		 char *text, size_t size)
{
	const struct complaint complaint = { text, size };
	int r = proof_place(agent, &proof->statement, text, size);

	if (!r)
		r = proof_age(proof->statement.time_ms, SLUICE_STATEMENT_AGE_S, text, size);
	return r ? r : check_signature(agent, proof, ret, &complaint);
}

json_t *proof_evidence(const struct proof *proof)
{
	char line[SSHKEY_LINE_MAX];

	sshkey_line(&proof->key->key, line);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kind", "ssh-signature", "key",
			 proof->key->fingerprint, "public_key", line, "namespace",
			 STATEMENT_NAMESPACE, "statement", proof->message->statement, "signature",
			 proof->message->signature);
}
