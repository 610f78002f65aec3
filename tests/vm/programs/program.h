/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h: what the small programs of the end-to-end tests share.
 *
 * Owns: how they tell the test what the kernel answered: exit status 0, or REFUSED + errno. Must
 * not own: any expectation.
 */
#ifndef TEST_PROGRAM_H
#define TEST_PROGRAM_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Above what shells and sanitizers use; EPERM is 101. */
#define REFUSED 100
#define USAGE 2

/* One way of doing something: the name of it on the command line. */
struct mode {
	const char *name;
	int (*run)(char **argv);
	int args; /* at least, behind the mode's name */
};

static inline void refused(const char *what)
{
	int error = errno;

	fprintf(stderr, "%s: %s\n", what, strerror(error));
	exit(REFUSED + error);
}

static inline int open_or_exit(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0666);

	if (fd < 0)
		refused(path);
	return fd;
}

/* Reads the first bytes of @path, so that the process carries its labels; "-" is no file. */
static inline void read_file(const char *path)
{
	char bytes[64];
	int fd;

	if (!strcmp(path, "-"))
		return;
	fd = open_or_exit(path, O_RDONLY);
	if (read(fd, bytes, sizeof(bytes)) < 0)
		refused("read");
	close(fd);
}

/* A file to write into, or where @path is "udp:PORT" a socket that leads to there, off the host. */
static inline int open_out(const char *path)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd;

	if (strncmp(path, "udp:", 4))
		return open_or_exit(path, O_WRONLY | O_CREAT | O_TRUNC);
	to.sin_port = htons((unsigned short)atoi(path + 4));
	inet_pton(AF_INET, "10.9.0.2", &to.sin_addr);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		refused(path);
	return fd;
}

static inline void write_file(const char *path)
{
	int fd = open_out(path);

	if (write(fd, "written\n", 8) != 8)
		refused("write");
	close(fd);
}

static inline int run_mode(const struct mode *modes, size_t n, int argc, char **argv)
{
	for (size_t i = 0; i < n && argc > 1; i++)
		if (!strcmp(modes[i].name, argv[1]) && argc - 2 >= modes[i].args)
			return modes[i].run(argv + 2);
	fprintf(stderr, "usage: %s MODE ARG...; modes:", argv[0]);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, " %s(%d)", modes[i].name, modes[i].args);
	fputc('\n', stderr);
	return USAGE;
}

#endif
