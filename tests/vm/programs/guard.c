/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard.c: what a root attacker does to an agent. usage: guard ATTACK ARGUMENT...
 *
 * Exit status: 0 it worked, 1 the kernel refused it (EPERM, EACCES), 2 something else failed; the
 * errno is printed. Owns no expectation: guard.bats says who may what.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static int number(const char *text)
{
	return (int)strtol(text, NULL, 0);
}

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* All that exist of a kind, by id: 0 when each could be opened. Prints how many could not. */
static long all_ids(int next, int open)
{
	union bpf_attr attr = { 0 };
	uint32_t at = 0;
	int hidden = 0, seen = 0;

	for (;;) {
		memset(&attr, 0, sizeof(attr));
		attr.start_id = at;
		if (bpf(next, &attr))
			break;
		at = attr.next_id;
		memset(&attr, 0, sizeof(attr));
		attr.map_id = at; /* for each kind the first member */
		seen++;
		if (bpf(open, &attr) < 0)
			hidden++;
	}
	printf("%d of %d hidden\n", hidden, seen);
	errno = EPERM;
	return hidden || !seen ? -1 : 0;
}

static long maps(char **a)
{
	(void)a;
	return all_ids(BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID);
}

static long programs(char **a)
{
	(void)a;
	return all_ids(BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID);
}

static long links(char **a)
{
	(void)a;
	return all_ids(BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID);
}

static long open_pin(char **a)
{
	union bpf_attr attr = { .pathname = (uintptr_t)a[0] };

	return bpf(BPF_OBJ_GET, &attr);
}

static long detach(char **a)
{
	union bpf_attr attr = { .link_detach.link_fd = (uint32_t)open_pin(a) };

	return bpf(BPF_LINK_DETACH, &attr);
}

/* A map of one's own: made, opened by its id, written and frozen. */
static long own_map(char **a)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1
	};
	int fd = (int)bpf(BPF_MAP_CREATE, &attr);
	uint32_t key = 0;
	uint64_t value = 7;

	(void)a;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)fd;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)&value;
	if (fd < 0 || bpf(BPF_MAP_UPDATE_ELEM, &attr))
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)fd;
	if (bpf(BPF_MAP_FREEZE, &attr))
		return -1;
	printf("%s\n", "made, written, frozen");
	return 0;
}

#define RETURN(value)                                                                              \
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = (value) },             \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}

static char verifier[65536];

/* @function: of the kernel, that programs of some types are made for; else NULL */
static long load(uint32_t type, uint32_t attach, const char *function, const struct bpf_insn *code,
		 size_t size)
{
	union bpf_attr attr = {
		.prog_type = type,
		.expected_attach_type = attach,
		.insns = (uintptr_t)code,
		.insn_cnt = (uint32_t)(size / sizeof(*code)),
		.license = (uintptr_t) "GPL",
		.log_buf = (uintptr_t)verifier,
		.log_size = sizeof(verifier),
		.log_level = 1,
	};
	int id = function ? libbpf_find_vmlinux_btf_id(function, (enum bpf_attach_type)attach) : 0;

	if (id < 0) {
		errno = -id;
		return -1;
	}
	attr.attach_btf_id = (uint32_t)id;
	return bpf(BPF_PROG_LOAD, &attr);
}

/* A program for kprobes that calls one helper with arguments that do nothing. */
static long load_helper(int helper)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X,
		  .dst_reg = BPF_REG_2,
		  .src_reg = BPF_REG_10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -8 },
		{ .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_2 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 8 },
		{ .code = BPF_JMP | BPF_CALL, .imm = helper },
		RETURN(0),
	};
	long fd = load(BPF_PROG_TYPE_KPROBE, 0, NULL, code, sizeof(code));

	/* A helper that lockdown forbids is unknown to the verifier. */
	if (fd < 0 && strstr(verifier, "write_user"))
		errno = EPERM;
	return fd;
}

/* Lets every packet out of a control group. */
static long packet_program(void)
{
	const struct bpf_insn code[] = { RETURN(1) };

	return load(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, NULL, code, sizeof(code));
}

static long update(uint32_t link)
{
	union bpf_attr attr = { .link_update = { .link_fd = link } };

	attr.link_update.new_prog_fd = (uint32_t)packet_program();
	return bpf(BPF_LINK_UPDATE, &attr);
}

/* In the place of the program for packets that is pinned there. */
static long pass_packets(char **a)
{
	return update((uint32_t)open_pin(a));
}

/* The same with one's own on the root of all control groups; it is taken off again. */
static long own_packets(char **a)
{
	union bpf_attr attr = { .link_create = { .attach_type = BPF_CGROUP_INET_EGRESS } };
	long link;

	attr.link_create.prog_fd = (uint32_t)packet_program();
	attr.link_create.target_fd = (uint32_t)open(a[0], O_RDONLY | O_CLOEXEC);
	link = bpf(BPF_LINK_CREATE, &attr);
	if (link < 0 || update((uint32_t)link))
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = (uint32_t)link;
	return bpf(BPF_LINK_DETACH, &attr);
}

static long write_user(char **a)
{
	(void)a;
	return load_helper(BPF_FUNC_probe_write_user);
}

/* The neighbour: the same program with a helper that takes as many arguments and only looks. */
static long trace_program(char **a)
{
	(void)a;
	return load_helper(BPF_FUNC_get_current_pid_tgid);
}

/* For kprobes, too: since 6.18 it may write the registers of the process that it stopped. */
static long write_registers(char **a)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_0 },
		RETURN(0),
	};

	(void)a;
	return load(BPF_PROG_TYPE_KPROBE, 0, NULL, code, sizeof(code));
}

static const struct bpf_insn returns_0[] = { RETURN(0) }, returns_1[] = { RETURN(1) };

/* Programs for a function of the kernel, which the argument names. */
static long watch(char **a)
{
	return load(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, a[0], returns_0, sizeof(returns_0));
}

static long replace(char **a)
{
	return load(BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, a[0], returns_0, sizeof(returns_0));
}

static long hook(char **a)
{
	return load(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, a[0], returns_0, sizeof(returns_0));
}

static long hook_cgroup(char **a)
{
	return load(BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, a[0], returns_1, sizeof(returns_1));
}

static long answer_getsockopt(char **a)
{
	(void)a;
	return load(BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT, NULL, returns_1,
		    sizeof(returns_1));
}

static long answer_setsockopt(char **a)
{
	(void)a;
	return load(BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT, NULL, returns_1,
		    sizeof(returns_1));
}

static long send_signal(char **a)
{
	return kill(number(a[0]), number(a[1]));
}

/* The kernel sends it to the owner of a pipe when something comes. Not: that it arrived. */
static long own_file(char **a)
{
	int ends[2];

	if (pipe(ends) || fcntl(ends[0], F_SETOWN, number(a[0])) ||
	    fcntl(ends[0], F_SETSIG, number(a[1])) || fcntl(ends[0], F_SETFL, O_ASYNC))
		return -1;
	return write(ends[1], "x", 1);
}

/* The same for the lease of a file, which ends when another process opens it. */
static long own_lease(char **a)
{
	int fd = open(a[2], O_RDONLY | O_CREAT, 0600);

	if (fd < 0 || fcntl(fd, F_SETLEASE, F_RDLCK) || fcntl(fd, F_SETOWN, number(a[0])) ||
	    fcntl(fd, F_SETSIG, number(a[1])))
		return -1;
	return open(a[2], O_WRONLY | O_NONBLOCK) < 0 && errno != EWOULDBLOCK ? -1 : 0;
}

static long seize(char **a)
{
	return ptrace(PTRACE_SEIZE, number(a[0]), NULL, NULL);
}

static long attach(char **a)
{
	return ptrace(PTRACE_ATTACH, number(a[0]), NULL, NULL);
}

/* Where the program of a process lies in its memory, or nowhere that matters. */
static long move_memory(char **a, bool writing)
{
	char buffer[8] = "";
	struct iovec here = { buffer, sizeof(buffer) }, there = { (void *)0x1000, sizeof(buffer) };
	long n = syscall(writing ? SYS_process_vm_writev : SYS_process_vm_readv, number(a[0]),
			 &here, 1UL, &there, 1UL, 0UL);

	return n < 0 && errno == EFAULT ? 0 : n; /* it would have been let */
}

static long read_memory(char **a)
{
	return move_memory(a, false);
}

static long write_memory(char **a)
{
	return move_memory(a, true);
}

static long take_fd(char **a)
{
	int pidfd = (int)syscall(SYS_pidfd_open, number(a[0]), 0);

	return pidfd < 0 ? -1 : syscall(SYS_pidfd_getfd, pidfd, number(a[1]), 0);
}

static long limit(char **a)
{
	struct rlimit core = { 0, 0 };

	return prlimit(number(a[0]), RLIMIT_CORE, &core, NULL);
}

static long nicer(char **a)
{
	return setpriority(PRIO_PROCESS, (id_t)number(a[0]), 19);
}

static long schedule(char **a)
{
	struct sched_param param = { 0 };

	return sched_setscheduler(number(a[0]), SCHED_IDLE, &param);
}

static long affinity(char **a)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	return sched_setaffinity(number(a[0]), sizeof(set), &set);
}

static long io_priority(char **a)
{
	return syscall(SYS_ioprio_set, 1, number(a[0]), 3 << 13);
}

static long open_write(char **a)
{
	return open(a[0], O_WRONLY | O_APPEND);
}

static long open_read(char **a)
{
	return open(a[0], O_RDONLY);
}

static long open_truncate(char **a)
{
	return open(a[0], O_RDONLY | O_TRUNC);
}

static long truncate_path(char **a)
{
	struct stat st;

	return stat(a[0], &st) ? -1 : truncate(a[0], st.st_size);
}

static long make(char **a)
{
	return open(a[0], O_WRONLY | O_CREAT | O_EXCL, 0600);
}

static long by_handle(char **a)
{
	struct {
		struct file_handle handle;
		char room[MAX_HANDLE_SZ];
	} h = { .handle.handle_bytes = MAX_HANDLE_SZ };
	int mount, folder = open(a[1], O_RDONLY | O_DIRECTORY);

	if (folder < 0 || name_to_handle_at(AT_FDCWD, a[0], &h.handle, &mount, 0))
		return -1;
	return open_by_handle_at(folder, &h.handle, O_WRONLY);
}

static long remove_name(char **a)
{
	return unlink(a[0]);
}

static long remove_folder(char **a)
{
	return rmdir(a[0]);
}

static long make_folder(char **a)
{
	return mkdir(a[0], 0700);
}

static long move(char **a)
{
	return rename(a[0], a[1]);
}

static long exchange(char **a)
{
	return syscall(SYS_renameat2, AT_FDCWD, a[0], AT_FDCWD, a[1], 2);
}

static long name_again(char **a)
{
	return link(a[0], a[1]);
}

static long change_mode(char **a)
{
	return chmod(a[0], (mode_t)number(a[1]));
}

static long change_owner(char **a)
{
	return chown(a[0], 0, 0);
}

static long set_times(char **a)
{
	return utimensat(AT_FDCWD, a[0], NULL, 0);
}

static long set_attribute(char **a)
{
	return setxattr(a[0], a[1], "x", 1, 0);
}

static long remove_attribute(char **a)
{
	return removexattr(a[0], a[1]);
}

/* By a descriptor that only reads. */
static long by_ioctl(const char *path, unsigned long command)
{
	int fd = open(path, O_RDONLY);
	long value = 0;

	return fd < 0 ? -1 : ioctl(fd, command, &value);
}

static long set_version(char **a)
{
	return by_ioctl(a[0], FS_IOC_SETVERSION);
}

static long set_flags(char **a)
{
	return by_ioctl(a[0], FS_IOC_SETFLAGS);
}

/* The kernel refuses it by another error: that is no mount. So nothing is lost where it may. */
static long pivot(char **a)
{
	return syscall(SYS_pivot_root, a[0], a[0]);
}

static long old_move(char **a)
{
	return mount(a[0], a[1], NULL, MS_MOVE, NULL);
}

/* In a namespace of its own: a mount that was made private there gets its old peers again. */
static long join_group(char **a)
{
	const int set_group = 0x100,
		  empty_path = 0x4; /* linux/mount.h, which sys/mount.h excludes */
	int from = open(a[0], O_PATH | O_CLOEXEC);

	if (from < 0 || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL))
		exit(3);
	return syscall(SYS_move_mount, from, "", AT_FDCWD, a[0], set_group | empty_path);
}

/* A new file system beneath what is mounted there. Kernels before 6.5 do not know how. */
static long beneath(char **a)
{
	const int create = 6, empty_path = 0x4, beneath_it = 0x200; /* linux/mount.h */
	int made = (int)syscall(SYS_fsopen, "tmpfs", 0), fd;

	if (made < 0 || syscall(SYS_fsconfig, made, create, NULL, NULL, 0))
		exit(3);
	fd = (int)syscall(SYS_fsmount, made, 0, 0);
	if (fd < 0)
		exit(3);
	return syscall(SYS_move_mount, fd, "", AT_FDCWD, a[0], beneath_it | empty_path);
}

/* Runs a program with an environment, or traced, or both not; its own status is the answer. */
static long run_traced(char **a)
{
	char *nothing[] = { NULL };
	pid_t pid = fork();
	int status = 0;

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execve(a[0], a, nothing);
		_exit(126);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, NULL,
		       (void *)(long)(WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status)));
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	errno = EPERM;
	return -1;
}

static const struct {
	const char *name;
	int arguments;
	long (*attack)(char **a);
} attacks[] = {
	{ "maps", 0, maps },
	{ "programs", 0, programs },
	{ "links", 0, links },
	{ "open-pin", 1, open_pin },
	{ "detach", 1, detach },
	{ "own-map", 0, own_map },
	{ "pass-packets", 1, pass_packets },
	{ "own-packets", 1, own_packets },
	{ "write-user", 0, write_user },
	{ "trace-program", 0, trace_program },
	{ "write-registers", 0, write_registers },
	{ "watch", 1, watch },
	{ "replace", 1, replace },
	{ "hook", 1, hook },
	{ "hook-cgroup", 1, hook_cgroup },
	{ "getsockopt", 0, answer_getsockopt },
	{ "setsockopt", 0, answer_setsockopt },
	{ "signal", 2, send_signal },
	{ "own-file", 2, own_file },
	{ "own-lease", 3, own_lease },
	{ "seize", 1, seize },
	{ "attach", 1, attach },
	{ "read-memory", 1, read_memory },
	{ "write-memory", 1, write_memory },
	{ "take-fd", 2, take_fd },
	{ "limit", 1, limit },
	{ "nice", 1, nicer },
	{ "schedule", 1, schedule },
	{ "affinity", 1, affinity },
	{ "io-priority", 1, io_priority },
	{ "open-write", 1, open_write },
	{ "open-read", 1, open_read },
	{ "open-truncate", 1, open_truncate },
	{ "truncate", 1, truncate_path },
	{ "make", 1, make },
	{ "by-handle", 2, by_handle },
	{ "unlink", 1, remove_name },
	{ "rmdir", 1, remove_folder },
	{ "mkdir", 1, make_folder },
	{ "rename", 2, move },
	{ "exchange", 2, exchange },
	{ "link", 2, name_again },
	{ "chmod", 2, change_mode },
	{ "chown", 1, change_owner },
	{ "times", 1, set_times },
	{ "setxattr", 2, set_attribute },
	{ "removexattr", 2, remove_attribute },
	{ "set-version", 1, set_version },
	{ "set-flags", 1, set_flags },
	{ "pivot", 1, pivot },
	{ "old-move", 2, old_move },
	{ "join-group", 1, join_group },
	{ "beneath", 1, beneath },
	{ "run-traced", 1, run_traced },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		if (strcmp(attacks[i].name, argv[1]) != 0 || argc - 2 < attacks[i].arguments)
			continue;
		errno = 0;
		if (attacks[i].attack(argv + 2) >= 0)
			return 0;
		printf("%s: %s\n", argv[1], strerror(errno));
		return errno == EPERM || errno == EACCES ? 1 : 2;
	}
	fputs("usage: guard ATTACK ARGUMENT...\n", stderr);
	return 2;
}
