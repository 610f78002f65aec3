// SPDX-License-Identifier: Apache-2.0
/*
 * test_sandbox.c: the sandbox of the gateway and that of sluiced, each rule refusing and allowing
 * its neighbour, in child processes. Sources: user/base/sandbox.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/sandbox.h"

static char folder[32];

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/test_sandbox.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void *nothing(void *arg)
{
	return arg;
}

/* Each returns 0 when it is as it should be inside the sandbox. */
static int allowed_network(void)
{
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	int udp = socket(AF_INET6, SOCK_DGRAM, 0);
	int unix_fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int netlink = socket(AF_NETLINK, SOCK_RAW, 0);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(9),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	if (tcp < 0 || udp < 0 || unix_fd < 0 || netlink < 0)
		return 1;
	if (connect(tcp, (struct sockaddr *)&address, sizeof(address)) < 0 && errno != ECONNREFUSED)
		return 2;
	return 0;
}

static int refused_sockets(void)
{
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0 || errno != EPERM)
		return 1;
	if (socket(AF_NETLINK, SOCK_RAW, 9) >= 0 || errno != EPERM) /* NETLINK_AUDIT */
		return 2;
	return 0;
}

static int refused_listening(void)
{
	int tcp = socket(AF_INET, SOCK_STREAM, 0);

	if (listen(tcp, 1) == 0 || errno != EPERM)
		return 1;
	return 0;
}

static int listener = -1;

/* What listened before goes on to take connections; the test connects to it. */
static int allowed_accepting(void)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	int tcp = socket(AF_INET, SOCK_STREAM, 0);

	if (getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
	    connect(tcp, (struct sockaddr *)&address, size) < 0)
		return 1;
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC) >= 0 ? 0 : 2;
}

/* Without Landlock the missing listen() has to do. */
static int refused_binding(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int tcp = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(tcp, (struct sockaddr *)&address, sizeof(address)) == 0 || errno != EACCES)
		return 1;
	return 0;
}

static int allowed_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, nothing, NULL) != 0)
		return 1;
	return pthread_join(thread, NULL);
}

static int allowed_files(void)
{
	char path[64];
	int fd;

	if (access("/etc/hosts", R_OK) < 0 || open("/etc/hosts", O_RDONLY) < 0)
		return 1;
	snprintf(path, sizeof(path), "%s/inside", folder);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || unlink(path) < 0)
		return 2;
	return 0;
}

static int refused_files(void)
{
	if (open("/tmp", O_RDONLY | O_DIRECTORY) >= 0 || errno != EACCES)
		return 1;
	if (open("/etc/sluice-test", O_CREAT | O_WRONLY, 0600) >= 0 || errno != EACCES)
		return 2;
	if (open("/proc/self/mem", O_RDWR) >= 0)
		return 3;
	if (open("/tmp/test_sandbox.outside", O_CREAT | O_WRONLY, 0600) >= 0 || errno != EACCES)
		return 4;
	return 0;
}

static int refused_privileges(void)
{
	if (syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0) == 0)
		return 1;
	if (chmod("/tmp", 0777) == 0)
		return 2;
	if (kill(getppid(), 0) == 0)
		return 3;
	return 0;
}

static int deadly_exec(void)
{
	execl("/bin/true", "true", NULL);
	return 0;
}

static int deadly_ptrace(void)
{
	syscall(SYS_ptrace, 0, 0, 0, 0);
	return 0;
}

static int deadly_setuid(void)
{
	syscall(SYS_setuid, 0);
	return 0;
}

static int deadly_bpf(void)
{
	syscall(SYS_bpf, 0, NULL, 0);
	return 0;
}

static int refused_process(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid < 0 && errno == EPERM ? 0 : 1;
}

/* valgrind knows neither seccomp(2) nor Landlock. */
static void need_own_kernel_calls(void)
{
	const char *preload = getenv("LD_PRELOAD");

	if (preload && strstr(preload, "vgpreload"))
		skip();
}

static int in_sandbox(int (*probe)(void))
{
	struct sandbox_path paths[] = { { folder, 1 }, { "/nonexistent", 0 } };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (sandbox_gateway(paths, ARRAY_SIZE(paths), NULL) < 0)
			_exit(99);
		_exit(probe());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Its version, 0 or less for none; it knows of TCP from 4 on. */
static long landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1U);
}

static void test_sandbox_allows_what_the_gateway_does(void **state)
{
	(void)state;
	need_own_kernel_calls();
	assert_int_equal(in_sandbox(allowed_network), 0);
	assert_int_equal(in_sandbox(allowed_thread), 0);
	assert_int_equal(in_sandbox(allowed_files), 0);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(in_sandbox(allowed_accepting), 0);
	close(listener);
}

static void test_sandbox_refuses_the_rest(void **state)
{
	(void)state;
	need_own_kernel_calls();
	assert_int_equal(in_sandbox(refused_sockets), 0);
	assert_int_equal(in_sandbox(refused_listening), 0);
	assert_int_equal(in_sandbox(refused_privileges), 0);
	assert_int_equal(in_sandbox(refused_process), 0);
	if (landlock() > 0)
		assert_int_equal(in_sandbox(refused_files), 0);
	else
		print_message("no Landlock here: files not tested\n");
	if (landlock() >= 4)
		assert_int_equal(in_sandbox(refused_binding), 0);
}

static void test_sandbox_kills_attacks(void **state)
{
	static int (*const deadly[])(void) = { deadly_exec, deadly_ptrace, deadly_setuid,
					       deadly_bpf };

	(void)state;
	need_own_kernel_calls();
	for (size_t i = 0; i < ARRAY_SIZE(deadly); i++) {
		int status = in_sandbox(deadly[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

/* Return: the first that does not hold, or 0. */
static int daemon_sandbox_lacks(void)
{
	union bpf_attr attr = { 0 };

	if (sandbox_daemon() || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 1;
	if (syscall(SYS_bpf, BPF_BTF_GET_NEXT_ID, &attr, sizeof(attr)) == 0 || errno != ENOENT)
		return 2;
	/* Its neighbour is the kernel's to judge. */
	if (syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) == 0 || errno == ENOENT)
		return 3;
	return 0;
}

static void test_daemon_sandbox(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(daemon_sandbox_lacks());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define SANDBOX_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(test_sandbox_allows_what_the_gateway_does),
		SANDBOX_TEST(test_sandbox_refuses_the_rest),
		SANDBOX_TEST(test_sandbox_kills_attacks),
		SANDBOX_TEST(test_daemon_sandbox),
	};

	log_set_level(LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
