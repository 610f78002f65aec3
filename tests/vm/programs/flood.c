/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flood.c: tries the same again and again, or many at once.
 *
 *   send FILE ADDRESS COUNT    reads FILE, then sends COUNT datagrams to ADDRESS, port 9000; prints
 *                              how many were refused
 *   ports FILE ADDRESS COUNT   the same, each to another port
 *   map FOLDER COUNT           makes COUNT files there and maps each for a moment; prints how many,
 *                              and stays
 *   unborn FOLDER COUNT        the same, but first fails to make a child, and ends
 *   messages FILE COUNT        reads FILE, then leaves COUNT messages in queues
 *   pairs FILE COUNT           reads FILE, then sends through COUNT pairs of sockets; prints how
 *                              many
 *   crowd FILE - COUNT         COUNT processes open FILE at once
 *   crowd FILE ADDRESS COUNT   COUNT processes read FILE and send, all at once; who was refused the
 *                              one does not try the other; all stay until the last has tried
 *   bomb FILE ADDRESS SECONDS  reads FILE, then each process sends once and forks as often as it
 *                              can, for so long
 *
 * The last two print how many went through, how many might not read, how many might not send, and
 * how many met another error or were killed.
 * Owns no expectation; see program.h for the exit status.
 */
#include <arpa/inet.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "program.h"

/* What became of one try, as one byte. */
enum outcome { THROUGH = 't', UNREAD = 'r', UNSENT = 's', OTHER = 'o' };

static struct sockaddr_in address_of(const char *text)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9000) };

	if (inet_pton(AF_INET, text, &to.sin_addr) != 1)
		refused(text);
	return to;
}

static int flood(char **argv, in_port_t step)
{
	struct sockaddr_in to = address_of(argv[1]);
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	long count = strtol(argv[2], NULL, 10), refusals = 0;

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

/* Return: 0, or -1 when it is refused. */
static int map_one(const char *folder, long number)
{
	char path[256];
	void *at;
	int fd;

	snprintf(path, sizeof(path), "%s/%ld", folder, number);
	fd = open_or_exit(path, O_RDWR | O_CREAT);
	if (ftruncate(fd, 4096))
		refused(path);
	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return at == MAP_FAILED ? -1 : munmap(at, 4096);
}

static void map_all(char **argv)
{
	long count = strtol(argv[1], NULL, 10), i = 0;

	while (i < count && !map_one(argv[0], i))
		i++;
	printf("%ld\n", i);
	fflush(stdout);
}

static int run_map(char **argv)
{
	map_all(argv);
	pause();
	return 0;
}

/* The kernel refuses the child when all is made but its descriptor, which has no place. */
static int run_unborn(char **argv)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
		.pidfd = 8,
	};

	if (syscall(SYS_clone3, &args, sizeof(args)) != -1 || errno != EFAULT)
		return 1;
	map_all(argv);
	return 0;
}

static int run_messages(char **argv)
{
	struct {
		long type;
		char text[1];
	} message = { 1, "m" };
	long count = strtol(argv[1], NULL, 10);
	int queue = -1;

	read_file(argv[0]);
	for (long i = 0; i < count; i++) {
		if (i % 16384 == 0) /* as many as one has room for */
			queue = msgget(IPC_PRIVATE, 0600);
		if (msgsnd(queue, &message, 1, IPC_NOWAIT))
			refused("msgsnd");
	}
	return 0;
}

static int run_pairs(char **argv)
{
	long count = strtol(argv[1], NULL, 10), i;
	int pair[2];

	read_file(argv[0]);
	for (i = 0; i < count; i++) {
		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
			refused("socketpair");
		if (send(pair[0], "flood", 5, 0) != 5)
			break;
	}
	printf("%ld\n", i);
	return 0;
}

static enum outcome outcome_of(ssize_t result, enum outcome denied)
{
	if (result >= 0)
		return THROUGH;
	return errno == EPERM ? denied : OTHER;
}

static enum outcome try_send(const struct sockaddr_in *to)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t n = sock < 0 ? sock : sendto(sock, "flood", 5, 0, (const void *)to, sizeof(*to));
	enum outcome outcome = outcome_of(n, UNSENT);

	if (sock >= 0)
		close(sock);
	return outcome;
}

static enum outcome try_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte;
	enum outcome outcome = outcome_of(fd < 0 ? fd : read(fd, &byte, 1), UNREAD);

	if (fd >= 0)
		close(fd);
	return outcome;
}

/* The crowd's last words are their exit statuses: a pipe that carries them may be refused labels. */
struct crowd {
	const char *path;
	const struct sockaddr_in *to;
	int gate[2], busy[2], stay[2];
};

static void print_counts(const long counts[256])
{
	printf("through %ld unread %ld unsent %ld other %ld\n", counts[THROUGH], counts[UNREAD],
	       counts[UNSENT], counts[OTHER]);
}

/* Waits at the gate, tries, is no longer busy, and stays until the last is so. */
static void crowd_member(const struct crowd *crowd)
{
	enum outcome outcome;
	char byte;

	close(crowd->gate[1]);
	close(crowd->stay[1]);
	if (read(crowd->gate[0], &byte, 1) != 0)
		_exit(OTHER);
	outcome = try_read(crowd->path);
	if (outcome == THROUGH && crowd->to)
		outcome = try_send(crowd->to);
	close(crowd->busy[1]);
	if (read(crowd->stay[0], &byte, 1) > 0)
		_exit(OTHER);
	_exit(outcome);
}

static int run_crowd(char **argv)
{
	long count = strtol(argv[2], NULL, 10), counts[256] = { 0 };
	struct crowd crowd = { .path = argv[0] };
	struct sockaddr_in address;
	char byte;
	int status;

	if (strcmp(argv[1], "-")) {
		address = address_of(argv[1]);
		crowd.to = &address;
	}
	if (pipe(crowd.gate) || pipe(crowd.busy) || pipe(crowd.stay))
		refused("pipe");
	for (long i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			refused("fork");
		if (!pid)
			crowd_member(&crowd);
	}
	close(crowd.busy[1]);
	close(crowd.gate[1]);
	if (read(crowd.busy[0], &byte, 1) != 0)
		refused("read");
	close(crowd.stay[1]);
	while (wait(&status) > 0)
		counts[WIFEXITED(status) ? WEXITSTATUS(status) : OTHER]++;
	print_counts(counts);
	return 0;
}

static void tell(int fd, char outcome)
{
	if (write(fd, &outcome, 1) != 1)
		_exit(1);
}

/* Prints what the others tell, until none is left who could. */
static void print_told(int fd)
{
	long counts[256] = { 0 };
	unsigned char byte;

	while (read(fd, &byte, 1) == 1)
		counts[byte]++;
	print_counts(counts);
}

static int run_bomb(char **argv)
{
	struct sockaddr_in to = address_of(argv[1]);
	time_t end = time(NULL) + strtol(argv[2], NULL, 10);
	int told[2];

	read_file(argv[0]);
	if (pipe(told))
		refused("pipe");
	if (fork()) {
		close(told[1]);
		print_told(told[0]);
		return 0;
	}
	tell(told[1], (char)try_send(&to));
	while (time(NULL) < end)
		if (!fork())
			tell(told[1], (char)try_send(&to));
	return 0;
}

static const struct mode modes[] = {
	{ "send", run_send, 3 },     { "ports", run_ports, 3 },	      { "map", run_map, 2 },
	{ "unborn", run_unborn, 2 }, { "messages", run_messages, 2 }, { "pairs", run_pairs, 2 },
	{ "crowd", run_crowd, 3 },   { "bomb", run_bomb, 3 },
};

int main(int argc, char **argv)
{
	return run_mode(modes, sizeof(modes) / sizeof(modes[0]), argc, argv);
}
