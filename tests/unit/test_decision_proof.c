/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_decision_proof.c: answers that people sign: what makes one theirs, what each tier takes, and
 * what the journal keeps of it.
 */
#include "agent_fixture.h"
#include "key/sshsig.h"
#include "signed_fixture.h"

/* Keys by seed: bob 1, carla 2 and a security key 3, dave 4; nobody 9. */
enum { BOBS = 1, CARLAS = 2, CARLAS_TOUCHED = 3, DAVES = 4, NOBODYS = 9 };

static struct signer signer_of(uint8_t seed)
{
	struct signer signer = honest;

	signer.seed = seed;
	signer.sk = seed == CARLAS_TOUCHED;
	return signer;
}

static void add_key(FILE *out, uint8_t seed)
{
	struct signer signer = signer_of(seed);

	fprintf(out, "Key=%s of %u\n", key_line(&signer), seed);
}

/* @tier: of all rules that ask; @bobs: whether the policy knows bob's key */
static void use_policy(const char *tier, bool bobs)
{
	const struct policy *old = world.agent.policy;
	char text[4096] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	fprintf(out,
		"[Label customers]\nPath=/srv/customers\n[Label secrets]\nPath=/srv/secrets\n"
		"[Rule read]\nAction=open\nLabels=customers\nVerdict=ask\nReviewers=owners\n"
		"Scope=process\nDuration=1h\nTier=%s\n"
		"[Rule send]\nAction=egress\nLabels=customers\nVerdict=ask\nReviewers=owners\n"
		"Approvals=2\nReason=required\nTier=%s\n"
		"[Person ann]\nUid=2001\n[Person bob]\nUid=2002\n",
		tier, tier);
	if (bobs)
		add_key(out, BOBS);
	fputs("[Person carla]\nUid=2003\n", out);
	add_key(out, CARLAS);
	add_key(out, CARLAS_TOUCHED);
	fputs("[Person dave]\nUid=2004\n", out);
	add_key(out, DAVES);
	fputs("[Person erin]\nUid=2005\n", out);
	add_key(out, 5);
	fputs("[Group owners]\nMember=ann bob carla erin\n", out);
	fclose(out);
	load_policy(&world.agent, text);
	policy_free((struct policy *)old);
}

static struct request *asked(uint32_t uid, enum sluice_action action)
{
	struct sluice_event event =
		make_stop(add_worker(uid, uid), uid, action, CUSTOMERS, action == SLUICE_OPEN);

	event.loginuid = uid;
	return stop(&event);
}

static struct statement statement_on(const struct request *request)
{
	struct statement statement = { .answer = { .approve = 1,
						   .scope = IPC_SCOPE_ONCE,
						   .duration_s = 300,
						   .reason = "ticket 7" },
				       .time_ms = agent_time_ms(),
				       .nonce = "000102030405060708090a0b0c0d0e0f" };

	snprintf(statement.host, sizeof(statement.host), "%s", world.agent.host);
	snprintf(statement.boot, sizeof(statement.boot), "%s", world.agent.boot_id);
	memcpy(statement.answer.id, request->id, sizeof(statement.answer.id));
	memcpy(statement.answer.digest, request->digest, sizeof(statement.answer.digest));
	return statement;
}

static struct ipc_signed sign_by(const struct signer *signer, const struct statement *statement)
{
	struct ipc_signed message = { .statement = "" };

	assert_int_equal(statement_write(statement, message.statement, sizeof(message.statement)),
			 0);
	sign_text(signer, message.statement, message.signature, sizeof(message.signature));
	return message;
}

static char said[1024];

static int bring(const struct ipc_signed *message, uint32_t courier)
{
	struct decider decider = decider_of(courier);
	int r = decision_submit(&world.agent, message, &decider, said, sizeof(said));

	assert_true(strlen(said) > 5);
	return r;
}

static int submit(uint8_t seed, const struct statement *statement, uint32_t courier)
{
	struct signer signer = signer_of(seed);
	struct ipc_signed message = sign_by(&signer, statement);

	return bring(&message, courier);
}

static int answer_by(uint8_t seed, const struct request *request)
{
	struct statement statement = statement_on(request);

	return submit(seed, &statement, STRANGER);
}

static void test_the_tier_of_a_session(void **state)
{
	struct request *request;

	(void)state;
	use_policy("A2", true);
	request = asked(ANN, SLUICE_OPEN);
	assert_int_equal(decide(request, CARLA, true, "x"), -EACCES);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(request->n_decisions, 0);
	assert_int_equal(answer_by(CARLAS, request), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	assert_int_equal(request->decisions[0].tier, POLICY_A3);
	use_policy("A1", true);
	request = asked(ANN, SLUICE_OPEN);
	assert_int_equal(decide(request, CARLA, true, "x"), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	assert_int_equal(request->decisions[0].tier, POLICY_A1);
}

static void test_no_takes_no_key(void **state)
{
	struct request *request;

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_OPEN);
	assert_int_equal(decide(request, CARLA, false, "x"), 0);
	assert_int_equal(request->state, IPC_DENIED);
}

static void test_a_signed_no(void **state)
{
	struct request *request = asked(ANN, SLUICE_OPEN);
	struct statement statement;

	(void)state;
	use_policy("A3", true);
	statement = statement_on(request);
	statement.answer.approve = 0;
	statement.answer.scope = IPC_SCOPE_RULE;
	statement.answer.duration_s = 0;
	assert_int_equal(submit(BOBS, &statement, STRANGER), 0);
	assert_int_equal(request->state, IPC_DENIED);
}

/* What cannot be shown whole takes the surest answer, whatever the rule says. */
static void test_hidden_text(void **state)
{
	struct request *request;
	char *command;

	(void)state;
	use_policy("A1", true);
	request = asked(ANN, SLUICE_OPEN);
	command = request->command;
	request->command = calloc(1, 1200);
	memset(request->command, 'x', 1199);
	assert_int_equal(decide(request, CARLA, true, "x"), -EACCES);
	assert_int_equal(answer_by(CARLAS, request), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	free(command);
}

static void test_nobody_signs_for_themselves(void **state)
{
	struct request *request;
	struct statement statement;

	(void)state;
	use_policy("A3", true);
	request = asked(BOB, SLUICE_OPEN);
	statement = statement_on(request);
	assert_int_equal(submit(BOBS, &statement, CARLA), -EPERM); /* whoever brings it */
	assert_int_equal(submit(BOBS, &statement, BOB), -EPERM);
	assert_int_equal(request->state, IPC_PENDING);
	/* The one who asks may carry another's answer: it says who gives it. */
	assert_int_equal(submit(CARLAS, &statement, BOB), 0);
	assert_string_equal(request->decisions[0].person, "carla");
}

static void test_any_clean_courier(void **state)
{
	struct request *request;
	struct statement statement;

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_OPEN);
	statement = statement_on(request);
	world.kernel.taint = SECRETS;
	assert_int_equal(submit(CARLAS, &statement, CARLA), -EPERM);
	world.kernel.taint = 0;
	assert_int_equal(submit(CARLAS, &statement, 0), 0); /* root without a login is nobody */
}

static void test_whose_key(void **state)
{
	struct request *request;

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_OPEN);
	assert_int_equal(answer_by(NOBODYS, request), -EKEYREJECTED);
	assert_non_null(strstr(said, "SHA256:"));
	assert_int_equal(answer_by(DAVES, request), -EACCES); /* no reviewer of this */
	assert_int_equal(answer_by(CARLAS, request), 0);
}

static void test_security_key(void **state)
{
	struct signer signer = signer_of(CARLAS_TOUCHED);
	struct ipc_signed message;
	struct statement statement;
	struct request *request;

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_OPEN);
	statement = statement_on(request);
	signer.flags = 0;
	message = sign_by(&signer, &statement);
	assert_int_equal(bring(&message, CARLA), -EKEYREJECTED);
	assert_non_null(strstr(said, "touch"));
	assert_int_equal(submit(CARLAS_TOUCHED, &statement, CARLA), 0);
}

static void test_made_for_something_else(void **state)
{
	struct signer signer = signer_of(CARLAS);
	struct request *request;
	struct statement statement;
	struct ipc_signed message;

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_OPEN);
	statement = statement_on(request);
	signer.namespace = "git";
	message = sign_by(&signer, &statement);
	assert_int_equal(bring(&message, CARLA), -EBADMSG);
	assert_int_equal(request->n_decisions, 0);
}

static void test_another_place(void **state)
{
	struct request *request;
	struct statement good, bad;

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_OPEN);
	good = bad = statement_on(request);
	snprintf(bad.host, sizeof(bad.host), "test2.example");
	assert_int_equal(submit(CARLAS, &bad, CARLA), -ESTALE);
	bad = good;
	bad.boot[0] = '2';
	assert_int_equal(submit(CARLAS, &bad, CARLA), -ESTALE);
	bad = good;
	bad.answer.digest[63] = bad.answer.digest[63] == 'a' ? 'b' : 'a';
	assert_int_equal(submit(CARLAS, &bad, CARLA), -ESTALE);
	bad = good;
	snprintf(bad.answer.id, sizeof(bad.answer.id), "r-00000000");
	assert_int_equal(submit(CARLAS, &bad, CARLA), -ENOENT);
	assert_int_equal(submit(CARLAS, &good, CARLA), 0);
}

static void test_another_time(void **state)
{
	struct request *request;
	struct statement statement;
	uint64_t now_ms = agent_time_ms();

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_OPEN);
	statement = statement_on(request);
	statement.time_ms = now_ms - (SLUICE_STATEMENT_AGE_S + 1) * 1000;
	assert_int_equal(submit(CARLAS, &statement, CARLA), -EKEYEXPIRED);
	statement.time_ms = now_ms + (SLUICE_STATEMENT_SKEW_S + 30) * 1000;
	assert_int_equal(submit(CARLAS, &statement, CARLA), -EKEYEXPIRED);
	statement.time_ms = UINT64_C(253402300799000); /* the last second of four digits */
	assert_int_equal(submit(CARLAS, &statement, CARLA), -EKEYEXPIRED);
	statement.time_ms = 0;
	assert_int_equal(submit(CARLAS, &statement, CARLA), -EKEYEXPIRED);
	assert_int_equal(request->n_decisions, 0);
	statement.time_ms = now_ms - (SLUICE_STATEMENT_AGE_S - 30) * 1000;
	assert_int_equal(submit(CARLAS, &statement, CARLA), 0);
}

static void test_by_a_clock_that_is_ahead(void **state)
{
	struct request *request;
	struct statement statement;

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_OPEN);
	statement = statement_on(request);
	statement.time_ms += (SLUICE_STATEMENT_SKEW_S - 10) * 1000;
	assert_int_equal(submit(CARLAS, &statement, CARLA), 0);
}

static void test_once_only(void **state)
{
	struct signer signer = signer_of(CARLAS);
	struct ipc_signed message;
	struct statement statement;
	struct request *request;

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_EGRESS); /* two approvals */
	statement = statement_on(request);
	message = sign_by(&signer, &statement);
	assert_int_equal(bring(&message, STRANGER), 0);
	assert_int_equal(bring(&message, STRANGER), -EEXIST);
	assert_int_equal(submit(CARLAS_TOUCHED, &statement, CARLA), -EEXIST); /* her other key */
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(answer_by(BOBS, request), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	assert_int_equal(bring(&message, STRANGER), -EALREADY);
}

static void test_terms_hold_for_signed_answers(void **state)
{
	struct request *request;
	struct statement statement;

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_EGRESS);
	statement = statement_on(request);
	statement.answer.reason[0] = '\0';
	assert_int_equal(submit(CARLAS, &statement, CARLA), -ENOKEY);
	statement = statement_on(request);
	statement.answer.scope = IPC_SCOPE_PROCESS;
	assert_int_equal(submit(CARLAS, &statement, CARLA), -ERANGE);
	statement = statement_on(request);
	statement.answer.duration_s = 301;
	assert_int_equal(submit(CARLAS, &statement, CARLA), -ERANGE);
	assert_int_equal(request->n_decisions, 0);
}

/* No byte of statement or signature can change and still be carla's answer. */
static void test_no_byte_can_change(void **state)
{
	struct signer signer = signer_of(CARLAS);
	struct ipc_signed good, bad;
	struct statement statement;
	struct request *request;

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_OPEN);
	statement = statement_on(request);
	good = sign_by(&signer, &statement);
	for (size_t i = 0; good.statement[i]; i++) {
		bad = good;
		bad.statement[i] ^= 1;
		assert_int_not_equal(bring(&bad, CARLA), 0);
	}
	for (size_t i = 0; good.signature[i]; i++) {
		bad = good;
		bad.signature[i] ^= 2;
		assert_int_not_equal(bring(&bad, CARLA), 0);
	}
	bad = good;
	bad.statement[strlen(bad.statement) - 1] = '\0';
	assert_int_not_equal(bring(&bad, CARLA), 0);
	assert_int_equal(request->n_decisions, 0);
	assert_int_equal(bring(&good, CARLA), 0);
}

static const char *string_at(const json_t *entry, const char *key)
{
	return json_string_value(json_object_get(entry, key)) ?: "";
}

static const json_t *last_decision(void)
{
	const json_t *entry, *last = NULL;
	size_t i;

	json_array_foreach(world.journal.entries, i,
			   entry) if (!strcmp(string_at(entry, "type"), "decision")) last = entry;
	assert_non_null(last);
	return last;
}

static void test_the_journal_keeps_the_proof(void **state)
{
	const json_t *evidence, *entry;
	struct signer signer = signer_of(CARLAS);
	struct ipc_signed message;
	struct statement statement;
	struct request *request;

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_OPEN);
	statement = statement_on(request);
	snprintf(statement.answer.reason, sizeof(statement.answer.reason), "back\\slash \"é\"");
	message = sign_by(&signer, &statement);
	assert_int_equal(bring(&message, BOB), 0);
	entry = last_decision();
	evidence = json_object_get(entry, "evidence");
	assert_string_equal(string_at(entry, "person"), "carla");
	assert_string_equal(string_at(entry, "tier"), "A3");
	assert_string_equal(string_at(evidence, "kind"), "ssh-signature");
	assert_string_equal(string_at(evidence, "statement"), message.statement);
	assert_string_equal(string_at(evidence, "signature"), message.signature);
	assert_string_equal(string_at(evidence, "namespace"), STATEMENT_NAMESPACE);
	assert_string_equal(string_at(evidence, "public_key"), key_line(&signer));
	assert_string_equal(string_at(evidence, "key"), request->decisions[0].key);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(evidence, "sender"), "uid")),
		BOB);
}

static void test_the_journal_of_a_session(void **state)
{
	const json_t *evidence, *entry;
	struct request *request;

	(void)state;
	use_policy("A1", true);
	request = asked(ANN, SLUICE_OPEN);
	assert_int_equal(decide(request, BOB, true, "x"), 0);
	entry = last_decision();
	evidence = json_object_get(entry, "evidence");
	assert_string_equal(string_at(entry, "tier"), "A1");
	assert_string_equal(string_at(evidence, "kind"), "login");
	assert_null(json_object_get(evidence, "signature"));
	assert_int_equal(json_integer_value(
				 json_object_get(json_object_get(evidence, "sender"), "loginuid")),
			 BOB);
}

/* A key that the policy takes away takes the approval with it; so does a higher tier. */
static void test_a_policy_that_changes(void **state)
{
	struct request_terms terms;
	struct request *request;

	(void)state;
	use_policy("A3", true);
	request = asked(ANN, SLUICE_EGRESS);
	assert_int_equal(answer_by(BOBS, request), 0);
	request_terms(&world.agent, SLUICE_EGRESS, CUSTOMERS, &terms);
	assert_int_equal(request_approvals(&world.agent, request, terms.rules[0]), 1);
	use_policy("A3", false);
	request_terms(&world.agent, SLUICE_EGRESS, CUSTOMERS, &terms);
	assert_int_equal(request_approvals(&world.agent, request, terms.rules[0]), 0);
	use_policy("A1", true);
	request_terms(&world.agent, SLUICE_EGRESS, CUSTOMERS, &terms);
	assert_int_equal(request_approvals(&world.agent, request, terms.rules[0]), 1);
	assert_int_equal(decide(request, CARLA, true, "y"), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	request = asked(ANN, SLUICE_EGRESS);
	assert_int_equal(decide(request, CARLA, true, "y"), 0);
	use_policy("A2", true);
	request_terms(&world.agent, SLUICE_EGRESS, CUSTOMERS, &terms);
	assert_int_equal(request_approvals(&world.agent, request, terms.rules[0]), 0);
}

static void test_after_a_restart(void **state)
{
	struct request *request;
	char id[16];

	(void)state;
	use_policy("A2", true);
	request = asked(ANN, SLUICE_EGRESS);
	memcpy(id, request->id, sizeof(id));
	assert_int_equal(answer_by(BOBS, request), 0);
	restart();
	request = request_find(world.agent.requests, id);
	assert_non_null(request);
	assert_int_equal(request->n_decisions, 1);
	assert_int_equal(request->decisions[0].tier, POLICY_A3);
	assert_int_equal(answer_by(BOBS, request), -EEXIST);
	use_policy("A3", false); /* the fingerprint was kept, too */
	assert_int_equal(answer_by(CARLAS, request), 0);
	assert_int_equal(request->state, IPC_PENDING);
	use_policy("A3", true);
	assert_int_equal(answer_by(5, request), 0);
	assert_int_equal(request->state, IPC_APPROVED);
}

/* Bob is in no group, and covers for carla. */
static const char covering[] =
	"[Label customers]\nPath=/srv/customers\n[Label secrets]\nPath=/srv/secrets\n"
	"[Rule read]\nAction=open\nLabels=customers\nVerdict=ask\nReviewers=owners\n"
	"[Person ann]\nUid=2001\n[Person bob]\nUid=2002\nCovers=carla\n"
	"[Person carla]\nUid=2003\n[Person dave]\nUid=2004\n[Group owners]\nMember=carla dave\n";

static void test_in_the_place_of_another(void **state)
{
	const struct policy *old = world.agent.policy;
	struct request *request;

	(void)state;
	load_policy(&world.agent, covering);
	policy_free((struct policy *)old);
	request = asked(ANN, SLUICE_OPEN);
	assert_int_equal(decide(request, BOB, true, "x"), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	assert_string_equal(string_at(last_decision(), "person"), "bob");
	assert_string_equal(string_at(last_decision(), "covers"), "carla");
	request = asked(CARLA, SLUICE_OPEN); /* what she asks for, he may not allow in her place */
	assert_int_equal(decide(request, BOB, true, "x"), -EACCES);
	assert_int_equal(decide(request, BOB, false, "x"), -EACCES);
	assert_int_equal(decide(request, DAVE, true, "x"), 0);
	assert_null(json_object_get(last_decision(), "covers"));
	request = asked(BOB, SLUICE_OPEN); /* and nothing of his own */
	assert_int_equal(decide(request, BOB, true, "x"), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_the_tier_of_a_session),
		AGENT_TEST(test_no_takes_no_key),
		AGENT_TEST(test_a_signed_no),
		AGENT_TEST(test_hidden_text),
		AGENT_TEST(test_nobody_signs_for_themselves),
		AGENT_TEST(test_any_clean_courier),
		AGENT_TEST(test_whose_key),
		AGENT_TEST(test_security_key),
		AGENT_TEST(test_made_for_something_else),
		AGENT_TEST(test_another_place),
		AGENT_TEST(test_another_time),
		AGENT_TEST(test_by_a_clock_that_is_ahead),
		AGENT_TEST(test_once_only),
		AGENT_TEST(test_terms_hold_for_signed_answers),
		AGENT_TEST(test_no_byte_can_change),
		AGENT_TEST(test_the_journal_keeps_the_proof),
		AGENT_TEST(test_the_journal_of_a_session),
		AGENT_TEST(test_a_policy_that_changes),
		AGENT_TEST(test_after_a_restart),
		AGENT_TEST(test_in_the_place_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
