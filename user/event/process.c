/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.c: see process.h. The pieces of text that a process chose itself (command line,
 * environment) are in process_text.c, and asked for in process_reader.c.
 */
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/read_whole.h"

const char *process_root = "/proc";

/*
 * Reads a small file of /proc whole and ends it with NUL. Return: its length or a negative errno.
 */
static int read_file(pid_t pid, const char *name, char *ret, size_t size)
{
	_cleanup_close_ int fd = -1;
	char path[512];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%d/%s", process_root, pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	n = read_whole(fd, ret, size - 1);
	if (n >= 0)
		ret[n] = '\0';
	return (int)n;
}

static uint64_t tick_ns(void)
{
	static uint64_t ns;

	if (!ns)
		ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	return ns;
}

/*
 * Fields of stat behind the name, which may hold spaces and brackets: proc(5), fields 3, 4, 6, 7
 * and 22.
 */
static int read_stat(pid_t pid, struct process *p)
{
	char text[1024], *name, *rest;
	uint64_t ticks;
	int r = read_file(pid, "stat", text, sizeof(text));

	if (r < 0)
		return r;
	name = strchr(text, '(');
	rest = strrchr(text, ')');
	if (!name || !rest)
		return -EIO;
	*rest = '\0';
	snprintf(p->comm, sizeof(p->comm), "%.15s", name + 1);
	if (sscanf(rest + 1,
		   " %c %d %*d %d %u %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
		   "%" SCNu64,
		   &p->state, &p->ppid, &p->sid, &p->tty, &ticks) != 5)
		return -EIO;
	p->pid = pid;
	p->start_ns = ticks * tick_ns();
	return 0;
}

/* Whole ticks against nanoseconds, one tick of tolerance for rounding. */
bool process_same_start(uint64_t ticks_ns, uint64_t start_ns)
{
	uint64_t low = ticks_ns < start_ns ? ticks_ns : start_ns;
	uint64_t high = ticks_ns < start_ns ? start_ns : ticks_ns;

	return high - low <= tick_ns();
}

static int check_start(pid_t pid, uint64_t start_ns, struct process *p)
{
	int r = read_stat(pid, p);

	if (r < 0)
		return r;
	return start_ns && !process_same_start(p->start_ns, start_ns) ? -ESRCH : 0;
}

static int read_ids(pid_t pid, struct process *p)
{
	char text[4096];
	const char *line;
	int r = read_file(pid, "status", text, sizeof(text));

	if (r < 0)
		return r;
	line = strstr(text, "\nUid:");
	if (!line || sscanf(line, "\nUid: %u %u", &p->uid, &p->euid) != 2)
		return -EIO;
	/* A kernel without audit has no loginuid: nobody logged in, as far as we can know. */
	p->loginuid = PROCESS_NO_LOGIN;
	if (read_file(pid, "loginuid", text, sizeof(text)) > 0 &&
	    sscanf(text, "%" SCNu32, &p->loginuid) != 1)
		return -EIO;
	return 0;
}

static int read_exe(pid_t pid, struct process *p)
{
	static const char deleted[] = " (deleted)";
	char path[512];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%d/exe", process_root, pid);
	n = readlink(path, p->exe, sizeof(p->exe) - 1);
	if (n < 0) { /* kernel threads have none */
		p->exe[0] = '\0';
		return errno == ENOENT ? 0 : -errno;
	}
	p->exe[n] = '\0';
	if ((size_t)n > strlen(deleted) && !strcmp(p->exe + n - strlen(deleted), deleted))
		p->exe[(size_t)n - strlen(deleted)] = '\0';
	return 0;
}

static bool is_unit(const char *part, size_t length)
{
	static const char *const ends[] = { ".service", ".scope" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (length > strlen(ends[i]) && length < PROCESS_UNIT &&
		    !memcmp(part + length - strlen(ends[i]), ends[i], strlen(ends[i])))
			return true;
	return false;
}

/* The line "0::/a.slice/b.service/c" of cgroup v2; a host without it has no units for us. */
static void read_unit(pid_t pid, struct process *p)
{
	char text[4096], *path, *save = NULL;

	if (read_file(pid, "cgroup", text, sizeof(text)) <= 0)
		return;
	path = !strncmp(text, "0::", 3) ? text : strstr(text, "\n0::");
	if (!path)
		return;
	path = strchr(path, '/');
	if (!path)
		return;
	path[strcspn(path, "\n")] = '\0';
	for (char *part = strtok_r(path, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		if (!is_unit(part, strlen(part)))
			continue;
		snprintf(p->unit, sizeof(p->unit), "%s", part);
		if (!p->owner_unit[0])
			snprintf(p->owner_unit, sizeof(p->owner_unit), "%s", part);
	}
}

int process_read(pid_t pid, uint64_t start_ns, struct process *ret)
{
	struct process p = { 0 }, again = { 0 };
	int r = check_start(pid, start_ns, &p);

	if (r < 0)
		return r;
	r = read_ids(pid, &p);
	if (r < 0)
		return r;
	r = read_exe(pid, &p);
	if (r < 0)
		return r;
	read_unit(pid, &p);
	/* The pid may have changed hands while we read. */
	r = check_start(pid, p.start_ns, &again);
	if (r < 0)
		return r;
	*ret = p;
	return 0;
}

bool process_alive(pid_t pid, uint64_t start_ns, char *ret_state)
{
	struct process p = { 0 };

	if (check_start(pid, start_ns, &p) < 0 || strchr("ZXx", p.state))
		return false;
	if (ret_state)
		*ret_state = p.state;
	return true;
}

int process_open(pid_t pid, uint64_t start_ns)
{
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return errno == EINVAL ? -ESRCH : -errno;
	/*
	 * The descriptor holds whoever has the pid now: this looks at the same one, or at nobody.
	 */
	if (!process_alive(pid, start_ns, NULL) || !process_pidfd_alive(fd))
		return -ESRCH;
	return TAKE_FD(fd);
}

int process_open_exe(pid_t pid)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%d/exe", process_root, pid);
	fd = open(path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool process_pidfd_alive(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

int process_each(process_fn fn, void *ctx)
{
	DIR *dir = opendir(process_root);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	while (!r && (entry = readdir(dir))) {
		pid_t pid;

		if (entry->d_name[strspn(entry->d_name, "0123456789")] == '\0' &&
		    sscanf(entry->d_name, "%d", &pid) == 1)
			r = fn(ctx, pid);
	}
	closedir(dir);
	return r;
}
