/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.h: the second process of a test program, to which data is to come.
 *
 * Owns: its start, how it waits for its turn and how it is waited for. Must not own: by which way
 * data comes (the programs).
 */
#ifndef TEST_PEER_H
#define TEST_PEER_H

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "program.h"

/* Return: as fork(). In the child SIGUSR1 is blocked, so that wait_for() cannot miss it. */
static inline pid_t fork_peer(void)
{
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = fork();
	if (pid < 0)
		refused("fork");
	return pid;
}

static inline void wait_for(int number)
{
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, number);
	if (sigwait(&set, &got))
		refused("sigwait");
}

static inline void wait_stopped(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, WUNTRACED) != pid)
		refused("waitpid");
	if (!WIFSTOPPED(status))
		exit(1);
}

/* Until @pid sleeps in a system call: the receiver waits before the sender starts. */
static inline void wait_asleep(pid_t pid)
{
	char path[64], line[512];
	const char *state = NULL;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	while (!state || state[2] != 'S') {
		FILE *file = fopen(path, "re");

		usleep(50000);
		if (!file || !fgets(line, sizeof(line), file))
			refused(path);
		fclose(file);
		state = strrchr(line, ')');
	}
	usleep(100000);
}

/* The child of @pid ended well? */
static inline int child_status(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		refused("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static inline int accepted(int fd)
{
	int peer = accept(fd, NULL, NULL);

	if (peer < 0)
		refused("accept");
	return peer;
}

static inline void send_line(int fd)
{
	if (write(fd, "sent\n", 5) != 5)
		refused("write");
}

/* Receives once and writes what came. */
static inline void receive(int fd, char *out)
{
	char bytes[64];

	if (recv(fd, bytes, sizeof(bytes), 0) < 0)
		refused("recv");
	write_file(out);
}

static inline void accept_and_receive(int fd, char *out)
{
	receive(accepted(fd), out);
}

#endif
