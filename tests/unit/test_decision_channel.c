// SPDX-License-Identifier: Apache-2.0
/*
 * test_decision_channel.c: decisions that a channel of the gateway brings: whose they are, what
 * they reach, and what a gateway that somebody has taken over cannot do with its keys.
 */
#include "vouched_fixture.h"

#include "key/sshsig.h"

/* What @uid asks while the rule about reading wants @tier. */
static struct request *asked_under(const char *tier, uint32_t uid, enum sluice_action action)
{
	use_policy(tier);
	return asked(uid, action);
}

static struct brake *brake;
static char said[1024];

static int setup(void **state)
{
	brake = brake_new();
	return brake ? agent_setup(state) : -1;
}

static int teardown(void **state)
{
	brake = brake_free(brake);
	return agent_teardown(state);
}

static int bring(const struct ipc_channel *message)
{
	struct decider gateway = decider_of(GATEWAY);
	int r = decision_channel(&world.agent, message, &gateway, brake, said, sizeof(said));

	assert_true(strlen(said) > 5);
	return r;
}

static int vouch(uint8_t seed, const struct channel_decision *decision)
{
	struct ipc_channel message = signed_by(seed, decision);

	return bring(&message);
}

static int approve_as(const char *subject, const struct request *request)
{
	struct channel_decision decision = decision_on(request, subject);

	return vouch(WEB, &decision);
}

/* Each refusal leaves the request as it was, and says why in the journal. */
#define REFUSED(call, error, request)                                                              \
	do {                                                                                       \
		size_t _n = count_of("decision.refused");                                          \
		assert_int_equal(call, error);                                                     \
		assert_int_equal((request)->state, IPC_PENDING);                                   \
		assert_int_equal((request)->n_decisions, 0);                                       \
		assert_int_equal(count_of("decision.refused"), _n + 1);                            \
		assert_int_equal(count_of("grant.issued"), 0);                                     \
	} while (0)

static void test_a_reviewer_at_the_page(void **state)
{
	struct request *request = asked_under("A3", ANN, SLUICE_OPEN);

	(void)state;
	assert_int_equal(approve_as("sub-carla", request), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	assert_string_equal(request->decisions[0].person, "carla");
	assert_int_equal(request->decisions[0].tier, POLICY_A3);
	assert_int_equal(count_of("grant.issued"), 1);
	assert_int_equal(count_of("decision.refused"), 0);
}

static void test_a_denial(void **state)
{
	struct request *request;
	struct channel_decision decision;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_OPEN);
	decision = denial_on(request, "sub-dave"); /* no reviewer */
	REFUSED(vouch(WEB, &decision), -EACCES, request);
	decision = denial_on(request, "sub-carla");
	snprintf(decision.channel, sizeof(decision.channel), "chat");
	decision.tier = POLICY_A1; /* no is safe from whatever reaches less than the rule wants */
	assert_int_equal(vouch(CHAT, &decision), 0);
	assert_int_equal(request->state, IPC_DENIED);
}

/* One no is enough, also after a yes. */
static void test_a_denial_wins(void **state)
{
	struct request *request;
	struct channel_decision decision;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_EGRESS);
	assert_int_equal(approve_as("sub-carla", request), 0);
	assert_int_equal(request->state, IPC_PENDING);
	decision = denial_on(request, "sub-bob");
	assert_int_equal(vouch(WEB, &decision), 0);
	assert_int_equal(request->state, IPC_DENIED);
	assert_int_equal(count_of("grant.issued"), 0);
}

static bool shown_behind(const struct request *request, const char *issuer, const char *subject)
{
	struct account account = { .kind = ACCOUNT_OIDC };
	struct ipc_request *shown = calloc(1, sizeof(*shown));
	bool found = false;

	assert_non_null(shown);
	snprintf(account.issuer, sizeof(account.issuer), "%s", issuer);
	snprintf(account.subject, sizeof(account.subject), "%s", subject);
	request_describe(&world.agent, request, shown);
	for (size_t i = 0; i < SLUICE_MAX_BEHIND && shown->behind[i]; i++)
		found |= shown->behind[i] == account_mark(&account);
	free(shown);
	return found;
}

/* So that a channel does not offer who asks what sluiced would refuse. */
static void test_who_asks_is_marked(void **state)
{
	const struct request *request = asked_under("A3", ANN, SLUICE_OPEN);

	(void)state;
	assert_true(shown_behind(request, IDP, "sub-ann"));
	assert_false(shown_behind(request, IDP, "sub-bob"));
	assert_false(shown_behind(request, IDP, "sub-carla"));
	assert_false(shown_behind(request, "https://evil.example", "sub-ann"));
}

static void test_whose_key(void **state)
{
	struct request *request;
	struct channel_decision decision;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_OPEN);
	decision = decision_on(request, "sub-carla");
	REFUSED(vouch(FORGED, &decision), -EKEYREJECTED, request);
	REFUSED(vouch(CHAT, &decision), -EKEYREJECTED, request);   /* one channel is no other */
	REFUSED(vouch(CARLAS, &decision), -EKEYREJECTED, request); /* nor is a person */
	snprintf(decision.channel, sizeof(decision.channel), "pager");
	REFUSED(vouch(WEB, &decision), -EKEYREJECTED, request);
	assert_non_null(strstr(said, "--print-keys"));
	assert_int_equal(approve_as("sub-carla", request), 0);
}

/* Nor may what a channel signs pass as a person's own signature, or the reverse. */
static void test_made_for_something_else(void **state)
{
	struct signer signer = signer_of(WEB);
	struct channel_decision decision;
	struct ipc_channel message;
	struct request *request = asked_under("A3", ANN, SLUICE_OPEN);

	(void)state;
	decision = decision_on(request, "sub-carla");
	message = signed_by(WEB, &decision);
	signer.namespace = STATEMENT_NAMESPACE;
	sign_text(&signer, message.statement, message.signature, sizeof(message.signature));
	REFUSED(bring(&message), -EBADMSG, request);
}

static void test_no_byte_can_change(void **state)
{
	struct channel_decision decision;
	struct ipc_channel message;
	struct request *request;
	size_t n;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_OPEN);
	decision = decision_on(request, "sub-carla");
	message = signed_by(WEB, &decision);
	n = strlen(message.statement);
	for (size_t i = 0; i < n; i++) {
		struct ipc_channel changed = message;

		brake = brake_free(brake);
		brake = brake_new();
		changed.statement[i] ^= 1;
		assert_true(bring(&changed) < 0);
	}
	for (size_t i = 0; i < strlen(EVIDENCE); i++) {
		struct ipc_channel changed = message;

		brake = brake_free(brake);
		brake = brake_new();
		changed.evidence[i] ^= 1;
		assert_int_equal(bring(&changed), -EBADMSG);
	}
	assert_int_equal(request->n_decisions, 0);
	assert_int_equal(bring(&message), 0);
}

/* ---- a gateway that somebody has taken over: it signs whatever they like ---- */

static void test_not_above_the_cap(void **state)
{
	struct request *request;
	struct channel_decision decision;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_OPEN);
	decision = decision_on(request, "sub-carla");
	snprintf(decision.channel, sizeof(decision.channel), "chat"); /* says A3, reaches A2 */
	REFUSED(vouch(CHAT, &decision), -EACCES, request);
	assert_non_null(strstr(said, "this is A2"));
	decision = decision_on(request, "sub-carla");
	decision.tier = POLICY_A2; /* an honest one that is less sure */
	REFUSED(vouch(WEB, &decision), -EACCES, request);
	use_policy("A2");
	decision = decision_on(request, "sub-carla");
	snprintf(decision.channel, sizeof(decision.channel), "chat");
	assert_int_equal(vouch(CHAT, &decision), 0);
	assert_int_equal(request->decisions[0].tier, POLICY_A2);
}

/* However sure it is: no page or card shows it, so a person's key is what it takes. */
static void test_not_what_is_hidden(void **state)
{
	struct request *request;
	struct channel_decision decision;
	char *command;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_OPEN);
	command = request->command;
	request->command = calloc(1, 1200);
	memset(request->command, 'x', 1199);
	decision = decision_on(request, "sub-carla");
	REFUSED(vouch(WEB, &decision), -EACCES, request);
	assert_non_null(strstr(said, "by a key"));
	free(request->command);
	request->command = command;
	decision = decision_on(request, "sub-carla");
	assert_int_equal(vouch(WEB, &decision), 0);
}

static void test_not_for_unknown_accounts(void **state)
{
	struct request *request;
	struct channel_decision decision;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_OPEN);
	REFUSED(approve_as("sub-mallory", request), -EPERM, request);
	REFUSED(approve_as("sub-carla2", request), -EPERM, request);
	REFUSED(approve_as("SUB-CARLA", request), -EPERM, request);
	decision = decision_on(request, "sub-carla");
	snprintf(decision.account.issuer, sizeof(decision.account.issuer),
		 "https://evil.example"); /* another provider's carla */
	REFUSED(vouch(WEB, &decision), -EPERM, request);
	decision =
		decision_on(request, "U2147483697"); /* carla, but by what the page may not name */
	decision.account.kind = ACCOUNT_SLACK;
	snprintf(decision.account.issuer, sizeof(decision.account.issuer), "T024BE7LD");
	REFUSED(vouch(WEB, &decision), -EACCES, request);
	use_policy("A2");
	snprintf(decision.channel, sizeof(decision.channel), "chat");
	assert_int_equal(vouch(CHAT, &decision), 0);
	assert_string_equal(request->decisions[0].person, "carla");
}

/* A program of hers, by the API: as sure as the gateway says it is, and at most as the policy. */
static void test_a_client(void **state)
{
	struct request *request = asked_under("A2", ANN, SLUICE_OPEN);
	struct channel_decision decision = decision_on(request, "tickets");

	(void)state;
	snprintf(decision.channel, sizeof(decision.channel), "api");
	decision.account.kind = ACCOUNT_CLIENT;
	snprintf(decision.account.issuer, sizeof(decision.account.issuer), ACCOUNT_GATEWAY);
	decision.tier = POLICY_A1;
	REFUSED(vouch(API, &decision), -EACCES, request);
	assert_non_null(strstr(said, "this is A1"));
	decision.tier = POLICY_A3; /* what no honest gateway says */
	use_policy("A3");
	REFUSED(vouch(API, &decision), -EACCES, request);
	assert_non_null(strstr(said, "this is A2"));
	snprintf(decision.channel, sizeof(decision.channel), "web"); /* the page knows no clients */
	REFUSED(vouch(WEB, &decision), -EACCES, request);
	snprintf(decision.channel, sizeof(decision.channel), "api");
	snprintf(decision.account.subject, sizeof(decision.account.subject), "pager");
	REFUSED(vouch(API, &decision), -EPERM, request);
	assert_non_null(strstr(said, "Client="));
	use_policy("A2");
	snprintf(decision.account.subject, sizeof(decision.account.subject), "tickets");
	decision.tier = POLICY_A2;
	assert_int_equal(vouch(API, &decision), 0);
	assert_string_equal(request->decisions[0].person, "carla");
	assert_int_equal(request->decisions[0].tier, POLICY_A2);
	restart(); /* the journal has the account */
	request = request_find(world.agent.requests, decision.statement.answer.id);
	assert_int_equal(request->state, IPC_APPROVED);
}

static void test_not_for_who_is_no_reviewer(void **state)
{
	struct request *request = asked_under("A3", ANN, SLUICE_OPEN);

	(void)state;
	REFUSED(approve_as("sub-dave", request), -EACCES, request);
	assert_int_equal(approve_as("sub-bob", request), 0);
}

static void test_not_for_who_asks(void **state)
{
	struct fake_process sudo = { .ppid = 1, .uid = BOB, .euid = 0, .loginuid = ANN };
	struct fake_process job = { .uid = ANN, .euid = ANN, .loginuid = ANN };
	struct request *request;
	struct sluice_event event;

	(void)state;
	request = asked_under("A3", BOB, SLUICE_OPEN);
	REFUSED(approve_as("sub-bob", request), -EPERM, request);
	request = asked(BOBS_SERVICE, SLUICE_OPEN); /* an account that he answers for */
	REFUSED(approve_as("sub-bob", request), -EPERM, request);
	sudo.pid = add_child(); /* ann's process, which an ancestor of his started */
	sudo.exe = "/usr/bin/sudo";
	add_process(&sudo);
	job.pid = add_child();
	job.ppid = sudo.pid;
	add_process(&job);
	event = make_stop(job.pid, ANN, SLUICE_OPEN, CUSTOMERS, true);
	event.loginuid = ANN;
	request = stop(&event);
	REFUSED(approve_as("sub-bob", request), -EPERM, request);
	REFUSED(approve_as("sub-ann", request), -EPERM, request);
	assert_int_equal(approve_as("sub-carla", request), 0);
}

/* It opens labeled data itself, and approves that with the key that it holds. */
static void test_not_for_itself(void **state)
{
	struct request *request = asked_under("A3", GATEWAY, SLUICE_OPEN);

	(void)state;
	REFUSED(approve_as("sub-carla", request), -EPERM, request);
	assert_non_null(strstr(said, "gateway itself"));
	assert_int_equal(decide(request, CARLA, false, "x"), 0);
}

static void test_not_with_labels(void **state)
{
	struct request *request = asked_under("A3", ANN, SLUICE_OPEN);

	(void)state;
	world.kernel.taint = SECRETS;
	/* for the gateway's labels nobody is to blame, nor kept from trying again */
	for (int i = 0; i <= SLUICE_MAX_REFUSED; i++) {
		assert_int_equal(approve_as("sub-carla", request), -EUCLEAN);
		assert_int_equal(request->n_decisions, 0);
	}
	assert_non_null(strstr(said, "unit:sluice-gateway.service named in a [Trusted]"));
	assert_int_equal(count_of("decision.refused"), 0);
	world.kernel.taint = 0;
	assert_int_equal(approve_as("sub-carla", request), 0);
}

static void test_not_what_nobody_saw(void **state)
{
	struct request *request, *other;
	struct channel_decision decision;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_OPEN);
	other = asked(BOB, SLUICE_OPEN);
	decision = decision_on(request, "sub-carla");
	memcpy(decision.statement.answer.digest, other->digest, sizeof(other->digest));
	REFUSED(vouch(WEB, &decision), -ESTALE, request);
	decision = decision_on(request, "sub-carla");
	decision.statement.answer.digest[63] = request->digest[63] == 'a' ? 'b' : 'a';
	REFUSED(vouch(WEB, &decision), -ESTALE, request);
	decision = decision_on(request, "sub-carla");
	snprintf(decision.statement.host, sizeof(decision.statement.host), "other.example");
	REFUSED(vouch(WEB, &decision), -ESTALE, request);
	decision = decision_on(request, "sub-carla");
	decision.statement.boot[0] = '2';
	REFUSED(vouch(WEB, &decision), -ESTALE, request);
	decision = decision_on(request, "sub-carla");
	snprintf(decision.statement.answer.id, sizeof(decision.statement.answer.id), "r-00000000");
	REFUSED(vouch(WEB, &decision), -ENOENT, request);
	assert_int_equal(approve_as("sub-carla", request), 0);
}

static void test_not_late(void **state)
{
	struct request *request;
	struct channel_decision decision;
	uint64_t deadline_ns;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_OPEN);
	decision = decision_on(request, "sub-carla");
	decision.statement.time_ms -= (SLUICE_CHANNEL_AGE_S + 1) * 1000;
	REFUSED(vouch(WEB, &decision), -EKEYEXPIRED, request);
	decision.statement.time_ms = agent_time_ms() + (SLUICE_STATEMENT_SKEW_S + 30) * 1000;
	REFUSED(vouch(WEB, &decision), -EKEYEXPIRED, request);
	deadline_ns = request->deadline_ns;
	request->deadline_ns = agent_boot_ns();
	assert_int_equal(approve_as("sub-carla", request), -ETIMEDOUT);
	request->deadline_ns = deadline_ns;
	decision.statement.time_ms = agent_time_ms() - (SLUICE_CHANNEL_AGE_S - 30) * 1000;
	assert_int_equal(vouch(WEB, &decision), 0);
}

/* Neither the same bytes again, nor another statement for the same person; also after a restart. */
static void test_once_only(void **state)
{
	struct request *request;
	struct channel_decision decision;
	struct ipc_channel message;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_EGRESS); /* wants two people */
	decision = decision_on(request, "sub-carla");
	message = signed_by(WEB, &decision);
	assert_int_equal(bring(&message), 0);
	assert_int_equal(bring(&message), -EEXIST);
	decision.statement.nonce[0] = 'f';
	assert_int_equal(vouch(WEB, &decision), -EEXIST);
	snprintf(decision.channel, sizeof(decision.channel), "chat");
	assert_int_equal(vouch(CHAT, &decision), -EEXIST); /* nor by another road */
	restart();
	request = request_find(world.agent.requests, decision.statement.answer.id);
	assert_int_equal(bring(&message), -EEXIST);
	assert_int_equal(request->n_decisions, 1);
	assert_int_equal(approve_as("sub-bob", request), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	assert_int_equal(bring(&message), -EALREADY);
	assert_int_equal(count_of("grant.issued"), 1);
	assert_int_equal(count_of("decision.refused"), 0); /* a double click is no attack */
}

static void test_not_wider(void **state)
{
	struct request *request;
	struct channel_decision decision;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_OPEN);
	decision = decision_on(request, "sub-carla");
	decision.statement.answer.scope = IPC_SCOPE_EXECUTABLE;
	REFUSED(vouch(WEB, &decision), -ERANGE, request);
	decision.statement.answer.scope = IPC_SCOPE_PROCESS;
	decision.statement.answer.duration_s = 3601;
	REFUSED(vouch(WEB, &decision), -ERANGE, request);
	decision.statement.answer.duration_s = 3600;
	assert_int_equal(vouch(WEB, &decision), 0);
}

static void test_not_without_a_reason(void **state)
{
	struct request *request;
	struct channel_decision decision;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_EGRESS);
	decision = decision_on(request, "sub-carla");
	decision.statement.answer.reason[0] = '\0';
	REFUSED(vouch(WEB, &decision), -ENOKEY, request);
	snprintf(decision.statement.answer.reason, sizeof(decision.statement.answer.reason), "x");
	assert_int_equal(vouch(WEB, &decision), 0);
}

static void test_evidence(void **state)
{
	static const char *const wrong[] = {
		"", "[]", "\"x\"", "{", "{\"a\":1,\"a\":2}", "{}x", "{\"a\":\"\xff\"}"
	};
	struct channel_decision decision;
	struct ipc_channel message;
	struct request *request = asked_under("A3", ANN, SLUICE_OPEN);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		decision = decision_on(request, "sub-carla");
		assert_int_equal(channel_evidence_digest(wrong[i], decision.evidence), 0);
		message = signed_by(WEB, &decision);
		snprintf(message.evidence, sizeof(message.evidence), "%s", wrong[i]);
		REFUSED(bring(&message), -EBADMSG, request);
	}
	brake = brake_free(brake);
	brake = brake_new();
	assert_int_equal(channel_evidence_digest("{}", decision.evidence), 0);
	message = signed_by(WEB, &decision);
	snprintf(message.evidence, sizeof(message.evidence), "{}");
	assert_int_equal(bring(&message), 0);
}

/* ---- what is kept ---- */

static void test_the_journal_keeps_the_proof(void **state)
{
	struct channel_decision decision, kept;
	const json_t *entry, *evidence;
	struct ipc_channel message;
	struct sshsig signature;
	struct request *request;
	unsigned int line;
	struct sshkey key;
	const char *why;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_OPEN);
	decision = decision_on(request, "sub-carla");
	message = signed_by(WEB, &decision);
	assert_int_equal(bring(&message), 0);
	entry = entry_of("decision");
	evidence = json_object_get(entry, "evidence");
	assert_string_equal(member(entry, "person"), "carla");
	assert_string_equal(member(entry, "tier"), "A3");
	assert_non_null(strstr(member(entry, "message"), " by channel web"));
	assert_string_equal(member(evidence, "kind"), "channel-signature");
	assert_string_equal(member(evidence, "channel"), "web");
	assert_string_equal(member(evidence, "channel_tier"), "A3");
	assert_string_equal(member(evidence, "namespace"), CHANNEL_NAMESPACE);
	assert_string_equal(member(evidence, "evidence"), EVIDENCE);
	assert_string_equal(member(json_object_get(evidence, "account"), "subject"), "sub-carla");
	assert_string_equal(member(evidence, "key"), request->decisions[0].key);
	/* from here on as an auditor would */
	assert_int_equal(sshkey_from_line(member(evidence, "public_key"), &key, &why), 0);
	assert_int_equal(sshsig_from_text(member(evidence, "signature"), &signature, &why), 0);
	assert_true(sshkey_equal(&key, &signature.key));
	assert_int_equal(sshsig_verify(&signature, CHANNEL_NAMESPACE, member(evidence, "statement"),
				       strlen(member(evidence, "statement")), &why),
			 0);
	assert_int_equal(channel_decision_parse(member(evidence, "statement"), &kept, &line), 0);
	assert_string_equal(kept.statement.answer.digest, member(entry, "digest"));
}

static void test_the_journal_of_a_refusal(void **state)
{
	struct request *request;
	struct channel_decision decision;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_OPEN);
	approve_as("sub-mallory", request);
	assert_string_equal(member(entry_of("decision.refused"), "channel"), "web");
	assert_string_equal(member(entry_of("decision.refused"), "request"), request->id);
	assert_non_null(strstr(member(entry_of("decision.refused"), "statement"), "sub-mallory"));
	decision = decision_on(request, "sub-carla");
	vouch(FORGED, &decision); /* whose it is is not known: nothing of it is kept but why */
	assert_null(json_object_get(entry_of("decision.refused"), "statement"));
	assert_non_null(strstr(member(entry_of("decision.refused"), "why"), "not that of"));
}

/* Who tries again and again is not looked at for a while; nobody else is stopped by that. */
static void test_brake(void **state)
{
	struct request *request;
	struct channel_decision decision;

	(void)state;
	request = asked_under("A3", ANN, SLUICE_OPEN);
	for (int i = 0; i < SLUICE_MAX_REFUSED; i++)
		REFUSED(approve_as("sub-dave", request), -EACCES, request);
	assert_int_equal(approve_as("sub-dave", request), -EBUSY);
	assert_int_equal(count_of("decision.refused"), SLUICE_MAX_REFUSED);
	decision = decision_on(request, "sub-carla");
	for (int i = 0; i < SLUICE_MAX_REFUSED; i++)
		REFUSED(vouch(FORGED, &decision), -EKEYREJECTED, request);
	assert_int_equal(vouch(FORGED, &decision), -EBUSY);
	assert_int_equal(approve_as("sub-carla", request), 0);
}

/* With ever other accounts: the journal does not fill. */
static void test_the_journal_is_bounded(void **state)
{
	struct request *request = asked_under("A3", ANN, SLUICE_OPEN);

	(void)state;
	for (int i = 0; i < 2 * SLUICE_MAX_REFUSED_ALL; i++) {
		char subject[32];

		snprintf(subject, sizeof(subject), "mallory-%d", i);
		assert_int_equal(approve_as(subject, request), -EPERM);
	}
	assert_int_equal(count_of("decision.refused"), SLUICE_MAX_REFUSED_ALL);
	assert_int_equal(approve_as("sub-carla", request), 0);
}

static void test_a_journal_that_cannot_be_written(void **state)
{
	struct request *request = asked_under("A3", ANN, SLUICE_OPEN);

	(void)state;
	world.journal.fail_commit = true;
	assert_int_equal(approve_as("sub-carla", request), -EIO);
	assert_int_equal(world.kernel.n_grants, 0);
}

static unsigned int request_missing_now(const struct request *request)
{
	struct request_terms terms;

	request_terms(&world.agent, request->key.action, request->labels, &terms);
	return request_missing(&world.agent, request, &terms);
}

static void use_other_policy(const char *text)
{
	const struct policy *old = world.agent.policy;

	load_policy(&world.agent, text);
	policy_free((struct policy *)old);
}

/* A key that leaves the policy counts no more. */
static void test_a_policy_that_changes(void **state)
{
	struct request *request = asked_under("A3", ANN, SLUICE_OPEN);

	(void)state;
	use_other_policy(fixture_policy_text);
	REFUSED(approve_as("sub-carla", request), -EKEYREJECTED, request);
}

/* Nor do approvals by it that wait for another one. */
static void test_approvals_of_a_channel_that_left(void **state)
{
	struct request *request = asked_under("A3", ANN, SLUICE_EGRESS);

	(void)state;
	assert_int_equal(approve_as("sub-carla", request), 0);
	use_other_policy(fixture_policy_text);
	assert_int_equal(decide(request, BOB, true, "x"), 0);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(decide(request, DAVE, true, "x"), 0);
	assert_int_equal(request->state, IPC_APPROVED);
}

/* Nor, when the channel reaches less by now; what it was taken for then it would not be today. */
static void test_approvals_of_a_channel_that_fell(void **state)
{
	struct request *request = asked_under("A2", ANN, SLUICE_EGRESS);

	(void)state;
	assert_int_equal(approve_as("sub-carla", request), 0);
	web_tier = "A1";
	use_policy("A2");
	web_tier = "A2";
	assert_int_equal(request_missing_now(request), 2);
	use_policy("A2"); /* it was taken for A3 */
	assert_int_equal(request_missing_now(request), 2);
	web_tier = "A3";
	use_policy("A2");
	assert_int_equal(request_missing_now(request), 1);
}

static void take_account_away(void)
{
	carlas_subject = "sub-carla-new"; /* one that the channel may name as well */
	use_policy("A2");
	carlas_subject = "sub-carla";
}

/* Nor, when the account is not theirs any more, though another is. */
static void test_approvals_by_an_account_that_left(void **state)
{
	struct request *request = asked_under("A2", ANN, SLUICE_EGRESS);

	(void)state;
	assert_int_equal(approve_as("sub-carla", request), 0);
	assert_int_equal(request_missing_now(request), 1);
	take_account_away();
	assert_int_equal(request_missing_now(request), 2);
	use_policy("A2");
	assert_int_equal(request_missing_now(request), 1);
	restart(); /* the journal has it */
	request = request_find(world.agent.requests, member(entry_of("decision"), "request"));
	assert_int_equal(request_missing_now(request), 1);
	take_account_away();
	assert_int_equal(request_missing_now(request), 2);
}

#define CHANNEL_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHANNEL_TEST(test_a_reviewer_at_the_page),
		CHANNEL_TEST(test_a_denial),
		CHANNEL_TEST(test_a_denial_wins),
		CHANNEL_TEST(test_whose_key),
		CHANNEL_TEST(test_made_for_something_else),
		CHANNEL_TEST(test_no_byte_can_change),
		CHANNEL_TEST(test_not_above_the_cap),
		CHANNEL_TEST(test_not_what_is_hidden),
		CHANNEL_TEST(test_who_asks_is_marked),
		CHANNEL_TEST(test_not_for_unknown_accounts),
		CHANNEL_TEST(test_a_client),
		CHANNEL_TEST(test_not_for_who_is_no_reviewer),
		CHANNEL_TEST(test_not_for_who_asks),
		CHANNEL_TEST(test_not_for_itself),
		CHANNEL_TEST(test_not_with_labels),
		CHANNEL_TEST(test_not_what_nobody_saw),
		CHANNEL_TEST(test_not_late),
		CHANNEL_TEST(test_once_only),
		CHANNEL_TEST(test_not_wider),
		CHANNEL_TEST(test_not_without_a_reason),
		CHANNEL_TEST(test_evidence),
		CHANNEL_TEST(test_the_journal_keeps_the_proof),
		CHANNEL_TEST(test_the_journal_of_a_refusal),
		CHANNEL_TEST(test_brake),
		CHANNEL_TEST(test_the_journal_is_bounded),
		CHANNEL_TEST(test_a_journal_that_cannot_be_written),
		CHANNEL_TEST(test_a_policy_that_changes),
		CHANNEL_TEST(test_approvals_of_a_channel_that_left),
		CHANNEL_TEST(test_approvals_of_a_channel_that_fell),
		CHANNEL_TEST(test_approvals_by_an_account_that_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
