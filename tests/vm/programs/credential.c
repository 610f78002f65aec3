/* SPDX-License-Identifier: Apache-2.0 */
/*
 * credential.c: reads FILE ("-": none), then changes who it is.
 *
 *   setuid, setgid, setresuid, setfsuid FILE ID
 *   setgroups FILE COUNT     that many supplementary groups
 *   drop FILE                give up CAP_NET_RAW
 *   raise FILE               give it up in the effective set, read FILE, take it back
 *   no-op FILE               set the ids that are set already
 *   exec FILE COMMAND...     execute without reading anything else
 *   setfsgid FILE ID
 *   ambient FILE             make CAP_NET_RAW ambient
 *   securebits FILE          root's exec brings no capabilities from now on
 *   userns, clone FILE       make a user namespace, by unshare() or clone()
 *   map FILE                 make one, read FILE, map an id into it
 *   setns FILE PATH          open the namespace, read FILE, enter it
 *   setns-twice FILE PATH    enter it two times
 *   keyring FILE             a new session keyring
 *   keyring-by-name FILE     one that is there already
 *   exe FILE                 say that another file runs
 *   title FILE               the neighbour: say where arguments lie
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "program.h"

static void check(int result, const char *what)
{
	if (result)
		refused(what);
}

static unsigned int id_of(const char *text)
{
	return (unsigned int)strtoul(text, NULL, 10);
}

static int run_setuid(char **argv)
{
	read_file(argv[0]);
	check(setuid(id_of(argv[1])), "setuid");
	return getuid() != id_of(argv[1]);
}

static int run_setgid(char **argv)
{
	read_file(argv[0]);
	check(setgid(id_of(argv[1])), "setgid");
	return getgid() != id_of(argv[1]);
}

static int run_setresuid(char **argv)
{
	unsigned int id = id_of(argv[1]);

	read_file(argv[0]);
	check(setresuid((uid_t)-1, id, (uid_t)-1), "setresuid");
	return geteuid() != id;
}

/* Has no error of its own: the new id is seen from a second call. */
static int run_setfsuid(char **argv)
{
	read_file(argv[0]);
	setfsuid(id_of(argv[1]));
	if ((unsigned int)setfsuid((uid_t)-1) == id_of(argv[1]))
		return 0;
	errno = EPERM;
	refused("setfsuid");
	return 1;
}

static int run_setfsgid(char **argv)
{
	read_file(argv[0]);
	setfsgid(id_of(argv[1]));
	if ((unsigned int)setfsgid((gid_t)-1) == id_of(argv[1]))
		return 0;
	errno = EPERM;
	refused("setfsgid");
	return 1;
}

static int run_setgroups(char **argv)
{
	gid_t groups[] = { 2001, 2002, 2003, 2004 };
	size_t n = id_of(argv[1]);

	read_file(argv[0]);
	check(setgroups(n > 4 ? 4 : n, groups), "setgroups");
	return getgroups(0, NULL) != (int)n;
}

static int run_no_op(char **argv)
{
	read_file(argv[0]);
	check(setuid(getuid()), "setuid");
	check(setgid(getgid()), "setgid");
	check(setresuid((uid_t)-1, geteuid(), (uid_t)-1), "setresuid");
	return 0;
}

static void capabilities(unsigned int effective, unsigned int permitted)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	check((int)syscall(SYS_capget, &header, data), "capget");
	data[0].effective = (data[0].effective & ~(1U << CAP_NET_RAW)) | effective;
	data[0].permitted = (data[0].permitted & ~(1U << CAP_NET_RAW)) | permitted;
	check((int)syscall(SYS_capset, &header, data), "capset");
}

static int run_drop(char **argv)
{
	read_file(argv[0]);
	capabilities(0, 0);
	return 0;
}

static int run_raise(char **argv)
{
	capabilities(0, 1U << CAP_NET_RAW);
	read_file(argv[0]);
	capabilities(1U << CAP_NET_RAW, 1U << CAP_NET_RAW);
	return 0;
}

static int run_exec(char **argv)
{
	read_file(argv[0]);
	execvp(argv[1], argv + 1);
	refused(argv[1]);
	return 1;
}

static int run_ambient(char **argv)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	check((int)syscall(SYS_capget, &header, data), "capget");
	data[0].inheritable |= 1U << CAP_NET_RAW;
	check((int)syscall(SYS_capset, &header, data), "capset");
	read_file(argv[0]);
	check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_NET_RAW, 0, 0), "lower");
	check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0), "raise");
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_RAW, 0, 0) != 1;
}

static int run_securebits(char **argv)
{
	read_file(argv[0]);
	check(prctl(PR_SET_SECUREBITS, prctl(PR_GET_SECUREBITS)), "the same securebits");
	check(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT), "securebits");
	return prctl(PR_GET_SECUREBITS) != SECBIT_NOROOT;
}

static int run_userns(char **argv)
{
	read_file(argv[0]);
	check(unshare(CLONE_NEWUSER), "unshare");
	return 0;
}

static int run_clone(char **argv)
{
	int status;
	pid_t pid;

	read_file(argv[0]);
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0);
	if (pid < 0)
		refused("clone");
	if (!pid)
		_exit(0);
	return waitpid(pid, &status, 0) != pid || status;
}

static int run_map(char **argv)
{
	char line[64];
	uid_t uid = getuid();
	int fd;

	check(unshare(CLONE_NEWUSER), "unshare");
	fd = open_or_exit("/proc/self/uid_map", O_WRONLY);
	read_file(argv[0]);
	snprintf(line, sizeof(line), "0 %u 1", uid);
	if (write(fd, line, strlen(line)) < 0)
		refused("uid_map");
	return getuid() != 0;
}

static int run_setns(char **argv)
{
	int fd = open_or_exit(argv[1], O_RDONLY);

	read_file(argv[0]);
	check(setns(fd, 0), "setns");
	return 0;
}

static int run_setns_twice(char **argv)
{
	int fd = open_or_exit(argv[1], O_RDONLY);

	run_setns(argv);
	puts("once");
	fflush(stdout);
	check(setns(fd, 0), "setns");
	return 0;
}

static int run_keyring(char **argv)
{
	read_file(argv[0]);
	check(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0, "keyctl");
	return 0;
}

static void join_keyring(const char *name)
{
	check(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name) < 0, "join");
}

/* The parent holds it, so that it stays. */
static int run_keyring_by_name(char **argv)
{
	int status;

	join_keyring("named");
	/* To join it takes the right to search it, which its owner does not have at first. */
	check(syscall(SYS_keyctl, KEYCTL_SETPERM, KEY_SPEC_SESSION_KEYRING, 0x3f3f0000) < 0,
	      "setperm");
	if (fork())
		return wait(&status) < 0 || !WIFEXITED(status) ? 1 : WEXITSTATUS(status);
	join_keyring(NULL);
	read_file(argv[0]);
	join_keyring("named");
	return 0;
}

/* @exe: descriptor of the file that is said to run, or -1; in memory that nobody has touched. */
static int set_map(int exe)
{
	struct prctl_mm_map map = { .exe_fd = (__u32)exe };
	char at[] = "/tmp/map-XXXXXX";
	int fd = mkstemp(at);
	void *page;

	if (fd < 0 || write(fd, &map, sizeof(map)) != sizeof(map))
		refused(at);
	page = mmap(NULL, sizeof(map), PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		refused("mmap");
	unlink(at);
	return prctl(PR_SET_MM, PR_SET_MM_MAP, page, sizeof(map), 0);
}

/* Without the guard it fails in another way as long as the old file is mapped. */
static int run_exe(char **argv)
{
	int fd = open_or_exit("/bin/true", O_RDONLY);

	read_file(argv[0]);
	if (!prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, fd, 0, 0) || errno != EPERM)
		return 1;
	return !set_map(fd) || errno != EPERM;
}

static int run_title(char **argv)
{
	read_file(argv[0]);
	check(prctl(PR_SET_MM, PR_SET_MM_ARG_START, argv[0], 0, 0), "arguments");
	return 0;
}

static const struct mode modes[] = {
	{ "setuid", run_setuid, 2 },
	{ "setgid", run_setgid, 2 },
	{ "setresuid", run_setresuid, 2 },
	{ "setfsuid", run_setfsuid, 2 },
	{ "setgroups", run_setgroups, 2 },
	{ "no-op", run_no_op, 1 },
	{ "drop", run_drop, 1 },
	{ "raise", run_raise, 1 },
	{ "exec", run_exec, 2 },
	{ "setfsgid", run_setfsgid, 2 },
	{ "ambient", run_ambient, 1 },
	{ "securebits", run_securebits, 1 },
	{ "userns", run_userns, 1 },
	{ "clone", run_clone, 1 },
	{ "map", run_map, 1 },
	{ "setns", run_setns, 2 },
	{ "setns-twice", run_setns_twice, 2 },
	{ "keyring", run_keyring, 1 },
	{ "exe", run_exe, 1 },
	{ "title", run_title, 1 },
	{ "keyring-by-name", run_keyring_by_name, 1 },
};

int main(int argc, char **argv)
{
	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
