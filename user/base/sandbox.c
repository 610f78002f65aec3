// SPDX-License-Identifier: Apache-2.0
/*
 * sandbox.c: see sandbox.h. Owns the order in which things are given up: capabilities first (the
 * kernel asks for one to shrink the bounding set), then no_new_privs, Landlock, and last the filter
 * that would forbid those calls.
 */
#include "sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "cleanup.h"

/*
 * Landlock grew with the kernel; the headers of Debian 12 stop at version 2. Numbers from the
 * kernel's Documentation/userspace-api/landlock.rst: truncate came with version 3 (Linux 6.2), TCP
 * with 4 (6.7), device ioctls with 5 (6.10), scopes with 6 (6.12).
 */
#define FS_READ	     (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_VERSION_1 ((1ULL << 13) - 1)
#define FS_REFER     (1ULL << 13)
#define FS_TRUNCATE  (1ULL << 14)
#define FS_IOCTL_DEV (1ULL << 15)
#define FS_WRITE                                                                                   \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |                             \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE)
#define FS_FILE_ONLY	    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define NET_BIND_TCP	    (1ULL << 0)
#define SCOPE_ABSTRACT_UNIX (1ULL << 0)
#define SCOPE_SIGNAL	    (1ULL << 1)

struct ruleset_attr {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

static const struct sandbox_path always[] = {
	{ "/etc", 0 }, /* resolv.conf, hosts, nsswitch.conf, ssl/certs */
	{ "/usr", 0 }, /* NSS modules, time zones, CA certificates */
	{ "/lib", 0 }, /* where /usr is not merged */
	{ "/lib64", 0 },
	{ "/run/systemd/resolve", 0 }, /* what /etc/resolv.conf may point to */
	{ "/run/resolvconf", 0 },
	{ "/run/NetworkManager", 0 },
	{ "/run/nscd", 0 },
	{ "/var/lib/ca-certificates", 0 },
	{ "/dev/urandom", 0 },
};

static uint64_t handled_fs(int abi)
{
	uint64_t fs = FS_VERSION_1;

	if (abi >= 2)
		fs |= FS_REFER;
	if (abi >= 3)
		fs |= FS_TRUNCATE;
	if (abi >= 5)
		fs |= FS_IOCTL_DEV;
	return fs;
}

static int open_ruleset(int abi)
{
	struct ruleset_attr attr = { .fs = handled_fs(abi) };
	size_t size = sizeof(attr.fs);
	long fd;

	if (abi >= 4) {
		attr.net = NET_BIND_TCP; /* what listens was bound before */
		size = offsetof(struct ruleset_attr, scoped);
	}
	if (abi >= 6) {
		attr.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
		size = sizeof(attr);
	}
	fd = syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	return fd < 0 ? -errno : (int)fd;
}

static int permit_path(int ruleset, const struct sandbox_path *path, uint64_t handled)
{
	struct landlock_path_beneath_attr attr = { .allowed_access = path->writable
									     ? FS_READ | FS_WRITE
									     : FS_READ };
	_cleanup_close_ int fd = open(path->path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == EACCES ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		attr.allowed_access &= FS_FILE_ONLY;
	attr.allowed_access &= handled;
	attr.parent_fd = fd;
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr, 0) < 0
		       ? -errno
		       : 0;
}

static int permit_paths(int ruleset, const struct sandbox_path *paths, size_t n, uint64_t handled)
{
	for (size_t i = 0; i < n; i++) {
		int r = permit_path(ruleset, &paths[i], handled);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Return: Landlock's version, 0 when this kernel has none or it is off, or a negative errno. */
static int confine_files(const struct sandbox_path *paths, size_t n)
{
	int abi =
		(int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	_cleanup_close_ int ruleset = -1;
	int r;

	if (abi <= 0)
		return abi == 0 || errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
	ruleset = open_ruleset(abi);
	if (ruleset < 0)
		return ruleset;
	r = permit_paths(ruleset, always, ARRAY_SIZE(always), handled_fs(abi));
	if (r == 0)
		r = permit_paths(ruleset, paths, n, handled_fs(abi));
	if (r < 0)
		return r;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return -errno;
	return abi;
}

/* clang-format off */
/*
 * What libcurl, OpenSSL, the resolver, libevent and libmicrohttpd call; by name, as not all exist
 * everywhere.
 */
static const char *const permitted[] = {
	/* memory and threads */
	"brk", "madvise", "mmap", "mprotect", "mremap", "munmap", "membarrier", "futex",
	"futex_time64", "rseq", "set_robust_list", "get_robust_list", "set_tid_address",
	"sched_yield", "sched_getaffinity", "exit", "exit_group",
	/* files */
	"access", "faccessat", "faccessat2", "close", "close_range", "dup", "dup2", "dup3",
	"fcntl", "fcntl64", "fstat", "fstat64", "fstatfs", "fstatfs64", "fdatasync", "fsync",
	"ftruncate", "getdents", "getdents64", "lseek", "_llseek", "lstat", "lstat64",
	"newfstatat", "fstatat64", "open", "openat", "pread64", "read", "readv", "readlink",
	"readlinkat", "rename", "renameat", "renameat2", "stat", "stat64", "statx", "unlink",
	"unlinkat", "write", "writev", "pwrite64", "umask", "getcwd", "fchmod",
	/* waiting */
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
	"eventfd", "eventfd2", "pipe", "pipe2", "poll", "ppoll", "ppoll_time64", "select",
	"_newselect", "pselect6", "timerfd_create", "timerfd_settime", "timerfd_gettime",
	"nanosleep", "clock_nanosleep", "restart_syscall",
	/* sockets; which kinds is decided below */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt",
	"recvfrom", "recvmmsg", "recvmsg", "recv", "sendmmsg", "sendmsg", "sendto", "send",
	"setsockopt", "shutdown",
	/* signals, clocks, randomness, who am I */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "sigaltstack",
	"clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "gettimeofday",
	"time", "getrandom", "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid",
	"getegid", "getuid32", "geteuid32", "getgid32", "getegid32", "uname", "sysinfo",
	"getrlimit", "ugetrlimit", "getrusage",
};
/* clang-format on */

/* clang-format off */
/* Nothing honest here comes near these: not an error to handle but an attack to end. */
static const char *const deadly[] = {
	"execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev",
	"bpf", "mount", "umount2", "move_mount", "open_tree", "fsopen", "pivot_root", "chroot",
	"unshare", "setns", "init_module", "finit_module", "kexec_load", "kexec_file_load",
	"perf_event_open", "userfaultfd", "io_uring_setup", "keyctl", "add_key", "setuid",
	"setresuid", "setreuid", "setgid", "setresgid", "setregid", "setgroups", "capset",
};
/* clang-format on */

static int add_names(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);
		int r;

		if (number == __NR_SCMP_ERROR)
			continue; /* newer than this libseccomp, or not on this machine */
		r = seccomp_rule_add(filter, action, number, 0);
		if (r < 0 && r != -EDOM && r != -EFAULT)
			return r;
	}
	return 0;
}

#define EQUALS(argument, value)                                                                    \
	{                                                                                          \
		argument, SCMP_CMP_EQ, value, 0                                                    \
	}
#define MASKED(argument, mask, value)                                                              \
	{                                                                                          \
		argument, SCMP_CMP_MASKED_EQ, mask, value                                          \
	}

#define THREAD (CLONE_VM | CLONE_THREAD | CLONE_SIGHAND)
#define SPACES                                                                                     \
	(CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
	 CLONE_NEWCGROUP)

/* Calls that are harmless with the arguments that are used here. */
static const struct conditional {
	int number;
	unsigned int n;
	struct scmp_arg_cmp args[2];
} conditionals[] = {
	{ SCMP_SYS(socket), 1, { EQUALS(0, AF_UNIX) } },
	{ SCMP_SYS(socket), 1, { EQUALS(0, AF_INET) } },
	{ SCMP_SYS(socket), 1, { EQUALS(0, AF_INET6) } },
	/* NETLINK_ROUTE: getaddrinfo() asks for the machine's own addresses to sort the answers */
	{ SCMP_SYS(socket), 2, { EQUALS(0, AF_NETLINK), EQUALS(2, 0) } },
	{ SCMP_SYS(socketpair), 1, { EQUALS(0, AF_UNIX) } }, /* libcurl's threads wake its loop */
	{ SCMP_SYS(clone), 1, { MASKED(0, THREAD | SPACES, THREAD) } },
	{ SCMP_SYS(prctl), 1, { EQUALS(0, PR_SET_NAME) } },
	{ SCMP_SYS(prctl), 1, { EQUALS(0, PR_GET_DUMPABLE) } },
	{ SCMP_SYS(ioctl), 1, { EQUALS(1, FIONBIO) } },
	{ SCMP_SYS(ioctl), 1, { EQUALS(1, FIONREAD) } },
	{ SCMP_SYS(ioctl), 1, { EQUALS(1, TCGETS) } },		    /* isatty() of the log */
	{ SCMP_SYS(prlimit64), 2, { EQUALS(0, 0), EQUALS(2, 0) } }, /* reading its own limits */
};

static int permit_conditionals(scmp_filter_ctx filter)
{
	struct scmp_arg_cmp own = EQUALS(0, (scmp_datum_t)getpid());
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(conditionals); i++) {
		const struct conditional *c = &conditionals[i];

		r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, c->number, c->n, c->args);
		if (r < 0)
			return r;
	}
	/* abort() signals itself: a failed assertion must be seen as what it is */
	r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &own);
	if (r < 0)
		return r;
	/* The flags of clone3() lie in memory that a filter cannot see: ENOSYS makes the C library
	 * call clone(). */
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static int filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (!filter)
		return -ENOMEM;
	r = add_names(filter, SCMP_ACT_ALLOW, permitted, ARRAY_SIZE(permitted));
	if (r == 0)
		r = add_names(filter, SCMP_ACT_KILL_PROCESS, deadly, ARRAY_SIZE(deadly));
	if (r == 0)
		r = permit_conditionals(filter);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

static int drop_capabilities(void)
{
	if (capng_get_caps_process() < 0)
		return -EPERM;
	if (capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE)
		return 0;
	/* The bounding set can be emptied only with CAP_SETPCAP; without it no_new_privs makes it
	 * moot. */
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)) {
		capng_clear(CAPNG_SELECT_ALL);
		return capng_apply(CAPNG_SELECT_ALL) == 0 ? 0 : -EPERM;
	}
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -EPERM;
}

static int no_new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int sandbox_gateway(const struct sandbox_path *paths, size_t n, struct sandbox_report *ret)
{
	int abi;
	int r;

	r = drop_capabilities();
	if (r == 0)
		r = no_new_privileges();
	/* The secret URL is in memory: no core file, no reading by other processes of the same
	 * user. */
	if (r == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = -errno;
	if (r < 0)
		return r;
	abi = confine_files(paths, n);
	if (abi < 0)
		return abi;
	r = filter_calls();
	if (r < 0)
		return r;
	if (ret)
		ret->landlock_abi = abi;
	return 0;
}

/*
 * Where the kernel itself lacks an optional function of our programs (6.1 does), libbpf looks
 * through the types of all modules for it, which asks for CAP_SYS_ADMIN, and gives up on all
 * programs when it may not. No module has any of these functions, so to it there are no modules.
 */
static int hide_modules(void)
{
	struct scmp_arg_cmp next = MASKED(0, UINT32_MAX, BPF_BTF_GET_NEXT_ID);
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (!filter)
		return -ENOMEM;
	r = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOENT), SCMP_SYS(bpf), 1, &next);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

int sandbox_daemon(void)
{
	int r = no_new_privileges();

	return r < 0 ? r : hide_modules();
}

int sandbox_loaded(void)
{
	const capng_type_t sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE;

	if (capng_get_caps_process() < 0 || capng_update(CAPNG_DROP, sets, CAP_NET_ADMIN) < 0)
		return -EPERM;
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -EPERM;
}
