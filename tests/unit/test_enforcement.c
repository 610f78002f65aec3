/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_enforcement.c: what turns enforcement off behind the agent's back is seen, told once, and
 * seen to be over.
 */
#include "agent_fixture.h"

#include "check/check.h"
#include "kernel/enforcement.h"

static size_t missing;

size_t kernel_missing_programs(const struct kernel *kernel)
{
	(void)kernel;
	return missing;
}

static void set_ftrace(const char *value)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc", world.folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/proc/sys", world.folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/proc/sys/kernel", world.folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/proc/sys/kernel/ftrace_enabled", world.folder);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(value, file);
	fclose(file);
}

static void begin(void)
{
	missing = 0;
	check_root = world.folder;
	set_ftrace("1\n");
	world.agent.enforcing = true;
	world.agent.why[0] = '\0';
}

static void test_all_is_well(void **state)
{
	(void)state;
	begin();
	enforcement_look(&world.agent);
	assert_true(world.agent.enforcing);
	assert_string_equal(world.agent.why, "");
	assert_int_equal(json_array_size(world.journal.entries), 0);
}

static void test_ftrace(void **state)
{
	(void)state;
	begin();
	set_ftrace("0\n");
	enforcement_look(&world.agent);
	enforcement_look(&world.agent);
	assert_false(world.agent.enforcing);
	assert_non_null(strstr(world.agent.why, "sysctl kernel.ftrace_enabled=1"));
	assert_int_equal(count_of("enforcement.lost"), 1);
	assert_int_equal(world.journal.durable, 1);
	set_ftrace("1\n");
	enforcement_look(&world.agent);
	assert_true(world.agent.enforcing);
	assert_string_equal(world.agent.why, "");
	assert_int_equal(count_of("enforcement.back"), 1);
}

static void test_programs(void **state)
{
	(void)state;
	begin();
	missing = 3;
	enforcement_look(&world.agent);
	assert_false(world.agent.enforcing);
	assert_non_null(strstr(world.agent.why, "3 BPF programs"));
	set_ftrace("0\n"); /* a second reason is told, too */
	enforcement_look(&world.agent);
	assert_non_null(strchr(world.agent.why, '\n'));
	assert_int_equal(count_of("enforcement.lost"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_all_is_well),
		AGENT_TEST(test_ftrace),
		AGENT_TEST(test_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
