/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pidfd.h: tests that open processes, under a valgrind that does not know pidfd_open() (Debian 12's
 * does not): it answers ENOSYS there, which no supported kernel does.
 */
#ifndef SLUICE_TESTS_PIDFD_H
#define SLUICE_TESTS_PIDFD_H

#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

static inline bool pidfd_is_known(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	bool known = fd >= 0 || errno != ENOSYS;

	if (fd >= 0)
		close(fd);
	return known;
}

/* Leaves the test out where it is not, and nowhere else. */
static inline void need_pidfd(void)
{
	if (!pidfd_is_known())
		skip();
}

#endif
