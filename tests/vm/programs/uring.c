/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uring.c: the same actions through io_uring, whose results are completions and not results of the
 * system call.
 *
 *   open FILE, open-async FILE   in the system call, and in a worker of the kernel
 *   read FILE READY GO           open it before, read through the ring when GO exists
 *   connect FILE ADDRESS PORT    read FILE, then connect
 *   send FILE ADDRESS PORT       connect, read FILE, then send through the ring
 *   poll FILE OUT                read FILE by the kernel's own thread (SQPOLL), write that into OUT
 *   passed FILE OUT              read FILE, which a child opened and sent into this ring; the same
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "uring.h"

static int open_with(char **argv, unsigned char flags)
{
	struct ring ring = { 0 };
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .flags = flags, .open_flags = O_RDONLY
	};

	sqe.addr = (unsigned long)argv[0];
	ring_open(&ring);
	ring_do(&ring, &sqe, "openat");
	return 0;
}

static int run_open(char **argv)
{
	return open_with(argv, 0);
}

static int run_open_async(char **argv)
{
	return open_with(argv, IOSQE_ASYNC);
}

static int run_read(char **argv)
{
	char bytes[16];
	struct ring ring = { 0 };
	struct io_uring_sqe sqe = { .opcode = IORING_OP_READ,
				    .len = sizeof(bytes),
				    .addr = (unsigned long)bytes };

	sqe.fd = open_or_exit(argv[0], O_RDONLY);
	ring_open(&ring);
	close(open_or_exit(argv[1], O_WRONLY | O_CREAT));
	while (access(argv[2], F_OK))
		usleep(20000);
	printf("read %d\n", ring_do(&ring, &sqe, "read"));
	return 0;
}

static struct sockaddr_in address(char **argv)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)atoi(argv[1])) };

	inet_pton(AF_INET, argv[0], &in.sin_addr);
	return in;
}

static int run_connect(char **argv)
{
	struct sockaddr_in in = address(argv + 1);
	struct ring ring = { 0 };
	struct io_uring_sqe sqe = { .opcode = IORING_OP_CONNECT,
				    .addr = (unsigned long)&in,
				    .off = sizeof(in) };

	sqe.fd = socket(AF_INET, SOCK_STREAM, 0);
	ring_open(&ring);
	read_file(argv[0]);
	ring_do(&ring, &sqe, "connect");
	return 0;
}

static int run_send(char **argv)
{
	struct sockaddr_in in = address(argv + 1);
	struct ring ring = { 0 };
	struct io_uring_sqe sqe = { .opcode = IORING_OP_SEND,
				    .addr = (unsigned long)"ring\n",
				    .len = 5 };

	sqe.fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(sqe.fd, (struct sockaddr *)&in, sizeof(in)))
		refused("connect");
	ring_open(&ring);
	read_file(argv[0]);
	ring_do(&ring, &sqe, "send");
	return 0;
}

/* Reads through @ring what @sqe names by its descriptor, and writes that into the file @out. */
static int copy(struct ring *ring, struct io_uring_sqe *sqe, const char *out)
{
	char bytes[64];
	int fd, n;

	sqe->opcode = IORING_OP_READ;
	sqe->addr = (unsigned long)bytes;
	sqe->len = sizeof(bytes);
	n = ring_do(ring, sqe, "read");
	fd = open_or_exit(out, O_WRONLY | O_CREAT);
	if (write(fd, bytes, (size_t)n) != n)
		refused("write");
	return 0;
}

static int run_poll(char **argv)
{
	struct ring ring = { .params = { .flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 1000 } };
	struct io_uring_sqe sqe = { .fd = open_or_exit(argv[0], O_RDONLY) };

	ring_open(&ring);
	return copy(&ring, &sqe, argv[1]);
}

static void ring_register(const struct ring *ring, int file)
{
	if (syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_FILES, &file, 1) < 0)
		refused("io_uring_register");
}

/* The child: its file goes into the first place of the table of @to. */
static int pass(const struct ring *to, const char *path)
{
	struct ring own = { 0 };
	struct io_uring_sqe sqe = { .opcode = IORING_OP_MSG_RING,
				    .fd = to->fd,
				    .addr = IORING_MSG_SEND_FD,
				    .file_index = 1 };

	ring_open(&own);
	ring_register(&own, open_or_exit(path, O_RDONLY));
	ring_do(&own, &sqe, "msg_ring");
	return 0;
}

static int run_passed(char **argv)
{
	struct ring ring = { 0 };
	struct io_uring_sqe sqe = { .fd = 0, .flags = IOSQE_FIXED_FILE };
	int status;
	pid_t child;

	ring_open(&ring);
	ring_register(&ring, -1);
	child = fork();
	if (!child)
		exit(pass(&ring, argv[0]));
	if (waitpid(child, &status, 0) != child || status)
		return WEXITSTATUS(status);
	/* The completion that tells of the message. */
	__atomic_store_n(field(&ring, ring.params.cq_off.head),
			 *field(&ring, ring.params.cq_off.tail), __ATOMIC_RELEASE);
	return copy(&ring, &sqe, argv[1]);
}

static const struct mode modes[] = {
	{ "open", run_open, 1 },     { "open-async", run_open_async, 1 },
	{ "read", run_read, 3 },     { "connect", run_connect, 3 },
	{ "send", run_send, 3 },     { "poll", run_poll, 2 },
	{ "passed", run_passed, 2 },
};

int main(int argc, char **argv)
{
	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
