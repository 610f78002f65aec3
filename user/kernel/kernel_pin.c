// SPDX-License-Identifier: Apache-2.0
/*
 * kernel_pin.c: the folder /sys/fs/bpf/sluice/<build>: one file for each map and program.
 *
 * Owns: finding, adopting and removing what is pinned. Must not own: loading (kernel.c). A folder
 * appears whole by rename from "<build>_new", so one that is not whole was damaged and is refused.
 * A start that is killed leaves a "_new" or two builds; both enforce until the next start, or
 * --detach, takes away what is too much.
 */
#include "kernel_private.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/*
 * Some folder below KERNEL_PINS, but not @except, and a whole one if @whole. Return: 0 or -ENOENT
 * or another errno.
 */
static int find_folder(const char *except, bool whole, char ret[KERNEL_PIN_NAME])
{
	_cleanup_(closedirp) DIR *dir = opendir(KERNEL_PINS);
	const struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= KERNEL_PIN_NAME)
			continue;
		if ((whole && strchr(entry->d_name, '_')) ||
		    (except && !strcmp(entry->d_name, except)))
			continue;
		strcpy(ret, entry->d_name);
		return 0;
	}
	return -ENOENT;
}

int kernel_pin_find(const char *wanted, char ret[KERNEL_PIN_NAME])
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", KERNEL_PINS, wanted ? wanted : "");
	if (!wanted || access(path, F_OK))
		return find_folder(NULL, true, ret);
	snprintf(ret, KERNEL_PIN_NAME, "%s", wanted);
	return 0;
}

bool kernel_pinned(void)
{
	char build[KERNEL_PIN_NAME];

	return find_folder(NULL, true, build) == 0;
}

int kernel_pin_remove_others(const char *keep)
{
	char folder[KERNEL_PIN_NAME];
	int err;

	while ((err = find_folder(keep, false, folder)) == 0) {
		err = kernel_pin_remove(folder, !keep);
		if (err)
			return err;
	}
	return err == -ENOENT ? 0 : err;
}

int kernel_pin_lock(int *ret)
{
	_cleanup_close_ int fd = -1;

	if (mkdir(KERNEL_PINS, 0700) && errno != EEXIST)
		return -errno;
	fd = open(KERNEL_PINS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB))
		return -errno;
	*ret = TAKE_FD(fd);
	return 0;
}

static int pin_open(const char *build, const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", KERNEL_PINS, build, name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

/*
 * What is only unpinned, the kernel detaches some time later. @at_once: the last descriptor closes
 * here, and on return the program is asked no more.
 */
static int pin_remove(DIR *dir, const char *build, const char *name, bool at_once)
{
	_cleanup_close_ __attribute__((unused)) int fd = at_once ? pin_open(build, name) : -1;

	return unlinkat(dirfd(dir), name, 0) ? -errno : 0;
}

int kernel_pin_remove(const char *build, bool at_once)
{
	char path[512];
	const struct dirent *entry;
	_cleanup_(closedirp) DIR *dir = NULL;
	int err;

	snprintf(path, sizeof(path), "%s/%s", KERNEL_PINS, build);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		err = pin_remove(dir, build, entry->d_name, at_once);
		if (err)
			return err;
	}
	return rmdir(path) ? -errno : 0;
}

/* Links of LSM programs, of BTF tracepoints, which are raw ones to the kernel, and of packets. */
static bool is_ours(__u32 type)
{
	return type == BPF_LINK_TYPE_TRACING || type == BPF_LINK_TYPE_RAW_TRACEPOINT ||
	       type == BPF_LINK_TYPE_CGROUP;
}

int kernel_pin_each(const char *build, const char *kind, kernel_pin_fn fn, void *ctx)
{
	char path[512];
	_cleanup_(closedirp) DIR *dir = NULL;
	const struct dirent *entry;
	int err = 0;

	snprintf(path, sizeof(path), "%s/%s", KERNEL_PINS, build);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		_cleanup_close_ int fd = -1;

		if (strncmp(entry->d_name, kind, strlen(kind)))
			continue;
		fd = pin_open(build, entry->d_name);
		err = fd < 0 ? fd : fn(ctx, entry->d_name + strlen(kind), fd);
	}
	return err;
}

static int count_link(void *ctx, const char *name, int fd)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	size_t *n = ctx;

	(void)name;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size) && is_ours(info.type))
		++*n;
	return 0;
}

size_t kernel_pin_links(const char *build)
{
	size_t n = 0;

	kernel_pin_each(build, KERNEL_PIN_LINK, count_link, &n);
	return n;
}

int kernel_pin_adopt(struct kernel *kernel, const char *build, size_t programs,
		     struct kernel_error *error)
{
	size_t links = kernel_pin_links(build);
	unsigned int i;

	if (programs && links != programs)
		return kernel_fail(error, -EUCLEAN,
				   "only %zu of %zu programs are still pinned below %s: "
				   "enforcement is damaged; run "
				   "'sluiced --detach' and start again",
				   links, programs, KERNEL_PINS);
	for (i = 0; i < KERNEL_MAPS; i++) {
		kernel->map[i] = pin_open(build, kernel_map_specs[i].pin);
		if (kernel->map[i] == -EPERM)
			return kernel_fail(error, -EPERM,
					   "the guard in force does not take this process for the "
					   "agent: its program or a library is not the one that "
					   "the agent has vouched for, or it is traced; run "
					   "'sluice break-glass' before an upgrade");
		if (kernel->map[i] < 0)
			return kernel_fail(error, kernel->map[i],
					   "cannot open the pinned map %s below %s; run 'sluiced "
					   "--detach' and start again",
					   kernel_map_specs[i].pin, KERNEL_PINS);
	}
	for (i = 0; i < KERNEL_RUN; i++) {
		kernel->program[i] = pin_open(build, kernel_run_names[i]);
		if (kernel->program[i] < 0)
			return kernel_fail(error, kernel->program[i],
					   "cannot open the pinned program %s below %s; run "
					   "'sluiced --detach' and start again",
					   kernel_run_names[i], KERNEL_PINS);
	}
	return 0;
}

int kernel_detach(struct kernel_error *error)
{
	int err = kernel_pin_remove_others(NULL);

	if (err)
		return kernel_fail(error, err, "cannot remove the pins below %s", KERNEL_PINS);
	/* Nothing is in force any more; an empty folder that somebody sits in does no harm. */
	(void)rmdir(KERNEL_PINS);
	return 0;
}
