/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.c: a process reads FILE and leaves something in the kernel; its child, which never read
 * FILE, fetches that and writes OUT.
 *
 *   sysv, posix FILE OUT              a message of a System V or POSIX queue
 *   sysv-waits, posix-waits FILE OUT  the child waits at the queue before FILE is read
 *   sysv-copy FILE OUT                the child looks at the message, which stays (MSG_COPY)
 *   sysv-rest FILE OUT                the child gets one that was sent before FILE was read
 *   key, key-update FILE OUT          a new key; a key that was there before FILE was read
 *   key-describe FILE OUT             the child reads the name of the new key
 *   netlink FILE OUT                  a message for a Netlink socket of the child; it waits some
 *                                     seconds for it
 *   uevent FILE OUT                   the same by a message to the kernel, which hands it on as its
 *                                     own; both are in a network of their own
 *
 * Owns no expectation; see program.h for the exit status.
 */
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "peer.h"

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

/* @leave is called by the parent, @fetch by the child; @waits: the child comes first. */
struct way {
	const char *name;
	void (*make)(void);
	void (*leave)(void);
	void (*fetch)(void);
	bool waits;
};

struct message {
	long type;
	char text[8];
};

static int queue;
static mqd_t posix_queue;
static long key;
static int netlink;

static void make_sysv(void)
{
	queue = msgget(IPC_PRIVATE, 0600);
	if (queue < 0)
		refused("msgget");
}

static void send_sysv(void)
{
	struct message message = { 1, "sent" };

	if (msgsnd(queue, &message, sizeof(message.text), 0))
		refused("msgsnd");
}

static void make_sysv_first(void)
{
	make_sysv();
	send_sysv();
}

static void receive_sysv(void)
{
	struct message message;

	if (msgrcv(queue, &message, sizeof(message.text), 0, 0) < 0)
		refused("msgrcv");
}

static void copy_sysv(void)
{
	struct message message;

	if (msgrcv(queue, &message, sizeof(message.text), 0, MSG_COPY | IPC_NOWAIT) < 0)
		refused("msgrcv");
}

static void make_posix(void)
{
	struct mq_attr shape = { .mq_maxmsg = 2, .mq_msgsize = 8 };
	char name[64];

	snprintf(name, sizeof(name), "/queue-%d", getpid());
	posix_queue = mq_open(name, O_RDWR | O_CREAT, 0600, &shape);
	if (posix_queue < 0)
		refused("mq_open");
	mq_unlink(name);
}

static void send_posix(void)
{
	if (mq_send(posix_queue, "sent", 5, 0))
		refused("mq_send");
}

static void receive_posix(void)
{
	char text[8];

	if (mq_receive(posix_queue, text, sizeof(text), NULL) < 0)
		refused("mq_receive");
}

static void add_key(void)
{
	key = syscall(SYS_add_key, "user", "test:parcel", "first", 5, KEY_SPEC_SESSION_KEYRING);
	if (key < 0)
		refused("add_key");
}

static void make_session(void)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
		refused("keyctl join");
}

static void make_key(void)
{
	make_session();
	add_key();
}

static void update_key(void)
{
	if (syscall(SYS_keyctl, KEYCTL_UPDATE, key, "second", 6))
		refused("keyctl update");
}

static void find_key(void)
{
	key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "test:parcel",
		      0);
	if (key < 0)
		refused("keyctl search");
}

static void read_key(void)
{
	char text[64];

	find_key();
	if (syscall(SYS_keyctl, KEYCTL_READ, key, text, sizeof(text)) < 0)
		refused("keyctl read");
}

static void describe_key(void)
{
	char text[64];

	find_key();
	if (syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, text, sizeof(text)) < 0)
		refused("keyctl describe");
}

static void make_netlink(void)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };

	netlink = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_USERSOCK);
	if (netlink < 0 || bind(netlink, (struct sockaddr *)&any, sizeof(any)))
		refused("bind");
}

static void send_netlink(void)
{
	struct sockaddr_nl to;
	socklen_t size = sizeof(to);
	int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_USERSOCK);

	if (getsockname(netlink, (struct sockaddr *)&to, &size) ||
	    sendto(fd, "sent", 5, 0, (struct sockaddr *)&to, sizeof(to)) != 5)
		refused("sendto");
}

static void receive_netlink(void)
{
	struct pollfd message = { .fd = netlink, .events = POLLIN };
	char text[8];

	if (poll(&message, 1, 4000) != 1)
		errno = ETIMEDOUT;
	else if (recv(netlink, text, sizeof(text), 0) == 5)
		return;
	refused("recv");
}

static void make_uevent(void)
{
	struct sockaddr_nl all = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		refused("unshare");
	netlink = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
	if (netlink < 0 || bind(netlink, (struct sockaddr *)&all, sizeof(all)))
		refused("bind");
}

static void send_uevent(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr header;
		char text[8];
	} message = {
		.header = { sizeof(message), NLMSG_MIN_TYPE, NLM_F_REQUEST, 0, 0 },
		.text = "sent",
	};
	int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);

	if (sendto(fd, &message, sizeof(message), 0, (struct sockaddr *)&kernel, sizeof(kernel)) !=
	    sizeof(message))
		refused("sendto");
}

static void receive_uevent(void)
{
	struct pollfd message = { .fd = netlink, .events = POLLIN };
	char text[64] = "";

	if (poll(&message, 1, 4000) != 1)
		errno = ETIMEDOUT;
	else if (recv(netlink, text, sizeof(text) - 1, 0) > 0 && !strcmp(text, "sent"))
		return;
	refused("recv");
}

static pid_t start(const struct way *way, char *out)
{
	pid_t parent = getpid(), pid = fork_peer();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* what is refused to the parent ends both */
		if (getppid() != parent)
			_exit(1);
		if (!way->waits)
			wait_for(SIGUSR1);
		way->fetch();
		write_file(out);
		_exit(0);
	}
	return pid;
}

static int run(const struct way *way, char **argv)
{
	int status;
	pid_t pid;

	way->make();
	pid = start(way, argv[1]);
	if (way->waits)
		usleep(400000);
	read_file(argv[0]);
	way->leave();
	kill(pid, SIGUSR1);
	status = child_status(pid);
	if (way->make == make_sysv || way->make == make_sysv_first)
		msgctl(queue, IPC_RMID, NULL);
	return status;
}

int main(int argc, char **argv)
{
	static const struct way ways[] = {
		{ "sysv", make_sysv, send_sysv, receive_sysv, false },
		{ "sysv-waits", make_sysv, send_sysv, receive_sysv, true },
		{ "sysv-copy", make_sysv, send_sysv, copy_sysv, false },
		{ "sysv-rest", make_sysv_first, send_sysv, receive_sysv, false },
		{ "posix", make_posix, send_posix, receive_posix, false },
		{ "posix-waits", make_posix, send_posix, receive_posix, true },
		{ "key", make_session, add_key, read_key, false },
		{ "key-update", make_key, update_key, read_key, false },
		{ "key-describe", make_session, add_key, describe_key, false },
		{ "netlink", make_netlink, send_netlink, receive_netlink, false },
		{ "uevent", make_uevent, send_uevent, receive_uevent, false },
	};

	umask(0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways) && argc == 4; i++)
		if (!strcmp(ways[i].name, argv[1]))
			return run(&ways[i], argv + 2);
	return run_mode(NULL, 0, argc, argv);
}
