/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_glass.c: who breaks the glass, for how long, and what the journal says of it.
 */
#include "agent_fixture.h"

#include <fcntl.h>

#include "guard/glass.h"
#include "guard/guard.h"

static char text[1024], console[128];

static int setup(void **state)
{
	static const struct guard_places places = { .conf = "/nowhere",
						    .control = "/nowhere/c",
						    .gateway = "/nowhere/g" };
	struct policy *policy;
	int err = agent_setup(state), fd;

	memset(&fake_guard, 0, sizeof(fake_guard));
	world.agent.guard = guard_new(&places);
	world.agent.guard->mode = SLUICE_GUARD_ENFORCE;
	fake_guard.in_force.mode = SLUICE_GUARD_ENFORCE;
	snprintf(console, sizeof(console), "%s/console", world.folder);
	fd = open(console, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	policy = (struct policy *)world.agent.policy;
	free(policy->guard.console);
	policy->guard.console = strdup(console);
	return err;
}

static int teardown(void **state)
{
	world.agent.guard = guard_free(world.agent.guard);
	return agent_teardown(state);
}

static int act(enum ipc_glass_verb verb, uid_t uid, const char *reason, const char *code)
{
	struct ipc_glass step = { .verb = verb, .duration_s = 300 };
	struct decider decider = { .pidfd = -1 };

	decider.who.uid = uid;
	decider.who.loginuid = PROCESS_NO_LOGIN;
	identity_add(&decider.who, uid);
	snprintf(step.reason, sizeof(step.reason), "%s", reason);
	snprintf(step.code, sizeof(step.code), "%s", code);
	return glass_act(&world.agent, &step, uid == 0, &decider, text, sizeof(text));
}

static bool broken(void)
{
	struct glass *glass = &world.agent.guard->glass;

	assert_int_equal(glass->broken_until_ns, fake_guard.in_force.open_until_ns);
	return glass->broken_until_ns;
}

static const char *code_on_console(void)
{
	static char shown[2048];
	_cleanup_close_ int fd = open(console, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, shown, sizeof(shown) - 1);
	char *at;

	assert_true(n > 0);
	shown[n] = '\0';
	at = strstr(shown, "--code ");
	assert_non_null(at);
	at[7 + GLASS_CODE] = '\0';
	return at + 7;
}

static void test_two_people(void **state)
{
	(void)state;
	assert_int_equal(act(IPC_GLASS_ASK, 0, "upgrade", ""), 0);
	assert_non_null(strstr(text, "Two people"));
	assert_int_equal(act(IPC_GLASS_AGREE, ANN, "upgrade", ""), 0);
	assert_false(broken());
	assert_int_equal(act(IPC_GLASS_AGREE, BOB, "upgrade", ""), 0);
	assert_true(broken());
	assert_int_equal(fake_guard.in_force.session, 1);
	assert_string_equal(member(entry_of("glass.asked"), "asker"), "root");
	assert_string_equal(member(entry_of("glass.broken"), "reason"), "upgrade");
	assert_non_null(strstr(member(entry_of("glass.broken"), "message"), "ann and bob"));
	assert_int_equal(world.journal.durable, json_array_size(world.journal.entries));
	assert_int_equal(act(IPC_GLASS_END, ANN, "", ""), 0);
	assert_false(broken());
	assert_non_null(entry_of("glass.mended"));
}

static void test_a_person_who_asks_is_the_first(void **state)
{
	(void)state;
	assert_int_equal(act(IPC_GLASS_ASK, ANN, "upgrade", ""), 0);
	assert_int_equal(act(IPC_GLASS_AGREE, ANN, "upgrade", ""), -EPERM);
	assert_false(broken());
	assert_int_equal(act(IPC_GLASS_AGREE, CARLA, "upgrade", ""), 0);
	assert_true(broken());
}

static void test_nobody_else(void **state)
{
	(void)state;
	assert_int_equal(act(IPC_GLASS_ASK, STRANGER, "upgrade", ""), -EPERM);
	assert_int_equal(act(IPC_GLASS_AGREE, ANN, "upgrade", ""), -ENOENT);
	assert_int_equal(act(IPC_GLASS_ASK, 0, "upgrade", ""), 0);
	assert_int_equal(act(IPC_GLASS_AGREE, 0, "upgrade", ""), -EPERM);
	assert_int_equal(act(IPC_GLASS_AGREE, STRANGER, "upgrade", ""), -EPERM);
	assert_int_equal(act(IPC_GLASS_AGREE, ANN, "upgrade", ""), 0);
	assert_int_equal(act(IPC_GLASS_AGREE, ANN, "upgrade", ""), -EPERM);
	assert_non_null(strstr(text, "ann has agreed already"));
	assert_int_equal(act(IPC_GLASS_END, STRANGER, "", ""), -EPERM);
	assert_false(broken());
}

/* bob's service account is bob. */
static void test_one_person_with_two_accounts(void **state)
{
	(void)state;
	act(IPC_GLASS_ASK, BOB, "upgrade", "");
	assert_int_equal(act(IPC_GLASS_AGREE, BOBS_SERVICE, "upgrade", ""), -EPERM);
	assert_false(broken());
}

static void test_reviewers_of_the_policy_only(void **state)
{
	(void)state;
	((struct policy *)world.agent.policy)->guard.groups = 1 << 1; /* security: carla dave */
	act(IPC_GLASS_ASK, 0, "upgrade", "");
	assert_int_equal(act(IPC_GLASS_AGREE, ANN, "upgrade", ""), -EPERM);
	assert_non_null(strstr(text, "Reviewers="));
	assert_int_equal(act(IPC_GLASS_AGREE, CARLA, "upgrade", ""), 0);
	assert_int_equal(act(IPC_GLASS_AGREE, DAVE, "upgrade", ""), 0);
	assert_true(broken());
}

static void test_agreement_is_to_what_was_seen(void **state)
{
	(void)state;
	act(IPC_GLASS_ASK, ANN, "upgrade", "");
	assert_int_equal(act(IPC_GLASS_AGREE, BOB, "another reason", ""), -ESTALE);
	/* asked anew, the first agreement is void */
	act(IPC_GLASS_ASK, 0, "sabotage", "");
	assert_int_equal(act(IPC_GLASS_AGREE, BOB, "sabotage", ""), 0);
	assert_false(broken());
}

static void test_tainted_session(void **state)
{
	(void)state;
	act(IPC_GLASS_ASK, 0, "upgrade", "");
	world.kernel.taint = CUSTOMERS;
	assert_int_equal(act(IPC_GLASS_AGREE, ANN, "upgrade", ""), -EPERM);
	assert_non_null(strstr(text, "has read labeled data"));
}

static void test_code_on_the_console(void **state)
{
	char wrong[GLASS_CODE + 1];

	(void)state;
	assert_int_equal(act(IPC_GLASS_CODE, 0, "", "12345678"), -ENOENT);
	act(IPC_GLASS_ASK, 0, "upgrade", "");
	snprintf(wrong, sizeof(wrong), "%s", code_on_console());
	wrong[0] = wrong[0] == '9' ? '0' : (char)(wrong[0] + 1);
	assert_int_equal(act(IPC_GLASS_CODE, 0, "", wrong), -EPERM);
	assert_int_equal(act(IPC_GLASS_CODE, 0, "", ""), -EPERM);
	assert_false(broken());
	assert_int_equal(act(IPC_GLASS_CODE, STRANGER, "", code_on_console()), -EPERM);
	assert_int_equal(act(IPC_GLASS_CODE, 0, "", code_on_console()), 0);
	assert_true(broken());
	assert_non_null(strstr(member(entry_of("glass.broken"), "message"), "the local console"));
}

static void test_three_wrong_codes(void **state)
{
	(void)state;
	act(IPC_GLASS_ASK, 0, "upgrade", "");
	for (int i = 0; i < GLASS_TRIES; i++)
		assert_int_equal(act(IPC_GLASS_CODE, 0, "", "none"), -EPERM);
	assert_non_null(entry_of("glass.refused"));
	assert_int_equal(act(IPC_GLASS_CODE, 0, "", code_on_console()), -ENOENT);
	assert_int_equal(act(IPC_GLASS_AGREE, ANN, "upgrade", ""), -ENOENT);
}

static void test_without_a_console(void **state)
{
	struct policy *policy = (struct policy *)world.agent.policy;

	(void)state;
	free(policy->guard.console);
	policy->guard.console = NULL;
	assert_int_equal(act(IPC_GLASS_ASK, 0, "upgrade", ""), 0);
	assert_null(strstr(text, "console"));
	assert_int_equal(act(IPC_GLASS_CODE, 0, "", ""), -ENOENT);
}

static void test_journal_first(void **state)
{
	(void)state;
	act(IPC_GLASS_ASK, ANN, "upgrade", "");
	world.journal.fail_commit = true;
	assert_int_equal(act(IPC_GLASS_AGREE, BOB, "upgrade", ""), -EIO);
	assert_false(broken());
}

static void test_limits(void **state)
{
	struct policy *policy = (struct policy *)world.agent.policy;

	(void)state;
	policy->guard.limit_s = 299;
	assert_int_equal(act(IPC_GLASS_ASK, 0, "upgrade", ""), -EINVAL);
	policy->guard.limit_s = 300;
	assert_int_equal(act(IPC_GLASS_ASK, 0, " \t", ""), -EINVAL);
	world.agent.guard->mode = SLUICE_GUARD_MONITOR;
	assert_int_equal(act(IPC_GLASS_ASK, 0, "upgrade", ""), -EALREADY);
}

static void test_time(void **state)
{
	struct glass *glass = &world.agent.guard->glass;
	struct ipc_request notice;

	(void)state;
	act(IPC_GLASS_ASK, ANN, "upgrade", "");
	glass->asked_until_ns = 1;
	guard_tick(&world.agent);
	assert_non_null(entry_of("glass.refused"));
	act(IPC_GLASS_ASK, ANN, "upgrade", "");
	act(IPC_GLASS_AGREE, BOB, "upgrade", "");
	guard_tick(&world.agent);
	assert_true(broken());
	assert_true(glass_notice(&world.agent, GLASS_ID "broken", &notice));
	assert_int_equal(notice.state, IPC_APPROVED);
	assert_non_null(strstr(notice.outcome, "ann and bob: upgrade"));
	assert_int_equal(strlen(notice.digest), 64);
	glass_describe(glass, text, sizeof(text));
	assert_non_null(strstr(text, "BROKEN until"));
	glass->broken_until_ns = fake_guard.in_force.open_until_ns = 1;
	guard_tick(&world.agent);
	assert_false(broken());
	assert_non_null(strstr(member(entry_of("glass.mended"), "message"), "time is over"));
	assert_false(glass_notice(&world.agent, "r-12345678", &notice));
}

static void test_taken_up_after_a_restart(void **state)
{
	(void)state;
	fake_guard.in_force.open_until_ns = 1;
	fake_guard.in_force.session = 7;
	glass_take_up(&world.agent);
	guard_tick(&world.agent);
	assert_false(broken());
	assert_int_equal(count_of("glass.mended"), 1);
	assert_int_equal(json_integer_value(json_object_get(entry_of("glass.mended"), "glass")), 7);
}

static void test_attempts_are_journaled(void **state)
{
	struct sluice_event event = { .type = SLUICE_EVENT_GUARD,
				      .reason = SLUICE_GUARD_SIGNAL,
				      .old_id = 9,
				      .verdict = SLUICE_VERDICT_DENY,
				      .tgid = 1,
				      .comm = "evil" };

	(void)state;
	event_handle(&world.agent, &event);
	assert_string_equal(member(entry_of("guard.attempt"), "act"), "signal");
	assert_string_equal(member(entry_of("guard.attempt"), "verdict"), "deny");
	assert_non_null(strstr(member(entry_of("guard.attempt"), "message"), "evil[1] tried to"));
	event.verdict = SLUICE_VERDICT_AUDIT;
	event.grant_id = 3;
	event_handle(&world.agent, &event);
	assert_non_null(strstr(member(entry_of("guard.attempt"), "message"), "glass is broken"));
	event.reason = SLUICE_GUARD_ACTS;
	event_handle(&world.agent, &event);
	assert_int_equal(count_of("guard.attempt"), 2);
}

#define GLASS_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GLASS_TEST(test_two_people),
		GLASS_TEST(test_a_person_who_asks_is_the_first),
		GLASS_TEST(test_nobody_else),
		GLASS_TEST(test_one_person_with_two_accounts),
		GLASS_TEST(test_reviewers_of_the_policy_only),
		GLASS_TEST(test_agreement_is_to_what_was_seen),
		GLASS_TEST(test_tainted_session),
		GLASS_TEST(test_code_on_the_console),
		GLASS_TEST(test_three_wrong_codes),
		GLASS_TEST(test_without_a_console),
		GLASS_TEST(test_journal_first),
		GLASS_TEST(test_limits),
		GLASS_TEST(test_time),
		GLASS_TEST(test_taken_up_after_a_restart),
		GLASS_TEST(test_attempts_are_journaled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
