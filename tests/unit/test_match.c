/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_match.c: which paths a pattern names, alone and in sentences.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include "vault/match.h"

static void test_paths(void **state)
{
	(void)state;
	assert_true(match_path("/home/*/private", "/home/bob/private"));
	assert_true(match_path("/home/*/private", "/home/bob/private/a b/c"));
	assert_true(match_path("/home/*/private", "/home/bob/private (fs:nfs)"));
	assert_false(match_path("/home/*/private", "/home/bob/privateer"));
	assert_false(match_path("/home/*/private", "/home/bob/private list"));
	assert_false(match_path("/home/*/private", "/home/bob/x/private"));
	assert_false(match_path("/home/*/private", "/home/private"));
	assert_false(match_path("/home/*/private", "/srv/home/bob/private"));
	assert_true(match_path("/srv/list-?.csv", "/srv/list-1.csv"));
	assert_false(match_path("/srv/list-?.csv", "/srv/list-12.csv"));
	assert_true(match_path("/srv/a\tb", "/srv/a\tb/c"));
	assert_true(match_path("/*", "/etc/passwd"));
	assert_false(match_path("/*", "pipe:[12]"));
}

static void test_sentences(void **state)
{
	static const char *const yes[] = {
		"/home/bob",
		"cat[1] read /home/bob/x and carries pii",
		"see '/home/bob'.",
		"if=/home/bob,of=x",
		"cp -t/home/bob x",
		"//home/bob",
		"file:///home/bob",
		"(/home/bob)",
		"tar --file=/home/bob/a b",
		"a:/home/bob",
	};
	static const char *const no[] = {
		"/home/carol",	    "/data/home/bob",
		"https://home/bob", "x/home/bob",
		"home/bob",	    "/homes/bob",
		"-x/y/home/bob",    "/home",
		"/home/bobby",	    "",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		if (!match_text("/home/bob", yes[i]))
			fail_msg("not in: %s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (match_text("/home/bob", no[i]))
			fail_msg("in: %s", no[i]);
	/* where a name ends nobody knows: with a wildcard at the end anything may be of it */
	assert_true(match_text("/home/*", "read /home/my list and more"));
	assert_false(match_text("/*", "yes and / or no, 10.0.0.1:443/tcp"));
	assert_true(match_begins("…/deep/x", "…/deep/x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
