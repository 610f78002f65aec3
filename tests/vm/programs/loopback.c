// SPDX-License-Identifier: Apache-2.0
/*
 * loopback.c: one process reads FILE and sends over IP to this host, another one receives and
 * writes OUT. ADDRESS: 127.0.0.1 if none is given; an IPv6 address makes IPv6 sockets.
 *
 *   tcp FILE OUT [ADDRESS]        connected before FILE is read; the receiver waits already
 *   queued FILE OUT               not accepted yet when the sender has ended
 *   back FILE OUT [ADDRESS]       the server reads FILE, the client gets it
 *   forked FILE OUT               the acceptor starts a process for each client: one that read FILE
 *                                 (OUT), one that did not (OUT.clean); the acceptor (OUT.acceptor)
 *   sendfile FILE OUT             FILE itself goes into the connection
 *   splice FILE OUT               out of the connection through a pipe
 *   zerocopy FILE OUT             by getsockopt(TCP_ZEROCOPY_RECEIVE)
 *   fastopen FILE OUT             the data comes with the first packet
 *   defer FILE OUT                the data makes the connection (TCP_DEFER_ACCEPT)
 *   mptcp FILE OUT                Multipath TCP
 *   close FILE OUT                connects and sends nothing: nothing came over
 *   udp FILE OUT [ADDRESS]        by sendto() from a socket without a port; the receiver waits
 *   udp-connected FILE OUT [ADDRESS]
 *   udp-back FILE OUT             the answer
 *   udp-cork FILE OUT             sent by setsockopt(UDP_CORK)
 *   udp-alike FILE OUT ADDRESS OTHER
 *                                 what goes to OTHER, after labels went to ADDRESS by the same ports
 *   listen OUT PORT ADDRESS       receives over TCP, for a sender elsewhere
 *   send FILE PORT ADDRESS        sends to it
 *   forward FILE AWAY             a resolver: receives over UDP and sends on to port 9000 of AWAY
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "peer.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#define UDP_CORK	     1
#define TCP_FASTOPEN_BACKLOG 8

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Where the server is; its port is known when it stands. */
static union address at;

static socklen_t size_of(const union address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

static void parse_address(const char *text, unsigned short port, union address *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (strchr(text, ':')) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons(port);
		inet_pton(AF_INET6, text, &ret->v6.sin6_addr);
	} else {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(port);
		inet_pton(AF_INET, text, &ret->v4.sin_addr);
	}
}

static int new_socket(int type, int protocol)
{
	int fd = socket(at.any.sa_family, type, protocol);

	if (fd < 0)
		refused("socket");
	return fd;
}

static void set_option(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)))
		refused("setsockopt");
}

static void stand(int fd, int type)
{
	socklen_t size = sizeof(at);

	if (bind(fd, &at.any, size_of(&at)) || getsockname(fd, &at.any, &size))
		refused("bind");
	if (type == SOCK_STREAM && listen(fd, 8))
		refused("listen");
}

/* @address: the mode's argument, or NULL. */
static int server(const char *address, int type, int protocol)
{
	int fd;

	parse_address(address ? address : "127.0.0.1", 0, &at);
	fd = new_socket(type, protocol);
	stand(fd, type);
	return fd;
}

static int client(int type, int protocol)
{
	int fd = new_socket(type, protocol);

	if (connect(fd, &at.any, size_of(&at)))
		refused("connect");
	return fd;
}

static void send_to(int fd, const union address *to, int flags)
{
	if (sendto(fd, "sent\n", 5, flags, &to->any, size_of(to)) != 5)
		refused("sendto");
}

/* @receiver runs in a child beside the sender. */
static pid_t start(void (*receiver)(int, char *), int fd, char *out)
{
	pid_t pid = fork();

	if (pid < 0)
		refused("fork");
	if (!pid) {
		receiver(fd, out);
		_exit(0);
	}
	return pid;
}

/* Longer than the receiver takes to wait for data. */
static void let_it_wait(void)
{
	usleep(300000);
}

static int over_tcp(char **argv, const char *address, void (*receiver)(int, char *), int protocol)
{
	int fd = server(address, SOCK_STREAM, protocol);
	pid_t pid = start(receiver, fd, argv[1]);

	fd = client(SOCK_STREAM, protocol);
	let_it_wait();
	read_file(argv[0]);
	send_line(fd);
	return child_status(pid);
}

static int run_tcp(char **argv)
{
	return over_tcp(argv, argv[2], accept_and_receive, 0);
}

static int run_mptcp(char **argv)
{
	return over_tcp(argv, NULL, accept_and_receive, IPPROTO_MPTCP);
}

/* The sender is the child here: it has ended before the parent, which never read FILE, receives. */
static int run_queued(char **argv)
{
	int fd = server(NULL, SOCK_STREAM, 0), to;
	pid_t pid = fork();

	if (!pid) {
		to = client(SOCK_STREAM, 0);
		read_file(argv[0]);
		send_line(to);
		_exit(0);
	}
	if (child_status(pid))
		return 1;
	accept_and_receive(fd, argv[1]);
	return 0;
}

static void ask_and_receive(int fd, char *out)
{
	(void)fd;
	fd = client(SOCK_STREAM, 0);
	send_line(fd);
	receive(fd, out);
}

static int run_back(char **argv)
{
	int fd = server(argv[2], SOCK_STREAM, 0), peer;
	pid_t pid = start(ask_and_receive, fd, argv[1]);
	char question[8];

	peer = accepted(fd);
	if (recv(peer, question, sizeof(question), 0) <= 0)
		refused("recv");
	read_file(argv[0]);
	send_line(peer);
	return child_status(pid);
}

static pid_t serve_one(int fd, char *out)
{
	int peer = accepted(fd);
	pid_t pid = start(receive, peer, out);

	close(peer);
	return pid;
}

static void accept_two(int fd, char *out)
{
	char clean[256], acceptor[256];
	pid_t first, second;

	snprintf(clean, sizeof(clean), "%s.clean", out);
	snprintf(acceptor, sizeof(acceptor), "%s.acceptor", out);
	first = serve_one(fd, out);
	second = serve_one(fd, clean);
	if (child_status(first) || child_status(second))
		_exit(1);
	write_file(acceptor);
}

static int run_forked(char **argv)
{
	int fd = server(NULL, SOCK_STREAM, 0), labeled, clean;
	pid_t acceptor = start(accept_two, fd, argv[1]), sender;

	labeled = client(SOCK_STREAM, 0);
	clean = client(SOCK_STREAM, 0);
	sender = fork();
	if (!sender) {
		read_file(argv[0]);
		send_line(labeled);
		_exit(0);
	}
	if (child_status(sender))
		return 1;
	send_line(clean);
	return child_status(acceptor);
}

static int run_sendfile(char **argv)
{
	int fd = server(NULL, SOCK_STREAM, 0);
	pid_t pid = start(accept_and_receive, fd, argv[1]);

	fd = client(SOCK_STREAM, 0);
	if (sendfile(fd, open_or_exit(argv[0], O_RDONLY), NULL, 64) <= 0)
		refused("sendfile");
	return child_status(pid);
}

static void splice_and_write(int fd, char *out)
{
	char bytes[64];
	int between[2];

	if (pipe(between))
		refused("pipe");
	if (splice(accepted(fd), NULL, between[1], NULL, 64, 0) <= 0)
		refused("splice");
	if (read(between[0], bytes, sizeof(bytes)) < 0)
		refused("read");
	write_file(out);
}

static int run_splice(char **argv)
{
	return over_tcp(argv, NULL, splice_and_write, 0);
}

static void map_and_write(int fd, char *out)
{
	struct tcp_zerocopy_receive want = { .length = 4096 };
	socklen_t size = sizeof(want);
	char copy[64];
	void *pages;

	fd = accepted(fd);
	pages = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (pages == MAP_FAILED)
		refused("mmap");
	want.address = (unsigned long)pages;
	want.copybuf_address = (unsigned long)copy;
	do {
		want.copybuf_len = sizeof(copy);
		usleep(50000);
		if (getsockopt(fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &want, &size))
			refused("getsockopt");
	} while (want.copybuf_len <= 0);
	write_file(out);
}

static int run_zerocopy(char **argv)
{
	return over_tcp(argv, NULL, map_and_write, 0);
}

static int run_fastopen(char **argv)
{
	int fd, to;
	pid_t pid;

	parse_address("127.0.0.1", 0, &at);
	fd = new_socket(SOCK_STREAM, 0);
	set_option(fd, IPPROTO_TCP, TCP_FASTOPEN, TCP_FASTOPEN_BACKLOG);
	set_option(fd, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1);
	stand(fd, SOCK_STREAM);
	pid = start(accept_and_receive, fd, argv[1]);
	to = new_socket(SOCK_STREAM, 0);
	set_option(to, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1);
	read_file(argv[0]);
	send_to(to, &at, MSG_FASTOPEN);
	return child_status(pid);
}

static int run_defer(char **argv)
{
	int fd;
	pid_t pid;

	parse_address("127.0.0.1", 0, &at);
	fd = new_socket(SOCK_STREAM, 0);
	set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 60);
	stand(fd, SOCK_STREAM);
	pid = start(accept_and_receive, fd, argv[1]);
	fd = client(SOCK_STREAM, 0);
	read_file(argv[0]);
	send_line(fd);
	return child_status(pid);
}

static int run_close(char **argv)
{
	int fd = server(NULL, SOCK_STREAM, 0);
	pid_t pid = start(accept_and_receive, fd, argv[1]);

	read_file(argv[0]);
	close(client(SOCK_STREAM, 0));
	return child_status(pid);
}

static int run_udp(char **argv)
{
	int fd = server(argv[2], SOCK_DGRAM, 0);
	pid_t pid = start(receive, fd, argv[1]);

	let_it_wait();
	read_file(argv[0]);
	send_to(new_socket(SOCK_DGRAM, 0), &at, 0);
	return child_status(pid);
}

static int run_udp_connected(char **argv)
{
	int fd = server(argv[2], SOCK_DGRAM, 0);
	pid_t pid = start(receive, fd, argv[1]);

	fd = client(SOCK_DGRAM, 0);
	read_file(argv[0]);
	send_line(fd);
	return child_status(pid);
}

static void query(int fd, char *out)
{
	(void)fd;
	fd = new_socket(SOCK_DGRAM, 0);
	send_to(fd, &at, 0);
	receive(fd, out);
}

static int run_udp_back(char **argv)
{
	int fd = server(NULL, SOCK_DGRAM, 0);
	pid_t pid = start(query, fd, argv[1]);
	union address from;
	socklen_t size = sizeof(from);
	char question[8];

	if (recvfrom(fd, question, sizeof(question), 0, &from.any, &size) <= 0)
		refused("recvfrom");
	read_file(argv[0]);
	send_to(fd, &from, 0);
	return child_status(pid);
}

/* Sends to @to from the port @from, or from any, which it then is. */
static void send_from(union address *from, const union address *to)
{
	socklen_t size = sizeof(*from);
	int fd = new_socket(SOCK_DGRAM, 0);

	if (bind(fd, &from->any, size_of(from)) || getsockname(fd, &from->any, &size))
		refused("bind");
	send_to(fd, to, 0);
	close(fd);
}

static int run_udp_alike(char **argv)
{
	union address from, to;
	pid_t sender, receiver;
	int fd;

	server(argv[2], SOCK_DGRAM, 0);
	to = at;
	parse_address(argv[3], ntohs(to.v6.sin6_port), &at);
	fd = new_socket(SOCK_DGRAM, 0);
	stand(fd, SOCK_DGRAM);
	receiver = start(receive, fd, argv[1]);
	parse_address(argv[2], 0, &from);
	send_from(&from, &at); /* which port it is; this is received */
	if (child_status(receiver))
		return 1;
	sender = fork();
	if (!sender) {
		read_file(argv[0]);
		send_from(&from, &to);
		_exit(0);
	}
	if (child_status(sender))
		return 1;
	receiver = start(receive, fd, argv[1]);
	send_from(&from, &at);
	return child_status(receiver);
}

static int run_udp_cork(char **argv)
{
	int fd = server(NULL, SOCK_DGRAM, 0);
	pid_t pid = start(receive, fd, argv[1]);

	fd = client(SOCK_DGRAM, 0);
	set_option(fd, IPPROTO_UDP, UDP_CORK, 1);
	read_file(argv[0]);
	send_line(fd);
	set_option(fd, IPPROTO_UDP, UDP_CORK, 0);
	return child_status(pid);
}

static int run_listen(char **argv)
{
	int fd;

	parse_address(argv[2], (unsigned short)atoi(argv[1]), &at);
	fd = new_socket(SOCK_STREAM, 0);
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	stand(fd, SOCK_STREAM);
	accept_and_receive(fd, argv[0]);
	return 0;
}

static int run_send(char **argv)
{
	int tries, fd;

	read_file(argv[0]);
	parse_address(argv[2], (unsigned short)atoi(argv[1]), &at);
	for (tries = 0; tries < 100; tries++) {
		fd = new_socket(SOCK_STREAM, 0);
		if (!connect(fd, &at.any, size_of(&at))) {
			send_line(fd);
			return 0;
		}
		close(fd);
		usleep(100000);
	}
	refused("connect");
	return 1;
}

/* The receiver's status is what becomes of its own send. */
static void pass_on(int fd, char *away)
{
	union address to;
	char bytes[64];

	if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
		refused("recv");
	parse_address(away, 9000, &to);
	send_to(fd, &to, 0);
}

static int run_forward(char **argv)
{
	int fd = server("0.0.0.0", SOCK_DGRAM, 0);
	pid_t pid = start(pass_on, fd, argv[1]);

	read_file(argv[0]);
	send_to(new_socket(SOCK_DGRAM, 0), &at, 0);
	return child_status(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "tcp", run_tcp, 2 },
		{ "queued", run_queued, 2 },
		{ "back", run_back, 2 },
		{ "forked", run_forked, 2 },
		{ "sendfile", run_sendfile, 2 },
		{ "splice", run_splice, 2 },
		{ "zerocopy", run_zerocopy, 2 },
		{ "fastopen", run_fastopen, 2 },
		{ "defer", run_defer, 2 },
		{ "mptcp", run_mptcp, 2 },
		{ "close", run_close, 2 },
		{ "udp", run_udp, 2 },
		{ "udp-connected", run_udp_connected, 2 },
		{ "udp-back", run_udp_back, 2 },
		{ "udp-cork", run_udp_cork, 2 },
		{ "udp-alike", run_udp_alike, 4 },
		{ "listen", run_listen, 3 },
		{ "send", run_send, 3 },
		{ "forward", run_forward, 2 },
	};

	umask(0);
	return run_mode(modes, sizeof(modes) / sizeof(*modes), argc, argv);
}
