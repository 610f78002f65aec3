/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_process.c: facts from a false /proc, and from the real one about this test; pids that
 * changed hands.
 */
#include "agent_fixture.h"
#include "pidfd.h"

static struct fake_process etl(void)
{
	static const char environment[] = "HOME=/\0XSLUICE_REASON=no\0SLUICE_REASON=nightly load\0";
	static const char command[] = "python3\0/opt/a b.py\0--x='y'\0";

	return (struct fake_process){
		.pid = 900100, .ppid = 900099, .uid = 1000, .euid = 0, .loginuid = 1001,
		.exe = "/opt/etl/run (deleted)",
		.cgroup = "/system.slice/docker.service/inner.slice/evil.service/x.scope/leaf",
		.environ = environment, .environ_length = sizeof(environment) - 1,
		.cmdline = command, .cmdline_length = sizeof(command), /* the last word is empty */
	};
}

static void test_facts(void **state)
{
	struct fake_process fake = etl();
	struct process p;

	(void)state;
	add_process(&fake);
	assert_int_equal(process_read(900100, START_NS, &p), 0);
	assert_int_equal(p.ppid, 900099);
	assert_int_equal(p.uid, 1000);
	assert_int_equal(p.euid, 0);
	assert_int_equal(p.loginuid, 1001);
	assert_int_equal(p.state, 'S');
	assert_int_equal(p.start_ns, START_NS);
	assert_string_equal(p.comm, "we (ird) x");
	assert_string_equal(p.exe, "/opt/etl/run");
	assert_string_equal(p.unit, "x.scope");
	assert_string_equal(p.owner_unit, "docker.service");
}

static void test_start_decides_who_it_is(void **state)
{
	struct fake_process fake = etl();
	struct process p;
	char text[64];

	(void)state;
	add_process(&fake);
	/* one tick of rounding */
	assert_int_equal(process_read(900100, START_NS + 10000000, &p), 0);
	assert_int_equal(process_read(900100, START_NS - 10000000, &p), 0);
	assert_int_equal(process_read(900100, START_NS + 10000001, &p), -ESRCH);
	assert_int_equal(process_read(900100, START_NS - 10000001, &p), -ESRCH);
	assert_int_equal(process_command(900100, START_NS + 20000000, text, sizeof(text)), -ESRCH);
	assert_int_equal(process_environ(900100, START_NS + 20000000, "HOME", text, sizeof(text)),
			 -ESRCH);
	assert_int_equal(process_read(900101, 0, &p), -ESRCH);
	assert_true(process_alive(900100, START_NS, NULL));
	assert_false(process_alive(900100, 2 * START_NS, NULL));
}

static void test_zombie_is_not_alive(void **state)
{
	struct fake_process fake = etl();

	(void)state;
	fake.state = 'Z';
	add_process(&fake);
	assert_false(process_alive(900100, START_NS, NULL));
	fake.state = 'T';
	add_process(&fake);
	assert_true(process_alive(900100, START_NS, NULL));
}

static void test_command_can_be_typed_again(void **state)
{
	struct fake_process fake = etl();
	char text[64], small[12];

	(void)state;
	add_process(&fake);
	assert_int_equal(process_command(900100, START_NS, text, sizeof(text)), 0);
	assert_string_equal(text, "python3 '/opt/a b.py' '--x='\\''y'\\''' ''");
	assert_int_equal(process_command(900100, START_NS, small, sizeof(small)), 0);
	assert_string_equal(small, "python3 '/o");
}

static void test_command_that_is_cut_says_so(void **state)
{
	static char command[2 * PROCESS_TEXT_MAX];
	struct fake_process fake = etl();
	char text[PROCESS_TEXT_MAX];

	(void)state;
	memset(command, 'x', sizeof(command) - 1);
	fake.cmdline = command;
	fake.cmdline_length = sizeof(command);
	add_process(&fake);
	assert_int_equal(process_command(900100, START_NS, text, sizeof(text)), 0);
	assert_int_equal(strlen(text), sizeof(text) - 1);
	assert_string_equal(text + sizeof(text) - strlen("x [cut here]") - 1, "x [cut here]");
}

static void test_environment(void **state)
{
	struct fake_process fake = etl();
	char text[64];

	(void)state;
	add_process(&fake);
	assert_int_equal(process_environ(900100, START_NS, "SLUICE_REASON", text, sizeof(text)), 0);
	assert_string_equal(text, "nightly load");
	assert_int_equal(process_environ(900100, START_NS, "REASON", text, sizeof(text)), -ENOENT);
}

static void test_memory_that_does_not_answer(void **state)
{
	struct fake_process fake = etl();
	uint64_t began = agent_boot_ns();
	char text[64] = "";

	(void)state;
	add_process(&fake);
	make_stuck(900100, "cmdline");
	make_stuck(900100, "environ");
	assert_int_equal(process_command(900100, START_NS, text, sizeof(text)), -ETIMEDOUT);
	assert_in_range(agent_boot_ns() - began, SLUICE_READ_MS * 1000000ULL, 20000000000);
	/* it is not waited for twice */
	began = agent_boot_ns();
	assert_int_equal(process_environ(900100, START_NS, "HOME", text, sizeof(text)), -ETIMEDOUT);
	assert_in_range(agent_boot_ns() - began, 0, SLUICE_READ_MS * 900000ULL);
	assert_string_equal(text, "");
	fake.pid = 900101; /* and others are read as before */
	add_process(&fake);
	assert_int_equal(process_environ(900101, START_NS, "HOME", text, sizeof(text)), 0);
	assert_string_equal(text, "/");
}

static void test_many_that_do_not_answer(void **state)
{
	struct fake_process fake = etl();
	char text[64];
	int tries = 0, r;

	(void)state;
	do {
		fake.pid++;
		add_process(&fake);
		make_stuck(fake.pid, "cmdline");
		r = process_command(fake.pid, START_NS, text, sizeof(text));
	} while (r == -ETIMEDOUT && ++tries < 20);
	assert_int_equal(r, -EBUSY);
	assert_in_range(tries, 1, SLUICE_READ_LOST_MS / SLUICE_READ_MS);
}

static void test_no_reader(void **state)
{
	struct fake_process fake = etl();
	char text[64];

	(void)state;
	add_process(&fake);
	process_reader_stop();
	assert_int_equal(process_command(900100, START_NS, text, sizeof(text)), -ENOTCONN);
	assert_int_equal(process_reader_start(), 0);
	assert_int_equal(process_command(900100, START_NS, text, sizeof(text)), 0);
}

static void test_missing_parts(void **state)
{
	struct fake_process fake = etl();
	char path[128];
	struct process p;

	(void)state;
	add_process(&fake);
	snprintf(path, sizeof(path), "%s/900100/exe", world.folder); /* a kernel thread */
	unlink(path);
	/* a kernel without audit */
	snprintf(path, sizeof(path), "%s/900100/loginuid", world.folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/900100/cgroup", world.folder);
	unlink(path);
	assert_int_equal(process_read(900100, START_NS, &p), 0);
	assert_string_equal(p.exe, "");
	assert_string_equal(p.unit, "");
	assert_int_equal(p.loginuid, PROCESS_NO_LOGIN);
	write_file(900100, "status", "Name:\tx\n", 8);
	assert_int_equal(process_read(900100, START_NS, &p), -EIO);
	write_file(900100, "stat", "900100 x", 8);
	assert_int_equal(process_read(900100, START_NS, &p), -EIO);
}

static void test_this_process(void **state)
{
	struct process p;
	char exe[SLUICE_PATH_TEXT] = "";
	int fd;

	(void)state;
	process_root = "/proc";
	assert_int_equal(process_read(getpid(), 0, &p), 0);
	assert_int_equal(p.ppid, getppid());
	assert_int_equal(p.uid, getuid());
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	assert_string_equal(p.exe, exe);
	fd = process_open(getpid(), p.start_ns);
	assert_true(fd >= 0);
	assert_true(process_pidfd_alive(fd));
	close(fd);
	assert_int_equal(process_open(getpid(), p.start_ns + 1000000000), -ESRCH);
}

static void test_pidfd_of_ended(void **state)
{
	pid_t pid = add_worker(1000, 1000);
	int fd = process_open(pid, START_NS);

	(void)state;
	assert_true(fd >= 0);
	end_worker(pid);
	assert_false(process_pidfd_alive(fd));
	close(fd);
	assert_int_equal(process_open(pid, START_NS), -ESRCH);
}

static int count_pids(void *ctx, pid_t pid)
{
	(void)pid;
	return ++*(int *)ctx == 2 ? 7 : 0;
}

static void test_each(void **state)
{
	struct fake_process fake = etl();
	int n = 0;

	(void)state;
	add_process(&fake); /* beside it: policy.conf, which is no process */
	assert_int_equal(process_each(count_pids, &n), 0);
	assert_int_equal(n, 1);
	fake.pid++;
	add_process(&fake);
	n = 0;
	assert_int_equal(process_each(count_pids, &n), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_facts),
		AGENT_TEST(test_start_decides_who_it_is),
		AGENT_TEST(test_zombie_is_not_alive),
		AGENT_TEST(test_command_can_be_typed_again),
		AGENT_TEST(test_command_that_is_cut_says_so),
		AGENT_TEST(test_environment),
		AGENT_TEST(test_memory_that_does_not_answer),
		AGENT_TEST(test_many_that_do_not_answer),
		AGENT_TEST(test_no_reader),
		AGENT_TEST(test_missing_parts),
		AGENT_TEST(test_this_process),
		AGENT_TEST(test_pidfd_of_ended),
		AGENT_TEST(test_each),
	};

	if (!pidfd_is_known()) {
		puts("left out: no process can be opened, and the reader's time is too short here");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
