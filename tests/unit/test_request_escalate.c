/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_request_escalate.c: more people are asked after a time, none fewer must agree.
 */
#include "agent_fixture.h"

/* The rule export: two of owners and security; after 10 minutes the group late as well. */
static int setup(void **state)
{
	char text[sizeof(fixture_policy_text) + 256];
	int r = agent_setup(state);

	policy_free((struct policy *)world.agent.policy);
	snprintf(text, sizeof(text),
		 "%s[Person eve]\nUid=2005\n[Person finn]\nUid=2006\n[Group late]\nMember=eve "
		 "finn\n",
		 fixture_policy_text);
	load_policy(&world.agent, text);
	return r;
}

enum { EVE = 2005, FINN = 2006 };

static struct policy_rule *rule(const char *name)
{
	const struct policy *policy = world.agent.policy;

	for (size_t i = 0; i < policy->n_rules; i++)
		if (!strcmp(policy->rules[i].name, name))
			return &policy->rules[i];
	fail_msg("no rule %s", name);
	return NULL;
}

static void let_escalate(const char *name, unsigned int after_s)
{
	rule(name)->escalate_s = after_s;
	rule(name)->escalate_groups = 1 << 2;
}

static struct request *open_by(uid_t uid, enum sluice_action action)
{
	struct sluice_event event =
		make_stop(add_worker(uid, uid), uid, action, CUSTOMERS, action == SLUICE_OPEN);

	event.loginuid = uid;
	return stop(&event);
}

/* As if it had been opened so long before; no longer than the host has run by now. */
static void age(struct request *request, unsigned int seconds)
{
	request->deadline_ns -= seconds * 1000000000ULL;
	request_watch_escalation(&world.agent, request);
	event_base_loop(world.agent.base, EVLOOP_NONBLOCK);
	usleep(5000);
	event_base_loop(world.agent.base, EVLOOP_NONBLOCK);
}

static void test_after_the_time(void **state)
{
	struct ipc_request *shown = calloc(1, sizeof(*shown));
	struct request *request;
	uint64_t expires_ms;

	(void)state;
	let_escalate("read-customers", 30);
	request = open_by(ANN, SLUICE_OPEN);
	expires_ms = request->expires_ms;
	assert_int_equal(decide(request, EVE, true, ""), -EACCES);
	age(request, 29);
	assert_int_equal(request->escalated_s, 0);
	assert_int_equal(decide(request, EVE, true, ""), -EACCES);
	age(request, 1);
	assert_int_equal(request->escalated_s, 30);
	assert_int_equal(request->expires_ms, expires_ms);
	assert_string_equal(member(entry_of("request.escalated"), "request"), request->id);
	assert_int_equal(json_array_size(json_object_get(entry_of("request.escalated"), "groups")),
			 2);
	request_describe(&world.agent, request, shown);
	assert_string_equal(shown->reviewers, "owners, late");
	assert_int_equal(shown->escalated_s, 30);
	free(shown);
	age(request, 10);
	assert_int_equal(count_of("request.escalated"), 1);
	assert_int_equal(decide(request, EVE, true, ""), 0);
	assert_int_equal(request->state, IPC_APPROVED);
}

/* The neighbour: a rule without it asks nobody else, however long it takes. */
static void test_without_it(void **state)
{
	struct request *request = open_by(ANN, SLUICE_OPEN);

	(void)state;
	age(request, 50);
	assert_int_equal(count_of("request.escalated"), 0);
	assert_int_equal(decide(request, EVE, true, ""), -EACCES);
}

static void test_as_many_must_agree(void **state)
{
	struct request *request;

	(void)state;
	let_escalate("export", 30);
	request = open_by(ANN, SLUICE_EGRESS);
	age(request, 30);
	assert_int_equal(decide(request, EVE, true, "yes"), 0);
	assert_int_equal(request->state, IPC_PENDING);
	assert_int_equal(decide(request, EVE, true, "yes"), -EEXIST);
	assert_int_equal(decide(request, ANN, true, "yes"), -EPERM); /* nor for oneself */
	assert_int_equal(decide(request, FINN, true, "yes"), 0);
	assert_int_equal(request->state, IPC_APPROVED);
}

static void test_no_of_whoever_was_added(void **state)
{
	struct request *request;

	(void)state;
	let_escalate("read-customers", 30);
	request = open_by(ANN, SLUICE_OPEN);
	age(request, 30);
	assert_int_equal(decide(request, EVE, false, ""), 0);
	assert_int_equal(request->state, IPC_DENIED);
}

static void test_restart_and_a_new_policy(void **state)
{
	struct request *request;
	char id[16];

	(void)state;
	let_escalate("read-customers", 30);
	request = open_by(ANN, SLUICE_OPEN);
	memcpy(id, request->id, sizeof(id));
	age(request, 30);
	restart();
	request = request_find(world.agent.requests, id);
	assert_int_equal(request->escalated_s, 30);
	assert_int_equal(count_of("request.escalated"), 1);
	rule("read-customers")->escalate_s = 0; /* the policy in force counts */
	rule("read-customers")->escalate_groups = 0;
	assert_int_equal(decide(request, EVE, true, ""), -EACCES);
	let_escalate("read-customers", 40);
	request_policy_changed(&world.agent);
	assert_int_equal(decide(request, EVE, true, ""), -EACCES);
	age(request, 40);
	assert_int_equal(request->escalated_s, 40);
	assert_int_equal(decide(request, EVE, true, ""), 0);
}

static void test_not_without_the_journal(void **state)
{
	struct request *request;

	(void)state;
	let_escalate("read-customers", 30);
	request = open_by(ANN, SLUICE_OPEN);
	world.journal.fail_commit = true;
	age(request, 30);
	assert_int_equal(request->escalated_s, 0);
	assert_int_equal(request->state, IPC_PENDING);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, agent_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_after_the_time),	     TEST(test_without_it),
		TEST(test_as_many_must_agree),	     TEST(test_no_of_whoever_was_added),
		TEST(test_restart_and_a_new_policy), TEST(test_not_without_the_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
