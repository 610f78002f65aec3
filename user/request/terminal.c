/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.c: see terminal.h. Owns no state.
 */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "event/process.h"

/* The number of a device in stat of /proc, as the kernel's new_encode_dev() makes it. */
static bool is_device(const struct statx *st, uint32_t tty)
{
	return st->stx_rdev_major == (tty >> 8 & 0xfff) &&
	       st->stx_rdev_minor == ((tty & 0xff) | (tty >> 12 & 0xfff00));
}

/*
 * Opens descriptor @number of @pid if it is that terminal. Until this is known, nothing asks
 * whoever serves the file: they may never answer. A path is no way: O_PATH is the file itself, in
 * whatever mount namespace.
 */
static int open_descriptor(pid_t pid, int number, uint32_t tty)
{
	_cleanup_close_ int file = -1, fd = -1;
	char path[512];
	struct statx st;

	snprintf(path, sizeof(path), "%s/%d/fd/%d", process_root, pid, number);
	file = open(path, O_PATH | O_CLOEXEC);
	if (file < 0 ||
	    statx(file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0 ||
	    !S_ISCHR(st.stx_mode) || !is_device(&st, tty))
		return -ENOTTY;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return isatty(fd) ? TAKE_FD(fd) : -ENOTTY;
}

static int open_standard(pid_t pid, uint32_t tty)
{
	int r = -ENOTTY;

	for (int number = STDIN_FILENO; number <= STDERR_FILENO; number++) {
		r = open_descriptor(pid, number, tty);
		if (r != -ENOTTY)
			break;
	}
	return r;
}

/* Of the process, or when all three lead elsewhere, of the shell that began its session. */
static int open_terminal(const struct process *p)
{
	struct process leader;
	int fd = open_standard(p->pid, p->tty);

	if (fd != -ENOTTY || p->sid <= 1 || process_read(p->sid, 0, &leader) < 0 ||
	    leader.tty != p->tty)
		return fd;
	return open_standard(leader.pid, p->tty);
}

int terminal_write(pid_t pid, uint64_t start_ns, const char *line)
{
	_cleanup_close_ int fd = -1;
	struct process p;
	int r = process_read(pid, start_ns, &p);

	if (r < 0)
		return r;
	if (!p.tty)
		return -ENOTTY;
	fd = open_terminal(&p);
	if (fd < 0)
		return fd;
	/* Else the descriptors may have been another's. */
	if (!process_alive(pid, start_ns, NULL))
		return -ESRCH;
	return write(fd, line, strlen(line)) < 0 ? -errno : 0;
}
