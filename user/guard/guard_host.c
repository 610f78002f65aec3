/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_host.c: see guard_host.h. By hand what openat2() could do: the unit's RestrictSUIDSGID=
 * takes that call away, since a filter cannot see what it asks for.
 */
#include "guard_host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PROC_ROOT_INO	  1	      /* include/linux/proc_fs.h */
#define PROC_PID_INIT_INO 0xEFFFFFFCU /* the same: the first pid namespace */
#define MOST_LINKS	  40	      /* as the kernel */

static int open_at(int folder, const char *name, int flags)
{
	int fd = openat(folder, name, flags | O_PATH | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static bool on_one_mount(int a, int b)
{
	struct statx x = {}, y = {};

	return !statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) &&
	       !statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &y) &&
	       x.stx_mask & y.stx_mask & STATX_MNT_ID && x.stx_mnt_id == y.stx_mnt_id;
}

/* The whole of procfs, not a part of it that was mounted there, and of the first pid namespace. */
static int open_init(void)
{
	_cleanup_close_ int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int init = -1;
	struct statfs fs;
	struct stat st;

	if (proc < 0 || fstatfs(proc, &fs) || fstat(proc, &st))
		return -errno;
	if (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != PROC_ROOT_INO)
		return -EPERM;
	init = open_at(proc, "1", O_DIRECTORY | O_NOFOLLOW);
	if (init < 0)
		return init;
	if (!on_one_mount(proc, init))
		return -EXDEV;
	if (fstatat(init, "ns/pid", &st, 0))
		return -errno;
	return st.st_ino == PROC_PID_INIT_INO ? TAKE_FD(init) : -EPERM;
}

int guard_host_root(void)
{
	_cleanup_close_ int init = open_init();

	return init < 0 ? init : open_at(init, "root", O_DIRECTORY);
}

/* The same path, walked here and on the host at once. @links: symbolic links that were followed */
struct walk {
	int here;
	int there;
	int root_here;
	int root_there;
	unsigned int links;
};

static int step_to(int *fd, int next)
{
	if (next < 0)
		return next;
	if (*fd >= 0)
		close(*fd);
	*fd = next;
	return 0;
}

static bool is_same(int a, int b, mode_t *ret_mode)
{
	struct stat x, y;

	if (fstat(a, &x) || fstat(b, &y))
		return false;
	*ret_mode = x.st_mode;
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static bool walk_path(struct walk *walk, const char *path);

/* One name. A link that is the same in both places is followed in both. */
static bool walk_name(struct walk *walk, const char *name)
{
	_cleanup_close_ int here = open_at(walk->here, name, O_NOFOLLOW);
	_cleanup_close_ int there = open_at(walk->there, name, O_NOFOLLOW);
	char target[PATH_MAX];
	ssize_t n;
	mode_t mode;

	if (here < 0 || there < 0 || !is_same(here, there, &mode))
		return false;
	if (!S_ISLNK(mode))
		return !step_to(&walk->here, TAKE_FD(here)) &&
		       !step_to(&walk->there, TAKE_FD(there));
	n = readlinkat(here, "", target, sizeof(target) - 1);
	if (n <= 0 || ++walk->links > MOST_LINKS)
		return false;
	target[n] = '\0';
	return walk_path(walk, target);
}

static bool walk_path(struct walk *walk, const char *path)
{
	char name[NAME_MAX + 1];

	if (*path == '/' && (step_to(&walk->here, dup(walk->root_here)) ||
			     step_to(&walk->there, dup(walk->root_there))))
		return false;
	for (;;) {
		size_t n;

		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (!n)
			return true;
		if (n > NAME_MAX)
			return false;
		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		if (!walk_name(walk, name))
			return false;
		path += n;
	}
}

bool guard_host_same(int root, const char *path)
{
	_cleanup_close_ int here = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct walk walk = { .here = -1, .there = -1, .root_here = here, .root_there = root };
	bool same = here >= 0 && walk_path(&walk, path);

	close(walk.here);
	close(walk.there);
	return same || (access(path, F_OK) && faccessat(root, path + 1, F_OK, 0));
}
