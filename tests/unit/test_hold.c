/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_hold.c: stopped processes of this test are woken, and nobody else; the answer is in the
 * kernel before.
 */
#include "agent_fixture.h"
#include "pidfd.h"

/* A real process that stands still, as after SIGSTOP by the kernel's hook. */
static pid_t stopped_worker(uid_t uid)
{
	pid_t pid = add_child();
	struct fake_process p = {
		.pid = pid, .ppid = 1, .uid = uid, .loginuid = uid, .state = 'T'
	};
	int status;

	need_pidfd();
	kill(pid, SIGSTOP);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	add_process(&p);
	return pid;
}

static bool was_woken(pid_t pid)
{
	int status;

	for (int i = 0; i < 50; i++) {
		if (waitpid(pid, &status, WCONTINUED | WNOHANG) == pid)
			return WIFCONTINUED(status);
		usleep(1000);
	}
	return false;
}

static struct request *held(pid_t pid)
{
	struct sluice_event event = make_stop(pid, ANN, SLUICE_OPEN, CUSTOMERS, true);

	event.loginuid = ANN;
	return stop(&event);
}

static void test_approval_wakes(void **state)
{
	pid_t pid = stopped_worker(ANN), other = stopped_worker(ANN);
	struct request *request = held(pid);

	(void)state;
	held(other);
	assert_int_equal(decide(request, BOB, true, ""), 0);
	assert_true(was_woken(pid));
	assert_false(was_woken(other));
	assert_int_equal(world.kernel.grants[0].grant.answer, SLUICE_ANSWER_ALLOW);
	assert_int_equal(world.kernel.n_asks, 1);
}

static void test_denial_wakes_into_a_denial(void **state)
{
	pid_t pid = stopped_worker(ANN);
	struct request *request = held(pid);
	uint64_t now = agent_boot_ns();

	(void)state;
	world.kernel.asks[0].ask.tries = 3; /* two more threads came to the same place */
	assert_int_equal(decide(request, BOB, false, ""), 0);
	assert_true(was_woken(pid));
	assert_int_equal(world.kernel.grants[0].grant.answer, SLUICE_ANSWER_DENY);
	assert_int_equal(world.kernel.grants[0].grant.uses, 3);
	assert_in_range(world.kernel.grants[0].grant.expires_ns, now, now + 11000000000ULL);
	assert_memory_equal(&world.kernel.grants[0].key, &request->key, sizeof(request->key));
	assert_int_equal(grant_count(world.agent.grants), 0); /* no grant to show */
}

static void test_failed_attempt_gets_no_denial(void **state)
{
	pid_t pid = add_worker(ANN, ANN);
	struct sluice_event event = make_stop(pid, ANN, SLUICE_OPEN, CUSTOMERS, false);
	struct request *request = stop(&event);

	(void)state;
	request->who.loginuid = ANN;
	assert_int_equal(decide(request, BOB, false, ""), 0);
	assert_int_equal(world.kernel.n_grants, 0);
	assert_int_equal(world.kernel.n_asks, 0);
}

static void test_pid_of_another_is_left_alone(void **state)
{
	pid_t pid = stopped_worker(ANN);

	(void)state;
	assert_int_equal(hold_continue(pid, START_NS + 1000000000, -1), -ESRCH);
	assert_false(was_woken(pid));
	assert_int_equal(hold_continue(pid, START_NS, -1), 0);
	assert_true(was_woken(pid));
}

static void test_release_all(void **state)
{
	pid_t by_process = stopped_worker(ANN), by_executable = stopped_worker(BOB),
	      other = stopped_worker(CARLA);
	struct sluice_event event = make_stop(by_executable, BOB, SLUICE_OPEN, CUSTOMERS, false);

	(void)state;
	held(by_process);
	world.kernel.asks[1] =
		(struct fake_ask){ .key = event.key, .ask = { .tgid = event.tgid, .held = 1 } };
	event.key.subject.id = CARLA;
	world.kernel.asks[2] = (struct fake_ask){ .key = event.key,
						  .ask = { .tgid = (uint32_t)other, .held = 0 } };
	world.kernel.n_asks = 3;
	assert_int_equal(hold_release_all(&world.kernel), 2);
	assert_true(was_woken(by_process));
	assert_true(was_woken(by_executable));
	assert_false(was_woken(other)); /* stopped for a reason of its own */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_approval_wakes),
		AGENT_TEST(test_denial_wakes_into_a_denial),
		AGENT_TEST(test_failed_attempt_gets_no_denial),
		AGENT_TEST(test_pid_of_another_is_left_alone),
		AGENT_TEST(test_release_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
