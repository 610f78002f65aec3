// SPDX-License-Identifier: Apache-2.0
/*
 * test_decision_revoke.c: what was approved is taken back by a channel of the gateway or by a key:
 * who may, what ends, what is said of it, and that it never counts as an answer. Sources:
 * user/decision/decision_revoke.c, user/request/request_revoke.c.
 */
#include "vouched_fixture.h"

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

static int vouch(uint8_t seed, const struct channel_decision *decision)
{
	struct ipc_channel message = signed_by(seed, decision);
	struct decider gateway = decider_of(GATEWAY);

	return decision_channel(&world.agent, &message, &gateway, brake, said, sizeof(said));
}

static struct channel_decision revocation_of(const struct request *request, const char *subject)
{
	struct channel_decision decision = denial_on(request, subject);

	decision.statement.revoke = true;
	return decision;
}

static int revoke_as(const char *subject, const struct request *request)
{
	struct channel_decision decision = revocation_of(request, subject);

	return vouch(WEB, &decision);
}

/* A read that Carla approved at the page, for the process and an hour. */
static struct request *approved(void)
{
	struct channel_decision decision;
	struct request *request;

	use_policy("A3");
	request = asked(ANN, SLUICE_OPEN);
	decision = decision_on(request, "sub-carla");
	decision.statement.answer.scope = IPC_SCOPE_PROCESS;
	assert_int_equal(vouch(WEB, &decision), 0);
	assert_int_equal(world.kernel.n_grants, 1);
	return request;
}

static bool shown_in_force(const struct request *request)
{
	struct ipc_request *shown = malloc(sizeof(*shown));
	bool in_force;

	assert_non_null(shown);
	request_describe(&world.agent, request, shown);
	in_force = shown->revocable;
	free(shown);
	return in_force;
}

/* Nothing has ended. */
#define REFUSED(call, error)                                                                       \
	do {                                                                                       \
		assert_int_equal(call, error);                                                     \
		assert_int_equal(world.kernel.n_grants, 1);                                        \
		assert_int_equal(count_of("grant.revoked"), 0);                                    \
	} while (0)

static void test_it_ends_at_once(void **state)
{
	struct request *request = approved();
	struct channel_decision decision = revocation_of(request, "sub-bob");
	const json_t *evidence;

	(void)state;
	assert_true(shown_in_force(request));
	/* who reviews such, however unsure it is that it is them */
	snprintf(decision.channel, sizeof(decision.channel), "chat");
	decision.tier = POLICY_A1;
	assert_int_equal(vouch(CHAT, &decision), 0);
	assert_int_equal(world.kernel.n_grants, 0);
	assert_false(shown_in_force(request));
	assert_int_equal(request->state, IPC_APPROVED);
	assert_string_equal(request->outcome, "approved by carla; revoked by bob");
	assert_string_equal(member(entry_of("grant.revoked"), "person"), "bob");
	assert_string_equal(member(entry_of("grant.revoked"), "reason"), "ticket 7");
	evidence = json_object_get(entry_of("grant.revoked"), "evidence");
	assert_string_equal(member(evidence, "channel"), "chat");
	assert_non_null(strstr(member(evidence, "statement"), "\nverdict revoke\n"));
	/* it stays ended, by all entries and by the state of a journal that has got another file */
	restart();
	assert_int_equal(world.kernel.n_grants, 0);
}

static const struct ipc_revocation *shown_revoked(const struct request *request)
{
	static struct ipc_request shown;

	request_describe(&world.agent, request, &shown);
	return &shown.revoked;
}

/* By all entries of the journal, and by the state that begins another file of it: restart(). */
static void test_who_did_so_outlives_a_restart(void **state)
{
	struct request *request = approved();
	struct ipc_revocation before;
	char id[16];

	(void)state;
	memcpy(id, request->id, sizeof(id));
	assert_int_equal(shown_revoked(request)->time_ms, 0);
	assert_int_equal(revoke_as("sub-bob", request), 0);
	before = *shown_revoked(request);
	assert_string_equal(before.person, "bob");
	assert_string_equal(before.reason, "ticket 7");
	assert_true(before.time_ms && before.time_ms <= agent_time_ms());
	assert_string_equal(member(entry_of("grant.revoked"), "request"), id);
	restart();
	request = request_find(world.agent.requests, id);
	assert_non_null(request);
	assert_string_equal(request->outcome, "approved by carla; revoked by bob");
	assert_memory_equal(shown_revoked(request), &before, sizeof(before));
	assert_false(request->changed); /* people know it */
}

/* Nobody takes anything back when a newer answer takes a grant's place. */
static void test_replaced_is_not_revoked(void **state)
{
	struct request *first = approved();
	const struct grant *grant = grant_of_request(world.agent.grants, first->id);
	char id[16];

	(void)state;
	memcpy(id, first->id, sizeof(id));
	assert_int_equal(grant_deny(&world.agent, &grant->key, first->labels, 1, 60), 0);
	assert_int_equal(count_of("grant.revoked"), 1);
	assert_int_equal(shown_revoked(first)->time_ms, 0);
	restart();
	first = request_find(world.agent.requests, id);
	assert_non_null(first);
	assert_int_equal(shown_revoked(first)->time_ms, 0);
}

/* Whoever may not decide on it may not end it either. */
static void test_reviewers_only(void **state)
{
	struct request *request = approved();
	struct channel_decision decision;

	(void)state;
	REFUSED(revoke_as("sub-nobody", request), -EPERM);
	REFUSED(revoke_as("sub-dave", request), -EACCES);
	decision = revocation_of(request, "sub-bob");
	REFUSED(vouch(FORGED, &decision), -EKEYREJECTED);
	decision.statement.time_ms -= (SLUICE_CHANNEL_AGE_S + 1) * 1000ULL;
	REFUSED(vouch(WEB, &decision), -EKEYEXPIRED);
	world.kernel.taint = SECRETS;
	REFUSED(revoke_as("sub-bob", request), -EUCLEAN);
}

static void test_what_was_seen(void **state)
{
	struct request *request = approved();
	struct channel_decision decision = revocation_of(request, "sub-bob");

	(void)state;
	decision.statement.answer.digest[0] = request->digest[0] == '0' ? '1' : '0';
	REFUSED(vouch(WEB, &decision), -ESTALE);
	decision = revocation_of(request, "sub-bob");
	snprintf(decision.statement.answer.id, sizeof(decision.statement.answer.id), "r-0");
	REFUSED(vouch(WEB, &decision), -ENOENT);
	assert_int_equal(revoke_as("sub-bob", request), 0);
}

/* It is no denial: what waits goes on to wait, and both are left as they are. */
static void test_not_what_waits(void **state)
{
	struct request *granted = approved(), *waits = asked(ANN, SLUICE_EGRESS);

	(void)state;
	REFUSED(revoke_as("sub-bob", waits), -EALREADY);
	assert_int_equal(waits->state, IPC_PENDING);
	assert_int_equal(waits->n_decisions, 0);
	assert_true(shown_in_force(granted));
	assert_false(shown_in_force(waits));
}

static void test_once(void **state)
{
	struct request *request = approved();

	(void)state;
	assert_int_equal(revoke_as("sub-bob", request), 0);
	assert_int_equal(revoke_as("sub-bob", request), -EALREADY);
	assert_string_equal(request->outcome, "approved by carla; revoked by bob");
	assert_int_equal(count_of("grant.revoked"), 1);
	assert_int_equal(count_of("decision.refused"), 0); /* late is no attack */
}

/* Others of the same kind stay. */
static void test_only_its_own(void **state)
{
	struct request *first = approved(), *second = asked(BOB, SLUICE_OPEN);
	struct channel_decision decision = decision_on(second, "sub-carla");

	(void)state;
	assert_int_equal(vouch(WEB, &decision), 0);
	assert_int_equal(world.kernel.n_grants, 2);
	assert_int_equal(revoke_as("sub-ann", first), 0); /* her own, which she reviews as well */
	assert_int_equal(world.kernel.n_grants, 1);
	assert_true(shown_in_force(second));
}

static void test_a_broken_journal_keeps_nothing(void **state)
{
	struct request *request = approved();

	(void)state;
	world.journal.broken = true;
	assert_int_equal(revoke_as("sub-bob", request), 0);
	assert_int_equal(world.kernel.n_grants, 0);
	assert_non_null(strstr(said, "journal"));
}

static struct ipc_signed by_key(const struct request *request, uint8_t seed)
{
	struct channel_decision decision = revocation_of(request, "sub-carla");
	struct signer signer = honest;
	struct ipc_signed message = {};

	signer.seed = seed;
	assert_int_equal(statement_write(&decision.statement, message.statement,
					 sizeof(message.statement)),
			 0);
	sign_text(&signer, message.statement, message.signature, sizeof(message.signature));
	return message;
}

static int submit(const struct ipc_signed *message)
{
	struct decider courier = decider_of(DAVE);

	return decision_submit(&world.agent, message, &courier, said, sizeof(said));
}

/* Brought by somebody else, as an answer could be. */
static void test_by_a_key(void **state)
{
	struct request *request = approved();
	struct ipc_signed message = by_key(request, FORGED);

	(void)state;
	REFUSED(submit(&message), -EKEYREJECTED);
	message = by_key(request, CARLAS);
	*strstr(message.statement, "ticket") = 'T';
	REFUSED(submit(&message), -EKEYREJECTED);
	message = by_key(request, CARLAS);
	assert_int_equal(submit(&message), 0);
	assert_int_equal(world.kernel.n_grants, 0);
	assert_string_equal(member(json_object_get(entry_of("grant.revoked"), "evidence"), "kind"),
			    "ssh-signature");
}

static void test_its_statement(void **state)
{
	struct request *request = approved();
	struct channel_decision decision = revocation_of(request, "sub-bob");
	struct statement again;
	unsigned int line;
	char text[2048];

	(void)state;
	assert_int_equal(statement_write(&decision.statement, text, sizeof(text)), 0);
	assert_int_equal(statement_parse(text, &again, &line), 0);
	assert_true(again.revoke && !again.answer.approve && !again.standing);
	decision.statement.standing = true;
	assert_int_equal(statement_write(&decision.statement, text, sizeof(text)), -EINVAL);
	decision.statement.standing = false;
	decision.statement.answer.approve = 1;
	decision.statement.answer.scope = IPC_SCOPE_ONCE;
	decision.statement.answer.duration_s = 60;
	assert_int_equal(statement_write(&decision.statement, text, sizeof(text)), -EINVAL);
}

#define REVOKE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REVOKE_TEST(test_it_ends_at_once),
		REVOKE_TEST(test_who_did_so_outlives_a_restart),
		REVOKE_TEST(test_replaced_is_not_revoked),
		REVOKE_TEST(test_reviewers_only),
		REVOKE_TEST(test_what_was_seen),
		REVOKE_TEST(test_not_what_waits),
		REVOKE_TEST(test_once),
		REVOKE_TEST(test_only_its_own),
		REVOKE_TEST(test_a_broken_journal_keeps_nothing),
		REVOKE_TEST(test_by_a_key),
		REVOKE_TEST(test_its_statement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
