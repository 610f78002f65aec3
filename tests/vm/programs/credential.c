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
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>

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

static const struct mode modes[] = {
	{ "setuid", run_setuid, 2 },	   { "setgid", run_setgid, 2 },
	{ "setresuid", run_setresuid, 2 }, { "setfsuid", run_setfsuid, 2 },
	{ "setgroups", run_setgroups, 2 }, { "no-op", run_no_op, 1 },
	{ "drop", run_drop, 1 },	   { "raise", run_raise, 1 },
	{ "exec", run_exec, 2 },
};

int main(int argc, char **argv)
{
	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
