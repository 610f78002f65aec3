/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet.c: receiving from another host without having asked for it, and packets that no hook on
 * sockets sees leave.
 *
 * Here; each receives once at PORT of any address and writes OUT:
 *   accept OUT PORT              over TCP, out of a connection that the other side opened
 *   splice OUT PORT              the same by splice()
 *   zerocopy OUT PORT            the same by getsockopt(TCP_ZEROCOPY_RECEIVE)
 *   passed OUT PORT              the connection comes from the process that accepted it, which
 *                                writes OUT.acceptor
 *   late OUT PORT GATE           the same as accept, but first OUT.accepted is made and GATE is
 *                                waited at
 *   udp OUT PORT                 a datagram that comes while it waits
 *   udp-queued OUT PORT          a datagram that has come
 *   cork FILE ADDRESS PORT ADDRESS2 TEXT   begins a datagram to ADDRESS, reads FILE, ends it with
 *                                     TEXT to ADDRESS2
 *   queue FILE ADDRESS PORT GATE      reads FILE, sends over TCP until no more fits into the queue,
 *                                     prints how many bytes, waits at GATE
 *   lend FILE ADDRESS PORT ADDRESS2 PROGRAM TEXT   reads FILE, sends to ADDRESS, has PROGRAM send
 *                                     TEXT to ADDRESS2 through the same socket for datagrams
 *   borrowed ADDRESS PORT TEXT        what lend and hand start: sends through descriptor 3
 *   hand FILE ADDRESS PORT ADDRESS2 PROGRAM TEXT   reads FILE, sends to ADDRESS; another process,
 *                                     without labels, begins a datagram to ADDRESS2 through the
 *                                     same socket; the first becomes PROGRAM and ends it with TEXT
 *                                     to ADDRESS
 *   share FILE ADDRESS PORT ADDRESS2 TEXT   one socket for datagrams of two processes: one that
 *                                     reads FILE sends to ADDRESS; then this one sends TEXT-clean
 *                                     to ADDRESS2 and begins TEXT-mixed there, which the first
 *                                     ends to ADDRESS; at last it does the same as cork
 *   answers FILE FILE2 ADDRESS PORT TEXT   over one socket for datagrams: reads FILE, sends, reads
 *                                     FILE2, sends, sends TEXT
 * Elsewhere:
 *   tcp ADDRESS PORT FROM [GATE]      connects from port FROM, sends, at GATE only when told
 *   datagram ADDRESS PORT FROM
 *   drain PORT GATE                   accepts, waits at GATE, reads until nothing comes for some
 *                                     seconds, prints how many bytes came
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "program.h"

static struct sockaddr_in address_of(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((unsigned short)atoi(port)) };

	inet_pton(AF_INET, address, &to.sin_addr);
	return to;
}

static int new_socket(int type, const char *address, const char *port)
{
	struct sockaddr_in at = address_of(address, port);
	int fd = socket(AF_INET, type, 0), one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		refused("bind");
	return fd;
}

/* @size: of the receive buffer, or 0. */
static int accepted(const char *port, int size)
{
	int fd = new_socket(SOCK_STREAM, "0.0.0.0", port), peer;

	if (size)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (listen(fd, 1) || (peer = accept(fd, NULL, NULL)) < 0)
		refused("accept");
	close(fd);
	return peer;
}

static void wait_at(const char *gate)
{
	char byte;
	int fd = open_or_exit(gate, O_RDONLY);

	if (read(fd, &byte, 1) < 0)
		refused(gate);
	close(fd);
}

static void wait_for_data(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	if (poll(&poll_fd, 1, -1) != 1)
		refused("poll");
}

static int receive(int fd, const char *out)
{
	char bytes[64];

	if (recv(fd, bytes, sizeof(bytes), 0) < 0)
		refused("recv");
	write_file(out);
	return 0;
}

static int run_accept(char **argv)
{
	return receive(accepted(argv[1], 0), argv[0]);
}

static int run_splice(char **argv)
{
	int fd = accepted(argv[1], 0), ends[2];

	if (pipe(ends) || splice(fd, NULL, ends[1], NULL, 64, 0) < 0)
		refused("splice");
	return receive(fd, argv[0]);
}

static int run_zerocopy(char **argv)
{
	struct tcp_zerocopy_receive zc = { .length = 4096 };
	socklen_t size = sizeof(zc);
	char bytes[64];
	int fd = accepted(argv[1], 0);

	wait_for_data(fd);
	zc.copybuf_address = (__u64)(unsigned long)bytes;
	zc.copybuf_len = sizeof(bytes);
	zc.address = (__u64)(unsigned long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (getsockopt(fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &zc, &size))
		refused("getsockopt");
	write_file(argv[0]);
	return 0;
}

static int run_late(char **argv)
{
	int fd = accepted(argv[1], 0);
	char name[256];

	snprintf(name, sizeof(name), "%s.accepted", argv[0]);
	write_file(name);
	wait_at(argv[2]);
	return receive(fd, argv[0]);
}

/* Passes @fd over @channel, or receives one when it is -1. Return: it. */
static int pass(int channel, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {};
	char byte = 'x';
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	if (fd < 0) {
		if (recvmsg(channel, &message, 0) != 1)
			refused("recvmsg");
		memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
		return fd;
	}
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(channel, &message, 0) != 1)
		refused("sendmsg");
	return fd;
}

static int ended(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		refused("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int run_passed(char **argv)
{
	char name[256];
	int channel[2], err;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel) || (pid = fork()) < 0)
		refused("fork");
	if (!pid)
		_exit(receive(pass(channel[0], -1), argv[0]));
	pass(channel[1], accepted(argv[1], 0));
	err = ended(pid);
	snprintf(name, sizeof(name), "%s.acceptor", argv[0]);
	write_file(name);
	return err;
}

static int run_udp(char **argv)
{
	return receive(new_socket(SOCK_DGRAM, "0.0.0.0", argv[1]), argv[0]);
}

static int run_udp_queued(char **argv)
{
	int fd = new_socket(SOCK_DGRAM, "0.0.0.0", argv[1]);

	wait_for_data(fd);
	return receive(fd, argv[0]);
}

static void send_to(int fd, const char *text, int flags, const char *address, const char *port)
{
	struct sockaddr_in to = address_of(address, port);

	if (sendto(fd, text, strlen(text), flags, (struct sockaddr *)&to, sizeof(to)) < 0)
		refused("sendto");
}

static int run_cork(char **argv)
{
	int fd = new_socket(SOCK_DGRAM, "0.0.0.0", "0");

	send_to(fd, "corked-", MSG_MORE, argv[1], argv[2]);
	read_file(argv[0]);
	send_to(fd, argv[4], 0, argv[3], argv[2]);
	return 0;
}

static int connected(int fd, const char *address, const char *port)
{
	struct sockaddr_in to = address_of(address, port);

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		refused("connect");
	return fd;
}

static int run_queue(char **argv)
{
	static char block[65536];
	int fd = connected(new_socket(SOCK_STREAM, "0.0.0.0", "0"), argv[1], argv[2]);
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	unsigned long sent = 0;
	ssize_t n;

	read_file(argv[0]);
	do {
		n = send(fd, block, sizeof(block), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			refused("send");
		sent += n > 0 ? (unsigned long)n : 0;
	} while (n > 0 || poll(&room, 1, 2000));
	printf("%lu\n", sent);
	fflush(stdout);
	wait_at(argv[3]);
	return 0;
}

static int run_lend(char **argv)
{
	int fd = new_socket(SOCK_DGRAM, "0.0.0.0", "0");
	pid_t pid;

	read_file(argv[0]);
	send_to(fd, "lent", 0, argv[1], argv[2]);
	pid = fork();
	if (!pid) {
		if (dup2(fd, 3) == 3)
			execl(argv[4], argv[4], "borrowed", argv[3], argv[2], argv[5], NULL);
		refused(argv[4]);
	}
	return ended(pid);
}

static int run_borrowed(char **argv)
{
	send_to(3, argv[2], 0, argv[0], argv[1]);
	return 0;
}

static int run_hand(char **argv)
{
	int fd = new_socket(SOCK_DGRAM, "0.0.0.0", "0"), got;
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (dup2(fd, 3) != 3 || (pid = fork()) < 0)
		refused("fork");
	if (!pid) {
		sigwait(&set, &got);
		send_to(3, "begun-", MSG_MORE, argv[3], argv[2]);
		_exit(0);
	}
	read_file(argv[0]);
	send_to(3, "handed", 0, argv[1], argv[2]);
	kill(pid, SIGUSR1); /* a pipe would bring it the labels */
	if (ended(pid))
		return 1;
	execl(argv[4], argv[4], "borrowed", argv[1], argv[2], argv[5], NULL);
	refused(argv[4]);
	return 0;
}

/* A process of its own reads FILE and sends @text to ADDRESS. Return: its exit status. */
static int send_by_other(char **argv, int fd, const char *text)
{
	pid_t pid = fork();

	if (pid)
		return ended(pid);
	read_file(argv[0]);
	send_to(fd, text, 0, argv[1], argv[2]);
	_exit(0);
}

static int run_share(char **argv)
{
	int fd = new_socket(SOCK_DGRAM, "0.0.0.0", "0");
	char text[3][128];

	snprintf(text[0], sizeof(text[0]), "%s-clean", argv[4]);
	snprintf(text[1], sizeof(text[1]), "%s-mixed", argv[4]);
	snprintf(text[2], sizeof(text[2]), "%s-own", argv[4]);
	if (send_by_other(argv, fd, "shared"))
		return 1;
	send_to(fd, text[0], 0, argv[3], argv[2]);
	send_to(fd, text[1], MSG_MORE, argv[3], argv[2]);
	if (send_by_other(argv, fd, argv[4]) != REFUSED + EPERM)
		return 1;
	send_to(fd, text[2], MSG_MORE, argv[3], argv[2]);
	read_file(argv[0]);
	send_to(fd, argv[4], 0, argv[1], argv[2]);
	return 0;
}

static int run_answers(char **argv)
{
	int fd = new_socket(SOCK_DGRAM, "0.0.0.0", "0");

	read_file(argv[0]);
	send_to(fd, "first", 0, argv[2], argv[3]);
	read_file(argv[1]);
	send_to(fd, "second", 0, argv[2], argv[3]);
	send_to(fd, argv[4], 0, argv[2], argv[3]);
	return 0;
}

static int run_tcp(char **argv)
{
	struct sockaddr_in to = address_of(argv[0], argv[1]);
	int fd, tries;

	for (tries = 0; tries < 600; tries++) {
		fd = new_socket(SOCK_STREAM, "0.0.0.0", argv[2]);
		if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
			break;
		close(fd); /* nobody listens yet */
		usleep(100000);
	}
	if (argv[3])
		wait_at(argv[3]);
	if (send(fd, "row\n", 4, MSG_NOSIGNAL) != 4)
		refused("send");
	return 0;
}

static int run_datagram(char **argv)
{
	send_to(new_socket(SOCK_DGRAM, "0.0.0.0", argv[2]), "row\n", 0, argv[0], argv[1]);
	return 0;
}

static int run_drain(char **argv)
{
	static char block[65536];
	int fd = accepted(argv[0], 4096);
	struct pollfd data = { .fd = fd, .events = POLLIN };
	unsigned long got = 0;
	ssize_t n = 1;

	wait_at(argv[1]);
	while (n > 0 && poll(&data, 1, 8000) == 1) {
		n = recv(fd, block, sizeof(block), 0);
		got += n > 0 ? (unsigned long)n : 0;
	}
	printf("%lu\n", got);
	return 0;
}

static const struct mode modes[] = {
	{ "accept", run_accept, 2 },
	{ "splice", run_splice, 2 },
	{ "zerocopy", run_zerocopy, 2 },
	{ "passed", run_passed, 2 },
	{ "late", run_late, 3 },
	{ "udp", run_udp, 2 },
	{ "udp-queued", run_udp_queued, 2 },
	{ "cork", run_cork, 5 },
	{ "queue", run_queue, 4 },
	{ "lend", run_lend, 6 },
	{ "borrowed", run_borrowed, 3 },
	{ "hand", run_hand, 6 },
	{ "share", run_share, 5 },
	{ "answers", run_answers, 5 },
	{ "tcp", run_tcp, 3 },
	{ "datagram", run_datagram, 3 },
	{ "drain", run_drain, 2 },
};

int main(int argc, char **argv)
{
	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
