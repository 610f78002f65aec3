// SPDX-License-Identifier: Apache-2.0
/*
 * test_web_attempt.c: sign-ins that have begun, by a clock that is played.
 * Sources: user/web/web_attempt.c, user/web/oidc.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "web/web_attempt.h"

static time_t now = 1000;
static struct attempts *attempts;
static struct attempt begun, taken;
static char sealed[WEB_SEALED_SIZE];

int __wrap_clock_gettime(clockid_t id, struct timespec *ret);

int __wrap_clock_gettime(clockid_t id, struct timespec *ret)
{
	(void)id;
	*ret = (struct timespec){ .tv_sec = now };
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return attempts_new(&attempts);
}

static int teardown(void **state)
{
	(void)state;
	attempts = attempts_free(attempts);
	return 0;
}

static void begin(const char *path)
{
	assert_int_equal(attempts_begin(attempts, path, &begun, sealed), 0);
}

static int take(void)
{
	int r = attempts_open(attempts, begun.oidc.state, sealed, &taken);

	if (r == 0)
		attempts_use(attempts, &taken);
	return r;
}

static void an_attempt_serves_once(void **state)
{
	(void)state;
	begin("/r/r-1");
	now += WEB_ATTEMPT_S - 1;
	assert_int_equal(take(), 0);
	assert_string_equal(taken.path, "/r/r-1");
	assert_string_equal(taken.oidc.verifier, begun.oidc.verifier);
	assert_string_equal(taken.oidc.nonce, begun.oidc.nonce);
	assert_int_equal(take(), -ENOENT);
}

/* Who has to wait comes back with the same. */
static void an_attempt_that_was_only_opened_serves(void **state)
{
	(void)state;
	begin("/");
	for (int i = 0; i < 2; i++)
		assert_int_equal(attempts_open(attempts, begun.oidc.state, sealed, &taken), 0);
	assert_int_equal(take(), 0);
}

static void an_attempt_expires(void **state)
{
	(void)state;
	begin("/");
	now += WEB_ATTEMPT_S;
	assert_int_equal(take(), -ETIMEDOUT);
}

static void an_attempt_serves_its_browser_only(void **state)
{
	char others[WEB_SEALED_SIZE];

	(void)state;
	begin("/");
	memcpy(others, sealed, sizeof(others));
	begin("/r/r-2");
	assert_int_equal(attempts_open(attempts, begun.oidc.state, others, &taken), -EPERM);
	assert_int_equal(attempts_open(attempts, "", sealed, &taken), -EPERM);
	assert_int_equal(attempts_open(attempts, begun.oidc.state, "", &taken), -EPERM);
	/* that used up nothing */
	assert_int_equal(take(), 0);
}

/* Vector, text and tag: each character counts. */
static void what_was_not_sealed_here_is_nothing(void **state)
{
	(void)state;
	begin("/");
	for (size_t i = 0; i < strlen(sealed); i++) {
		char kept = sealed[i];

		sealed[i] = kept == 'A' ? 'B' : 'A';
		assert_int_equal(take(), -EPERM);
		sealed[i] = kept;
	}
	sealed[strlen(sealed) - 4] = '\0';
	assert_int_equal(take(), -EPERM);
	begin("/");
	/* another process has another key */
	teardown(NULL);
	setup(NULL);
	assert_int_equal(take(), -EPERM);
}

static void many_attempts_push_out_none(void **state)
{
	char first[WEB_SEALED_SIZE];
	struct attempt of;

	(void)state;
	begin("/r/r-1");
	of = begun;
	memcpy(first, sealed, sizeof(first));
	for (int i = 0; i < 2000; i++) {
		begin("/");
		assert_int_equal(take(), 0);
	}
	assert_null(strstr(first, of.oidc.state));
	assert_int_equal(attempts_open(attempts, of.oidc.state, first, &taken), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_attempt_serves_once, setup, teardown),
		cmocka_unit_test_setup_teardown(an_attempt_that_was_only_opened_serves, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_attempt_expires, setup, teardown),
		cmocka_unit_test_setup_teardown(an_attempt_serves_its_browser_only, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_was_not_sealed_here_is_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(many_attempts_push_out_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
