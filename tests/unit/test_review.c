// SPDX-License-Identifier: Apache-2.0
/*
 * test_review.c: who looks at a break-glass afterwards, and what a restart knows of it.
 * Sources: user/decision/review.c, user/guard/glass.c, user/event/record_replay.c.
 */
#include "agent_fixture.h"

#include <fcntl.h>

#include "guard/glass.h"
#include "guard/guard.h"

static char text[1024], id[64], console[128];

static int setup(void **state)
{
	static const struct guard_places places = { .conf = "/nowhere",
						    .control = "/nowhere/c",
						    .gateway = "/nowhere/g" };
	struct policy *policy;
	int err = agent_setup(state);

	memset(&fake_guard, 0, sizeof(fake_guard));
	world.agent.guard = guard_new(&places);
	world.agent.guard->mode = SLUICE_GUARD_ENFORCE;
	fake_guard.in_force.mode = SLUICE_GUARD_ENFORCE;
	policy = (struct policy *)world.agent.policy;
	free(policy->guard.console);
	policy->guard.console = NULL;
	return err;
}

static int teardown(void **state)
{
	world.agent.guard = guard_free(world.agent.guard);
	return agent_teardown(state);
}

/* @login: PROCESS_NO_LOGIN for none */
static struct decider session(uid_t uid, uint32_t login)
{
	struct decider decider = { .pidfd = -1 };

	decider.who.uid = uid;
	decider.who.loginuid = login;
	identity_add(&decider.who, uid);
	if (login != PROCESS_NO_LOGIN)
		identity_add(&decider.who, login);
	return decider;
}

static int act_as(struct decider decider, enum ipc_glass_verb verb, const char *reason,
		  const char *code)
{
	struct ipc_glass step = { .verb = verb, .duration_s = 300 };

	snprintf(step.reason, sizeof(step.reason), "%s", reason);
	snprintf(step.code, sizeof(step.code), "%s", code);
	snprintf(step.id, sizeof(step.id), "%.15s", id);
	return glass_act(&world.agent, &step, decider.who.uid == 0, &decider, text, sizeof(text));
}

static int act(enum ipc_glass_verb verb, uid_t uid, const char *reason)
{
	return act_as(session(uid, PROCESS_NO_LOGIN), verb, reason, "");
}

static int review(uid_t uid)
{
	return act(IPC_GLASS_REVIEW, uid, "as announced");
}

static size_t waiting(void)
{
	return review_waiting(&world.agent, NULL, 0);
}

/* The glass was broken by ann and bob, and is whole again. */
static void break_and_mend(void)
{
	assert_int_equal(act(IPC_GLASS_ASK, ANN, "upgrade"), 0);
	assert_int_equal(act(IPC_GLASS_AGREE, BOB, "upgrade"), 0);
	assert_int_equal(act(IPC_GLASS_END, ANN, ""), 0);
	assert_true(review_waiting(&world.agent, id, sizeof(id)) > 0);
}

static void test_who_took_no_part_reviews(void **state)
{
	(void)state;
	break_and_mend();
	assert_int_equal(strlen(id), 10);
	review_describe(&world.agent, text, sizeof(text));
	assert_non_null(strstr(text, id));
	assert_non_null(strstr(text, "by ann and bob"));
	assert_int_equal(review(CARLA), 0);
	assert_string_equal(member(entry_of("glass.reviewed"), "id"), id);
	assert_string_equal(member(entry_of("glass.reviewed"), "person"), "carla");
	assert_string_equal(member(entry_of("glass.reviewed"), "reason"), "as announced");
	assert_int_equal(world.journal.durable, json_array_size(world.journal.entries));
	assert_int_equal(waiting(), 0);
	review_describe(&world.agent, text, sizeof(text));
	assert_string_equal(text, "");
	assert_int_equal(review(CARLA), -ENOENT);
	assert_int_equal(count_of("glass.reviewed"), 1);
}

static void test_nobody_else(void **state)
{
	(void)state;
	break_and_mend();
	assert_int_equal(review(ANN), -EPERM);
	assert_non_null(strstr(text, "ann took part"));
	assert_int_equal(review(BOB), -EPERM);
	assert_int_equal(review(BOBS_SERVICE), -EPERM);
	assert_int_equal(review(STRANGER), -EPERM);
	assert_int_equal(review(0), -EPERM);
	assert_int_equal(act(IPC_GLASS_REVIEW, CARLA, " \t"), -EINVAL);
	world.kernel.taint = CUSTOMERS;
	assert_int_equal(review(CARLA), -EPERM);
	assert_non_null(strstr(text, "has read labeled data"));
	world.kernel.taint = 0;
	/* by carla's login, but through a session of bob's */
	assert_int_equal(act_as(session(BOB, CARLA), IPC_GLASS_REVIEW, "fine", ""), -EPERM);
	snprintf(id, sizeof(id), "b-00000000");
	assert_int_equal(review(CARLA), -ENOENT);
	assert_int_equal(waiting(), 1);
	assert_int_equal(count_of("glass.reviewed"), 0);
}

/* root asked, and ann stands behind that session: she has taken part as well. */
static void test_who_asked_took_part(void **state)
{
	struct decider asker = session(0, PROCESS_NO_LOGIN);

	(void)state;
	identity_add(&asker.who, ANN);
	assert_int_equal(act_as(asker, IPC_GLASS_ASK, "upgrade", ""), 0);
	act(IPC_GLASS_AGREE, BOB, "upgrade");
	act(IPC_GLASS_AGREE, CARLA, "upgrade");
	act(IPC_GLASS_END, CARLA, "");
	assert_int_equal(review_waiting(&world.agent, id, sizeof(id)), 1);
	assert_int_equal(review(ANN), -EPERM);
	assert_int_equal(review(BOB), -EPERM);
	assert_int_equal(review(CARLA), -EPERM);
	assert_int_equal(review(DAVE), 0);
}

static void test_who_typed_the_code_took_part(void **state)
{
	struct policy *policy = (struct policy *)world.agent.policy;
	char shown[2048], *code;
	ssize_t n;
	int fd;

	(void)state;
	snprintf(console, sizeof(console), "%s/console", world.folder);
	policy->guard.console = strdup(console);
	fd = open(console, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	act(IPC_GLASS_ASK, 0, "upgrade");
	n = read(fd, shown, sizeof(shown) - 1);
	close(fd);
	assert_true(n > 0);
	shown[n] = '\0';
	code = strstr(shown, "--code ") + strlen("--code ");
	code[GLASS_CODE] = '\0';
	assert_int_equal(act_as(session(0, ANN), IPC_GLASS_CODE, "", code), 0);
	act(IPC_GLASS_END, 0, "");
	assert_int_equal(review_waiting(&world.agent, id, sizeof(id)), 1);
	assert_int_equal(review(ANN), -EPERM);
	assert_int_equal(review(BOB), 0);
}

static void test_not_while_it_is_broken(void **state)
{
	(void)state;
	act(IPC_GLASS_ASK, ANN, "upgrade");
	act(IPC_GLASS_AGREE, BOB, "upgrade");
	assert_int_equal(waiting(), 0);
	snprintf(id, sizeof(id), "%s", member(entry_of("glass.broken"), "id"));
	assert_int_equal(review(CARLA), -EAGAIN);
	act(IPC_GLASS_END, ANN, "");
	assert_int_equal(review(CARLA), 0);
}

static void test_journal_first(void **state)
{
	(void)state;
	break_and_mend();
	world.journal.fail_commit = true;
	assert_int_equal(review(CARLA), -EIO);
	assert_int_equal(waiting(), 1);
}

static void test_after_a_restart(void **state)
{
	char second[64];

	(void)state;
	break_and_mend();
	snprintf(second, sizeof(second), "%s", id);
	break_and_mend(); /* id: both */
	assert_int_equal(waiting(), 2);
	restart();
	assert_int_equal(review_waiting(&world.agent, id, sizeof(id)), 2);
	review_describe(&world.agent, text, sizeof(text));
	assert_non_null(strstr(text, "2 break-glasses"));
	snprintf(id, sizeof(id), "%s", second);
	assert_int_equal(review(ANN), -EPERM);
	assert_int_equal(review(CARLA), 0);
	restart();
	assert_int_equal(review_waiting(&world.agent, id, sizeof(id)), 1);
	assert_string_not_equal(id, second);
	assert_int_equal(review(CARLA), 0);
	restart();
	assert_int_equal(waiting(), 0);
}

/* While the glass is broken the policy may be changed: another name for bob's account. */
static void test_another_name_helps_nobody(void **state)
{
	const char *people = strstr(fixture_policy_text, "[Person ann]");
	char policy[4096];

	(void)state;
	break_and_mend();
	snprintf(policy, sizeof(policy),
		 "%.*s[Person ann]\nUid=2001\n[Person robert]\nUid=2002 2102\n[Person carla]\n"
		 "Uid=2003\n[Person dave]\nUid=2004\n[Group owners]\nMember=ann robert carla\n"
		 "[Group security]\nMember=carla dave\n",
		 (int)(people - fixture_policy_text), fixture_policy_text);
	policy_free((struct policy *)world.agent.policy);
	load_policy(&world.agent, policy);
	assert_int_equal(review(BOB), -EPERM);
	assert_int_equal(review(BOBS_SERVICE), -EPERM);
	assert_int_equal(review(DAVE), 0);
}

#define REVIEW_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REVIEW_TEST(test_who_took_no_part_reviews),
		REVIEW_TEST(test_nobody_else),
		REVIEW_TEST(test_who_asked_took_part),
		REVIEW_TEST(test_who_typed_the_code_took_part),
		REVIEW_TEST(test_not_while_it_is_broken),
		REVIEW_TEST(test_journal_first),
		REVIEW_TEST(test_after_a_restart),
		REVIEW_TEST(test_another_name_helps_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
