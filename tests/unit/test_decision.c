/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_decision.c: each check refuses, and lets its neighbour pass; what a decision leads to, and
 * in which order.
 */
#include "agent_fixture.h"

static struct request *held_read(uid_t uid, uint32_t loginuid, uint64_t labels)
{
	pid_t pid = add_worker(uid, loginuid);
	struct sluice_event event = make_stop(pid, uid, SLUICE_OPEN, labels, true);

	event.loginuid = loginuid;
	return stop(&event);
}

static struct request *failed_export(uid_t uid, uint32_t loginuid)
{
	pid_t pid = add_worker(uid, loginuid);
	struct sluice_event event = make_stop(pid, uid, SLUICE_EGRESS, CUSTOMERS, false);

	event.loginuid = loginuid;
	return stop(&event);
}

/* Answers with everything right but what the test changes. */
static int answer(const struct request *request, uint32_t person,
		  void (*change)(struct ipc_decide *answer))
{
	struct ipc_decide message = { .approve = 1, .reason = "ticket 7" };
	struct decider decider = decider_of(person);
	char text[1024] = "";
	int r;

	memcpy(message.id, request->id, sizeof(message.id));
	memcpy(message.digest, request->digest, sizeof(message.digest));
	if (change)
		change(&message);
	r = decision_make(&world.agent, &message, &decider, text, sizeof(text));
	assert_true(strlen(text) > 5); /* whatever happens, it is said */
	return r;
}

static void unknown_id(struct ipc_decide *message)
{
	memcpy(message->id, "r-00000000", 11);
}

static void short_digest(struct ipc_decide *message)
{
	message->digest[7] = '\0';
}

static void eight_digits(struct ipc_decide *message)
{
	message->digest[8] = '\0';
}

static void wrong_digest(struct ipc_decide *message)
{
	message->digest[9] = message->digest[9] == 'a' ? 'b' : 'a';
}

static void no_hex(struct ipc_decide *message)
{
	message->digest[3] = 'G';
}

static void blank_reason(struct ipc_decide *message)
{
	snprintf(message->reason, sizeof(message->reason), " \n");
}

static void wide_scope(struct ipc_decide *message)
{
	message->scope = IPC_SCOPE_EXECUTABLE;
}

static void process_scope(struct ipc_decide *message)
{
	message->scope = IPC_SCOPE_PROCESS;
}

static void once_scope(struct ipc_decide *message)
{
	message->scope = IPC_SCOPE_ONCE;
}

static void no_scope(struct ipc_decide *message)
{
	message->scope = 9;
}

static void too_long(struct ipc_decide *message)
{
	message->duration_s = 3601;
}

static void just_long_enough(struct ipc_decide *message)
{
	message->duration_s = 3600;
}

static void deny(struct ipc_decide *message)
{
	message->approve = 0;
}

static void test_request_must_be_known(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);

	(void)state;
	assert_int_equal(answer(request, BOB, unknown_id), -ENOENT);
	assert_int_equal(answer(request, BOB, NULL), 0);
}

static void test_only_one_outcome(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);

	(void)state;
	assert_int_equal(answer(request, BOB, deny), 0);
	assert_int_equal(request->state, IPC_DENIED);
	assert_int_equal(answer(request, CARLA, NULL), -EALREADY);
	assert_int_equal(request->state, IPC_DENIED);
}

static void test_expired(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);
	uint64_t deadline_ns = request->deadline_ns;

	(void)state;
	request->deadline_ns = agent_boot_ns();
	assert_int_equal(answer(request, BOB, NULL), -ETIMEDOUT);
	request->deadline_ns = deadline_ns;
	assert_int_equal(answer(request, BOB, NULL), 0);
}

static void test_digest(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);

	(void)state;
	assert_int_equal(answer(request, BOB, short_digest), -EINVAL);
	assert_int_equal(answer(request, BOB, no_hex), -EINVAL);
	assert_int_equal(answer(request, BOB, wrong_digest), -ESTALE);
	assert_int_equal(answer(request, BOB, eight_digits), 0);
}

static void test_decider_must_be_somebody(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);

	(void)state;
	assert_int_equal(answer(request, STRANGER, NULL), -EPERM);
	assert_int_equal(answer(request, 0, NULL), -EPERM);
	assert_int_equal(answer(request, BOB, NULL), 0);
}

static void test_tainted_session(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);

	(void)state;
	world.kernel.taint = SECRETS;
	assert_int_equal(answer(request, BOB, NULL), -EPERM);
	world.kernel.taint = 0;
	world.kernel.taint_error = -EIO;
	assert_int_equal(answer(request, BOB, NULL), -EPERM);
	world.kernel.taint_error = -ENOENT;
	assert_int_equal(answer(request, BOB, NULL), 0);
}

static void test_reviewers_only(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);

	(void)state;
	assert_int_equal(answer(request, DAVE, NULL), -EACCES); /* security, not owners */
	assert_int_equal(answer(request, CARLA, NULL), 0);
}

static void test_self_by_login(void **state)
{
	struct request *request = held_read(0, BOB, CUSTOMERS); /* runs as root, logged in as bob */

	(void)state;
	assert_int_equal(answer(request, BOB, NULL), -EPERM);
	assert_int_equal(answer(request, BOB, deny), -EPERM);
	assert_int_equal(answer(request, ANN, NULL), 0);
}

static void test_self_by_service_account(void **state)
{
	struct request *request = held_read(BOBS_SERVICE, PROCESS_NO_LOGIN, CUSTOMERS);

	(void)state;
	assert_int_equal(answer(request, BOB, NULL), -EPERM);
	assert_int_equal(answer(request, ANN, NULL), 0);
}

static void test_self_by_sudo(void **state)
{
	struct fake_process shell = { .pid = 900001,
				      .ppid = 1,
				      .uid = 0,
				      .euid = 0,
				      .loginuid = PROCESS_NO_LOGIN,
				      .exe = "/usr/bin/sudo" };
	pid_t pid = add_child();
	struct fake_process child = { .pid = pid,
				      .ppid = 900001,
				      .uid = ANN,
				      .euid = ANN,
				      .loginuid = PROCESS_NO_LOGIN,
				      .environ = "A=1\0SUDO_UID=2002",
				      .environ_length = 18 };
	struct sluice_event event = make_stop(pid, ANN, SLUICE_OPEN, CUSTOMERS, true);
	struct request *request;

	(void)state;
	add_process(&shell);
	add_process(&child);
	request = stop(&event);
	assert_int_equal(answer(request, BOB, NULL), -EPERM); /* by sudo */
	assert_int_equal(answer(request, ANN, NULL), -EPERM); /* by uid */
	assert_int_equal(answer(request, CARLA, NULL), 0);
}

static void test_self_by_unit(void **state)
{
	pid_t pid = add_child();
	struct fake_process p = { .pid = pid,
				  .ppid = 1,
				  .uid = BOB,
				  .euid = BOB,
				  .loginuid = PROCESS_NO_LOGIN,
				  .cgroup = "/system.slice/nightly.service" };
	struct sluice_event event = make_stop(pid, BOB, SLUICE_OPEN, CUSTOMERS, true);
	struct request *request;

	(void)state;
	add_process(&p);
	request = stop(&event);
	assert_int_equal(answer(request, ANN, NULL), -EPERM);
	assert_int_equal(answer(request, CARLA, NULL), 0);
}

static void test_self_by_second_account_of_the_session(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);
	struct decider decider = decider_of(CARLA);
	struct ipc_decide message = { .approve = 1 };
	char text[1024];

	(void)state;
	memcpy(message.id, request->id, sizeof(message.id));
	memcpy(message.digest, request->digest, sizeof(message.digest));
	identity_add(&decider.who, ANN); /* carla's login, in a shell that ann started */
	assert_int_equal(decision_make(&world.agent, &message, &decider, text, sizeof(text)),
			 -EPERM);
	decider = decider_of(CARLA);
	assert_int_equal(decision_make(&world.agent, &message, &decider, text, sizeof(text)), 0);
}

static void test_nobody_when_roads_are_lost(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);

	(void)state;
	request->who.everyone = true;
	assert_int_equal(answer(request, CARLA, NULL), -EPERM);
	request->who.everyone = false;
	assert_int_equal(answer(request, CARLA, NULL), 0);
}

static void test_unknown_requester_needs_two(void **state)
{
	struct request *request = held_read(STRANGER, STRANGER, CUSTOMERS);

	(void)state;
	assert_int_equal(answer(request, BOB, NULL), 0);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(world.kernel.n_grants, 0);
	assert_int_equal(answer(request, CARLA, NULL), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	assert_int_equal(world.kernel.n_grants, 1);
}

/* A service that calls itself ann's login is as unknown as without, and two persons must agree. */
static void test_claimed_login_needs_two(void **state)
{
	struct request *request = held_read(STRANGER, ANN, CUSTOMERS);

	(void)state;
	assert_int_equal(answer(request, ANN, NULL), -EPERM); /* she may stand behind it */
	assert_int_equal(answer(request, BOB, NULL), 0);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(answer(request, CARLA, NULL), 0);
	assert_int_equal(request->state, IPC_APPROVED);
}

/* The same, of one that had ended before anybody could look. */
static void test_claimed_login_of_the_dead_needs_two(void **state)
{
	struct sluice_event event = make_stop(900099, STRANGER, SLUICE_EGRESS, CUSTOMERS, false);
	struct request *request;

	(void)state;
	event.loginuid = ANN;
	request = stop(&event);
	assert_true(request->who.partial);
	assert_null(person_requester(world.agent.policy, &request->who));
	event.loginuid = event.uid = BOB; /* that one could not lie */
	event.key.subject.id = BOB;
	request = stop(&event);
	assert_false(request->who.partial);
	assert_non_null(person_requester(world.agent.policy, &request->who));
}

static void test_ended_requester_needs_one_more(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);

	(void)state;
	request->who.partial = true;
	assert_int_equal(answer(request, BOB, NULL), 0);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(answer(request, CARLA, NULL), 0);
	assert_int_equal(request->state, IPC_APPROVED);
}

static void test_two_distinct_persons(void **state)
{
	struct request *request = failed_export(ANN, ANN);

	(void)state;
	assert_int_equal(answer(request, BOB, NULL), 0);
	assert_int_equal(answer(request, BOB, NULL), -EEXIST);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(world.kernel.n_grants, 0);
	assert_int_equal(answer(request, DAVE, NULL), 0);
	assert_int_equal(request->state, IPC_APPROVED);
}

/* carla is of owners and of security, and both may approve: she is one of two all the same. */
static void test_one_person_of_two_groups_counts_once(void **state)
{
	struct request *request = failed_export(ANN, ANN);

	(void)state;
	assert_int_equal(answer(request, CARLA, NULL), 0);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(answer(request, CARLA, NULL), -EEXIST);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(world.kernel.n_grants, 0);
	assert_int_equal(answer(request, BOB, NULL), 0);
	assert_int_equal(request->state, IPC_APPROVED);
}

static void test_denial_wins(void **state)
{
	struct request *request = failed_export(ANN, ANN);

	(void)state;
	assert_int_equal(answer(request, BOB, NULL), 0);
	assert_int_equal(answer(request, DAVE, deny), 0);
	assert_int_equal(request->state, IPC_DENIED);
	assert_int_equal(answer(request, CARLA, NULL), -EALREADY);
	assert_int_equal(grant_count(world.agent.grants), 0);
}

static void test_reason(void **state)
{
	struct request *request = failed_export(ANN, ANN);

	(void)state;
	assert_int_equal(answer(request, BOB, blank_reason), -ENOKEY);
	assert_int_equal(answer(request, BOB, NULL), 0);
	request = held_read(ANN, ANN, CUSTOMERS); /* this rule wants none */
	assert_int_equal(answer(request, BOB, blank_reason), 0);
}

static void test_scope(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);

	(void)state;
	assert_int_equal(answer(request, BOB, wide_scope), -ERANGE);
	assert_int_equal(answer(request, BOB, no_scope), -ERANGE);
	assert_int_equal(answer(request, BOB, process_scope), 0);
	assert_int_equal(world.kernel.grants[0].grant.uses, SLUICE_USES_UNLIMITED);
	request = held_read(ANN, ANN, CUSTOMERS);
	assert_int_equal(answer(request, BOB, once_scope), 0);
	assert_int_equal(world.kernel.grants[1].grant.uses, 1);
}

static void test_narrowest_scope_of_all_approvers(void **state)
{
	struct request *request = held_read(STRANGER, STRANGER, CUSTOMERS);

	(void)state;
	assert_int_equal(answer(request, BOB, once_scope), 0);
	assert_int_equal(answer(request, CARLA, process_scope), 0);
	assert_int_equal(world.kernel.grants[0].grant.uses, 1);
}

static void test_duration(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);
	uint64_t now = agent_boot_ns();

	(void)state;
	assert_int_equal(answer(request, BOB, too_long), -ERANGE);
	assert_int_equal(answer(request, BOB, just_long_enough), 0);
	assert_in_range(world.kernel.grants[0].grant.expires_ns, now + 3599000000000ULL,
			now + 3602000000000ULL);
}

static void test_two_rules_need_their_own_reviewers(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS | SECRETS);

	(void)state;
	assert_int_equal(answer(request, BOB, NULL), 0); /* owners are satisfied, security is not */
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(answer(request, DAVE, NULL), 0);
	assert_int_equal(request->state, IPC_APPROVED);
	/* narrowest scope and shortest time of both */
	assert_int_equal(world.kernel.grants[0].key.subject.kind, SLUICE_SUBJECT_PROCESS);
	assert_true(world.kernel.grants[0].grant.expires_ns < agent_boot_ns() + 601000000000ULL);
	request = held_read(ANN, ANN, CUSTOMERS | SECRETS);
	assert_int_equal(answer(request, CARLA, NULL), 0); /* she is in both groups */
	assert_int_equal(request->state, IPC_APPROVED);
}

static void test_policy_denies_by_now(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_event event = make_stop(pid, ANN, SLUICE_CREDENTIAL, SECRETS, true);
	struct request *request = stop(&event);

	(void)state;
	request->labels = SECRETS | CUSTOMERS; /* customers: Verdict=deny */
	assert_int_equal(answer(request, CARLA, NULL), -EKEYREJECTED);
	request->labels = 0; /* nothing is asked about any more */
	assert_int_equal(answer(request, CARLA, NULL), -EKEYREJECTED);
	request->labels = SECRETS;
	assert_int_equal(answer(request, CARLA, NULL), 0);
	/* for credentials PROCESS means any change of this process */
	assert_int_equal(world.kernel.grants[0].key.target.kind, SLUICE_TARGET_ANY);
}

static void test_durable_before_effect(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);
	size_t before = world.journal.durable;

	(void)state;
	assert_int_equal(answer(request, BOB, NULL), 0);
	assert_true(world.kernel.durable_at_put >= before + 2); /* decision and grant.issued */
	assert_string_equal(member(entry_of("decision"), "person"), "bob");
	assert_string_equal(member(entry_of("decision"), "reason"), "ticket 7");
	assert_string_equal(member(entry_of("grant.issued"), "request"), request->id);
	assert_string_equal(member(entry_of("request.decided"), "state"), "approved");
	assert_int_equal(world.journal.durable, json_array_size(world.journal.entries));
}

static void test_broken_journal_decides_nothing(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);
	size_t asks = world.kernel.n_asks;

	(void)state;
	world.journal.fail_commit = true;
	assert_int_equal(answer(request, BOB, NULL), -EIO);
	assert_int_equal(answer(request, BOB, deny), -EIO);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(request->n_decisions, 0);
	assert_int_equal(world.kernel.n_grants, 0);
	assert_int_equal(world.kernel.n_asks, asks);
	/*
	 * repaired: what was announced is called off before anything else, and bob may decide after
	 * all
	 */
	world.journal.fail_commit = world.journal.broken = false;
	assert_int_equal(answer(request, BOB, NULL), 0);
	assert_int_equal(count_of("decision.void"), 2);
	assert_int_equal(request->state, IPC_APPROVED);
}

static void test_kernel_cannot_take_it(void **state)
{
	struct request *request = held_read(ANN, ANN, CUSTOMERS);

	(void)state;
	world.kernel.put_error = -E2BIG;
	assert_int_equal(answer(request, BOB, NULL), -E2BIG);
	assert_int_equal(request->state, IPC_DENIED);
	assert_int_equal(grant_count(world.agent.grants), 0);
	assert_non_null(entry_of("grant.revoked"));
}

static void test_process_scope_of_ended_process(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_event event = make_stop(pid, ANN, SLUICE_OPEN, CUSTOMERS, false);
	struct request *request;

	(void)state;
	event.loginuid = ANN;
	request = stop(&event);
	end_worker(pid);
	assert_int_equal(answer(request, BOB, NULL), 0);
	/* of use to whoever runs it again, once */
	assert_memory_equal(&world.kernel.grants[0].key, &event.key, sizeof(event.key));
	assert_int_equal(world.kernel.grants[0].grant.uses, 1);
}

static void test_limit_of_deciders(void **state)
{
	struct request *request = failed_export(ANN, ANN);

	(void)state;
	request->decisions = calloc(SLUICE_MAX_REVIEWERS, sizeof(*request->decisions));
	request->n_decisions = SLUICE_MAX_REVIEWERS;
	assert_int_equal(answer(request, BOB, NULL), -ENOSPC);
	request->n_decisions = 0;
	assert_int_equal(answer(request, BOB, NULL), 0);
}

/* Reloads the policy with these as bob's accounts. */
static void give_bob(const char *uids)
{
	static const char his[] = "Uid=2002 2102";
	const char *at = strstr(fixture_policy_text, his);
	const struct policy *old = world.agent.policy;
	char text[sizeof(fixture_policy_text) + 64];

	snprintf(text, sizeof(text), "%.*sUid=%s%s", (int)(at - fixture_policy_text),
		 fixture_policy_text, uids, at + strlen(his));
	load_policy(&world.agent, text);
	policy_free((struct policy *)old);
}

static unsigned int missing(const struct request *request)
{
	struct request_terms terms;

	request_terms(&world.agent, request->key.action, request->labels, &terms);
	return request_missing(&world.agent, request, &terms);
}

/* Its account may have been taken from the person because somebody else had got hold of it. */
static void test_approvals_by_a_login_that_left(void **state)
{
	struct request *request = failed_export(ANN, ANN);

	(void)state;
	assert_int_equal(answer(request, BOB, NULL), 0);
	assert_int_equal(missing(request), 1);
	give_bob("2102");
	assert_int_equal(missing(request), 2);
	give_bob("2102\n[Person erin]\nUid=2002");
	assert_int_equal(missing(request), 2);
	give_bob("2002 2102");
	assert_int_equal(missing(request), 1);
	restart(); /* the journal has it */
	request = request_find(world.agent.requests, member(entry_of("decision"), "request"));
	assert_int_equal(missing(request), 1);
	give_bob("2102");
	assert_int_equal(missing(request), 2);
	assert_int_equal(answer(request, DAVE, NULL), 0);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(answer(request, CARLA, NULL), 0);
	assert_int_equal(request->state, IPC_APPROVED);
}

/* Where there are no logins the account is the one that the process runs as. */
static void test_approvals_by_an_account_without_login(void **state)
{
	struct request *request = failed_export(ANN, ANN);
	struct decider decider = decider_of(BOB);
	struct ipc_decide message = { .approve = 1, .reason = "ticket 7" };
	char text[1024];

	(void)state;
	decider.who.loginuid = PROCESS_NO_LOGIN;
	memcpy(message.id, request->id, sizeof(message.id));
	memcpy(message.digest, request->digest, sizeof(message.digest));
	assert_int_equal(decision_make(&world.agent, &message, &decider, text, sizeof(text)), 0);
	assert_int_equal(missing(request), 1);
	restart();
	request = request_find(world.agent.requests, member(entry_of("decision"), "request"));
	assert_int_equal(missing(request), 1);
	give_bob("2102");
	assert_int_equal(missing(request), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_request_must_be_known),
		AGENT_TEST(test_only_one_outcome),
		AGENT_TEST(test_expired),
		AGENT_TEST(test_digest),
		AGENT_TEST(test_decider_must_be_somebody),
		AGENT_TEST(test_tainted_session),
		AGENT_TEST(test_reviewers_only),
		AGENT_TEST(test_self_by_login),
		AGENT_TEST(test_self_by_service_account),
		AGENT_TEST(test_self_by_sudo),
		AGENT_TEST(test_self_by_unit),
		AGENT_TEST(test_self_by_second_account_of_the_session),
		AGENT_TEST(test_nobody_when_roads_are_lost),
		AGENT_TEST(test_unknown_requester_needs_two),
		AGENT_TEST(test_claimed_login_needs_two),
		AGENT_TEST(test_claimed_login_of_the_dead_needs_two),
		AGENT_TEST(test_ended_requester_needs_one_more),
		AGENT_TEST(test_two_distinct_persons),
		AGENT_TEST(test_one_person_of_two_groups_counts_once),
		AGENT_TEST(test_denial_wins),
		AGENT_TEST(test_reason),
		AGENT_TEST(test_scope),
		AGENT_TEST(test_narrowest_scope_of_all_approvers),
		AGENT_TEST(test_duration),
		AGENT_TEST(test_two_rules_need_their_own_reviewers),
		AGENT_TEST(test_policy_denies_by_now),
		AGENT_TEST(test_durable_before_effect),
		AGENT_TEST(test_broken_journal_decides_nothing),
		AGENT_TEST(test_kernel_cannot_take_it),
		AGENT_TEST(test_process_scope_of_ended_process),
		AGENT_TEST(test_limit_of_deciders),
		AGENT_TEST(test_approvals_by_a_login_that_left),
		AGENT_TEST(test_approvals_by_an_account_without_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
