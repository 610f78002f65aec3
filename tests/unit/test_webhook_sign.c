// SPDX-License-Identifier: Apache-2.0
/*
 * test_webhook_sign.c: signatures of webhooks. Sources: user/notifier/webhook_sign.c. The vector is the one
 * that the libraries of the standard's authors test themselves with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "notifier/webhook_sign.h"

static void test_vector(void **state)
{
	struct webhook_secret secret;
	char signature[WEBHOOK_SIGNATURE];

	(void)state;
	assert_int_equal(webhook_secret_read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &secret), 0);
	assert_int_equal(secret.size, 24);
	assert_int_equal(webhook_sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
				      "{\"test\": 2432232314}", signature),
			 0);
	assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void test_secrets(void **state)
{
	static const char *const bad[] = {
		"",
		"whsec_",
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",  /* no whole bytes */
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS=", /* 23 bytes */
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa_-", /* that for URLs */
	};
	struct webhook_secret secret;
	char text[128] = "whsec_";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(webhook_secret_read(bad[i], &secret), -EINVAL);
	memset(text + 6, 'A', 86); /* 64 bytes */
	strcpy(text + 92, "==");
	assert_int_equal(webhook_secret_read(text, &secret), 0);
	assert_int_equal(secret.size, 64);
	memset(text + 6, 'A', 87);
	strcpy(text + 93, "=");
	assert_int_equal(webhook_secret_read(text, &secret), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
