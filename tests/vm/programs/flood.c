/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flood.c: tries the same again and again.
 *
 *   send FILE ADDRESS COUNT    reads FILE, then sends COUNT datagrams to ADDRESS, port 9000; prints
 *                              how many were refused
 *   ports FILE ADDRESS COUNT   the same, each to another port
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <arpa/inet.h>
#include <sys/socket.h>

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

static const struct mode modes[] = {
	{ "send", run_send, 3 },
	{ "ports", run_ports, 3 },
};

int main(int argc, char **argv)
{
	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
