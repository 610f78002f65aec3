/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_policy_guard.c: the section [Guard].
 */
#include "policy_fixture.h"

#define TEAM "[Person ann]\n[Person bob]\n[Group both]\nMember=ann bob\n[Group one]\nMember=ann\n"

static void test_default(void **state)
{
	struct policy *policy = fixture_policy(TEAM);

	(void)state;
	assert_int_equal(policy->guard.mode, SLUICE_GUARD_ENFORCE);
	assert_true(policy->guard.policy);
	assert_true(policy->guard.libraries);
	assert_string_equal(policy->guard.console, "/dev/console");
	assert_int_equal(policy->guard.limit_s, 900);
	assert_int_equal(policy->guard.groups, 0);
	assert_int_equal(policy->guard.n_paths, 0);
	policy_free(policy);
}

static void test_all_keys(void **state)
{
	struct policy *policy = fixture_policy(
		TEAM "[Guard]\nMode=monitor\nPolicy=no\nLibraries=no\nPath=/a \"/b c\"\nPath=/d\n"
		     "Reviewers=both\nConsole=/dev/ttyS0\nLimit=1h\n");

	(void)state;
	assert_int_equal(policy->guard.mode, SLUICE_GUARD_MONITOR);
	assert_false(policy->guard.policy);
	assert_false(policy->guard.libraries);
	assert_int_equal(policy->guard.n_paths, 3);
	assert_string_equal(policy->guard.paths[1].path, "/b c");
	assert_int_equal(policy->guard.groups, 1);
	assert_string_equal(policy->guard.console, "/dev/ttyS0");
	assert_int_equal(policy->guard.limit_s, 3600);
	policy_free(policy);
}

static void test_no_console(void **state)
{
	struct policy *policy = fixture_policy(TEAM "[Guard]\nConsole=no\n");

	(void)state;
	assert_null(policy->guard.console);
	policy_free(policy);
	policy_free(fixture_policy("[Guard]\nConsole=no\nMode=off\n"));
}

static void test_refusals(void **state)
{
	(void)state;
	fixture_refuse("[Guard x]\n", "1: [Guard] takes no name; ");
	fixture_refuse("[Guard]\n[Guard]\n", "2: [Guard] is already at /");
	fixture_refuse("[Guard]\nMode=yes\n", "2: ");
	fixture_refuse("[Guard]\nLimit=59s\n", "2: ");
	fixture_refuse("[Guard]\nLimit=2d\n", "2: ");
	fixture_refuse("[Guard]\nPath=etc\n", "2: ");
	fixture_refuse("[Guard]\nConsole=tty0\n", "2: ");
	fixture_refuse("[Guard]\nReviewers=none\n", "2: group none is not defined; ");
	fixture_refuse("[Guard]\nConsole=no\n", "2: nobody could break the glass; ");
	fixture_refuse(TEAM "[Guard]\nReviewers=one\nConsole=no\n",
		       "9: nobody could break the glass; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_no_console),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
