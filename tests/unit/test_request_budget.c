/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_request_budget.c: how much one requester may ask, and that people hear once that it was
 * more.
 */
#include "agent_fixture.h"

static uint64_t next_file;

static struct policy_requests *limits(void)
{
	return &((struct policy *)world.agent.policy)->requests;
}

/* Return: NULL when it was refused without being asked about. */
static struct request *ask(uid_t uid)
{
	struct sluice_event event =
		make_stop(add_worker(uid, uid), uid, SLUICE_OPEN, CUSTOMERS, true);

	event.loginuid = uid;
	event.key.target.object.ino = ++next_file;
	return stop(&event);
}

static const char *last_outcome(void)
{
	return member(entry_of("request.decided"), "outcome");
}

static void test_open_ones(void **state)
{
	struct request *first;

	(void)state;
	limits()->max_pending = 2;
	first = ask(BOB);
	assert_non_null(first);
	assert_non_null(ask(BOBS_SERVICE)); /* the same person */
	assert_null(ask(BOB));
	assert_non_null(strstr(last_outcome(), "too many requests open (MaxPending=)"));
	assert_non_null(ask(ANN)); /* the neighbour */
	assert_int_equal(decide(first, ANN, false, ""), 0);
	assert_non_null(ask(BOB));
}

static void test_one_notice(void **state)
{
	const struct sluice_grant *denial;
	size_t opened;

	(void)state;
	limits()->max_pending = 1;
	assert_non_null(ask(BOB));
	assert_null(ask(BOB));
	/* this one people are told of: it was opened, and ended at once */
	assert_int_equal(count_of("request.opened"), 2);
	assert_int_equal(count_of("request.decided"), 1);
	assert_true(world.agent.requests->closed->notice);
	assert_int_equal(world.agent.requests->closed->state, IPC_DENIED);
	opened = count_of("request.opened");
	assert_null(ask(BOB));
	assert_null(ask(BOB));
	assert_int_equal(count_of("request.opened"), opened);
	assert_int_equal(count_of("event.stop"), 2);
	assert_string_equal(member(entry_of("event.stop"), "verdict"), "deny");
	assert_non_null(strstr(member(entry_of("event.stop"), "reason"), "MaxPending="));
	denial = &world.kernel.grants[world.kernel.n_grants - 1].grant;
	assert_int_equal(denial->answer, SLUICE_ANSWER_DENY);
	/* of another requester they hear too */
	assert_non_null(ask(ANN));
	assert_null(ask(ANN));
	assert_int_equal(count_of("request.opened"), opened + 2);
	/* and of this one again, later */
	world.agent.requests->closed->closed_ms -= SLUICE_BUDGET_NOTICE_S * 1000ULL;
	assert_null(ask(BOB));
	assert_int_equal(count_of("request.opened"), opened + 3);
}

static void test_rate(void **state)
{
	struct request *request;

	(void)state;
	limits()->rate = 2;
	limits()->rate_s = 30; /* less than any machine that tests has run */
	for (int i = 0; i < 2; i++) {
		request = ask(BOB);
		assert_non_null(request);
		assert_int_equal(decide(request, ANN, false, ""), 0);
	}
	assert_null(ask(BOB));
	assert_non_null(strstr(last_outcome(), "has asked too often (Rate=)"));
	assert_non_null(ask(ANN));
	restart(); /* the journal remembers */
	assert_null(ask(BOB));
	for (request = world.agent.requests->by_id; request; request = request->by_id.next)
		request->deadline_ns -= 30 * 1000000000ULL;
	assert_non_null(ask(BOB));
}

/* Two accounts that no person owns are two requesters. */
static void test_accounts_of_nobody(void **state)
{
	(void)state;
	limits()->max_pending = 1;
	assert_non_null(ask(STRANGER));
	assert_null(ask(STRANGER));
	assert_non_null(ask(STRANGER + 1));
}

/* As a user's container is seen: a subordinate uid, from a shell or in the user's session. */
static struct request *ask_as_subordinate(uid_t uid, uid_t parent, uint32_t loginuid)
{
	char cgroup[64] = "";
	struct fake_process shell = { .pid = 900100, .ppid = 1, .uid = parent,
				      .loginuid = PROCESS_NO_LOGIN };
	struct fake_process p = { .pid = add_child(), .ppid = parent ? shell.pid : 1, .uid = uid,
				  .euid = uid, .loginuid = loginuid, .cgroup = cgroup };
	struct sluice_event event;

	if (loginuid != PROCESS_NO_LOGIN)
		snprintf(cgroup, sizeof(cgroup), "/user.slice/user@%u.service",
			 (unsigned int)STRANGER);
	add_process(&shell);
	add_process(&p);
	event = make_stop(p.pid, uid, SLUICE_OPEN, CUSTOMERS, true);
	event.loginuid = loginuid;
	event.key.target.object.ino = ++next_file;
	return stop(&event);
}

static void test_subordinate_uids_are_one_requester(void **state)
{
	(void)state;
	limits()->max_pending = 2;
	assert_non_null(ask(STRANGER));
	assert_non_null(ask_as_subordinate(100001, STRANGER, PROCESS_NO_LOGIN));
	assert_null(ask_as_subordinate(100002, STRANGER, PROCESS_NO_LOGIN));
	assert_non_null(strstr(last_outcome(), "MaxPending="));
	assert_null(ask_as_subordinate(100003, 0, STRANGER)); /* its parent has ended */
	/* neighbours: no road, and a login that nothing vouches for */
	assert_non_null(ask_as_subordinate(100004, 0, PROCESS_NO_LOGIN));
	assert_non_null(ask_as_subordinate(100005, 0, STRANGER + 1));
}

static void test_subordinate_uids_share_the_room(void **state)
{
	(void)state;
	world.agent.requests->max_of_uid = 1;
	assert_non_null(ask_as_subordinate(100001, STRANGER, PROCESS_NO_LOGIN));
	assert_null(ask_as_subordinate(100002, STRANGER, PROCESS_NO_LOGIN));
	assert_non_null(strstr(member(entry_of("event.stop"), "reason"),
			       "SLUICE_MAX_REQUESTS_PER_UID"));
	assert_non_null(ask_as_subordinate(100003, STRANGER + 1, PROCESS_NO_LOGIN));
}

static void test_unknown_requester(void **state)
{
	struct request *request = ask(STRANGER), *of_bob = ask(BOB);
	struct request_terms terms;

	(void)state;
	request_terms(&world.agent, SLUICE_OPEN, CUSTOMERS, &terms);
	assert_int_equal(request_missing(&world.agent, request, &terms), 2);
	assert_int_equal(request_missing(&world.agent, of_bob, &terms), 1);
	limits()->unknown = 3;
	assert_int_equal(request_missing(&world.agent, request, &terms), 3);
	assert_int_equal(request_missing(&world.agent, of_bob, &terms), 1);
	limits()->unknown = 1;
	assert_int_equal(request_missing(&world.agent, request, &terms), 1);
	limits()->unknown_denied = true;
	assert_null(ask(STRANGER));
	assert_non_null(strstr(last_outcome(), "UnknownRequester=deny"));
	assert_non_null(ask(BOB));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_open_ones),
		AGENT_TEST(test_one_notice),
		AGENT_TEST(test_rate),
		AGENT_TEST(test_accounts_of_nobody),
		AGENT_TEST(test_subordinate_uids_are_one_requester),
		AGENT_TEST(test_subordinate_uids_share_the_room),
		AGENT_TEST(test_unknown_requester),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
