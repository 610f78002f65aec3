// SPDX-License-Identifier: Apache-2.0
/*
 * ops.c: cost of single operations in CPU time of the process and its children ("cost", so that
 * what a daemon does meanwhile does not count), and in the time that passes ("elapsed", so that it
 * does). Where the machine's clock counts instructions (scripts/bench), one ns is one instruction.
 *
 * ops NAME UNLABELED LABELED [taint]: prints one JSON line an operation, the least of several
 * rounds. With "taint" the process reads LABELED first, so it carries labels from then on.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7

static const char *self;
static const char *file;
static int fd, udp, listener, queue, stream[2], ends[2];
static struct sockaddr_in to;

/* Own time to the ns, that of children to the us: they are many. */
static uint64_t now(void)
{
	struct rusage children;
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	getrusage(RUSAGE_CHILDREN, &children);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec +
	       1000ULL * (uint64_t)(children.ru_utime.tv_usec + children.ru_stime.tv_usec) +
	       1000000000ULL * (uint64_t)(children.ru_utime.tv_sec + children.ru_stime.tv_sec);
}

static uint64_t passed(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void op_open(void)
{
	int f = open(file, O_RDONLY | O_CLOEXEC);

	if (f < 0)
		err(1, "open %s", file);
	close(f);
}

static void op_read(void)
{
	char c;

	if (pread(fd, &c, 1, 0) != 1)
		err(1, "read");
}

static void op_write(void)
{
	if (pwrite(fd, "x", 1, 0) != 1)
		err(1, "write");
}

static void op_pipe(void)
{
	char c = 'x';

	if (write(ends[1], &c, 1) != 1 || read(ends[0], &c, 1) != 1)
		err(1, "pipe");
}

static void op_udp_connect(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (connect(s, (struct sockaddr *)&to, sizeof(to)))
		err(1, "connect");
	close(s);
}

static void op_tcp_connect(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0), a;
	struct linger linger = { .l_onoff = 1 };

	if (connect(s, (struct sockaddr *)&to, sizeof(to)))
		err(1, "connect");
	a = accept(listener, NULL, NULL);
	/* no TIME_WAIT: the next is as this one */
	setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(s);
	close(a);
}

static void op_sendto(void)
{
	char c;

	if (sendto(udp, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) != 1 ||
	    recv(udp, &c, 1, 0) != 1)
		err(1, "sendto");
}

static void op_stream(void)
{
	char c;

	if (send(stream[0], "x", 1, 0) != 1 || recv(stream[1], &c, 1, 0) != 1)
		err(1, "send");
}

static void op_setuid(void)
{
	if (setuid(getuid()))
		err(1, "setuid");
}

static void op_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void op_exec(void)
{
	pid_t pid = fork();

	if (!pid) {
		execl(self, self, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static void op_message(void)
{
	struct {
		long type;
		char byte;
	} message = { 1, 'x' };

	if (msgsnd(queue, &message, 1, 0) || msgrcv(queue, &message, 1, 0, 0) != 1)
		err(1, "message");
}

static void map(int flags)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (at == MAP_FAILED)
		err(1, "mmap");
	munmap(at, 4096);
}

static void op_mmap(void)
{
	map(MAP_PRIVATE);
}

static void op_mmap_shared(void)
{
	map(MAP_SHARED);
}

struct op {
	const char *name;
	void (*run)(void);
	int times;
	int on_file; /* measured on the labeled file too */
};

static const struct op ops[] = {
	{ "open+close", op_open, 2000, 1 },
	{ "read 1 B", op_read, 5000, 1 },
	{ "write 1 B", op_write, 5000, 1 },
	{ "pipe, write+read 1 B", op_pipe, 3000, 0 },
	{ "UDP socket+connect+close", op_udp_connect, 500, 0 },
	{ "TCP connect+accept+close", op_tcp_connect, 200, 0 },
	{ "UDP sendto+recv", op_sendto, 2000, 0 },
	{ "TCP send+recv", op_stream, 2000, 0 },
	{ "setuid", op_setuid, 3000, 0 },
	{ "fork+exit", op_fork, 60, 0 },
	{ "fork+exec+exit", op_exec, 40, 0 },
	{ "msgsnd+msgrcv", op_message, 2000, 0 },
	{ "mmap+munmap", op_mmap, 2000, 0 },
	/* the last: from then on the process has shared memory */
	{ "shared mmap+munmap", op_mmap_shared, 2000, 0 },
};

static uint64_t least_of(uint64_t least, uint64_t total, int times)
{
	uint64_t each = total / (uint64_t)times;

	return each < least ? each : least;
}

static void measure(const char *name, const struct op *op, const char *object)
{
	uint64_t cost = UINT64_MAX, elapsed = UINT64_MAX;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		uint64_t clock = passed(), start = now();

		for (i = 0; i < op->times; i++)
			op->run();
		cost = least_of(cost, now() - start, op->times);
		elapsed = least_of(elapsed, passed() - clock, op->times);
	}
	printf("{\"set\":\"%s\",\"op\":\"%s%s\",\"cost\":%llu,\"elapsed\":%llu}\n", name,
	       op->name, object, (unsigned long long)cost, (unsigned long long)elapsed);
	fflush(stdout);
}

static void open_sockets(void)
{
	socklen_t size = sizeof(to);

	to.sin_family = AF_INET;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(udp, (struct sockaddr *)&to, sizeof(to)) ||
	    getsockname(udp, (struct sockaddr *)&to, &size))
		err(1, "bind");
	queue = msgget(IPC_PRIVATE, 0600);
	if (pipe(ends))
		err(1, "pipe");
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&to, sizeof(to)) || listen(listener, 8))
		err(1, "listen");
	stream[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(stream[0], (struct sockaddr *)&to, sizeof(to)))
		err(1, "connect");
	stream[1] = accept(listener, NULL, NULL);
}

static void use_file(const char *path)
{
	file = path;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	op_read();
	op_write();
}

static void measure_files(const char *name, const char *path)
{
	size_t i;

	use_file(path);
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (ops[i].on_file)
			measure(name, &ops[i], ", labeled file");
}

static void measure_all(const char *name, const char *path, const char *object)
{
	size_t i;

	use_file(path);
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		measure(name, &ops[i], object);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return argc == 1 ? 0 : 2; /* alone: the program that fork+exec+exit starts */
	self = argv[0];
	open_sockets();
	if (argc == 4)
		measure_all(argv[1], argv[2], "");
	measure_files(argv[1], argv[3]);
	if (argc > 4)
		measure_all(argv[1], argv[2], "");
	return 0;
}
