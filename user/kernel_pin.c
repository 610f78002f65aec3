// SPDX-License-Identifier: Apache-2.0
/*
 * kernel_pin.c: the folder /sys/fs/bpf/sluice/<build>: one file for each map, attached program and identify.
 *
 * Owns: finding, adopting and removing what is pinned. Must not own: loading (kernel.c). A folder appears whole by
 * rename, so one that is not whole was damaged and is refused.
 */
#include "kernel_private.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int kernel_pin_find(char *ret, size_t size)
{
	_cleanup_(closedirp) DIR *dir = opendir(KERNEL_PINS);
	const struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= size || strchr(entry->d_name, '_'))
			continue;
		strcpy(ret, entry->d_name);
		return 0;
	}
	return -ENOENT;
}

bool kernel_pinned(void)
{
	char build[64];

	return kernel_pin_find(build, sizeof(build)) == 0;
}

int kernel_pin_remove(const char *build)
{
	char path[512];
	const struct dirent *entry;
	_cleanup_(closedirp) DIR *dir = NULL;

	snprintf(path, sizeof(path), "%s/%s", KERNEL_PINS, build);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0))
			return -errno;
	}
	return rmdir(path) ? -errno : 0;
}

static int pin_open(const char *build, const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", KERNEL_PINS, build, name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

/* Number of pinned links that are alive: each a tracing link, which LSM and BTF tracepoints are. */
static size_t count_links(const char *build)
{
	char path[512];
	_cleanup_(closedirp) DIR *dir = NULL;
	const struct dirent *entry;
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/%s", KERNEL_PINS, build);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		struct bpf_link_info info = {};
		__u32 size = sizeof(info);
		_cleanup_close_ int fd = -1;

		if (strncmp(entry->d_name, "link_", 5))
			continue;
		fd = pin_open(build, entry->d_name);
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) && info.type == BPF_LINK_TYPE_TRACING)
			n++;
	}
	return n;
}

int kernel_pin_adopt(struct kernel *kernel, const char *build, size_t programs, struct kernel_error *error)
{
	size_t links = count_links(build);
	unsigned int i;

	if (programs && links != programs)
		return kernel_fail(error, -EUCLEAN,
				   "only %zu of %zu programs are still pinned below %s: enforcement is damaged; run "
				   "'sluiced --detach' and start again",
				   links, programs, KERNEL_PINS);
	for (i = 0; i < KERNEL_MAPS; i++) {
		kernel->map[i] = pin_open(build, kernel_map_specs[i].pin);
		if (kernel->map[i] < 0)
			return kernel_fail(error, kernel->map[i],
					   "cannot open the pinned map %s below %s; run 'sluiced --detach' and start again",
					   kernel_map_specs[i].pin, KERNEL_PINS);
	}
	kernel->identify = pin_open(build, "identify");
	if (kernel->identify < 0)
		return kernel_fail(error, kernel->identify, "cannot open the pinned program identify below %s",
				   KERNEL_PINS);
	return 0;
}

int kernel_detach(struct kernel_error *error)
{
	char build[64];
	int err = kernel_pin_find(build, sizeof(build));

	if (err == -ENOENT)
		return 0;
	if (!err)
		err = kernel_pin_remove(build);
	if (err)
		return kernel_fail(error, err, "cannot remove the pins below %s", KERNEL_PINS);
	return 0;
}
