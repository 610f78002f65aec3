/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unix.c: one process reads FILE and sends over a Unix socket, another one receives and writes OUT.
 *
 *   stream, dgram, seqpacket FILE OUT   over a named socket; the receiver waits before anything is
 * sent abstract FILE OUT                   a stream without a name in the file system queued FILE
 * OUT                     the receiver asks when the data waits already unaccepted FILE OUT sent
 * before the connection is accepted pair FILE OUT                       socketpair(2), write(2) and
 * read(2) pair-dgram FILE OUT                 the same with datagrams sendfile FILE OUT FILE itself
 * goes into the socket splice-out FILE OUT                 from the socket through a pipe back FILE
 * OUT                       the server reads FILE, the client gets it passed FILE OUT the receiving
 * end was passed on (SCM_RIGHTS) close FILE OUT                      connects and sends nothing:
 * nothing came over
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "peer.h"

static struct sockaddr_un name;
static socklen_t name_size;

static void make_name(const char *out, bool abstract)
{
	name.sun_family = AF_UNIX;
	snprintf(name.sun_path + abstract, sizeof(name.sun_path) - abstract, "%s.sock", out);
	name_size = offsetof(struct sockaddr_un, sun_path) + abstract +
		    strlen(name.sun_path + abstract) + !abstract;
	if (!abstract)
		unlink(name.sun_path);
}

static int server(int type)
{
	int fd = socket(AF_UNIX, type, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&name, name_size))
		refused("bind");
	if (type != SOCK_DGRAM && listen(fd, 1))
		refused("listen");
	return fd;
}

static int client(int type)
{
	int fd = socket(AF_UNIX, type, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&name, name_size))
		refused("connect");
	return fd;
}

/* @receiver runs in a child, which starts to wait; then the parent reads the file and sends. */
static pid_t start(void (*receiver)(int, char *), int fd, char *out)
{
	pid_t pid = fork();

	if (pid < 0)
		refused("fork");
	if (!pid) {
		receiver(fd, out);
		_exit(0);
	}
	wait_asleep(pid);
	return pid;
}

static int over_name(char **argv, int type, bool abstract)
{
	int fd;
	pid_t pid;

	make_name(argv[1], abstract);
	fd = server(type);
	pid = start(type == SOCK_DGRAM ? receive : accept_and_receive, fd, argv[1]);
	fd = client(type);
	usleep(300000); /* it waits for data now, no longer for the connection */
	read_file(argv[0]);
	send_line(fd);
	return child_status(pid);
}

static int run_stream(char **argv)
{
	return over_name(argv, SOCK_STREAM, false);
}

static int run_dgram(char **argv)
{
	return over_name(argv, SOCK_DGRAM, false);
}

static int run_seqpacket(char **argv)
{
	return over_name(argv, SOCK_SEQPACKET, false);
}

static int run_abstract(char **argv)
{
	return over_name(argv, SOCK_STREAM, true);
}

static void pair(int type, int ret[2])
{
	if (socketpair(AF_UNIX, type, 0, ret))
		refused("socketpair");
}

/* The sender is the child here: it has ended before the parent, which never read FILE, receives. */
static int run_queued(char **argv)
{
	int fd[2];
	pid_t pid;

	pair(SOCK_STREAM, fd);
	pid = fork();
	if (!pid) {
		read_file(argv[0]);
		send_line(fd[1]);
		_exit(0);
	}
	if (child_status(pid))
		return 1;
	receive(fd[0], argv[1]);
	return 0;
}

static int run_unaccepted(char **argv)
{
	pid_t pid;
	int fd;

	make_name(argv[1], false);
	fd = server(SOCK_STREAM);
	pid = fork();
	if (!pid) {
		int to = client(SOCK_STREAM);

		read_file(argv[0]);
		send_line(to);
		_exit(0);
	}
	if (child_status(pid))
		return 1;
	accept_and_receive(fd, argv[1]);
	return 0;
}

static void read_and_write(int fd, char *out)
{
	char bytes[64];

	if (read(fd, bytes, sizeof(bytes)) < 0)
		refused("read");
	write_file(out);
}

static int over_pair(char **argv, int type)
{
	int fd[2];
	pid_t pid;

	pair(type, fd);
	pid = start(read_and_write, fd[0], argv[1]);
	read_file(argv[0]);
	send_line(fd[1]);
	return child_status(pid);
}

static int run_pair(char **argv)
{
	return over_pair(argv, SOCK_STREAM);
}

static int run_pair_dgram(char **argv)
{
	return over_pair(argv, SOCK_DGRAM);
}

static int run_sendfile(char **argv)
{
	int fd[2];
	pid_t pid;

	pair(SOCK_STREAM, fd);
	pid = start(read_and_write, fd[0], argv[1]);
	if (sendfile(fd[1], open_or_exit(argv[0], O_RDONLY), NULL, 64) <= 0)
		refused("sendfile");
	return child_status(pid);
}

static void splice_and_write(int fd, char *out)
{
	int between[2];

	if (pipe(between))
		refused("pipe");
	if (splice(fd, NULL, between[1], NULL, 64, 0) <= 0)
		refused("splice");
	read_and_write(between[0], out);
}

static int run_splice_out(char **argv)
{
	int fd[2];
	pid_t pid;

	pair(SOCK_STREAM, fd);
	pid = start(splice_and_write, fd[0], argv[1]);
	read_file(argv[0]);
	send_line(fd[1]);
	return child_status(pid);
}

static void ask_and_receive(int fd, char *out)
{
	if (write(fd, "?", 1) != 1)
		refused("write");
	receive(fd, out);
}

static int run_back(char **argv)
{
	char question;
	int fd[2];
	pid_t pid;

	pair(SOCK_STREAM, fd);
	pid = start(ask_and_receive, fd[0], argv[1]);
	if (read(fd[1], &question, 1) != 1)
		refused("read");
	read_file(argv[0]);
	send_line(fd[1]);
	return child_status(pid);
}

static void receive_passed(int fd, char *out)
{
	char space[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))), byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = space,
				  .msg_controllen = sizeof(space) };
	int passed;

	if (recvmsg(fd, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		refused("recvmsg");
	memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(passed));
	read_and_write(passed, out);
}

static void pass(int over, int what)
{
	char space[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {}, byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = space,
				  .msg_controllen = sizeof(space) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &what, sizeof(what));
	if (sendmsg(over, &message, 0) != 1)
		refused("sendmsg");
}

static int run_passed(char **argv)
{
	int fd[2], inner[2];
	pid_t pid;

	pair(SOCK_DGRAM, fd);
	pid = start(receive_passed, fd[0], argv[1]);
	pair(SOCK_STREAM, inner);
	pass(fd[1], inner[0]);
	read_file(argv[0]);
	send_line(inner[1]);
	return child_status(pid);
}

static int run_close(char **argv)
{
	int fd[2];
	pid_t pid;

	pair(SOCK_STREAM, fd);
	pid = fork();
	if (!pid) {
		close(fd[1]);
		receive(fd[0], argv[1]);
		_exit(0);
	}
	close(fd[0]);
	read_file(argv[0]);
	close(fd[1]);
	return child_status(pid);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "stream", run_stream, 2 },	   { "dgram", run_dgram, 2 },
		{ "seqpacket", run_seqpacket, 2 }, { "abstract", run_abstract, 2 },
		{ "queued", run_queued, 2 },	   { "unaccepted", run_unaccepted, 2 },
		{ "pair", run_pair, 2 },	   { "pair-dgram", run_pair_dgram, 2 },
		{ "sendfile", run_sendfile, 2 },   { "splice-out", run_splice_out, 2 },
		{ "back", run_back, 2 },	   { "passed", run_passed, 2 },
		{ "close", run_close, 2 },
	};

	umask(0);
	return run_mode(modes, sizeof(modes) / sizeof(*modes), argc, argv);
}
