// SPDX-License-Identifier: Apache-2.0
/*
 * test_web_crowd.c: whose connections count together.
 * Sources: user/web/web_crowd.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "web/web_crowd.h"

static struct crowd crowd;

static const struct sockaddr *address(const char *text)
{
	static struct sockaddr_storage storage;
	struct sockaddr_in *v4 = (void *)&storage;
	struct sockaddr_in6 *v6 = (void *)&storage;

	memset(&storage, 0, sizeof(storage));
	storage.ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(storage.ss_family, text,
				   storage.ss_family == AF_INET ? (void *)&v4->sin_addr
								: (void *)&v6->sin6_addr),
			 1);
	return (const struct sockaddr *)&storage;
}

static int setup(void **state)
{
	(void)state;
	memset(&crowd, 0, sizeof(crowd));
	return 0;
}

static void who_counts_together(void **state)
{
	static const struct {
		const char *one;
		const char *other;
		bool together;
	} cases[] = {
		{ "2001:db8:1:2::1", "2001:db8:1:2::1", true },
		{ "2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true },
		{ "2001:db8:1:2::1", "2001:db8:1:3::1", false },
		{ "2001:db8:1:2::1", "2001:db9:1:2::1", false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.1", "::ffff:192.0.2.1", true },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.2", false },
		{ "::1", "::ffff:192.0.2.1", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(NULL);
		crowd_enter(&crowd, address(cases[i].one));
		assert_int_equal(crowd_count(&crowd, address(cases[i].other)), cases[i].together);
		crowd_leave(&crowd, address(cases[i].one));
		assert_int_equal(crowd_count(&crowd, address(cases[i].one)), 0);
	}
}

static void who_leaves_makes_room(void **state)
{
	char text[64];

	(void)state;
	for (int turn = 0; turn < 3; turn++) {
		for (int i = 0; i < CROWD_MAX; i++) {
			snprintf(text, sizeof(text), "2001:db8:%x:%x::1", turn, i);
			crowd_enter(&crowd, address(text));
			crowd_enter(&crowd, address(text));
			assert_int_equal(crowd_count(&crowd, address(text)), 2);
		}
		/* no room: not counted, and nothing else suffers */
		crowd_enter(&crowd, address("192.0.2.1"));
		assert_int_equal(crowd_count(&crowd, address("192.0.2.1")), 0);
		crowd_leave(&crowd, address("192.0.2.1"));
		for (int i = 0; i < CROWD_MAX; i++) {
			snprintf(text, sizeof(text), "2001:db8:%x:%x::2", turn, i);
			crowd_leave(&crowd, address(text));
			assert_int_equal(crowd_count(&crowd, address(text)), 1);
			crowd_leave(&crowd, address(text));
		}
	}
}

static void an_unknown_address_counts_nowhere(void **state)
{
	const struct sockaddr unix_peer = { .sa_family = AF_UNIX };

	(void)state;
	crowd_enter(&crowd, &unix_peer);
	crowd_enter(&crowd, NULL);
	assert_int_equal(crowd_count(&crowd, &unix_peer), 0);
	assert_int_equal(crowd_count(&crowd, NULL), 0);
	assert_int_equal(crowd_count(&crowd, address("::1")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(who_counts_together, setup),
		cmocka_unit_test_setup(who_leaves_makes_room, setup),
		cmocka_unit_test_setup(an_unknown_address_counts_nowhere, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
