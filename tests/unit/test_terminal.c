/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_terminal.c: a line reaches the terminal of the process, and nothing else; nobody waits.
 */
#include "terminal_fixture.h"

#include "request/terminal.h"

enum { SHELL = 900400, JOB = 900401 };

static struct terminal own;

static void add(pid_t pid, pid_t sid, uint32_t tty)
{
	struct fake_process p = { .pid = pid, .ppid = 1, .sid = sid, .tty = tty, .uid = ANN };

	add_process(&p);
}

static int setup(void **state)
{
	int r = agent_setup(state);

	own = make_terminal();
	add(SHELL, SHELL, own.number);
	add(JOB, SHELL, own.number);
	set_descriptor(JOB, 0, own.path);
	return r;
}

static int teardown(void **state)
{
	end_terminal(&own);
	return agent_teardown(state);
}

static int line(void)
{
	return terminal_write(JOB, START_NS, "one line\r\n");
}

static void test_it_arrives(void **state)
{
	(void)state;
	assert_int_equal(line(), 0);
	assert_non_null(strstr(screen_of(&own), "one line"));
	assert_int_equal(terminal_write(JOB, START_NS + 5000000000ULL, "x"), -ESRCH);
	assert_int_equal(terminal_write(900999, START_NS, "x"), -ESRCH);
	assert_string_equal(screen_of(&own), "");
}

static void test_any_standard_descriptor(void **state)
{
	(void)state;
	set_descriptor(JOB, 0, "/dev/null");
	set_descriptor(JOB, 1, "/etc/passwd");
	assert_int_equal(line(), -ENOTTY);
	set_descriptor(JOB, 2, own.path);
	assert_int_equal(line(), 0);
	assert_non_null(strstr(screen_of(&own), "one line"));
}

static void test_descriptor_of_the_shell(void **state)
{
	(void)state;
	set_descriptor(JOB, 0, "/dev/null");
	assert_int_equal(line(), -ENOTTY);
	set_descriptor(SHELL, 2, own.path);
	assert_int_equal(line(), 0);
	assert_non_null(strstr(screen_of(&own), "one line"));
	add(SHELL, SHELL, own.number + 1); /* the shell has another */
	assert_int_equal(line(), -ENOTTY);
	assert_string_equal(screen_of(&own), "");
}

static void test_only_its_own(void **state)
{
	struct terminal other = make_terminal();

	(void)state;
	set_descriptor(JOB, 0, other.path);
	assert_int_equal(line(), -ENOTTY);
	assert_string_equal(screen_of(&other), "");
	add(JOB, SHELL, 0); /* a daemon that left it has none */
	set_descriptor(JOB, 0, own.path);
	assert_int_equal(line(), -ENOTTY);
	assert_string_equal(screen_of(&own), "");
	end_terminal(&other);
}

/* What has the number of its terminal, and is none. */
static void test_no_terminal(void **state)
{
	char path[256];

	(void)state;
	add(JOB, 1, 1 << 8 | 3);
	set_descriptor(JOB, 0, "/dev/null");
	assert_int_equal(line(), -ENOTTY);
	add(JOB, 1, own.number);
	snprintf(path, sizeof(path), "%s/fifo", world.folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	set_descriptor(JOB, 0, path);
	assert_int_equal(line(), -ENOTTY);
}

static void test_nobody_waits(void **state)
{
	char much[4096];
	int r = 0;

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	for (int i = 0; i < 1000 && !r; i++) /* nobody looks at the screen */
		r = terminal_write(JOB, START_NS, much);
	assert_int_equal(r, -EAGAIN);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_arrives),	  TEST(test_any_standard_descriptor),
		TEST(test_descriptor_of_the_shell), TEST(test_only_its_own),
		TEST(test_no_terminal),	  TEST(test_nobody_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
