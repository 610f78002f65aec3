/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.c: each way to send TEXT to ADDRESS PORT after reading FILE ("-": none).
 *
 *   tcp, sendto, sendmsg, sendmmsg, udp-write, fastopen FILE ADDRESS PORT TEXT
 *   late-send, late-zerocopy, late-write, late-sendfile, late-splice FILE ADDRESS PORT TEXT
 *                                      connect, then read FILE, then send
 *   late-udp FILE ADDRESS PORT TEXT    the same with a connected datagram socket and write()
 *   accepted FILE ADDRESS PORT TEXT    accept one connection there, then read FILE, then send
 *   answer FILE ADDRESS PORT           connect and print what comes until the end
 *   mapped FILE ADDRESS PORT TEXT      TCP from an IPv6 socket to ::ffff:ADDRESS
 *   twice FILE ADDRESS PORT TEXT       two connections one after the other
 *   flow FILE ADDRESS PORT TEXT        one connection that sends TEXT each 50 ms until a send fails
 *   client FILE ADDRESS PORT OUT       connect, read an answer, write it to OUT
 *   udp-connect FILE ADDRESS PORT      connect a datagram socket and send nothing
 *   many FILE ADDRESS PORT ADDRESS2    sendmmsg to two addresses in one call; prints how many were
 *   sent
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "program.h"

struct peer {
	struct sockaddr_storage address;
	socklen_t size;
	const char *text;
};

static struct peer peer_of(char **argv)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV }, *found;
	struct peer peer = { .text = argv[3] };

	if (getaddrinfo(argv[1], argv[2], &hints, &found)) {
		fprintf(stderr, "no address: %s\n", argv[1]);
		exit(USAGE);
	}
	memcpy(&peer.address, found->ai_addr, found->ai_addrlen);
	peer.size = found->ai_addrlen;
	freeaddrinfo(found);
	return peer;
}

static int socket_for(const struct peer *peer, int type)
{
	int fd = socket(peer->address.ss_family, type, 0);

	if (fd < 0)
		refused("socket");
	return fd;
}

static int connected(const struct peer *peer, int type)
{
	int fd = socket_for(peer, type);

	if (connect(fd, (const struct sockaddr *)&peer->address, peer->size))
		refused("connect");
	return fd;
}

static void check(ssize_t sent, const char *what)
{
	if (sent < 0)
		refused(what);
}

static int run_tcp(char **argv)
{
	struct peer peer = peer_of(argv);
	int fd;

	read_file(argv[0]);
	fd = connected(&peer, SOCK_STREAM);
	check(send(fd, peer.text, strlen(peer.text), MSG_NOSIGNAL), "send");
	return 0;
}

static int run_twice(char **argv)
{
	run_tcp(argv);
	return run_tcp(argv);
}

static int run_sendto(char **argv)
{
	struct peer peer = peer_of(argv);
	int fd = socket_for(&peer, SOCK_DGRAM);

	read_file(argv[0]);
	check(sendto(fd, peer.text, strlen(peer.text), 0, (struct sockaddr *)&peer.address,
		     peer.size),
	      "sendto");
	return 0;
}

static struct msghdr message_to(struct peer *peer, struct iovec *part)
{
	struct msghdr message = { .msg_name = &peer->address,
				  .msg_namelen = peer->size,
				  .msg_iov = part,
				  .msg_iovlen = 1 };

	part->iov_base = (void *)peer->text;
	part->iov_len = strlen(peer->text);
	return message;
}

static int run_sendmsg(char **argv)
{
	struct peer peer = peer_of(argv);
	struct iovec part;
	struct msghdr message = message_to(&peer, &part);
	int fd = socket_for(&peer, SOCK_DGRAM);

	read_file(argv[0]);
	check(sendmsg(fd, &message, 0), "sendmsg");
	return 0;
}

static int run_sendmmsg(char **argv)
{
	struct peer peer = peer_of(argv);
	struct iovec part[2];
	struct mmsghdr messages[2] = { { message_to(&peer, &part[0]), 0 },
				       { message_to(&peer, &part[1]), 0 } };
	int fd = socket_for(&peer, SOCK_DGRAM);

	read_file(argv[0]);
	check(sendmmsg(fd, messages, 2, 0), "sendmmsg");
	return 0;
}

static int run_many(char **argv)
{
	char *second[] = { argv[0], argv[3], argv[2], (char *)"second" };
	struct peer one = peer_of(argv), two = peer_of(second);
	struct iovec part[2];
	struct mmsghdr messages[2];
	int fd = socket_for(&one, SOCK_DGRAM), n;

	one.text = "first";
	messages[0] = (struct mmsghdr){ message_to(&one, &part[0]), 0 };
	messages[1] = (struct mmsghdr){ message_to(&two, &part[1]), 0 };
	read_file(argv[0]);
	n = sendmmsg(fd, messages, 2, 0);
	check(n, "sendmmsg");
	printf("sent %d\n", n);
	return 0;
}

static int run_udp_write(char **argv)
{
	struct peer peer = peer_of(argv);
	int fd;

	read_file(argv[0]);
	fd = connected(&peer, SOCK_DGRAM);
	check(write(fd, peer.text, strlen(peer.text)), "write");
	return 0;
}

static int run_udp_connect(char **argv)
{
	char *with_text[] = { argv[0], argv[1], argv[2], NULL };
	struct peer peer = peer_of(with_text);

	read_file(argv[0]);
	connected(&peer, SOCK_DGRAM);
	return 0;
}

static int run_fastopen(char **argv)
{
	struct peer peer = peer_of(argv);
	int fd = socket_for(&peer, SOCK_STREAM);

	read_file(argv[0]);
	check(sendto(fd, peer.text, strlen(peer.text), MSG_FASTOPEN | MSG_NOSIGNAL,
		     (struct sockaddr *)&peer.address, peer.size),
	      "sendto");
	return 0;
}

static int run_late_send(char **argv)
{
	struct peer peer = peer_of(argv);
	int fd = connected(&peer, SOCK_STREAM);

	read_file(argv[0]);
	check(send(fd, peer.text, strlen(peer.text), MSG_NOSIGNAL), "send");
	return 0;
}

static int run_late_zerocopy(char **argv)
{
	struct peer peer = peer_of(argv);
	int fd = connected(&peer, SOCK_STREAM), yes = 1;

	check(setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &yes, sizeof(yes)), "SO_ZEROCOPY");
	read_file(argv[0]);
	check(send(fd, peer.text, strlen(peer.text), MSG_NOSIGNAL | MSG_ZEROCOPY), "send");
	return 0;
}

static int run_accepted(char **argv)
{
	struct peer peer = peer_of(argv);
	int listener = socket_for(&peer, SOCK_STREAM), fd, yes = 1;

	check(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), "SO_REUSEADDR");
	check(bind(listener, (const struct sockaddr *)&peer.address, peer.size), "bind");
	check(listen(listener, 1), "listen");
	fd = accept(listener, NULL, NULL);
	check(fd, "accept");
	read_file(argv[0]);
	check(send(fd, peer.text, strlen(peer.text), MSG_NOSIGNAL), "send");
	return 0;
}

static int run_answer(char **argv)
{
	char *with_text[] = { argv[0], argv[1], argv[2], NULL };
	struct peer peer = peer_of(with_text);
	int fd = connected(&peer, SOCK_STREAM);
	char bytes[256];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		fwrite(bytes, 1, (size_t)n, stdout);
	return 0;
}

static int run_late_write(char **argv)
{
	struct peer peer = peer_of(argv);
	int fd = connected(&peer, SOCK_STREAM);

	read_file(argv[0]);
	check(write(fd, peer.text, strlen(peer.text)), "write");
	return 0;
}

static int run_late_udp(char **argv)
{
	struct peer peer = peer_of(argv);
	int fd = connected(&peer, SOCK_DGRAM);

	read_file(argv[0]);
	check(write(fd, peer.text, strlen(peer.text)), "write");
	return 0;
}

/* TEXT names the file that is sent. */
static int run_late_sendfile(char **argv)
{
	struct peer peer = peer_of(argv);
	int fd = connected(&peer, SOCK_STREAM), in = open_or_exit(peer.text, O_RDONLY);

	read_file(argv[0]);
	check(sendfile(fd, in, NULL, 4096), "sendfile");
	return 0;
}

static int run_late_splice(char **argv)
{
	struct peer peer = peer_of(argv);
	int fd = connected(&peer, SOCK_STREAM), p[2];

	if (pipe(p))
		refused("pipe");
	check(write(p[1], peer.text, strlen(peer.text)), "write to the pipe");
	read_file(argv[0]);
	check(splice(p[0], NULL, fd, NULL, strlen(peer.text), 0), "splice");
	return 0;
}

static int run_mapped(char **argv)
{
	char text[64];
	char *mapped[] = { argv[0], text, argv[2], argv[3] };

	snprintf(text, sizeof(text), "::ffff:%s", argv[1]);
	return run_tcp(mapped);
}

static _Noreturn void flow(char **argv)
{
	struct peer peer = peer_of(argv);
	int fd;

	read_file(argv[0]);
	fd = connected(&peer, SOCK_STREAM);
	for (;;) {
		check(send(fd, peer.text, strlen(peer.text), MSG_NOSIGNAL), "send");
		usleep(50000);
	}
}

static int run_flow(char **argv)
{
	flow(argv);
}

static int run_client(char **argv)
{
	struct peer peer = peer_of(argv);
	char bytes[64];
	int fd;

	read_file(argv[0]);
	fd = connected(&peer, SOCK_STREAM);
	check(recv(fd, bytes, sizeof(bytes), 0), "recv");
	write_file(argv[3]);
	return 0;
}

static const struct mode modes[] = {
	{ "tcp", run_tcp, 4 },
	{ "twice", run_twice, 4 },
	{ "sendto", run_sendto, 4 },
	{ "sendmsg", run_sendmsg, 4 },
	{ "sendmmsg", run_sendmmsg, 4 },
	{ "many", run_many, 4 },
	{ "udp-write", run_udp_write, 4 },
	{ "udp-connect", run_udp_connect, 3 },
	{ "fastopen", run_fastopen, 4 },
	{ "late-send", run_late_send, 4 },
	{ "late-zerocopy", run_late_zerocopy, 4 },
	{ "accepted", run_accepted, 4 },
	{ "answer", run_answer, 3 },
	{ "late-write", run_late_write, 4 },
	{ "late-udp", run_late_udp, 4 },
	{ "late-sendfile", run_late_sendfile, 4 },
	{ "late-splice", run_late_splice, 4 },
	{ "mapped", run_mapped, 4 },
	{ "flow", run_flow, 4 },
	{ "client", run_client, 4 },
};

int main(int argc, char **argv)
{
	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
