/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ruleset.c: masks and clearances of a compiled policy, asked the way the kernel asks.
 */
#include "ruleset_fixture.h"

/* The clearances of a subject, as the kernel finds them. */
static uint64_t clearances(const struct ruleset *ruleset, uid_t uid, uint64_t ino, uint64_t cgroup)
{
	const struct sluice_member_key keys[SLUICE_DIMENSIONS] = {
		{ 1, SLUICE_DIM_USER, uid, 0 },
		{ 1, SLUICE_DIM_EXECUTABLE, UINT64_C(0x800001) << 32 | 7, ino },
		{ 1, SLUICE_DIM_UNIT, cgroup, 0 },
	};
	uint64_t held = ruleset->kernel.clearances;

	for (unsigned int dim = 0; dim < SLUICE_DIMENSIONS; dim++) {
		uint64_t bits = ruleset->kernel.unstated[dim];

		for (size_t i = 0; i < ruleset->n_members; i++)
			if (!memcmp(&ruleset->members[i].key, &keys[dim], sizeof(keys[dim])))
				bits |= ruleset->members[i].clearances;
		held &= bits;
	}
	return held;
}

static uint64_t cleared(const struct ruleset *ruleset, uint64_t held, unsigned int mask)
{
	uint64_t labels = 0;

	for (unsigned int i = 0; i < SLUICE_MAX_CLEARANCES; i++)
		if (held >> i & 1)
			labels |= ruleset->kernel.cleared[i][mask];
	return labels;
}

static void test_masks(void **state)
{
	struct ruleset *ruleset = compiled(
		PEOPLE TWO
		"[Label c]\n[Label d]\n[Label e]\n"
		"[Rule "
		"r1]\nAction=open\nLabels=a\nVerdict=ask\nReviewers=leads\nTimeout=2s\nScope="
		"executable\n"
		"[Rule r2]\nAction=open\nLabels=b\nVerdict=deny\n"
		"[Rule r3]\nAction=open\nLabels=c\nVerdict=audit\n"
		"[Rule r4]\nAction=open\nLabels=d\nVerdict=allow\n"
		"[Rule r5]\nAction=open\nLabels=e\nVerdict=ask\nReviewers=leads\nMonitor=yes\n"
		"[Rule r6]\nAction=write\nLabels=a\nVerdict=ask\nReviewers=leads\nMode=fail\n"
		"[Rule r7]\nAction=credential\nLabels=b\nVerdict=deny\nMonitor=yes\n"
		"[Rule r8]\nAction=egress\nLabels=b\nVerdict=deny\nTo=fs:fuse socket:raw\n"
		"[Rule r9]\nAction=egress\nLabels=a\nVerdict=allow\nTo=fs:nfs\n");
	const struct sluice_policy *kernel = &ruleset->kernel;
	const uint64_t c = UINT64_C(1) << 63, e = UINT64_C(1) << 61;

	(void)state;
	assert_int_equal(kernel->generation, 42);
	assert_int_equal(kernel->flags, 0);
	assert_true(kernel->guarded[SLUICE_OPEN] == (A | B | c | e));
	assert_true(kernel->ask[SLUICE_OPEN] == A);
	assert_true(kernel->deny[SLUICE_OPEN] == B);
	assert_true(kernel->hold[SLUICE_OPEN] == A);
	assert_int_equal(kernel->limit_ms[SLUICE_OPEN][5], 2000);
	assert_int_equal(kernel->limit_ms[SLUICE_OPEN][0], 900000);
	assert_int_equal(kernel->limit_ms[SLUICE_OPEN][62], 0);
	assert_true(kernel->ask[SLUICE_WRITE] == A);
	assert_true(kernel->hold[SLUICE_WRITE] == 0);
	assert_true(kernel->guarded[SLUICE_CREDENTIAL] == B);
	assert_true(kernel->deny[SLUICE_CREDENTIAL] == 0);
	assert_true(kernel->guarded[SLUICE_EGRESS] == B);
	for (unsigned int i = 0; i < SLUICE_MEDIA; i++)
		assert_true(kernel->media[i] ==
			    (i == SLUICE_MEDIUM_FUSE || i == SLUICE_MEDIUM_RAW ? B : 0));
	assert_true(kernel->clearances == 0);
	ruleset_free(ruleset);
}

static void test_agent_monitor(void **state)
{
	static const char rules[] =
		PEOPLE TWO "[Rule r1]\nAction=open\nLabels=a\nVerdict=ask\nReviewers=leads\n"
			   "[Rule r2]\nAction=egress\nLabels=b\nVerdict=deny\n";
	char text[512];
	struct ruleset *ruleset = compiled(rules);

	(void)state;
	assert_true(ruleset->kernel.ask[SLUICE_OPEN] == A &&
		    ruleset->kernel.deny[SLUICE_EGRESS] == B);
	ruleset_free(ruleset);
	snprintf(text, sizeof(text), "[Agent]\nMonitor=yes\n%s", rules);
	ruleset = compiled(text);
	assert_true(ruleset->kernel.guarded[SLUICE_OPEN] == A &&
		    ruleset->kernel.guarded[SLUICE_EGRESS] == B);
	for (unsigned int i = 0; i < SLUICE_ACTIONS; i++)
		assert_true(!ruleset->kernel.ask[i] && !ruleset->kernel.deny[i] &&
			    !ruleset->kernel.hold[i]);
	ruleset_free(ruleset);
}

/* Words of a line all match, lines are alternatives, and each dimension counts. */
static void test_clearances(void **state)
{
	struct ruleset *ruleset =
		compiled(TWO "[Rule r]\nAction=open\nLabels=a b\nVerdict=deny\n"
			     "Clear=user:1 exe:/x unit:etl.service\nClear=user:2\n"
			     "[Rule s]\nAction=write\nLabels=b\nVerdict=deny\nClear=exe:/x\n"
			     "Clear=user:2\n");

	(void)state;
	assert_true(ruleset->kernel.clearances == 7); /* user:2 is one, of both rules */
	assert_true(cleared(ruleset, clearances(ruleset, 1, 2, 100), SLUICE_OPEN) == (A | B));
	assert_true(cleared(ruleset, clearances(ruleset, 1, 2, 101), SLUICE_OPEN) == (A | B));
	assert_true(cleared(ruleset, clearances(ruleset, 3, 2, 100), SLUICE_OPEN) == 0);
	assert_true(cleared(ruleset, clearances(ruleset, 1, 3, 100), SLUICE_OPEN) == 0);
	assert_true(cleared(ruleset, clearances(ruleset, 1, 2, 102), SLUICE_OPEN) == 0);
	assert_true(cleared(ruleset, clearances(ruleset, 2, 9, 9), SLUICE_OPEN) == (A | B));
	assert_true(cleared(ruleset, clearances(ruleset, 2, 9, 9), SLUICE_WRITE) == B);
	assert_true(cleared(ruleset, clearances(ruleset, 9, 2, 9), SLUICE_WRITE) == B);
	assert_true(cleared(ruleset, clearances(ruleset, 9, 2, 9), SLUICE_OPEN) == 0);
	assert_true(cleared(ruleset, clearances(ruleset, 2, 2, 100), SLUICE_TAINT) == 0);
	assert_true(clearances(ruleset, 9, 9, 9) == 0);
	assert_int_equal(ruleset->n_members, 5); /* users 1 and 2, /x, two cgroups */
	ruleset_free(ruleset);
}

static void test_trusted(void **state)
{
	struct ruleset *ruleset = compiled(TWO "[Rule r]\nAction=open\nLabels=*\nVerdict=deny\n"
					       "[Rule w]\nAction=write\nLabels=*\nVerdict=deny\n"
					       "[Trusted t]\nLabels=b\nSubject=user:7\n"
					       "[Trusted u]\nSubject=user:8 exe:/x\n");
	uint64_t seven = clearances(ruleset, 7, 9, 9), eight = clearances(ruleset, 8, 2, 9);

	(void)state;
	assert_true(ruleset->kernel.labels == (A | B));
	assert_true(cleared(ruleset, seven, SLUICE_TAINT) == B &&
		    cleared(ruleset, seven, SLUICE_OPEN) == B);
	assert_true(cleared(ruleset, eight, SLUICE_TAINT) == (A | B));
	assert_true(cleared(ruleset, eight, SLUICE_OPEN) == (A | B));
	assert_true(cleared(ruleset, seven | eight, SLUICE_WRITE) == 0);
	ruleset_free(ruleset);
}

static void test_declassify(void **state)
{
	struct ruleset *ruleset = compiled(TWO "[Rule w]\nAction=write\nLabels=*\nVerdict=deny\n"
					       "[Declassify d]\nLabels=b\nSubject=user:7 exe:/x\n"
					       "[Trusted t]\nLabels=a\nSubject=user:8 exe:/x\n");
	uint64_t seven = clearances(ruleset, 7, 2, 9), eight = clearances(ruleset, 8, 2, 9);

	(void)state;
	assert_true(cleared(ruleset, seven, SLUICE_DECLASSIFY) == B);
	assert_true(cleared(ruleset, seven, SLUICE_TAINT) == B);
	assert_true(cleared(ruleset, seven, SLUICE_OPEN) == B);
	assert_true(cleared(ruleset, seven, SLUICE_WRITE) == 0);
	assert_true(cleared(ruleset, eight, SLUICE_DECLASSIFY) == 0); /* not told of */
	assert_true(clearances(ruleset, 7, 9, 9) == 0);		     /* another program */
	ruleset_free(ruleset);
}

static uint64_t sink_of(const struct ruleset *ruleset, uint64_t ino)
{
	for (size_t i = 0; i < ruleset->n_members; i++)
		if (ruleset->members[i].key.dimension == SLUICE_DIM_SINK &&
		    ruleset->members[i].key.b == ino && ruleset->members[i].key.slot == 1)
			return ruleset->members[i].clearances;
	return 0;
}

static void test_sinks(void **state)
{
	struct ruleset *ruleset = compiled(TWO "[Rule w]\nAction=write\nLabels=*\nVerdict=deny\n"
					       "[Sink s]\nLabels=a\nPath=/x /missing\n"
					       "[Sink t]\nLabels=b\nPath=/x\n");

	(void)state;
	assert_true(sink_of(ruleset, 2) == (A | B));
	assert_int_equal(ruleset->n_members, 1);
	assert_true(ruleset->kernel.flags & SLUICE_POLICY_SINKS);
	assert_non_null(strstr(warnings, "/missing does not exist, so it is no sink"));
	ruleset_free(ruleset);
	ruleset = compiled(TWO "[Rule w]\nAction=write\nLabels=*\nVerdict=deny\n");
	assert_false(ruleset->kernel.flags & SLUICE_POLICY_SINKS);
	ruleset_free(ruleset);
}

/* Who does not exist is nobody: a line with a missing part must not clear those who match the rest.
 */
static void test_missing_subjects(void **state)
{
	struct ruleset *ruleset =
		compiled(TWO "[Rule r]\nAction=open\nLabels=a\nVerdict=deny\n"
			     "Clear=user:1 exe:/missing\nClear=user:2 unit:stopped.service\n"
			     "Clear=user:3 unit:empty.service\n"
			     "[Rule q]\nAction=write\nLabels=a\nVerdict=allow\nClear=user:5\n");

	(void)state;
	assert_string_equal(warnings, "7: /missing does not exist, this line clears nobody\n");
	assert_true(ruleset->kernel.clearances == 3);
	for (uid_t uid = 0; uid < 6; uid++)
		assert_true(clearances(ruleset, uid, 0, 100) == 0);
	assert_int_equal(ruleset->n_units, 2);
	assert_string_equal(ruleset->units[0].name, "stopped.service");
	assert_true(ruleset->units[0].clearances == 1 && ruleset->units[1].clearances == 2);
	ruleset_free(ruleset);
	refuse(TWO "[Rule r]\nAction=open\nLabels=a\nVerdict=deny\nClear=exe:/broken\n", -EIO,
	       "7: /broken cannot be identified: ");
	refuse(TWO "[Rule r]\nAction=open\nLabels=a\nVerdict=deny\nClear=unit:broken.service\n",
	       -EIO, "7: unit broken.service cannot be looked up: ");
}

static void test_clearance_limit(void **state)
{
	char text[4096];
	struct ruleset *ruleset;
	size_t used = (size_t)sprintf(text, TWO "[Rule r]\nAction=open\nLabels=a\nVerdict=deny\n");

	(void)state;
	for (int i = 0; i < SLUICE_MAX_CLEARANCES; i++)
		used += (size_t)sprintf(text + used, "Clear=user:%d\n", i);
	used += (size_t)sprintf(text + used, "Clear=user:0\n"); /* not a new one */
	ruleset = compiled(text);
	assert_true(ruleset->kernel.clearances == ALL);
	ruleset_free(ruleset);
	strcpy(text + used, "Clear=user:64\n");
	refuse(text, -E2BIG, "72: this is subject line 65, 64 different ones are possible; ");
}

static void test_numbers(void **state)
{
	struct ruleset *ruleset = NULL;
	struct policy_error error = { 0 };

	(void)state;
	assert_int_equal(compile(TWO, (unsigned int[]){ 3, 3 }, &ruleset, &error), -EINVAL);
	assert_non_null(strstr(error.text, "/a:2: label b has the impossible number 3; "));
	assert_int_equal(compile(TWO, (unsigned int[]){ 64, 3 }, &ruleset, &error), -EINVAL);
	assert_non_null(strstr(error.text, "/a:1: label a has the impossible number 64; "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_agent_monitor),
		cmocka_unit_test(test_clearances),
		cmocka_unit_test(test_trusted),
		cmocka_unit_test(test_declassify),
		cmocka_unit_test(test_sinks),
		cmocka_unit_test(test_missing_subjects),
		cmocka_unit_test(test_clearance_limit),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
