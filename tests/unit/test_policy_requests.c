/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_policy_requests.c: the section [Requests].
 */
#include "policy_fixture.h"

static void test_default(void **state)
{
	struct policy *policy = fixture_policy(PEOPLE);

	(void)state;
	assert_true(policy->requests.terminal);
	assert_int_equal(policy->requests.max_pending, SLUICE_MAX_REQUESTS_PER_UID);
	assert_int_equal(policy->requests.rate, 0);
	assert_int_equal(policy->requests.unknown, 2);
	assert_false(policy->requests.unknown_denied);
	policy_free(policy);
}

static void test_all_keys(void **state)
{
	struct policy *policy = fixture_policy("[Requests]\nTerminal=no\nMaxPending=20\n"
					       "Rate=30 per 10min\nUnknownRequester=3\n");

	(void)state;
	assert_false(policy->requests.terminal);
	assert_int_equal(policy->requests.max_pending, 20);
	assert_int_equal(policy->requests.rate, 30);
	assert_int_equal(policy->requests.rate_s, 600);
	assert_int_equal(policy->requests.unknown, 3);
	policy_free(policy);
	policy = fixture_policy("[Requests]\nUnknownRequester=deny\n");
	assert_true(policy->requests.unknown_denied);
	policy_free(policy);
}

static void test_refusals(void **state)
{
	(void)state;
	fixture_refuse("[Requests x]\n", "1: [Requests] takes no name; ");
	fixture_refuse("[Requests]\n[Requests]\n", "2: [Requests] is already at /");
	fixture_refuse("[Requests]\nMaxPending=0\n", "2: MaxPending=0 is not possible; ");
	fixture_refuse("[Requests]\nMaxPending=513\n", "2: MaxPending=513 is not possible; ");
	fixture_refuse("[Requests]\nRate=30\n", "2: Rate=30 is not understood; ");
	fixture_refuse("[Requests]\nRate=30 in 1h\n", "2: Rate=30 in 1h is not understood; ");
	fixture_refuse("[Requests]\nRate=0 per 1h\n", "2: Rate=0 is not possible; ");
	fixture_refuse("[Requests]\nRate=257 per 1h\n", "2: Rate=257 is not possible; ");
	fixture_refuse("[Requests]\nRate=1 per 2d\n", "2: Rate=2d is out of range; ");
	fixture_refuse("[Requests]\nUnknownRequester=0\n", "2: UnknownRequester=0 is not ");
	fixture_refuse("[Requests]\nUnknownRequester=17\n", "2: UnknownRequester=17 is not ");
	fixture_refuse("[Requests]\nTerminal=maybe\n", "2: Terminal=maybe is neither ");
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
