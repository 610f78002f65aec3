/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tasks.c: processes and threads that read FILE here and write OUT there.
 *
 *   thread FILE OUT        a thread reads, the leader writes
 *   clone-vm FILE OUT      a process that shares memory reads, its parent writes
 *   clone-vm-up FILE OUT   the parent reads, the process that shares its memory writes
 *   fork FILE OUT          read, then a child writes
 *   fork-before FILE OUT   a child from before the reading writes (nothing came to it)
 *   vfork, spawn FILE OUT  read, then a new program writes
 *   exec-thread FILE OUT   a thread that is not the leader reads and executes the program that
 *   writes many FILE N            N threads open FILE at once; prints how many could and how many
 *   got EPERM catch FILE             open FILE with handlers of SIGCONT and SIGUSR1 without
 *   SA_RESTART
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "program.h"

static char stack[256 * 1024] __attribute__((aligned(16)));
static char **args;
static atomic_int opened, denied, strange;
static pthread_barrier_t barrier;

static int wait_child(pid_t pid)
{
	int status;

	if (pid < 0)
		refused("fork");
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			refused("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* A program of its own that writes @out. */
static char **writer(char *out)
{
	static char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)"echo written >\"$0\"",
				NULL, NULL };

	argv[3] = out;
	return argv;
}

static void *thread_read(void *path)
{
	read_file(path);
	return NULL;
}

static int run_thread(char **argv)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_read, argv[0]))
		return 1;
	pthread_join(thread, NULL);
	write_file(argv[1]);
	return 0;
}

static int child_reads(void *path)
{
	read_file(path);
	return 0;
}

static int child_writes(void *path)
{
	write_file(path);
	return 0;
}

static int run_clone_vm(char **argv)
{
	int status =
		wait_child(clone(child_reads, stack + sizeof(stack), CLONE_VM | SIGCHLD, argv[0]));

	if (!status)
		write_file(argv[1]);
	return status;
}

static int child_waits(void *path)
{
	while (!atomic_load(&opened))
		usleep(10000);
	return child_writes(path);
}

static int run_clone_vm_up(char **argv)
{
	pid_t pid = clone(child_waits, stack + sizeof(stack), CLONE_VM | SIGCHLD, argv[1]);

	read_file(argv[0]);
	atomic_store(&opened, 1);
	return wait_child(pid);
}

static int run_fork(char **argv)
{
	pid_t pid;

	read_file(argv[0]);
	pid = fork();
	if (!pid)
		exit(child_writes(argv[1]));
	return wait_child(pid);
}

static int run_fork_before(char **argv)
{
	int go[2];
	pid_t pid;
	char byte;

	if (pipe(go))
		refused("pipe");
	pid = fork();
	if (!pid) {
		close(go[1]);
		/* An end of file carries nothing. */
		exit(read(go[0], &byte, 1) ? 1 : child_writes(argv[1]));
	}
	close(go[0]);
	read_file(argv[0]);
	close(go[1]);
	return wait_child(pid);
}

static int run_vfork(char **argv)
{
	char **command = writer(argv[1]);
	pid_t pid;

	read_file(argv[0]);
	pid = vfork();
	if (!pid) {
		execv(command[0], command);
		_exit(REFUSED + errno);
	}
	return wait_child(pid);
}

static int run_spawn(char **argv)
{
	char **command = writer(argv[1]);
	pid_t pid = -1;

	read_file(argv[0]);
	errno = posix_spawn(&pid, command[0], NULL, NULL, command, environ);
	if (errno)
		refused("posix_spawn");
	return wait_child(pid);
}

static void *thread_exec(void *unused)
{
	char **command = writer(args[1]);

	(void)unused;
	read_file(args[0]);
	execv(command[0], command);
	refused("execv");
	return NULL;
}

static int run_exec_thread(char **argv)
{
	pthread_t thread;

	args = argv;
	if (pthread_create(&thread, NULL, thread_exec, NULL))
		return 1;
	pthread_join(thread, NULL);
	return 1;
}

static void *thread_open(void *path)
{
	int fd;

	pthread_barrier_wait(&barrier);
	fd = open(path, O_RDONLY);
	if (fd < 0 && errno != EPERM)
		fprintf(stderr, "errno %d\n", errno);
	atomic_fetch_add(fd >= 0 ? &opened : errno == EPERM ? &denied : &strange, 1);
	return NULL;
}

static int run_many(char **argv)
{
	unsigned int n = (unsigned int)atoi(argv[1]);
	pthread_t threads[64];

	if (n < 1 || n > 64 || pthread_barrier_init(&barrier, NULL, n))
		return USAGE;
	for (unsigned int i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, thread_open, argv[0]))
			return 1;
	for (unsigned int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("opened %d denied %d strange %d\n", opened, denied, strange);
	return 0;
}

static void on_signal(int signal)
{
	(void)signal;
	atomic_fetch_add(&denied, 1);
}

static int run_catch(char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	int fd;

	sigaction(SIGCONT, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	fd = open(argv[0], O_RDONLY);
	if (fd < 0)
		refused("open");
	printf("opened, %d signals\n", denied);
	return 0;
}

static const struct mode modes[] = {
	{ "thread", run_thread, 2 },	       { "clone-vm", run_clone_vm, 2 },
	{ "clone-vm-up", run_clone_vm_up, 2 }, { "fork", run_fork, 2 },
	{ "fork-before", run_fork_before, 2 }, { "vfork", run_vfork, 2 },
	{ "spawn", run_spawn, 2 },	       { "exec-thread", run_exec_thread, 2 },
	{ "many", run_many, 2 },	       { "catch", run_catch, 1 },
};

int main(int argc, char **argv)
{
	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
