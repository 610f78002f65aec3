/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal_fixture.h: a real terminal (the other end of a pseudo-terminal) for processes of the
 * false /proc. Owns no test.
 */
#ifndef SLUICE_TEST_TERMINAL_FIXTURE_H
#define SLUICE_TEST_TERMINAL_FIXTURE_H

#include "agent_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

/* @screen: where what is written to it can be read */
struct terminal {
	int screen;
	int open; /* so that it stays what it is */
	char path[64];
	uint32_t number;
};

MAYBE static struct terminal make_terminal(void)
{
	struct terminal t = { .screen = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) };
	struct stat st;

	assert_true(t.screen >= 0);
	assert_int_equal(grantpt(t.screen), 0);
	assert_int_equal(unlockpt(t.screen), 0);
	assert_int_equal(ptsname_r(t.screen, t.path, sizeof(t.path)), 0);
	t.open = open(t.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(t.open >= 0);
	assert_int_equal(fstat(t.open, &st), 0);
	t.number = (minor(st.st_rdev) & 0xff) | major(st.st_rdev) << 8 |
		   (minor(st.st_rdev) & ~0xffU) << 12;
	return t;
}

MAYBE static void end_terminal(const struct terminal *t)
{
	close(t->open);
	close(t->screen);
}

/*
 * All that was written since the last look. The kernel moves it later, in order: it is all there
 * when a mark that was written after it is.
 */
MAYBE static const char *screen_of(const struct terminal *t)
{
	static const char mark = 1;
	static char text[8192];
	struct pollfd screen = { .fd = t->screen, .events = POLLIN };
	size_t used = 0;

	assert_int_equal(write(t->open, &mark, 1), 1);
	while (!used || text[used - 1] != mark) {
		ssize_t n;

		assert_int_equal(poll(&screen, 1, 30000), 1);
		n = read(t->screen, text + used, sizeof(text) - used);
		assert_true(n > 0);
		used += (size_t)n;
	}
	text[used - 1] = '\0';
	return text;
}

MAYBE static void set_descriptor(pid_t pid, int number, const char *target)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%d/fd", world.folder, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%d/fd/%d", world.folder, pid, number);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

#endif
