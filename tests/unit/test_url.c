// SPDX-License-Identifier: Apache-2.0
/*
 * test_url.c: addresses from settings and from other servers: what is taken, where it leads, and
 * what two readers could take for two addresses. Sources: user/notifier/url.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>

#include "base/cleanup.h"
#include "notifier/url.h"

static void test_origins(void **state)
{
	static const struct {
		const char *text, *origin;
		bool plain, loopback, bare;
	} cases[] = {
		{ "https://hooks.slack.com/a?b", "https://hooks.slack.com", false, false, false },
		{ "https://HOOKS.slack.com", "https://hooks.slack.com", false, false, true },
		{ "https://a.example:443/", "https://a.example", false, false, true },
		{ "https://a.example:8443/", "https://a.example:8443", false, false, true },
		{ "http://127.0.0.1:80/x", "http://127.0.0.1", true, true, false },
		{ "https://a.example/#f", "https://a.example", false, false, false },
	};
	struct url url;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(url_parse(cases[i].text, &url), 0);
		assert_string_equal(url.origin, cases[i].origin);
		assert_int_equal(url.plain, cases[i].plain);
		assert_int_equal(url.loopback, cases[i].loopback);
		assert_int_equal(url.bare, cases[i].bare);
	}
}

static void test_what_is_no_address(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "", -EINVAL },
		{ "a.example", -EINVAL },
		{ "https:a.example/", -EINVAL },
		{ "https:/a.example/", -EINVAL },
		{ "https:///a.example/", -EINVAL },
		{ "https:\\\\a.example/", -EINVAL },
		{ "https://a.example/ b", -EINVAL },
		{ "https://a.example/\r\nX: y", -EINVAL },
		{ "https://user@a.example/", -EPERM },
		{ "https://a.example\\@evil.example/", -EPERM },
		{ "file:///etc/passwd", -EINVAL },
		{ "ftp://a.example/", -EPROTONOSUPPORT },
	};
	struct url url;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(url_parse(cases[i].text, &url), cases[i].error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_origins),
		cmocka_unit_test(test_what_is_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
