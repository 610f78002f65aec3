/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roads.c: reads FILE ("-": none), then sends TEXT off the host by a road without an address.
 *
 *   raw, ping, mptcp FILE ADDRESS TEXT   raw IP, an ICMP socket, multipath TCP to port 9000
 *   header FILE ADDRESS TEXT     raw IP to 127.0.0.1, with a header of its own for ADDRESS
 *   packet FILE INTERFACE TEXT   an Ethernet frame
 *   sctp, vsock FILE TEXT        to itself
 *   smc, smc-inet FILE ADDRESS TEXT   shared memory of two hosts (SMC), or TCP where they have none
 *   cipher FILE                  to no cipher of the kernel (AF_ALG): it fails, but not as refused
 *   xdp FILE                     of a socket without memory: it fails, but not as refused
 *   tun FILE TEXT                as a packet that comes out of a new interface
 *   write FILE PATH TEXT         into a file or device, in two parts
 *   map FILE PATH                map it to be written
 *   splice FILE PATH TEXT        wait at a pipe for what another process puts there, who read FILE
 *   splice-now FILE PATH TEXT    the same when it is there already
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/vm_sockets.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "program.h"

unsigned int if_nametoindex(const char *name);

static int socket_of(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);

	if (fd < 0)
		refused("socket");
	return fd;
}

static void check(ssize_t result, const char *what)
{
	if (result < 0)
		refused(what);
}

static struct sockaddr_in address_of(const char *text, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
		exit(USAGE);
	return address;
}

static void send_to(int fd, const void *bytes, size_t size, const void *to, socklen_t length)
{
	check(sendto(fd, bytes, size, 0, to, length), "sendto");
}

static int run_raw(char **argv)
{
	struct sockaddr_in to = address_of(argv[1], 0);
	int fd = socket_of(AF_INET, SOCK_RAW, 253); /* RFC 3692: for experiments */

	read_file(argv[0]);
	send_to(fd, argv[2], strlen(argv[2]), &to, sizeof(to));
	return 0;
}

static int run_header(char **argv)
{
	struct sockaddr_in to = address_of("127.0.0.1", 0);
	struct {
		struct iphdr header;
		char text[64];
	} packet = { .header = { .version = 4, .ihl = 5, .ttl = 9, .protocol = 253 } };
	int fd = socket_of(AF_INET, SOCK_RAW, IPPROTO_RAW);

	packet.header.daddr = address_of(argv[1], 0).sin_addr.s_addr;
	snprintf(packet.text, sizeof(packet.text), "%s", argv[2]);
	read_file(argv[0]);
	send_to(fd, &packet, sizeof(packet), &to, sizeof(to));
	return 0;
}

static int run_ping(char **argv)
{
	struct sockaddr_in to = address_of(argv[1], 0);
	struct {
		struct icmphdr header;
		char text[64];
	} echo = { .header.type = ICMP_ECHO };
	int fd = socket_of(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);

	snprintf(echo.text, sizeof(echo.text), "%s", argv[2]);
	read_file(argv[0]);
	send_to(fd, &echo, sizeof(echo), &to, sizeof(to));
	return 0;
}

static int send_connected(int fd, char **argv)
{
	struct sockaddr_in to = address_of(argv[1], 9000);

	read_file(argv[0]);
	check(connect(fd, (struct sockaddr *)&to, sizeof(to)), "connect");
	check(send(fd, argv[2], strlen(argv[2]), MSG_NOSIGNAL), "send");
	return 0;
}

static int run_mptcp(char **argv)
{
	return send_connected(socket_of(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), argv);
}

static int run_smc(char **argv)
{
	return send_connected(socket_of(AF_SMC, SOCK_STREAM, 0), argv);
}

static int run_smc_inet(char **argv)
{
	return send_connected(socket_of(AF_INET, SOCK_STREAM, 256), argv); /* IPPROTO_SMC */
}

static int run_packet(char **argv)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_LOOPBACK),
				  .sll_ifindex = (int)if_nametoindex(argv[1]),
				  .sll_halen = 6,
				  .sll_addr = { 255, 255, 255, 255, 255, 255 } };
	int fd = socket_of(AF_PACKET, SOCK_DGRAM, 0);

	read_file(argv[0]);
	send_to(fd, argv[2], strlen(argv[2]), &to, sizeof(to));
	return 0;
}

/* Connects @client to a listener of its own at @at, reads FILE, sends. */
static int send_to_self(char **argv, int client, const void *at, socklen_t length, int listener)
{
	char got[64] = "";
	int served;

	check(bind(listener, at, length), "bind");
	check(listen(listener, 1), "listen");
	check(connect(client, at, length), "connect");
	served = accept(listener, NULL, NULL);
	check(served, "accept");
	read_file(argv[0]);
	check(send(client, argv[1], strlen(argv[1]), MSG_NOSIGNAL), "send");
	check(recv(served, got, sizeof(got) - 1, 0), "recv");
	return strcmp(got, argv[1]) != 0;
}

static int run_sctp(char **argv)
{
	struct sockaddr_in at = address_of("127.0.0.1", 7000);

	return send_to_self(argv, socket_of(AF_INET, SOCK_STREAM, IPPROTO_SCTP), &at, sizeof(at),
			    socket_of(AF_INET, SOCK_STREAM, IPPROTO_SCTP));
}

static int run_vsock(char **argv)
{
	struct sockaddr_vm at = { .svm_family = AF_VSOCK,
				  .svm_port = 7000,
				  .svm_cid = VMADDR_CID_LOCAL };

	return send_to_self(argv, socket_of(AF_VSOCK, SOCK_STREAM, 0), &at, sizeof(at),
			    socket_of(AF_VSOCK, SOCK_STREAM, 0));
}

static int run_xdp(char **argv)
{
	int fd = socket_of(AF_XDP, SOCK_RAW, 0);

	read_file(argv[0]);
	check(sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0), "sendto");
	return 0;
}

static int open_tun(void)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open_or_exit("/dev/net/tun", O_RDWR), any = socket_of(AF_INET, SOCK_DGRAM, 0);

	check(ioctl(fd, TUNSETIFF, &request), "TUNSETIFF");
	request.ifr_flags = IFF_UP;
	check(ioctl(any, SIOCSIFFLAGS, &request), "SIOCSIFFLAGS");
	close(any);
	return fd;
}

static int run_tun(char **argv)
{
	struct {
		struct iphdr header;
		char text[64];
	} packet = { .header = { .version = 4, .ihl = 5, .ttl = 9, .protocol = 253 } };
	int fd = open_tun();

	snprintf(packet.text, sizeof(packet.text), "%s", argv[1]);
	packet.header.tot_len = htons(sizeof(packet));
	read_file(argv[0]);
	check(write(fd, &packet, sizeof(packet)), "write");
	return 0;
}

static int run_cipher(char **argv)
{
	int fd = socket_of(AF_ALG, SOCK_SEQPACKET, 0);

	read_file(argv[0]);
	check(send(fd, "text", 4, 0), "send");
	return 0;
}

static int run_write(char **argv)
{
	int fd = open_or_exit(argv[1], O_WRONLY);

	read_file(argv[0]);
	check(write(fd, argv[2], strlen(argv[2])), "write");
	check(write(fd, "\n", 1), "write");
	return 0;
}

/* Moves what a child puts into a pipe into PATH; @now: when the child is done. */
static int move(char **argv, bool now)
{
	int fd = open_or_exit(argv[1], O_WRONLY), ends[2];

	check(pipe(ends), "pipe");
	if (!fork()) {
		if (!now)
			sleep(1); /* the other one waits by now; else the test is a weaker one */
		read_file(argv[0]);
		_exit(write(ends[1], argv[2], strlen(argv[2])) < 0);
	}
	if (now)
		check(wait(NULL), "wait");
	check(splice(ends[0], NULL, fd, NULL, strlen(argv[2]), 0), "splice");
	return 0;
}

static int run_splice(char **argv)
{
	return move(argv, false);
}

static int run_splice_now(char **argv)
{
	return move(argv, true);
}

static int run_map(char **argv)
{
	int fd = open_or_exit(argv[1], O_RDWR);

	read_file(argv[0]);
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED)
		refused("mmap");
	return 0;
}

static const struct mode modes[] = {
	{ "raw", run_raw, 3 },
	{ "header", run_header, 3 },
	{ "ping", run_ping, 3 },
	{ "mptcp", run_mptcp, 3 },
	{ "smc", run_smc, 3 },
	{ "smc-inet", run_smc_inet, 3 },
	{ "packet", run_packet, 3 },
	{ "sctp", run_sctp, 2 },
	{ "vsock", run_vsock, 2 },
	{ "xdp", run_xdp, 1 },
	{ "tun", run_tun, 2 },
	{ "write", run_write, 3 },
	{ "map", run_map, 2 },
	{ "splice", run_splice, 3 },
	{ "splice-now", run_splice_now, 3 },
	{ "cipher", run_cipher, 1 },
};

int main(int argc, char **argv)
{
	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
