/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_rehearse.c: sections [Test]: which are none, what comes of them, and what is said when that
 * is not what they expect.
 */
#include "policy_fixture.h"

#include "policy/rehearse.h"

#define RULES                                                                                      \
	PEOPLE "[Label pii]\nPath=/srv/pii\n[Label other]\n"                                       \
	       "[Rule out]\nAction=egress\nLabels=pii\nVerdict=ask\nReviewers=leads\n"             \
	       "To=10.20.0.0/16:5432\nClear=user:1001\n"                                           \
	       "[Rule look]\nAction=open\nLabels=pii\nVerdict=deny\nClear=exe:/usr/bin/etl\n"      \
	       "[Test t]\n"

static int lines_of(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static int try(const char *test, struct policy_error *error)
{
	_cleanup_free_ char *text = NULL;
	struct policy *policy;
	int r;

	assert_true(asprintf(&text, RULES "%s", test) > 0);
	policy = fixture_policy(text);
	r = rehearse(policy, error);
	policy_free(policy);
	return r;
}

static void passes(const char *test)
{
	struct policy_error error;

	if (try(test, &error) < 0)
		fail_msg("%s\n%s", error.text, test);
}

/* @line: of @test, from 1 */
static void fails(const char *test, int line, const char *expected)
{
	struct policy_error error;
	char whole[1024];

	assert_int_equal(try(test, &error), -EINVAL);
	snprintf(whole, sizeof(whole), "%s/a:%d: %s", fixture_folder, lines_of(RULES) + line,
		 expected);
	if (strncmp(error.text, whole, strlen(whole)) != 0)
		fail_msg("expected %s\n     got %s", whole, error.text);
	assert_non_null(strchr(error.text, ';'));
}

static void test_passes(void **state)
{
	(void)state;
	passes("Action=egress\nLabels=pii\nTo=203.0.113.1:443\nExpect=ask\nRule=out\n");
	passes("Action=egress\nLabels=pii\nTo=10.20.3.4:5432\nExpect=allow\nRule=out\n");
	passes("Action=egress\nLabels=pii\nTo=203.0.113.1:443\nSubject=user:1001\nExpect=allow\n");
	passes("Action=egress\nLabels=other\nTo=203.0.113.1:443/udp\nExpect=allow\n");
	passes("Action=egress\nLabels=pii\nTo=fs:nfs\nExpect=ask\n");
	passes("Action=open\nPath=/srv/pii/x\nExpect=deny\nRule=look\n");
	passes("Action=open\nPath=/srv/pii/x\nSubject=exe:/usr/bin/etl\nExpect=allow\n");
	passes("Action=open\nPath=/srv/else\nExpect=allow\n");
	passes("Action=credential\nLabels=*\nExpect=allow\n");
}

static void test_fails(void **state)
{
	(void)state;
	fails("Action=egress\nLabels=pii\nTo=203.0.113.1:443\nExpect=deny\n", 4,
	      "[Test t] expects deny, but comes to ask by [Rule out] at ");
	fails("Action=open\nPath=/srv/pii/x\nExpect=allow\n", 3,
	      "[Test t] expects allow, but comes to deny by [Rule look] at ");
	fails("Action=credential\nExpect=deny\nLabels=pii\n", 2,
	      "[Test t] expects deny, but comes to allow by no rule");
	fails("Action=open\nLabels=other\nExpect=allow\nRule=look\n", 3,
	      "[Test t] expects allow by [Rule look], but comes to allow by no rule");
}

static void refused(const char *test, int line, const char *expected)
{
	_cleanup_free_ char *text = NULL;
	char start[256];

	assert_true(asprintf(&text, RULES "%s", test) > 0);
	snprintf(start, sizeof(start), "%d: %s", lines_of(RULES) + line, expected);
	fixture_refuse(text, start);
}

static void test_refused(void **state)
{
	(void)state;
	refused("Labels=pii\nExpect=deny\n", 0, "[Test t] has no Action=");
	refused("Action=open\nLabels=pii\n", 0, "[Test t] has no Expect=");
	refused("Action=look\n", 1, "Action=look is not known");
	refused("Action=open\nExpect=maybe\n", 2, "Expect=maybe is not known; write one of: allow");
	refused("Action=open\nExpect=deny\n", 0, "[Test t] has no Labels=");
	refused("Action=egress\nLabels=pii\nExpect=deny\n", 0, "[Test t] has no To=");
	refused("Action=egress\nLabels=pii\nTo=10.0.0.0/8:1\nExpect=deny\n", 3,
		"To=10.0.0.0/8:1 is no single place");
	refused("Action=egress\nLabels=pii\nTo=10.0.0.1\nExpect=deny\n", 3,
		"To=10.0.0.1 is no single place");
	refused("Action=egress\nLabels=pii\nTo=10.0.0.1:1 10.0.0.2:1\nExpect=deny\n", 3,
		"To= takes one");
	refused("Action=egress\nLabels=pii\nTo=fs:floppy\nExpect=deny\n", 3,
		"To=fs:floppy is not known");
	refused("Action=egress\nLabels=pii\nPath=/x\nTo=10.0.0.1:1\nExpect=deny\n", 3,
		"Path= has a meaning for");
	refused("Action=write\nLabels=pii\nTo=10.0.0.1:1\nExpect=deny\n", 3,
		"To= has no meaning for Action=write");
	refused("Action=open\nPath=/x\nTo=10.0.0.1:1\nExpect=deny\n", 3, "one thing is opened");
	refused("Action=open\nPath=x\nExpect=deny\n", 2, "Path=x is not absolute");
	refused("Action=open\nLabels=gone\nExpect=deny\n", 2, "label gone is not defined");
	refused("Action=open\nLabels=pii\nExpect=deny\nRule=gone\n", 4, "rule gone is not defined");
	refused("Action=open\nLabels=pii\nExpect=deny\nRule=look out\n", 4, "Rule= takes one name");
	refused("Action=open\nSubject=etl\n", 2, "\"etl\" names nobody");
	refused("Bogus=1\n", 1, "unknown key Bogus= in [Test]");
}

/* What sluiced and its reload load: a failed test leaves no policy behind. */
static void test_read(void **state)
{
	_cleanup_free_ char *conf = fixture_path("sluice.conf");
	struct policy *policy = NULL;
	struct policy_error error;

	(void)state;
	fixture_write("sluice.conf", RULES "Action=open\nLabels=pii\nExpect=deny\n");
	assert_int_equal(rehearse_read(conf, &policy, &error), 0);
	assert_int_equal(policy->n_tests, 1);
	policy = policy_free(policy);
	fixture_write("sluice.conf", RULES "Action=open\nLabels=pii\nExpect=ask\n");
	assert_int_equal(rehearse_read(conf, &policy, &error), -EINVAL);
	assert_null(policy);
	assert_non_null(strstr(error.text, "expects ask, but comes to deny by [Rule look]"));
}

/* Lines that stand in no file. */
static void test_extra(void **state)
{
	_cleanup_free_ char *file = fixture_path("a");
	struct policy_extra extra[] = {
		{ file, 3, "Clear=user:1007\n" },
		{ "(command line)", 0, "[Test x]\nAction=open\nLabels=l\nExpect=deny\n" },
	};
	char *files[] = { file };
	struct policy *policy = NULL;
	struct policy_error error;

	(void)state;
	fixture_write("a", "[Label l]\n[Rule r]\nAction=open\nLabels=l\nVerdict=deny");
	assert_int_equal(policy_load_with(files, 1, extra, 2, &policy, &error), 0);
	assert_int_equal(policy->rules[0].n_cleared, 1);
	assert_int_equal(policy->rules[0].cleared[0].uid, 1007);
	assert_int_equal(policy->n_tests, 1);
	policy = policy_free(policy);
	extra[1].text = "[Test x]\nAction=open\nLabels=m\nExpect=deny\n";
	assert_int_equal(policy_load_with(files, 1, extra, 2, &policy, &error), -EINVAL);
	assert_string_equal(error.text, "(command line):3: label m is not defined; add [Label m] "
					"or correct the name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes),	cmocka_unit_test(test_fails),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_read),
		cmocka_unit_test(test_extra),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
