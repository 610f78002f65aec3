/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_person.c: each road from a process to people, and each claim that is no road.
 */
#include "agent_fixture.h"

#define NOBODY PROCESS_NO_LOGIN

static const struct policy_person *person(const char *name)
{
	return policy_find_person(world.agent.policy, name);
}

static bool behind(const struct identity *identity, const char *name)
{
	return person_behind(world.agent.policy, identity, person(name));
}

static const char *requester(const struct identity *identity)
{
	const struct policy_person *found = person_requester(world.agent.policy, identity);

	return found ? found->name : "";
}

/* A process with its parents, the youngest first; pids from 900001 on. */
static struct identity follow(struct fake_process *chain, size_t n)
{
	struct identity identity;

	for (size_t i = 0; i < n; i++) {
		chain[i].pid = 900001 + (pid_t)i;
		chain[i].ppid = i + 1 < n ? 900002 + (pid_t)i : 1;
		add_process(&chain[i]);
	}
	assert_int_equal(identity_of(900001, START_NS, &identity), 0);
	return identity;
}

static void test_login(void **state)
{
	struct fake_process chain[] = {
		{ .uid = 0,
		  .loginuid = BOB,
		  .cgroup = "/user.slice/user-2002.slice/session-3.scope" },
	};
	struct identity identity = follow(chain, 1);

	(void)state;
	assert_string_equal(requester(&identity), "bob");
	assert_true(behind(&identity, "bob"));
	assert_false(behind(&identity, "ann"));
	assert_false(identity.everyone);
	assert_false(identity.partial);
}

/* Whoever has no login may write any into /proc/self/loginuid. */
static void test_claimed_login_names_nobody(void **state)
{
	static const char *const vouching[] = { "/user.slice/user-2002.slice/session-3.scope",
						"/user.slice/user-2002.slice/user@2002.service/a" };
	static const char *const silent[] = { "/system.slice/session-cleaner.service",
					      "/system.slice/web.service",
					      "/user.slice/user-3000.slice/user@3000.service/a" };
	struct fake_process chain[] = { { .uid = STRANGER, .loginuid = BOB },
					{ .uid = STRANGER, .loginuid = NOBODY } };
	struct identity identity = follow(chain, 2);
	const char *why;

	(void)state;
	assert_string_equal(requester(&identity), "");
	assert_null(person_deciding(world.agent.policy, &identity, &why));
	assert_true(behind(&identity, "bob")); /* it conflicts all the same */
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++) {
		chain[0].cgroup = silent[i];
		identity = follow(chain, 2);
		assert_string_equal(requester(&identity), "");
		assert_null(person_deciding(world.agent.policy, &identity, &why));
	}
	for (size_t i = 0; i < ARRAY_SIZE(vouching); i++) {
		chain[0].cgroup = vouching[i];
		identity = follow(chain, 2);
		assert_string_equal(requester(&identity), "bob");
		assert_non_null(person_deciding(world.agent.policy, &identity, &why));
	}
	chain[0].cgroup = NULL;
	chain[1].uid = BOB; /* a shell of bob, in which he changed the user */
	identity = follow(chain, 2);
	assert_string_equal(requester(&identity), "bob");
	assert_ptr_equal(person_deciding(world.agent.policy, &identity, &why), person("bob"));
}

static void test_claim_of_an_ancestor_names_nobody(void **state)
{
	struct fake_process chain[] = { { .uid = STRANGER, .loginuid = NOBODY },
					{ .uid = STRANGER, .loginuid = BOB } };
	struct identity identity = follow(chain, 2);

	(void)state;
	assert_true(behind(&identity, "bob"));
	assert_string_equal(requester(&identity), "");
}

static void test_uid_of_service(void **state)
{
	struct fake_process chain[] = { { .uid = BOBS_SERVICE, .loginuid = NOBODY } };
	struct identity identity = follow(chain, 1);

	(void)state;
	assert_string_equal(requester(&identity), "bob");
	assert_false(behind(&identity, "ann"));
}

static void test_all_ancestors_count(void **state)
{
	struct fake_process chain[] = {
		{ .uid = STRANGER, .loginuid = NOBODY },
		{ .uid = CARLA, .loginuid = NOBODY },
		{ .uid = 0, .loginuid = ANN },
	};
	struct identity identity = follow(chain, 3);

	(void)state;
	assert_true(behind(&identity, "carla"));
	assert_true(behind(&identity, "ann"));
	assert_false(behind(&identity, "bob"));
	assert_string_equal(requester(&identity), "carla");
}

static void test_sudo_counts_below_real_sudo_only(void **state)
{
	struct fake_process chain[] = {
		{ .uid = 0, .loginuid = NOBODY, .environ = "SUDO_UID=2002", .environ_length = 14 },
		{ .uid = 0, .loginuid = NOBODY, .exe = "/usr/bin/sudo", .euid = 0 },
	};
	struct identity identity = follow(chain, 2);

	(void)state;
	assert_true(behind(&identity, "bob"));
	chain[1].exe = "/tmp/sudo"; /* not that sudo */
	identity = follow(chain, 2);
	assert_false(behind(&identity, "bob"));
	chain[1].exe = "/usr/bin/sudo"; /* that sudo, without its rights */
	chain[1].euid = STRANGER;
	identity = follow(chain, 2);
	assert_false(behind(&identity, "bob"));
}

static void test_claim_of_a_grandchild_is_none(void **state)
{
	struct fake_process chain[] = {
		{ .uid = STRANGER,
		  .loginuid = NOBODY,
		  .environ = "SUDO_UID=2002",
		  .environ_length = 14 },
		{ .uid = STRANGER,
		  .loginuid = NOBODY,
		  .environ = "SUDO_UID=2003",
		  .environ_length = 14 },
		{ .uid = 0, .loginuid = NOBODY, .exe = "/usr/bin/sudo", .euid = 0 },
	};
	struct identity identity = follow(chain, 3);

	(void)state;
	assert_true(behind(&identity, "carla"));
	assert_false(behind(&identity, "bob"));
}

static void test_bad_claim(void **state)
{
	struct fake_process chain[] = {
		{ .uid = 0, .loginuid = NOBODY, .environ = "SUDO_UID=2002x", .environ_length = 15 },
		{ .uid = 0, .loginuid = NOBODY, .exe = "/usr/bin/su", .euid = 0 },
	};
	struct identity identity = follow(chain, 2);

	(void)state;
	assert_string_equal(requester(&identity), "");
}

/* What sudo says of them cannot be read: somebody stands there, and it is not known who. */
static void test_claim_that_cannot_be_read(void **state)
{
	struct fake_process chain[] = {
		{ .uid = 0, .loginuid = NOBODY },
		{ .uid = 0, .loginuid = NOBODY, .exe = "/usr/bin/sudo", .euid = 0 },
	};
	struct identity identity = follow(chain, 2);

	(void)state;
	assert_false(identity.partial);
	make_stuck(900001, "environ");
	assert_int_equal(identity_of(900001, START_NS, &identity), 0);
	assert_true(identity.partial);
}

static void test_owner_of_unit(void **state)
{
	struct fake_process chain[] = {
		{ .uid = STRANGER,
		  .loginuid = NOBODY,
		  .cgroup = "/system.slice/nightly.service/worker" },
	};
	struct identity identity = follow(chain, 1);

	(void)state;
	assert_string_equal(requester(&identity), "ann");
	/*
	 * A unit that a user's own manager calls so conflicts, but does not make the requester
	 * known.
	 */
	chain[0].cgroup = "/user.slice/user-3000.slice/user@3000.service/app.slice/nightly.service";
	identity = follow(chain, 1);
	assert_true(behind(&identity, "ann"));
	assert_string_equal(requester(&identity), "");
	chain[0].cgroup = "/system.slice/other.service";
	identity = follow(chain, 1);
	assert_false(behind(&identity, "ann"));
}

static void test_gone(void **state)
{
	struct identity identity;

	(void)state;
	assert_int_equal(identity_of(900001, START_NS, &identity), -ESRCH);
	assert_true(identity.partial);
	assert_false(identity.everyone);
}

static void test_unreadable_is_everyone(void **state)
{
	struct fake_process chain[] = { { .uid = STRANGER, .loginuid = NOBODY },
					{ .uid = STRANGER, .loginuid = NOBODY } };
	struct identity identity = follow(chain, 2);

	(void)state;
	assert_false(identity.everyone);
	write_file(900002, "status", "?", 1);
	assert_int_equal(identity_of(900001, START_NS, &identity), 0);
	assert_true(identity.everyone);
	assert_true(behind(&identity, "dave"));
}

static void test_endless_ancestors_are_everyone(void **state)
{
	struct fake_process chain[] = { { .uid = STRANGER, .loginuid = NOBODY },
					{ .uid = STRANGER, .loginuid = NOBODY } };
	struct identity identity = follow(chain, 2);

	(void)state;
	chain[1].ppid = 900001;
	add_process(&chain[1]);
	assert_int_equal(identity_of(900001, START_NS, &identity), 0);
	assert_true(identity.everyone);
}

static void test_too_many_uids_are_everyone(void **state)
{
	struct identity identity = { .loginuid = NOBODY };

	(void)state;
	for (uid_t uid = 5000; uid < 5000 + PERSON_MAX_UIDS; uid++)
		identity_add(&identity, uid);
	identity_add(&identity, 5000); /* known */
	assert_false(identity.everyone);
	identity_add(&identity, 6000);
	assert_true(identity.everyone);
}

static void test_common(void **state)
{
	struct identity a = { .loginuid = NOBODY }, b = { .loginuid = NOBODY };

	(void)state;
	identity_add(&a, ANN);
	identity_add(&a, BOB);
	identity_add(&b, CARLA);
	assert_null(person_common(world.agent.policy, &a, &b));
	identity_add(&b, BOBS_SERVICE);
	assert_ptr_equal(person_common(world.agent.policy, &a, &b), person("bob"));
}

static void test_who_decides(void **state)
{
	static const struct {
		uid_t uid;
		uint32_t loginuid;
		const char *unit;
		const char *person;
	} cases[] = {
		{ ANN, ANN, "session-3.scope", "ann" },
		{ 0, ANN, "session-3.scope", "ann" },	/* sudo */
		{ BOB, ANN, "session-3.scope", "ann" }, /* su bob: still ann */
		{ BOB, STRANGER, "", NULL },		/* su bob by nobody we know */
		{ BOB, NOBODY, "", "bob" },
		{ BOB, NOBODY, "user@2002.service", "bob" },
		{ BOBS_SERVICE, NOBODY, "etl.service", NULL }, /* a service decides nothing */
		{ BOBS_SERVICE, BOB, "etl.service", NULL },    /* whatever it calls its login */
		{ BOB, BOB, "ssh.service", "bob" },	       /* sshd without sessions */
		{ 0, NOBODY, "", NULL },
		{ STRANGER, NOBODY, "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct identity identity = { .uid = cases[i].uid, .loginuid = cases[i].loginuid };
		const struct policy_person *found;
		const char *why = NULL;

		identity_add(&identity, cases[i].uid);
		identity_add(&identity, cases[i].loginuid);
		snprintf(identity.owner_unit, sizeof(identity.owner_unit), "%s", cases[i].unit);
		found = person_deciding(world.agent.policy, &identity, &why);
		if (cases[i].person)
			assert_string_equal(found->name, cases[i].person);
		else
			assert_null(found);
		assert_int_equal(!found, why != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_login),
		AGENT_TEST(test_claimed_login_names_nobody),
		AGENT_TEST(test_claim_of_an_ancestor_names_nobody),
		AGENT_TEST(test_uid_of_service),
		AGENT_TEST(test_all_ancestors_count),
		AGENT_TEST(test_sudo_counts_below_real_sudo_only),
		AGENT_TEST(test_claim_of_a_grandchild_is_none),
		AGENT_TEST(test_bad_claim),
		AGENT_TEST(test_claim_that_cannot_be_read),
		AGENT_TEST(test_owner_of_unit),
		AGENT_TEST(test_gone),
		AGENT_TEST(test_unreadable_is_everyone),
		AGENT_TEST(test_endless_ancestors_are_everyone),
		AGENT_TEST(test_too_many_uids_are_everyone),
		AGENT_TEST(test_common),
		AGENT_TEST(test_who_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
