/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flood.c: tries the same again and again.
 *
 *   send FILE ADDRESS COUNT    reads FILE, then sends COUNT datagrams to ADDRESS, port 9000; prints
 *                              how many were refused
 *   ports FILE ADDRESS COUNT   the same, each to another port
 *   map FOLDER COUNT           makes COUNT files there and maps each for a moment; prints how many,
 *                              and stays
 *   unborn FOLDER COUNT        the same, but first fails to make a child, and ends
 *   messages FILE COUNT        reads FILE, then leaves COUNT messages in queues
 *   pairs FILE COUNT           reads FILE, then sends through COUNT pairs of sockets; prints how many
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <arpa/inet.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "program.h"

static int flood(char **argv, in_port_t step)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	long count = strtol(argv[2], NULL, 10), refusals = 0;

	if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		refused(argv[1]);
	read_file(argv[0]);
	for (long i = 0; i < count; i++) {
		to.sin_port = htons((in_port_t)(9000 + step * (i % 50000)));
		if (sendto(sock, "flood", 5, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			refusals += errno == EPERM;
	}
	printf("%ld\n", refusals);
	return 0;
}

static int run_send(char **argv)
{
	return flood(argv, 0);
}

static int run_ports(char **argv)
{
	return flood(argv, 1);
}

/* Return: 0, or -1 when it is refused. */
static int map_one(const char *folder, long number)
{
	char path[256];
	void *at;
	int fd;

	snprintf(path, sizeof(path), "%s/%ld", folder, number);
	fd = open_or_exit(path, O_RDWR | O_CREAT);
	if (ftruncate(fd, 4096))
		refused(path);
	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return at == MAP_FAILED ? -1 : munmap(at, 4096);
}

static void map_all(char **argv)
{
	long count = strtol(argv[1], NULL, 10), i = 0;

	while (i < count && !map_one(argv[0], i))
		i++;
	printf("%ld\n", i);
	fflush(stdout);
}

static int run_map(char **argv)
{
	map_all(argv);
	pause();
	return 0;
}

/* The kernel refuses the child when all is made but its descriptor, which has no place. */
static int run_unborn(char **argv)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
		.pidfd = 8,
	};

	if (syscall(SYS_clone3, &args, sizeof(args)) != -1 || errno != EFAULT)
		return 1;
	map_all(argv);
	return 0;
}

static int run_messages(char **argv)
{
	struct {
		long type;
		char text[1];
	} message = { 1, "m" };
	long count = strtol(argv[1], NULL, 10);
	int queue = -1;

	read_file(argv[0]);
	for (long i = 0; i < count; i++) {
		if (i % 16384 == 0) /* as many as one has room for */
			queue = msgget(IPC_PRIVATE, 0600);
		if (msgsnd(queue, &message, 1, IPC_NOWAIT))
			refused("msgsnd");
	}
	return 0;
}

static int run_pairs(char **argv)
{
	long count = strtol(argv[1], NULL, 10), i;
	int pair[2];

	read_file(argv[0]);
	for (i = 0; i < count; i++) {
		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
			refused("socketpair");
		if (send(pair[0], "flood", 5, 0) != 5)
			break;
	}
	printf("%ld\n", i);
	return 0;
}

static const struct mode modes[] = {
	{ "send", run_send, 3 },
	{ "ports", run_ports, 3 },
	{ "map", run_map, 2 },
	{ "unborn", run_unborn, 2 },
	{ "messages", run_messages, 2 },
	{ "pairs", run_pairs, 2 },
};

int main(int argc, char **argv)
{
	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
