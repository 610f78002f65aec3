/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_log.c: one message is one line, whatever is in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static char written[4096];

/* Standard error goes to a file while @fn runs. */
static const char *capture(void (*fn)(void))
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t n;

	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	fn();
	fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(file);
	n = fread(written, 1, sizeof(written) - 1, file);
	written[n] = '\0';
	fclose(file);
	return written;
}

static void say_name(void)
{
	log_notice("cannot read %s", "a\n<0>b\033[2J\xff");
}

static void say_error(void)
{
	log_error_errno(-ENOENT, "caf\xc3\xa9");
	log_debug("not at this level");
}

static void test_untrusted_text_begins_no_line(void **state)
{
	(void)state;
	assert_string_equal(capture(say_name), "<5>cannot read a?<0>b?[2J?\n");
}

static void test_errors_and_levels(void **state)
{
	(void)state;
	assert_string_equal(capture(say_error), "<3>caf\xc3\xa9: No such file or directory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_untrusted_text_begins_no_line),
		cmocka_unit_test(test_errors_and_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
