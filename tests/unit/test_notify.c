// SPDX-License-Identifier: Apache-2.0
/*
 * test_notify.c: what systemd is told, over sockets of both kinds, and what it asks for. Sources:
 * user/base/notify.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/notify.h"

static char folder[32];

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/test_notify.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void test_notify_datagram(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[64] = "";
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_send("READY=1"), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", folder);
	assert_int_equal(bind(sock, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	assert_int_equal(notify_send("READY=1"), 1);
	assert_int_equal(recv(sock, text, sizeof(text), 0), 7);
	assert_string_equal(text, "READY=1");
	unlink(address.sun_path);
	close(sock);
	assert_int_equal(notify_send("READY=1"), -ENOENT);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(notify_send("READY=1"), -EINVAL);
	unsetenv("NOTIFY_SOCKET");
}

static void test_notify_abstract_socket(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char name[64];
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int n = snprintf(name, sizeof(name), "@test_notify.%d", getpid());

	(void)state;
	memcpy(address.sun_path + 1, name + 1, (size_t)n - 1);
	assert_int_equal(bind(sock, (struct sockaddr *)&address,
			      offsetof(struct sockaddr_un, sun_path) + (socklen_t)n),
			 0);
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_send("WATCHDOG=1"), 1);
	assert_int_equal(recv(sock, name, sizeof(name), 0), 10);
	unsetenv("NOTIFY_SOCKET");
	close(sock);
}

static void test_watchdog_interval(void **state)
{
	char pid[16];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_int_equal(notify_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_watchdog_us(), 30000000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_us(), 0);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_us(), 30000000);
	setenv("WATCHDOG_USEC", "-5", 1);
	assert_int_equal(notify_watchdog_us(), 0);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

#define NOTIFY_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NOTIFY_TEST(test_notify_datagram),
		NOTIFY_TEST(test_notify_abstract_socket),
		NOTIFY_TEST(test_watchdog_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
