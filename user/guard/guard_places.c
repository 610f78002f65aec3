/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_places.c: where the agent's own lies: one function a kind of place. Must not own: how a
 * place is marked (guard_marks.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "guard_search.h"

#define PINS	"/sys/fs/bpf/sluice"
#define CGROUPS "/sys/fs/cgroup"

int guard_find_policy(struct search *s, const char *conf)
{
	_cleanup_close_ int fd = open(conf, O_PATH | O_CLOEXEC);
	int err = fd < 0 ? guard_search_fail(s, -errno, conf) : 0;

	if (!err)
		err = guard_search_fd(s, fd, FILE_OWN, conf, &s->marks->conf);
	return err ? err : guard_search_home(s, conf);
}

int guard_find_pins(struct search *s)
{
	_cleanup_close_ int fd = open(PINS, O_PATH | O_CLOEXEC);
	struct sluice_object_id id = {};
	int err = fd < 0 ? guard_search_fail(s, -errno, PINS) : 0;

	if (!err)
		err = kernel_identify(s->kernel, fd, &id, NULL);
	s->marks->pins = id.dev;
	return err ? err : guard_search_path(s, PINS, FOLDER_OWN);
}

/* Beside the daemon, or where make install puts it. */
static int find_sibling(struct search *s, const char *exe, const char *name)
{
	const char *slash = strrchr(exe, '/');
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - exe), exe, name);
	err = guard_search_path(s, path, FILE_OWN);
	snprintf(path, sizeof(path), "%.*s/../bin/%s", (int)(slash - exe), exe, name);
	return err ? err : guard_search_path(s, path, FILE_OWN);
}

int guard_find_programs(struct search *s)
{
	static const char deleted[] = " (deleted)";
	const size_t tail = sizeof(deleted) - 1;
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	int err;

	if (n < 0)
		return guard_search_fail(s, -errno, "/proc/self/exe");
	exe[n] = '\0';
	/* Of a daemon that was replaced on disk: what lies there now is what will be started. */
	s->marks->successor = (size_t)n > tail && !strcmp(exe + n - tail, deleted);
	if (s->marks->successor)
		exe[(size_t)n - tail] = '\0';
	err = guard_search_path(s, exe, FILE_OWN | SLUICE_MARK_PROGRAM | SLUICE_MARK_CODE);
	if (!err)
		err = find_sibling(s, exe, "sluice");
	return err ? err : find_sibling(s, exe, "sluice-gateway");
}

/*
 * A file that runs in this process, as a line of /proc/self/maps says. Return: an O_PATH
 * descriptor; -ENOENT when the line is of none; -ESTALE when @path is another file by now.
 */
static int open_mapping(const char *line, char path[PATH_MAX])
{
	_cleanup_close_ int fd = -1;
	unsigned long long ino;
	char access[5];
	struct stat st;

	if (sscanf(line, "%*x-%*x %4s %*x %*x:%*x %llu %4095[^\n]", access, &ino, path) != 3 ||
	    access[2] != 'x' || path[0] != '/')
		return -ENOENT;
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 || fstat(fd, &st) || st.st_ino != ino ? -ESTALE : TAKE_FD(fd);
}

/*
 * What was replaced is left out: the next start would map the new file, and nobody vouches for
 * that.
 */
static int add_mapping(struct search *s, const char *line)
{
	char path[PATH_MAX];
	_cleanup_close_ int fd = open_mapping(line, path);

	if (fd < 0)
		return 0;
	return guard_search_fd(s, fd, SLUICE_MARK_CODE | SLUICE_MARK_WRITE, path, NULL);
}

int guard_find_code(struct search *s)
{
	_cleanup_fclose_ FILE *maps = fopen("/proc/self/maps", "re");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	int err = maps ? 0 : guard_search_fail(s, -errno, "/proc/self/maps");

	while (!err && getline(&line, &room, maps) > 0)
		err = add_mapping(s, line);
	return err;
}

char *guard_marks_replaced(void)
{
	_cleanup_fclose_ FILE *maps = fopen("/proc/self/maps", "re");
	_cleanup_free_ char *line = NULL;
	char path[PATH_MAX];
	size_t room = 0;

	while (maps && getline(&line, &room, maps) > 0) {
		_cleanup_close_ int fd = open_mapping(line, path);

		if (fd == -ESTALE)
			return strdup(path);
	}
	return NULL;
}

int guard_find_units(struct search *s)
{
	static const char *const folders[] = {
		"/etc/systemd/system",	   "/run/systemd/system", "/usr/local/lib/systemd/system",
		"/usr/lib/systemd/system", "/lib/systemd/system",
	};
	static const char *const units[] = { "sluiced.service", "sluice-gateway.service" };
	char path[PATH_MAX];
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(folders) * ARRAY_SIZE(units); i++) {
		const char *unit = units[i % ARRAY_SIZE(units)];

		snprintf(path, sizeof(path), "%s/%s", folders[i / ARRAY_SIZE(units)], unit);
		err = guard_search_path(s, path, FILE_OWN);
		snprintf(path, sizeof(path), "%s/%s.d", folders[i / ARRAY_SIZE(units)], unit);
		if (!err)
			err = guard_search_folder(s, path);
	}
	return err;
}

void guard_marks_cgroup(char *ret, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/cgroup", "re");
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	snprintf(ret, size, "%s", CGROUPS);
	while (file && getline(&line, &room, file) > 0)
		if (!strncmp(line, "0::/", 4))
			snprintf(ret, size, CGROUPS "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
}

/* The control group of the service, when it is one of its own, and those above but the root. */
int guard_find_cgroup(struct search *s)
{
	static const char service[] = ".service";
	const size_t tail = sizeof(service) - 1;
	uint32_t bits = SLUICE_MARK_CGROUP;
	char path[PATH_MAX];
	int err = 0;

	guard_marks_cgroup(path, sizeof(path));
	if (strlen(path) > tail && !strcmp(path + strlen(path) - tail, service))
		bits = SLUICE_MARK_TREE;
	while (!err && strlen(path) > strlen(CGROUPS) + 1) {
		_cleanup_close_ int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0)
			err = guard_search_fd(s, fd, bits, path, NULL);
		bits = SLUICE_MARK_CGROUP;
		*strrchr(path, '/') = '\0';
	}
	return err;
}

int guard_find_more(struct search *s, const struct policy_guard *guard)
{
	int err = 0;

	for (size_t i = 0; !err && i < guard->n_paths; i++) {
		const char *path = guard->paths[i].path;
		struct stat st;

		if (stat(path, &st))
			err = guard_search_fail(s, -errno, path);
		else if (S_ISDIR(st.st_mode))
			err = guard_search_folder(s, path);
		else
			err = guard_search_path(s, path, FILE_OWN);
	}
	return err;
}
