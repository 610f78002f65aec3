// SPDX-License-Identifier: Apache-2.0
/*
 * test_endpoint_resolve.c: the resolver child, as the daemon sees it: one answer a question, errors
 * said, rights dropped.
 *
 * Only names that the C library knows by itself or cannot be: no test asks the network.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "label/endpoint_resolve.h"

static pid_t child;
static int sock = -1;

static int setup(void **state)
{
	int pair[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -1;
	child = fork();
	if (!child) {
		close(pair[0]);
		resolve_serve(pair[1]);
	}
	close(pair[1]);
	sock = pair[0];
	return child > 0 ? 0 : -1;
}

/* The child ends by itself when nobody can ask any more. */
static int teardown(void **state)
{
	int status = -1;

	(void)state;
	close(sock);
	if (waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static struct resolve_answer ask(const char *name)
{
	struct resolve_question question = {};
	struct resolve_answer answer = {};

	memcpy(question.name, name, strnlen(name, sizeof(question.name)));
	assert_int_equal(send(sock, &question, sizeof(question), 0), sizeof(question));
	assert_int_equal(recv(sock, &answer, sizeof(answer), 0), sizeof(answer));
	return answer;
}

static void expect_address(const struct resolve_answer *answer, const char *bytes)
{
	uint32_t i;

	for (i = 0; i < answer->n; i++)
		if (!memcmp(answer->addresses[i].bytes, bytes, 16))
			return;
	fail_msg("%s: the address is missing among %u", answer->name, answer->n);
}

static void test_numbers(void **state)
{
	struct resolve_answer answer = ask("192.0.2.7");

	(void)state;
	assert_string_equal(answer.name, "192.0.2.7");
	assert_int_equal(answer.error, 0);
	assert_int_equal(answer.n, 1);
	expect_address(&answer, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x07");
	answer = ask("2001:db8::9");
	assert_int_equal(answer.n, 1);
	expect_address(&answer, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09");
}

static void test_localhost(void **state)
{
	struct resolve_answer answer = ask("localhost");
	uint32_t i;

	(void)state;
	assert_int_equal(answer.error, 0);
	assert_in_range(answer.n, 1, 2);
	/* sorted, each once: an answer in another order is no change */
	for (i = 1; i < answer.n; i++)
		assert_true(memcmp(&answer.addresses[i - 1], &answer.addresses[i],
				   sizeof(answer.addresses[0])) < 0);
}

static void test_errors(void **state)
{
	struct resolve_answer answer;
	char long_name[RESOLVE_NAME];

	(void)state;
	answer = ask("");
	assert_int_equal(answer.error, 1);
	assert_int_equal(answer.n, 0);
	assert_true(strlen(answer.text) > 0);
	memset(long_name, 'a', sizeof(long_name)); /* without its end: the child sets one */
	answer = ask(long_name);
	assert_int_equal(answer.error, 1);
	assert_int_equal(strlen(answer.name), RESOLVE_NAME - 1);
	answer = ask("not a name");
	assert_int_equal(answer.error, 1);
	answer = ask("127.0.0.1"); /* and goes on */
	assert_int_equal(answer.error, 0);
}

static void test_a_torn_question_ends_it(void **state)
{
	char byte = 0;

	(void)state;
	assert_int_equal(send(sock, &byte, 1, 0), 1);
	assert_int_equal(recv(sock, &byte, 1, 0), 0);
}

static void test_rights_are_dropped(void **state)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[64], line[256];
	unsigned int uid = 0, seen = 0, privileges = 0;

	(void)state;
	ask("127.0.0.1"); /* it serves, so it has dropped them */
	snprintf(path, sizeof(path), "/proc/%d/status", child);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		seen += sscanf(line, "Uid: %u", &uid) == 1;
		seen += sscanf(line, "NoNewPrivs: %u", &privileges) == 1;
	}
	assert_int_equal(seen, 2);
	assert_int_equal(privileges, 1);
	assert_int_not_equal(uid, 0);
}

static void test_other_families(void **state)
{
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct ruleset_address address;

	(void)state;
	assert_false(resolve_address(&other, &address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_localhost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_torn_question_ends_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rights_are_dropped, setup, teardown),
		cmocka_unit_test(test_other_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
