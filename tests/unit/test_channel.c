// SPDX-License-Identifier: Apache-2.0
/*
 * test_channel.c: every message passes whole, and each way in which one can be malformed is refused
 * while its well-formed neighbour passes. Sources: test_channel.c user/base/channel.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/channel.h"
#include "base/cleanup.h"

struct pair {
	int left;
	int right;
};

static int setup(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	int fds[2];

	if (!pair || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -1;
	pair->left = fds[0];
	pair->right = fds[1];
	*state = pair;
	return 0;
}

static int teardown(void **state)
{
	struct pair *pair = *state;

	if (pair->left >= 0)
		close(pair->left);
	close(pair->right);
	free(pair);
	return 0;
}

/* The types and sizes as ipc.h words them, written down a second time on purpose. */
static const struct {
	uint16_t type;
	size_t size;
	const char *name;
} types[] = {
	{ IPC_STATUS, 0, "IPC_STATUS" },
	{ IPC_REQUESTS, sizeof(struct ipc_select), "IPC_REQUESTS" },
	{ IPC_DECIDE, sizeof(struct ipc_decide), "IPC_DECIDE" },
	{ IPC_SUBMIT, sizeof(struct ipc_signed), "IPC_SUBMIT" },
	{ IPC_GRANTS, 0, "IPC_GRANTS" },
	{ IPC_REVOKE, sizeof(struct ipc_select), "IPC_REVOKE" },
	{ IPC_LABEL, sizeof(struct ipc_label), "IPC_LABEL" },
	{ IPC_WHY, sizeof(struct ipc_why), "IPC_WHY" },
	{ IPC_LINEAGE, sizeof(struct ipc_why), "IPC_LINEAGE" },
	{ IPC_REINDEX, 0, "IPC_REINDEX" },
	{ IPC_RESULT, sizeof(struct ipc_result), "IPC_RESULT" },
	{ IPC_STATUS_ITEM, sizeof(struct ipc_status), "IPC_STATUS_ITEM" },
	{ IPC_REQUEST_ITEM, sizeof(struct ipc_request), "IPC_REQUEST_ITEM" },
	{ IPC_GRANT_ITEM, sizeof(struct ipc_grant), "IPC_GRANT_ITEM" },
	{ IPC_LABEL_ITEM, sizeof(struct ipc_label_item), "IPC_LABEL_ITEM" },
	{ IPC_EDGE_ITEM, sizeof(struct ipc_edge), "IPC_EDGE_ITEM" },
	{ IPC_NOTIFY_OPEN, sizeof(struct ipc_request), "IPC_NOTIFY_OPEN" },
	{ IPC_NOTIFY_CLOSED, sizeof(struct ipc_request), "IPC_NOTIFY_CLOSED" },
	{ IPC_HELLO, sizeof(struct ipc_hello), "IPC_HELLO" },
	{ IPC_DELIVERY, sizeof(struct ipc_delivery), "IPC_DELIVERY" },
	{ IPC_NOTIFY_JOURNAL, sizeof(struct ipc_journal), "IPC_NOTIFY_JOURNAL" },
	{ IPC_SINK, sizeof(struct ipc_sink), "IPC_SINK" },
	{ IPC_COSIGNED, sizeof(struct ipc_cosigned), "IPC_COSIGNED" },
};

static struct channel_message received;
static union ipc_any zero;

struct packet {
	struct ipc_header header;
	union ipc_any body;
	char more[64];
};

static struct packet packet_of(uint16_t type, size_t size)
{
	struct packet packet = {
		.header = { .magic = IPC_MAGIC,
			    .version = IPC_VERSION,
			    .type = type,
			    .size = size },
	};

	return packet;
}

static int receive_raw(struct pair *pair, const void *bytes, size_t length)
{
	assert_int_equal(send(pair->left, bytes, length, 0), (ssize_t)length);
	return channel_receive(pair->right, &received);
}

static int receive_packet(struct pair *pair, const struct packet *packet)
{
	return receive_raw(pair, packet, sizeof(packet->header) + packet->header.size);
}

static void test_every_type_passes_whole(void **state)
{
	struct pair *pair = *state;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		assert_int_equal(channel_send(pair->left, types[i].type, &zero, types[i].size), 0);
		assert_int_equal(channel_receive(pair->right, &received), 1);
		assert_int_equal(received.type, types[i].type);
		assert_memory_equal(&received.body, &zero, types[i].size);
		assert_string_equal(channel_type_name(types[i].type), types[i].name);
	}
	assert_int_equal(channel_receive(pair->right, &received), -EAGAIN);
}

static void test_body_arrives_unchanged(void **state)
{
	struct pair *pair = *state;
	struct ipc_delivery delivery = { .id = "r-1",
					 .notifier = "teams",
					 .state = IPC_FAILED,
					 .attempt = 3,
					 .text = "HTTP 404" };

	assert_int_equal(channel_send(pair->left, IPC_DELIVERY, &delivery, sizeof(delivery)), 0);
	assert_int_equal(channel_receive(pair->right, &received), 1);
	assert_memory_equal(&received.body.delivery, &delivery, sizeof(delivery));
}

static void test_wrong_size_is_refused_on_both_ends(void **state)
{
	struct pair *pair = *state;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct packet packet = packet_of(types[i].type, types[i].size + 1);

		assert_int_equal(channel_send(pair->left, types[i].type, &zero, types[i].size + 1),
				 -EMSGSIZE);
		assert_int_equal(receive_packet(pair, &packet), -EPROTO);
		/* the header says what is right, the packet is longer or shorter */
		packet.header.size = types[i].size;
		assert_int_equal(
			receive_raw(pair, &packet, sizeof(packet.header) + types[i].size + 1),
			-EPROTO);
		assert_int_equal(
			receive_raw(pair, &packet, sizeof(packet.header) + types[i].size - 1),
			-EPROTO);
		assert_int_equal(receive_packet(pair, &packet), 1);
	}
}

static void test_bad_header_is_refused(void **state)
{
	struct pair *pair = *state;
	struct packet good = packet_of(IPC_STATUS, 0);
	struct packet bad;

	bad = good;
	bad.header.magic ^= 1;
	assert_int_equal(receive_packet(pair, &bad), -EPROTO);
	bad = good;
	bad.header.version++;
	assert_int_equal(receive_packet(pair, &bad), -EPROTO);
	bad = good;
	bad.header.pad = 1;
	assert_int_equal(receive_packet(pair, &bad), -EPROTO);
	bad = good;
	bad.header.type = 0;
	assert_int_equal(receive_packet(pair, &bad), -EPROTO);
	bad.header.type = 999;
	assert_int_equal(receive_packet(pair, &bad), -EPROTO);
	assert_string_equal(channel_type_name(999), "unknown message");
	assert_int_equal(channel_send(pair->left, 999, NULL, 0), -EMSGSIZE);
	assert_int_equal(receive_raw(pair, &good, 3), -EPROTO);
	assert_int_equal(receive_packet(pair, &good), 1);
}

/* Each text field of each message, filled to its last byte. */
#define T(type, s, f)                                                      \
	{                                                                  \
		type, offsetof(struct s, f), sizeof(((struct s *)NULL)->f) \
	}
static const struct {
	uint16_t type;
	size_t offset;
	size_t size;
} texts[] = {
	T(IPC_RESULT, ipc_result, text),
	T(IPC_REQUESTS, ipc_select, id),
	T(IPC_REVOKE, ipc_select, text),
	T(IPC_DECIDE, ipc_decide, id),
	T(IPC_DECIDE, ipc_decide, digest),
	T(IPC_DECIDE, ipc_decide, reason),
	T(IPC_SUBMIT, ipc_signed, statement),
	T(IPC_SUBMIT, ipc_signed, signature),
	T(IPC_NOTIFY_OPEN, ipc_request, id),
	T(IPC_NOTIFY_OPEN, ipc_request, digest),
	T(IPC_NOTIFY_OPEN, ipc_request, host),
	T(IPC_NOTIFY_OPEN, ipc_request, boot),
	T(IPC_NOTIFY_OPEN, ipc_request, rule),
	T(IPC_NOTIFY_OPEN, ipc_request, action),
	T(IPC_NOTIFY_OPEN, ipc_request, waiting),
	T(IPC_NOTIFY_OPEN, ipc_request, scope),
	T(IPC_NOTIFY_OPEN, ipc_request, labels),
	T(IPC_NOTIFY_OPEN, ipc_request, requester),
	T(IPC_NOTIFY_OPEN, ipc_request, user),
	T(IPC_NOTIFY_OPEN, ipc_request, comm),
	T(IPC_NOTIFY_OPEN, ipc_request, executable),
	T(IPC_NOTIFY_OPEN, ipc_request, command),
	T(IPC_NOTIFY_OPEN, ipc_request, unit),
	T(IPC_NOTIFY_OPEN, ipc_request, target),
	T(IPC_NOTIFY_OPEN, ipc_request, reason),
	T(IPC_NOTIFY_OPEN, ipc_request, reviewers),
	T(IPC_NOTIFY_OPEN, ipc_request, outcome),
	T(IPC_NOTIFY_CLOSED, ipc_request, outcome),
	T(IPC_REQUEST_ITEM, ipc_request, target),
	T(IPC_NOTIFY_OPEN, ipc_request, sources[0].path),
	T(IPC_NOTIFY_OPEN, ipc_request, sources[0].labels),
	T(IPC_NOTIFY_OPEN, ipc_request, sources[0].reader),
	T(IPC_NOTIFY_OPEN, ipc_request, sources[SLUICE_MAX_SOURCES - 1].path),
	T(IPC_NOTIFY_OPEN, ipc_request, sources[SLUICE_MAX_SOURCES - 1].reader),
	T(IPC_NOTIFY_OPEN, ipc_request, decisions[0].person),
	T(IPC_NOTIFY_OPEN, ipc_request, decisions[SLUICE_MAX_REVIEWERS - 1].person),
	T(IPC_NOTIFY_OPEN, ipc_request, decisions[SLUICE_MAX_REVIEWERS - 1].reason),
	T(IPC_NOTIFY_OPEN, ipc_request, decisions[SLUICE_MAX_REVIEWERS - 1].key),
	T(IPC_GRANT_ITEM, ipc_grant, id),
	T(IPC_GRANT_ITEM, ipc_grant, request),
	T(IPC_GRANT_ITEM, ipc_grant, action),
	T(IPC_GRANT_ITEM, ipc_grant, scope),
	T(IPC_GRANT_ITEM, ipc_grant, labels),
	T(IPC_GRANT_ITEM, ipc_grant, subject),
	T(IPC_GRANT_ITEM, ipc_grant, target),
	T(IPC_GRANT_ITEM, ipc_grant, approved_by),
	T(IPC_LABEL, ipc_label, label),
	T(IPC_LABEL, ipc_label, path),
	T(IPC_LABEL_ITEM, ipc_label_item, label),
	T(IPC_LABEL_ITEM, ipc_label_item, path),
	T(IPC_LABEL_ITEM, ipc_label_item, origin),
	T(IPC_WHY, ipc_why, path),
	T(IPC_LINEAGE, ipc_why, path),
	T(IPC_EDGE_ITEM, ipc_edge, verb),
	T(IPC_EDGE_ITEM, ipc_edge, subject),
	T(IPC_EDGE_ITEM, ipc_edge, object),
	T(IPC_EDGE_ITEM, ipc_edge, labels),
	T(IPC_EDGE_ITEM, ipc_edge, executable),
	T(IPC_EDGE_ITEM, ipc_edge, user),
	T(IPC_EDGE_ITEM, ipc_edge, request),
	T(IPC_EDGE_ITEM, ipc_edge, grant),
	T(IPC_STATUS_ITEM, ipc_status, version),
	T(IPC_STATUS_ITEM, ipc_status, kernel),
	T(IPC_STATUS_ITEM, ipc_status, why),
	T(IPC_STATUS_ITEM, ipc_status, policy_digest),
	T(IPC_STATUS_ITEM, ipc_status, journal_root),
	T(IPC_STATUS_ITEM, ipc_status, journal),
	T(IPC_STATUS_ITEM, ipc_status, gateway),
	T(IPC_HELLO, ipc_hello, names),
	T(IPC_DELIVERY, ipc_delivery, id),
	T(IPC_DELIVERY, ipc_delivery, notifier),
	T(IPC_DELIVERY, ipc_delivery, text),
};

static size_t size_of(uint16_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return types[i].size;
	return 0;
}

static void test_text_without_end_is_refused(void **state)
{
	struct pair *pair = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct packet packet = packet_of(texts[i].type, size_of(texts[i].type));
		char *field = (char *)&packet.body + texts[i].offset;

		memset(field, 'A', texts[i].size);
		assert_int_equal(receive_packet(pair, &packet), -EPROTO);
		field[texts[i].size - 1] = '\0';
		assert_int_equal(receive_packet(pair, &packet), 1);
	}
}

static void test_counts_beyond_their_array_are_refused(void **state)
{
	struct pair *pair = *state;
	struct packet packet = packet_of(IPC_NOTIFY_OPEN, sizeof(struct ipc_request));
	struct ipc_request *request = &packet.body.request;

	request->n_sources = SLUICE_MAX_SOURCES + 1;
	assert_int_equal(receive_packet(pair, &packet), -EPROTO);
	request->n_sources = SLUICE_MAX_SOURCES;
	assert_int_equal(receive_packet(pair, &packet), 1);
	request->n_decisions = 0x100; /* the low byte alone would pass */
	assert_int_equal(receive_packet(pair, &packet), -EPROTO);
	request->n_decisions = SLUICE_MAX_REVIEWERS;
	assert_int_equal(receive_packet(pair, &packet), 1);
	request->state = IPC_STATES;
	assert_int_equal(receive_packet(pair, &packet), -EPROTO);
	request->state = IPC_GONE;
	assert_int_equal(receive_packet(pair, &packet), 1);
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			n++;
	return n;
}

static void send_fds(struct pair *pair, const struct packet *packet, int n)
{
	struct iovec iov = { (void *)packet, sizeof(packet->header) + packet->header.size };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))] = {};
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
	for (int i = 0; i < n; i++) {
		int fd = STDERR_FILENO;

		memcpy(CMSG_DATA(cmsg) + i * sizeof(fd), &fd, sizeof(fd));
	}
	assert_true(sendmsg(pair->left, &msg, 0) > 0);
}

/*
 * None is let in, wherever it comes along: closing one of a FUSE file would wait for its server.
 */
static void test_descriptors_are_refused_unseen(void **state)
{
	static const struct {
		enum ipc_type type;
		size_t size;
	} forms[] = { { IPC_STATUS, 0 },
		      { IPC_LABEL, sizeof(struct ipc_label) },
		      { IPC_LINEAGE, sizeof(struct ipc_why) } };
	struct pair *pair = *state;
	int before = open_descriptors();

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct packet packet = packet_of(forms[i].type, forms[i].size);

		for (int n = 1; n <= 16; n += 5) {
			send_fds(pair, &packet, n);
			assert_int_equal(channel_receive(pair->right, &received), -EPROTO);
			assert_int_equal(open_descriptors(), before);
		}
		assert_int_equal(
			channel_send(pair->left, forms[i].type, &packet.body, forms[i].size), 0);
		assert_int_equal(channel_receive(pair->right, &received), 1);
	}
}

/* The gateway takes the one that sluiced gives, and none that is malformed leaves it open. */
static void test_one_descriptor_is_taken(void **state)
{
	struct pair *pair = *state;
	struct packet packet = packet_of(IPC_NOTIFY_JOURNAL, sizeof(struct ipc_journal));
	struct ipc_journal journal = { .bytes = 7 };
	int before = open_descriptors(), fd = 99;
	struct stat given, taken;

	assert_int_equal(channel_send_file(pair->left, IPC_NOTIFY_JOURNAL, &journal,
					   sizeof(journal), pair->right),
			 0);
	assert_int_equal(channel_receive_file(pair->right, &received, &fd), 1);
	assert_int_equal(received.body.journal.bytes, 7);
	assert_true(fd > 2 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	assert_true(fstat(pair->right, &given) == 0 && fstat(fd, &taken) == 0);
	assert_int_equal(given.st_ino, taken.st_ino);
	close(fd);
	assert_int_equal(channel_send(pair->left, IPC_NOTIFY_JOURNAL, &journal, sizeof(journal)),
			 0);
	assert_int_equal(channel_receive_file(pair->right, &received, &fd), 1);
	assert_int_equal(fd, -1);
	send_fds(pair, &packet, 3); /* more than one */
	assert_int_equal(channel_receive_file(pair->right, &received, &fd), -EPROTO);
	packet.header.version++;
	send_fds(pair, &packet, 1);
	assert_int_equal(channel_receive_file(pair->right, &received, &fd), -EPROTO);
	assert_int_equal(channel_receive_file(pair->right, &received, &fd), -EAGAIN);
	assert_int_equal(open_descriptors(), before);
}

static void name_senders(int sock)
{
	const int on = 1;

	assert_int_equal(setsockopt(sock, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
}

/* Of each message, whoever made the socket; and descriptors are dropped as without that. */
static void test_sender_is_named(void **state)
{
	struct pair *pair = *state;
	struct packet packet = packet_of(IPC_STATUS, 0);
	struct channel_peer sender = {};
	int before = open_descriptors();
	pid_t child;

	/* nobody asked the kernel for it */
	assert_int_equal(channel_send(pair->left, IPC_STATUS, NULL, 0), 0);
	assert_int_equal(channel_receive_from(pair->right, &received, &sender), -EPROTO);
	name_senders(pair->right);
	assert_int_equal(channel_send(pair->left, IPC_STATUS, NULL, 0), 0);
	child = fork();
	if (!child)
		_exit(channel_send(pair->left, IPC_GRANTS, NULL, 0) < 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(channel_receive_from(pair->right, &received, &sender), 1);
	assert_int_equal(received.type, IPC_STATUS);
	assert_int_equal(sender.pid, getpid());
	assert_int_equal(channel_receive_from(pair->right, &received, &sender), 1);
	assert_int_equal(received.type, IPC_GRANTS);
	assert_int_equal(sender.pid, child);
	assert_int_equal(sender.uid, geteuid());
	for (int n = 1; n <= 16; n += 5) {
		send_fds(pair, &packet, n);
		assert_int_equal(channel_receive_from(pair->right, &received, &sender), -EPROTO);
	}
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(channel_receive_from(pair->right, &received, &sender), -EAGAIN);
}

static void test_close_and_silence(void **state)
{
	struct pair *pair = *state;

	assert_int_equal(channel_receive(pair->right, &received), -EAGAIN);
	close(pair->left);
	pair->left = -1;
	assert_int_equal(channel_receive(pair->right, &received), 0);
	assert_int_equal(channel_send(pair->right, IPC_STATUS, NULL, 0), -EPIPE);
}

static void test_peer_that_does_not_read(void **state)
{
	struct pair *pair = *state;
	int r = 0;

	for (int i = 0; i < 10000 && r == 0; i++)
		r = channel_send(pair->left, IPC_RESULT, &zero, sizeof(struct ipc_result));
	assert_int_equal(r, -EAGAIN);
}

static char folder[] = "/tmp/test_channel.XXXXXX";

static void test_listen_accept_connect(void **state)
{
	char path[sizeof(folder) + 16];
	struct channel_peer peer;
	struct stat st;
	int listener;
	int client;
	int server;

	(void)state;
	snprintf(path, sizeof(path), "%s/sock", folder);
	assert_int_equal(channel_connect(path), -ENOENT);
	listener = channel_listen(path, 0640);
	assert_true(listener >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(channel_accept(listener, &peer), -EAGAIN);
	client = channel_connect(path);
	assert_true(client >= 0);
	server = channel_accept(listener, &peer);
	assert_true(server >= 0);
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.gid, getegid());
	assert_int_equal(fcntl(server, F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(server, F_GETFL) & O_NONBLOCK);
	assert_int_equal(channel_listen(path, 0640), -EADDRINUSE);
	close(server);
	close(client);
	close(listener);
	listener = channel_listen(path, 0600); /* the file is stale now */
	assert_true(listener >= 0);
	close(listener);
	assert_int_equal(unlink(path), 0);
}

static void test_listen_spares_what_is_no_socket(void **state)
{
	char path[sizeof(folder) + 16];
	char longer[200];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/file", folder);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(channel_listen(path, 0600), -ENOTSOCK);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(channel_listen(longer, 0600), -ENAMETOOLONG);
	assert_int_equal(channel_connect(longer), -ENAMETOOLONG);
	assert_int_equal(channel_connect(""), -EINVAL);
}

static int group_setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	return rmdir(folder);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_type_passes_whole),
		TEST(test_body_arrives_unchanged),
		TEST(test_wrong_size_is_refused_on_both_ends),
		TEST(test_bad_header_is_refused),
		TEST(test_text_without_end_is_refused),
		TEST(test_counts_beyond_their_array_are_refused),
		TEST(test_descriptors_are_refused_unseen),
		TEST(test_one_descriptor_is_taken),
		TEST(test_sender_is_named),
		TEST(test_close_and_silence),
		TEST(test_peer_that_does_not_read),
		cmocka_unit_test(test_listen_accept_connect),
		cmocka_unit_test(test_listen_spares_what_is_no_socket),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
