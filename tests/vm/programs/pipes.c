/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipes.c: who waits at a pipe before the data comes: MODE FILE OUT.
 *
 * This process waits in the call that MODE names, at an empty pipe. When it sleeps, another reads
 * FILE and writes into the pipe. What comes is written to OUT.
 *
 *   read, readv, fifo, poll, thread   by a read of some kind; fifo: OUT.fifo; thread: one of
 * several vmsplice                          into memory splice-file                       splice()
 * into OUT itself splice-pipe, tee                  another process waits at the next pipe
 *   splice-socket, splice-now         splice() into a TCP connection to OUT (10.9.0.2:9000),
 * waiting or only when data is there
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "program.h"

static char state_of(pid_t pid)
{
	char path[64], text[512];
	const char *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open_or_exit(path, O_RDONLY);
	text[0] = '\0';
	if (read(fd, text, sizeof(text) - 1) < 0)
		refused(path);
	text[sizeof(text) - 1] = '\0';
	close(fd);
	end = strrchr(text, ')');
	return end ? end[2] : '?';
}

/* Several looks in a row: nothing but the wait takes that long. */
static void wait_asleep(pid_t pid)
{
	for (int seen = 0; seen < 10; seen++) {
		if (state_of(pid) != 'S')
			seen = 0;
		usleep(20000);
	}
}

/* Starts who writes FILE's data into @to once @sleeper sleeps. */
static void start_writer(const char *file, int to, pid_t sleeper)
{
	char bytes[64];
	ssize_t n;
	int fd;

	if (fork())
		return;
	wait_asleep(sleeper);
	fd = open_or_exit(file, O_RDONLY);
	n = read(fd, bytes, sizeof(bytes));
	if (n <= 0 || write(to, bytes, (size_t)n) != n)
		refused("write into the pipe");
	_exit(0);
}

static void write_out(const char *path, const char *bytes, ssize_t n)
{
	int fd = open_or_exit(path, O_WRONLY | O_CREAT | O_TRUNC);

	if (n <= 0 || write(fd, bytes, (size_t)n) != n)
		refused("write");
	close(fd);
}

static void make_pipe(int ends[2])
{
	if (pipe(ends))
		refused("pipe");
}

static int run_read(char **argv)
{
	char bytes[64];
	int ends[2];

	make_pipe(ends);
	start_writer(argv[0], ends[1], getpid());
	write_out(argv[1], bytes, read(ends[0], bytes, sizeof(bytes)));
	return 0;
}

static int run_readv(char **argv)
{
	char bytes[64];
	struct iovec vector = { bytes, sizeof(bytes) };
	int ends[2];

	make_pipe(ends);
	start_writer(argv[0], ends[1], getpid());
	write_out(argv[1], bytes, readv(ends[0], &vector, 1));
	return 0;
}

static int run_poll(char **argv)
{
	struct pollfd wait = { .events = POLLIN };
	char bytes[64];
	int ends[2];

	make_pipe(ends);
	wait.fd = ends[0];
	start_writer(argv[0], ends[1], getpid());
	if (poll(&wait, 1, -1) != 1)
		refused("poll");
	write_out(argv[1], bytes, read(ends[0], bytes, sizeof(bytes)));
	return 0;
}

static int run_fifo(char **argv)
{
	char path[256], bytes[64];
	int fd;

	snprintf(path, sizeof(path), "%s.fifo", argv[1]);
	if (mkfifo(path, 0600))
		refused(path);
	fd = open_or_exit(path, O_RDWR);
	start_writer(argv[0], fd, getpid());
	write_out(argv[1], bytes, read(fd, bytes, sizeof(bytes)));
	return 0;
}

struct reader {
	int fd;
	ssize_t n;
	char bytes[64];
};

static void *read_in_thread(void *data)
{
	struct reader *reader = data;

	reader->n = read(reader->fd, reader->bytes, sizeof(reader->bytes));
	return NULL;
}

static int run_thread(char **argv)
{
	struct reader reader = {};
	pthread_t thread;
	int ends[2];

	make_pipe(ends);
	reader.fd = ends[0];
	start_writer(argv[0], ends[1], getpid());
	if (pthread_create(&thread, NULL, read_in_thread, &reader) || pthread_join(thread, NULL))
		refused("thread");
	write_out(argv[1], reader.bytes, reader.n);
	return 0;
}

static int run_vmsplice(char **argv)
{
	static char bytes[4096] __attribute__((aligned(4096)));
	struct iovec vector = { bytes, sizeof(bytes) };
	int ends[2];

	make_pipe(ends);
	start_writer(argv[0], ends[1], getpid());
	write_out(argv[1], bytes, vmsplice(ends[0], &vector, 1, 0));
	return 0;
}

static int run_splice_file(char **argv)
{
	int out = open_or_exit(argv[1], O_WRONLY | O_CREAT | O_TRUNC);
	int ends[2];

	make_pipe(ends);
	start_writer(argv[0], ends[1], getpid());
	if (splice(ends[0], NULL, out, NULL, 4096, 0) <= 0)
		refused("splice");
	return 0;
}

/* This process waits at the second pipe, a child in @move between the two. */
static int move_on(char **argv, ssize_t (*move)(int from, int to))
{
	int first[2], second[2];
	char bytes[64];
	pid_t child;

	make_pipe(first);
	make_pipe(second);
	child = fork();
	if (!child)
		_exit(move(first[0], second[1]) <= 0);
	start_writer(argv[0], first[1], child);
	write_out(argv[1], bytes, read(second[0], bytes, sizeof(bytes)));
	return 0;
}

static ssize_t by_splice(int from, int to)
{
	return splice(from, NULL, to, NULL, 4096, 0);
}

static ssize_t by_tee(int from, int to)
{
	return tee(from, to, 4096, 0);
}

static int run_splice_pipe(char **argv)
{
	return move_on(argv, by_splice);
}

static int run_tee(char **argv)
{
	return move_on(argv, by_tee);
}

static int connect_to(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9000) };
	int sock = socket(AF_INET, SOCK_STREAM, 0);

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(sock, (struct sockaddr *)&to, sizeof(to)))
		refused("connect");
	return sock;
}

static int run_splice_socket(char **argv)
{
	int sock = connect_to(argv[1]), ends[2];

	make_pipe(ends);
	start_writer(argv[0], ends[1], getpid());
	if (splice(ends[0], NULL, sock, NULL, 4096, 0) <= 0)
		refused("splice");
	return 0;
}

static int run_splice_now(char **argv)
{
	int sock = connect_to(argv[1]), ends[2];
	struct pollfd wait = { .events = POLLIN };

	make_pipe(ends);
	wait.fd = ends[0];
	start_writer(argv[0], ends[1], getpid());
	if (poll(&wait, 1, -1) != 1)
		refused("poll");
	if (splice(ends[0], NULL, sock, NULL, 4096, 0) <= 0)
		refused("splice");
	return 0;
}

static const struct mode modes[] = {
	{ "read", run_read, 2 },
	{ "readv", run_readv, 2 },
	{ "poll", run_poll, 2 },
	{ "fifo", run_fifo, 2 },
	{ "thread", run_thread, 2 },
	{ "vmsplice", run_vmsplice, 2 },
	{ "splice-file", run_splice_file, 2 },
	{ "splice-pipe", run_splice_pipe, 2 },
	{ "tee", run_tee, 2 },
	{ "splice-socket", run_splice_socket, 2 },
	{ "splice-now", run_splice_now, 2 },
};

int main(int argc, char **argv)
{
	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
