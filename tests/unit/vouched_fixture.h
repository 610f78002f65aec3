/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vouched_fixture.h: decisions as channels of the gateway bring them, with keys of the test's own,
 * right or wrong in one place. Owns no test.
 */
#ifndef SLUICE_TEST_VOUCHED_FIXTURE_H
#define SLUICE_TEST_VOUCHED_FIXTURE_H

#include "agent_fixture.h"
#include "key/channel_decision.h"
#include "signed_fixture.h"

/* Keys by seed: the page, a chat, the API, one that the policy does not know; carla's own. */
enum { WEB = 11, CHAT = 12, FORGED = 13, API = 14, CARLAS = 2 };
enum { GATEWAY = 4000 };

#define IDP	 "https://idp.example"
#define EVIDENCE "{\"acr\":\"mfa\",\"auth_time\":1795356000}"

static struct signer signer_of(uint8_t seed)
{
	struct signer signer = honest;

	signer.seed = seed;
	signer.namespace = CHANNEL_NAMESPACE;
	return signer;
}

MAYBE static void add_line(FILE *out, uint8_t seed)
{
	struct signer signer = signer_of(seed);

	fprintf(out, "Key=%s\n", key_line(&signer));
}

static char web_key[SSHKEY_LINE_MAX]; /* of the page, when it is not WEB */
static const char *web_tier = "A3";
static const char *carlas_subject = "sub-carla";

/* @tier: of the rule about reading; that about sending wants two people and a reason. */
MAYBE static void use_policy(const char *tier)
{
	const struct policy *old = world.agent.policy;
	char text[4096] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	fprintf(out,
		"[Label customers]\nPath=/srv/customers\n[Label secrets]\nPath=/srv/secrets\n"
		"[Rule read]\nAction=open\nLabels=customers\nVerdict=ask\nReviewers=owners\n"
		"Scope=process\nDuration=1h\nTier=%s\n"
		"[Rule send]\nAction=egress\nLabels=customers\nVerdict=ask\nReviewers=owners\n"
		"Approvals=2\nReason=required\nTier=A2\n"
		"[Person ann]\nUid=2001\nOIDC=" IDP " sub-ann\n"
		"[Person bob]\nUid=2002 2102\nUnit=nightly.service\nOIDC=" IDP " sub-bob\n"
		"[Person carla]\nUid=2003\nOIDC=" IDP " %s\nSlack=T024BE7LD U2147483697\n"
		"Client=tickets\n",
		tier, carlas_subject);
	add_line(out, CARLAS);
	fputs("[Person dave]\nUid=2004\nOIDC=" IDP " sub-dave\n"
	      "[Group owners]\nMember=ann bob carla\n",
	      out);
	fprintf(out, "[Channel web]\nTier=%s\nAccounts=oidc\n", web_tier);
	if (*web_key)
		fprintf(out, "Key=%s\n", web_key);
	else
		add_line(out, WEB);
	fputs("[Channel chat]\nTier=A2\nAccounts=slack oidc\n", out);
	add_line(out, CHAT);
	fputs("[Channel api]\nTier=A2\nAccounts=client\n", out);
	add_line(out, API);
	fclose(out);
	load_policy(&world.agent, text);
	policy_free((struct policy *)old);
}

MAYBE static struct request *asked(uint32_t uid, enum sluice_action action)
{
	struct sluice_event event =
		make_stop(add_worker(uid, uid), uid, action, CUSTOMERS, action == SLUICE_OPEN);

	event.loginuid = uid;
	return stop(&event);
}

/* An approval by @subject at the page, as an honest gateway states it. */
MAYBE static struct channel_decision decision_on(const struct request *request, const char *subject)
{
	struct channel_decision decision = { .channel = "web",
					     .tier = POLICY_A3,
					     .account = { .kind = ACCOUNT_OIDC, .issuer = IDP } };
	struct statement *statement = &decision.statement;

	snprintf(decision.account.subject, sizeof(decision.account.subject), "%s", subject);
	assert_int_equal(channel_evidence_digest(EVIDENCE, decision.evidence), 0);
	*statement = (struct statement){ .answer = { .approve = 1,
						     .scope = IPC_SCOPE_ONCE,
						     .duration_s = 300,
						     .reason = "ticket 7" },
					 .time_ms = agent_time_ms(),
					 .nonce = "000102030405060708090a0b0c0d0e0f" };
	snprintf(statement->host, sizeof(statement->host), "%s", world.agent.host);
	snprintf(statement->boot, sizeof(statement->boot), "%s", world.agent.boot_id);
	memcpy(statement->answer.id, request->id, sizeof(statement->answer.id));
	memcpy(statement->answer.digest, request->digest, sizeof(statement->answer.digest));
	return decision;
}

MAYBE static struct channel_decision denial_on(const struct request *request, const char *subject)
{
	struct channel_decision decision = decision_on(request, subject);

	decision.statement.answer.approve = 0;
	decision.statement.answer.scope = IPC_SCOPE_RULE;
	decision.statement.answer.duration_s = 0;
	return decision;
}

MAYBE static struct ipc_channel signed_by(uint8_t seed, const struct channel_decision *decision)
{
	struct signer signer = signer_of(seed);
	struct ipc_channel message = { .evidence = EVIDENCE };

	assert_int_equal(channel_decision_write(decision, message.statement,
						sizeof(message.statement)),
			 0);
	sign_text(&signer, message.statement, message.signature, sizeof(message.signature));
	return message;
}

#endif
