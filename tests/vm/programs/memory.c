/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory.c: one process reaches into the memory of another one; who never read FILE writes OUT.
 *
 *   readv, mem-read, peek, getfd FILE OUT
 *           the child reads FILE, the parent looks into it and writes OUT; what can be opened or
 *           attached is so before FILE is read
 *   status FILE OUT  the same, but the parent reads what /proc tells anybody
 *   writev, mem-write, poke FILE OUT
 *           the parent reads FILE and writes into the child, which writes OUT
 *   look FILE OUT    as poke, but the parent only looks
 *   seize FILE PID   reads FILE and attaches to PID, for a moment
 *   hold FILE        reads FILE and waits
 *   of PID OUT       looks into PID, which holds, and writes OUT
 *
 * Owns no expectation; see program.h for the exit status. The two speak by signals, which carry
 * nothing.
 */
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "peer.h"

/* What the parent does to the child: @prepare while both are clean, then @reach. */
struct way {
	const char *name;
	void (*prepare)(pid_t pid);
	void (*reach)(pid_t pid);
};

static long cell = 7; /* at the same address in both */
static int memory;

static void nothing(pid_t pid)
{
	(void)pid;
}

static void open_memory(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	memory = open_or_exit(path, O_RDWR);
}

static void attach(pid_t pid)
{
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL))
		refused("attach");
	wait_stopped(pid);
	if (ptrace(PTRACE_CONT, pid, NULL, NULL))
		refused("continue");
}

static void vm_readv(pid_t pid)
{
	long got;
	struct iovec here = { &got, sizeof(got) }, there = { &cell, sizeof(cell) };

	if (process_vm_readv(pid, &here, 1, &there, 1, 0) != sizeof(got))
		refused("process_vm_readv");
}

static void vm_writev(pid_t pid)
{
	struct iovec both = { &cell, sizeof(cell) };

	if (process_vm_writev(pid, &both, 1, &both, 1, 0) != sizeof(cell))
		refused("process_vm_writev");
}

static void mem_read(pid_t pid)
{
	long got;

	(void)pid;
	if (pread(memory, &got, sizeof(got), (off_t)(unsigned long)&cell) != sizeof(got))
		refused("pread");
}

static void mem_write(pid_t pid)
{
	(void)pid;
	if (pwrite(memory, &cell, sizeof(cell), (off_t)(unsigned long)&cell) != sizeof(cell))
		refused("pwrite");
}

static void peek(pid_t pid)
{
	errno = 0;
	ptrace(PTRACE_PEEKDATA, pid, &cell, NULL);
	if (errno)
		refused("peek");
}

static void getfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0 || syscall(SYS_pidfd_getfd, fd, 2, 0) < 0)
		refused("pidfd_getfd");
}

/* What every ps and top reads. */
static void status(pid_t pid)
{
	static const char *const names[] = { "stat", "status", "cmdline", "maps" };
	char path[64], bytes[512];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/%s", pid, names[i]);
		fd = open_or_exit(path, O_RDONLY);
		if (read(fd, bytes, sizeof(bytes)) <= 0)
			refused(path);
		close(fd);
	}
}

static void stop(pid_t pid)
{
	if (kill(pid, SIGSTOP))
		refused("kill");
	wait_stopped(pid);
}

static void detach(pid_t pid)
{
	if (ptrace(PTRACE_DETACH, pid, NULL, NULL))
		refused("detach");
}

static void stop_and_poke(pid_t pid)
{
	stop(pid);
	if (ptrace(PTRACE_POKEDATA, pid, &cell, cell))
		refused("poke");
	detach(pid);
}

static void stop_and_peek(pid_t pid)
{
	stop(pid);
	peek(pid);
	detach(pid);
}

static pid_t start(void (*child)(char **), char **argv)
{
	pid_t pid = fork_peer();

	if (!pid) {
		wait_for(SIGUSR1);
		child(argv);
		_exit(0);
	}
	return pid;
}

static void child_reads(char **argv)
{
	read_file(argv[0]);
	raise(SIGSTOP);
}

static void child_writes(char **argv)
{
	write_file(argv[1]);
}

static int out_of_child(const struct way *way, char **argv)
{
	pid_t pid = start(child_reads, argv);

	way->prepare(pid);
	kill(pid, SIGUSR1);
	wait_stopped(pid);
	way->reach(pid);
	write_file(argv[1]);
	kill(pid, SIGKILL);
	return 0;
}

static int into_child(const struct way *way, char **argv)
{
	pid_t pid = start(child_writes, argv);

	way->prepare(pid);
	read_file(argv[0]);
	way->reach(pid);
	kill(pid, SIGUSR1);
	return child_status(pid);
}

static int seize(char **argv)
{
	pid_t pid = (pid_t)atoi(argv[1]);

	read_file(argv[0]);
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL))
		refused("seize");
	return 0;
}

static int hold(char **argv)
{
	read_file(argv[0]);
	pause();
	return 0;
}

static int look_into(char **argv)
{
	vm_readv((pid_t)atoi(argv[0]));
	write_file(argv[1]);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct way out[] = {
		{ "readv", nothing, vm_readv }, { "mem-read", open_memory, mem_read },
		{ "peek", attach, peek },	{ "getfd", nothing, getfd },
		{ "status", nothing, status },
	};
	static const struct way in[] = {
		{ "writev", nothing, vm_writev },
		{ "mem-write", open_memory, mem_write },
		{ "poke", attach, stop_and_poke },
		{ "look", attach, stop_and_peek },
	};
	static const struct mode others[] = {
		{ "seize", seize, 2 },
		{ "hold", hold, 1 },
		{ "of", look_into, 2 },
	};

	umask(0);
	for (size_t i = 0; i < sizeof(out) / sizeof(*out) && argc == 4; i++)
		if (!strcmp(out[i].name, argv[1]))
			return out_of_child(&out[i], argv + 2);
	for (size_t i = 0; i < sizeof(in) / sizeof(*in) && argc == 4; i++)
		if (!strcmp(in[i].name, argv[1]))
			return into_child(&in[i], argv + 2);
	return run_mode(others, sizeof(others) / sizeof(*others), argc, argv);
}
