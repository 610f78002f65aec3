/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_grant.c: keys by scope, numbers, expiry, revocation, use, restarts.
 */
#include "agent_fixture.h"

static struct request *asked(enum sluice_action action, bool hold)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_event event = make_stop(pid, ANN, action, CUSTOMERS, hold);

	event.loginuid = ANN;
	return stop(&event);
}

static struct grant *granted(struct request *request, enum policy_scope scope, uint32_t seconds)
{
	struct grant *grant = NULL;
	char id[24];

	assert_int_equal(grant_announce(&world.agent, request, scope, seconds, &grant), 0);
	memcpy(id, grant->id, sizeof(id));
	assert_int_equal(record_commit(&world.agent), 0);
	assert_int_equal(grant_apply(&world.agent, grant), 0);
	return grant_find(world.agent.grants, id);
}

static void test_key_of_once(void **state)
{
	struct request *request = asked(SLUICE_OPEN, true);
	struct grant *grant = granted(request, POLICY_ONCE, 60);

	(void)state;
	assert_memory_equal(&world.kernel.grants[0].key, &request->key, sizeof(request->key));
	assert_int_equal(world.kernel.grants[0].grant.uses, 1);
	assert_int_equal(world.kernel.grants[0].grant.labels, CUSTOMERS);
	assert_int_equal(world.kernel.grants[0].grant.id, grant->number);
}

static void test_key_of_process(void **state)
{
	struct request *request = asked(SLUICE_EGRESS, false); /* asked for the executable */
	struct sluice_ask_key key;

	(void)state;
	grant_key(request, POLICY_PROCESS, &key);
	assert_int_equal(key.subject.kind, SLUICE_SUBJECT_PROCESS);
	assert_int_equal(key.subject.id, request->pid);
	assert_int_equal(key.subject.a, START_NS);
	/* no other endpoint */
	assert_memory_equal(&key.target, &request->key.target, sizeof(key.target));
	request = asked(SLUICE_CREDENTIAL, true);
	grant_key(request, POLICY_PROCESS, &key);
	assert_int_equal(key.target.kind, SLUICE_TARGET_ANY);
	assert_memory_equal(&key.subject, &request->key.subject, sizeof(key.subject));
}

static void test_key_of_executable(void **state)
{
	struct request *request = asked(SLUICE_OPEN, true);
	struct sluice_ask_key key;

	(void)state;
	grant_key(request, POLICY_EXECUTABLE, &key);
	assert_int_equal(key.subject.kind, SLUICE_SUBJECT_EXECUTABLE);
	assert_int_equal(key.subject.id, ANN);
	assert_int_equal(key.subject.a, 8ULL << 32 | 1);
	assert_int_equal(key.subject.b, 77);
	assert_memory_equal(&key.target, &request->key.target, sizeof(key.target));
	assert_int_equal(key.action, SLUICE_OPEN);
}

static void test_expiry(void **state)
{
	struct request *request = asked(SLUICE_OPEN, true);
	struct grant *grant = granted(request, POLICY_PROCESS, 60), *other;

	(void)state;
	grant->kernel.expires_ns = agent_boot_ns() + 30000000;
	evtimer_del(grant->timer);
	/* fires early: the suspend case */
	evtimer_add(grant->timer, &(struct timeval){ .tv_usec = 1000 });
	other = granted(asked(SLUICE_OPEN, true), POLICY_PROCESS, 60);
	while (!entry_of("grant.expired"))
		event_base_loop(world.agent.base, EVLOOP_ONCE);
	assert_int_equal(grant_count(world.agent.grants), 1);
	assert_int_equal(world.kernel.n_grants, 1);
	assert_int_equal(world.kernel.grants[0].grant.id, other->number);
}

static void test_revoke(void **state)
{
	struct grant *grant = granted(asked(SLUICE_OPEN, true), POLICY_PROCESS, 60);

	(void)state;
	granted(asked(SLUICE_OPEN, true), POLICY_PROCESS, 60);
	grant_revoke(&world.agent, grant, "bob", "wrong file", NULL);
	assert_int_equal(world.kernel.n_grants, 1);
	assert_string_equal(member(entry_of("grant.revoked"), "person"), "bob");
	assert_string_equal(member(entry_of("grant.revoked"), "reason"), "wrong file");
	world.journal.broken = true; /* taking away is not kept back */
	grant = world.agent.grants->by_number;
	grant_revoke(&world.agent, grant, "bob", "", NULL);
	assert_int_equal(world.kernel.n_grants, 0);
}

static struct sluice_event use_of(const struct grant *grant)
{
	struct sluice_event event = make_stop(4711, ANN, SLUICE_OPEN, CUSTOMERS, true);

	event.type = SLUICE_EVENT_GRANT;
	event.grant_id = grant->number;
	return event;
}

static void test_use(void **state)
{
	struct grant *grant = granted(asked(SLUICE_OPEN, true), POLICY_ONCE, 60);
	struct sluice_event event = use_of(grant);

	(void)state;
	event_handle(&world.agent, &event); /* one use is left in the kernel */
	assert_int_equal(grant_count(world.agent.grants), 1);
	world.kernel.grants[0].grant.uses = 0;
	event_handle(&world.agent, &event);
	assert_int_equal(grant_count(world.agent.grants), 0);
	assert_int_equal(world.kernel.n_grants, 0);
	assert_int_equal(count_of("grant.used"), 2);
	assert_string_equal(member(entry_of("grant.used"), "action"), "open");
}

static void test_used_up_egress_lives_on_for_its_socket(void **state)
{
	struct grant *grant = granted(asked(SLUICE_EGRESS, false), POLICY_ONCE, 60);
	struct sluice_event event = use_of(grant);

	(void)state;
	world.kernel.grants[0].grant.uses = 0;
	event_handle(&world.agent, &event);
	assert_int_equal(grant_count(world.agent.grants), 1);
	assert_int_equal(world.kernel.n_grants, 1);
}

static void test_newer_answer_takes_the_place(void **state)
{
	struct request *request = asked(SLUICE_OPEN, true);
	struct grant *first = granted(request, POLICY_PROCESS, 60), *second;
	uint64_t number = first->number;

	(void)state;
	second = granted(request, POLICY_PROCESS, 60);
	assert_true(second->number > number);
	assert_int_equal(grant_count(world.agent.grants), 1);
	assert_non_null(entry_of("grant.revoked"));
	assert_int_equal(grant_deny(&world.agent, &request->key, CUSTOMERS, 1, 10), 0);
	assert_int_equal(grant_count(world.agent.grants), 0);
	assert_int_equal(world.kernel.grants[0].grant.answer, SLUICE_ANSWER_DENY);
}

static void test_broken_journal_makes_no_grant(void **state)
{
	struct request *request = asked(SLUICE_OPEN, true);
	struct grant *grant = NULL;

	(void)state;
	world.journal.broken = true;
	assert_int_equal(grant_announce(&world.agent, request, POLICY_ONCE, 60, &grant), -EIO);
	assert_null(grant);
	/* a denial needs none */
	assert_int_equal(grant_deny(&world.agent, &request->key, CUSTOMERS, 1, 10), 0);
}

static void test_limit(void **state)
{
	struct request *request = asked(SLUICE_OPEN, true);
	struct grant *grant;
	uint64_t n = 0;

	(void)state;
	while (grant_announce(&world.agent, request, POLICY_ONCE, 60, &grant) == 0 &&
	       n <= SLUICE_MAX_GRANTS) {
		HASH_ADD(hh, world.agent.grants->by_number, number, sizeof(grant->number), grant);
		n++;
	}
	assert_in_range(n, SLUICE_MAX_GRANTS / 2, SLUICE_MAX_GRANTS - 1);
	assert_int_equal(grant_announce(&world.agent, request, POLICY_ONCE, 60, &grant), -EDQUOT);
}

static void test_restart(void **state)
{
	struct grant *kept = granted(asked(SLUICE_OPEN, true), POLICY_PROCESS, 60);
	struct grant *lost = granted(asked(SLUICE_OPEN, true), POLICY_PROCESS, 60);
	char kept_id[24], lost_id[24];
	struct ipc_grant shown;
	uint64_t last;

	(void)state;
	memcpy(kept_id, kept->id, sizeof(kept_id));
	memcpy(lost_id, lost->id, sizeof(lost_id));
	/* journaled, and the agent died before the put */
	kernel_grant_end(&world.kernel, &lost->key, lost->number);
	last = world.agent.grants->last;
	world.kernel.grants[world.kernel.n_grants] = world.kernel.grants[0]; /* never journaled */
	world.kernel.grants[world.kernel.n_grants].key.target.object.ino = 4;
	world.kernel.grants[world.kernel.n_grants++].grant.id = 1000;
	restart();
	assert_non_null(grant_find(world.agent.grants, kept_id));
	assert_null(grant_find(world.agent.grants, lost_id));
	assert_int_equal(world.kernel.n_grants, 1);
	assert_true(world.agent.grants->last >= last);
	grant_describe(&world.agent, grant_find(world.agent.grants, kept_id), &shown);
	assert_string_equal(shown.target, "/srv/customers/list.csv");
	assert_string_equal(shown.action, "open");
	assert_string_equal(shown.scope, "process");
	assert_string_equal(shown.labels, "customers");
	assert_int_equal(shown.uses, UINT32_MAX);
	/* and it still ends in time */
	grant_find(world.agent.grants, kept_id)->kernel.expires_ns = agent_boot_ns();
	evtimer_add(grant_find(world.agent.grants, kept_id)->timer, &(struct timeval){ 0 });
	event_base_loop(world.agent.base, EVLOOP_ONCE);
	assert_int_equal(world.kernel.n_grants, 0);
}

static void test_new_policy_ends_what_it_denies(void **state)
{
	struct grant *read = granted(asked(SLUICE_OPEN, true), POLICY_PROCESS, 60);
	struct grant *ids = granted(asked(SLUICE_OPEN, true), POLICY_PROCESS, 60);
	char kept[24];

	(void)state;
	memcpy(kept, read->id, sizeof(kept));
	grant_policy_changed(&world.agent);
	assert_int_equal(grant_count(world.agent.grants), 2); /* the policy asks about both */
	ids->key.action = SLUICE_CREDENTIAL;		      /* a rule that denies */
	world.kernel.grants[1].key.action = SLUICE_CREDENTIAL;
	grant_policy_changed(&world.agent);
	assert_int_equal(grant_count(world.agent.grants), 1);
	assert_non_null(grant_find(world.agent.grants, kept));
	assert_int_equal(world.kernel.n_grants, 1);
	assert_int_equal(count_of("grant.expired"), 1);
}

static void test_numbers_are_never_given_twice(void **state)
{
	struct grant *grant = granted(asked(SLUICE_OPEN, true), POLICY_PROCESS, 60);
	uint64_t number = grant->number;

	(void)state;
	snprintf(world.agent.boot_id, sizeof(world.agent.boot_id),
		 "99999999-2222-3333-4444-555555555555");
	world.kernel.n_grants = world.kernel.n_asks = 0;
	restart();
	assert_int_equal(grant_count(world.agent.grants), 0);
	assert_true(granted(asked(SLUICE_OPEN, true), POLICY_PROCESS, 60)->number > number);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_key_of_once),
		AGENT_TEST(test_key_of_process),
		AGENT_TEST(test_key_of_executable),
		AGENT_TEST(test_expiry),
		AGENT_TEST(test_revoke),
		AGENT_TEST(test_use),
		AGENT_TEST(test_used_up_egress_lives_on_for_its_socket),
		AGENT_TEST(test_newer_answer_takes_the_place),
		AGENT_TEST(test_broken_journal_makes_no_grant),
		AGENT_TEST(test_limit),
		AGENT_TEST(test_restart),
		AGENT_TEST(test_numbers_are_never_given_twice),
		AGENT_TEST(test_new_policy_ends_what_it_denies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
