/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_policy_private.c: the section [Journal], and Private= of a label.
 */
#include "policy_fixture.h"

static void test_default(void **state)
{
	struct policy *policy = fixture_policy(PEOPLE);

	(void)state;
	assert_false(policy_has_private(policy));
	policy_free(policy);
	policy = fixture_policy("[Label pii]\nPrivate=no\n[Journal]\nPrivateCommands=no\n");
	assert_false(policy_has_private(policy));
	policy_free(policy);
}

static void test_all_keys(void **state)
{
	struct policy *policy = fixture_policy("[Journal]\nPrivate=/home/*/private /srv//hr/\n"
					       "Private=\"/srv/a b\"\n");

	(void)state;
	assert_true(policy_has_private(policy));
	assert_int_equal(policy->privacy.n_paths, 3);
	assert_string_equal(policy->privacy.paths[1].path, "/srv/hr");
	assert_string_equal(policy->privacy.paths[2].path, "/srv/a b");
	policy_free(policy);
	policy = fixture_policy("[Journal]\nPrivateCommands=yes\n");
	assert_true(policy_has_private(policy));
	policy_free(policy);
	policy = fixture_policy("[Label pii]\nPrivate=yes\n[Label other]\n");
	assert_true(policy_has_private(policy));
	assert_true(policy->labels[0].is_private);
	assert_false(policy->labels[1].is_private);
	policy_free(policy);
	policy = fixture_policy("[Journal]\nPrivate=/*\n");
	assert_int_equal(policy->privacy.n_paths, 1);
	policy_free(policy);
}

static void test_refusals(void **state)
{
	(void)state;
	fixture_refuse("[Journal x]\n", "1: [Journal] takes no name; ");
	fixture_refuse("[Journal]\n[Journal]\n", "2: [Journal] is already at /");
	fixture_refuse(
		"[Journal]\nSensitive=/x\n",
		"2: unknown key Sensitive= in [Journal]; known are: Private PrivateCommands");
	fixture_refuse("[Journal]\nPrivate=home/bob\n", "2: Private=home/bob is not absolute; ");
	fixture_refuse("[Journal]\nPrivate=/\n", "2: Private=/ names no folder; ");
	fixture_refuse("[Journal]\nPrivate=/a/../b\n", "2: Private=/a/../b has a component ");
	fixture_refuse("[Journal]\nPrivate=/a/[bc]\n", "2: Private=/a/[bc] has a bracket ");
	fixture_refuse("[Journal]\nPrivate=/a/\\*\n",
		       "2: Private=/a/\\* has a bracket or backslash");
	fixture_refuse("[Journal]\nPrivate=/a/**\n", "2: Private=/a/** has **; write *: ");
	fixture_refuse("[Journal]\nPrivate=/a\nPrivate=/b /a/\n",
		       "3: Private=/a is already at line 2; ");
	fixture_refuse("[Journal]\nPrivateCommands=some\n", "2: PrivateCommands=some is neither ");
	fixture_refuse("[Label pii]\nPrivate=/srv\n", "2: Private=/srv is neither yes nor no; ");
	fixture_refuse("[Label pii]\nPrivate=yes\nPrivate=no\n",
		       "3: Private= is already set in line 2; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
