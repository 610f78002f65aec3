// SPDX-License-Identifier: Apache-2.0
/*
 * channel.c: see channel.h. Owns the sockets, and what goes over them beside a message: its header,
 * a descriptor. Must not own what a well-formed message is (channel_form.h), or who may send what
 * (control.c in sluiced, gateway_link.c in the gateway).
 */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "channel_form.h"
#include "cleanup.h"

#define BACKLOG	  64
#define TIMEOUT_S 30

/* Room for one descriptor, aligned as the kernel wants it; and for who sent a message. */
union file_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

union sender_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(struct ucred))];
};

const char *channel_type_name(uint16_t type)
{
	const struct message_form *form = channel_form(type);

	return form ? form->name : "unknown message";
}

static int fill_address(const char *path, struct sockaddr_un *ret)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(path);

	if (length == 0)
		return -EINVAL;
	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, length + 1);
	*ret = address;
	return 0;
}

static int unix_socket(int flags)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);

	return fd < 0 ? -errno : fd;
}

/* Return: 0 when @address is free now, because nothing was there or only the file of a dead
 * listener. */
static int remove_stale(const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = unix_socket(SOCK_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return -EADDRINUSE;
	if (errno == ENOENT)
		return 0;
	if (errno != ECONNREFUSED)
		return -EADDRINUSE;
	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

static int bind_fresh(int fd, const struct sockaddr_un *address)
{
	int r;

	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	r = remove_stale(address);
	if (r < 0)
		return r;
	return bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
}

int channel_listen(const char *path, mode_t mode)
{
	_cleanup_close_ int fd = -1;
	struct sockaddr_un address;
	const int on = 1;
	int r;

	r = fill_address(path, &address);
	if (r < 0)
		return r;
	fd = unix_socket(SOCK_NONBLOCK);
	if (fd < 0)
		return fd;
	/* Connections have it from here, so that what is sent before accept() says by whom, too. */
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -errno;
	r = bind_fresh(fd, &address);
	if (r < 0)
		return r;
	/* Nobody can connect before listen(), so the mode is right from the first moment that
	 * matters. */
	if (chmod(path, mode) < 0 || listen(fd, BACKLOG) < 0) {
		r = -errno;
		unlink(path);
		return r;
	}
	return TAKE_FD(fd);
}

int channel_accept(int listen_fd, struct channel_peer *ret_peer)
{
	_cleanup_close_ int fd = -1;
	struct ucred cred;
	socklen_t length = sizeof(cred);

	fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &length) < 0)
		return -errno;
	*ret_peer = (struct channel_peer){ .pid = cred.pid, .uid = cred.uid, .gid = cred.gid };
	return TAKE_FD(fd);
}

int channel_connect(const char *path)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	_cleanup_close_ int fd = -1;
	struct sockaddr_un address;
	int r;

	r = fill_address(path, &address);
	if (r < 0)
		return r;
	fd = unix_socket(0);
	if (fd < 0)
		return fd;
	/* The send time-out bounds connect() too, when the listener's backlog is full. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int send_message(int sock, enum ipc_type type, const void *payload, size_t size,
			const struct msghdr *control)
{
	const struct message_form *form = channel_form(type);
	struct ipc_header header = {
		.magic = IPC_MAGIC,
		.version = IPC_VERSION,
		.type = type,
		.size = size,
	};
	struct iovec iov[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)payload, .iov_len = size },
	};
	struct msghdr msg = *control;
	ssize_t n;

	if (!form || form->size != size)
		return -EMSGSIZE;
	msg.msg_iov = iov;
	msg.msg_iovlen = size > 0 ? 2 : 1;
	do {
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int channel_send(int sock, enum ipc_type type, const void *payload, size_t size)
{
	static const struct msghdr none;

	return send_message(sock, type, payload, size, &none);
}

int channel_send_file(int sock, enum ipc_type type, const void *payload, size_t size, int fd)
{
	union file_room room = {};
	struct msghdr msg = { .msg_control = room.bytes, .msg_controllen = sizeof(room.bytes) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return send_message(sock, type, payload, size, &msg);
}

static int check_message(const struct ipc_header *header, size_t length, const char *body)
{
	const struct message_form *form;

	if (length < sizeof(*header) || header->magic != IPC_MAGIC ||
	    header->version != IPC_VERSION || header->pad != 0)
		return -EPROTO;
	form = channel_form(header->type);
	if (!form || header->size != form->size || length - sizeof(*header) != form->size)
		return -EPROTO;
	return channel_form_holds(form, body) ? 0 : -EPROTO;
}

/* What came along: of that type and size, or NULL. */
static const void *data_of(struct msghdr *msg, int type, size_t size)
{
	const struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);

	if (!cmsg || cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != type ||
	    cmsg->cmsg_len != CMSG_LEN(size))
		return NULL;
	return CMSG_DATA(cmsg);
}

/* @msg: with room for what comes along; without, the kernel drops descriptors, and says so. */
static int receive_message(int sock, struct channel_message *ret, struct msghdr *msg)
{
	struct ipc_header header = {};
	struct iovec iov[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = &ret->body, .iov_len = sizeof(ret->body) },
	};
	ssize_t n;
	int r;

	msg->msg_iov = iov;
	msg->msg_iovlen = ARRAY_SIZE(iov);
	do {
		n = recvmsg(sock, msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (n == 0)
		return 0;
	if (msg->msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return -EPROTO;
	r = check_message(&header, (size_t)n, (const char *)&ret->body);
	if (r < 0)
		return r;
	ret->type = header.type;
	return 1;
}

int channel_receive(int sock, struct channel_message *ret)
{
	struct msghdr msg = {};

	return receive_message(sock, ret, &msg);
}

int channel_receive_from(int sock, struct channel_message *ret, struct channel_peer *ret_sender)
{
	union sender_room room = {};
	/* The padding of the room would be room for a descriptor. */
	struct msghdr msg = { .msg_control = room.bytes,
			      .msg_controllen = CMSG_LEN(sizeof(struct ucred)) };
	int r = receive_message(sock, ret, &msg);
	const struct ucred *cred = data_of(&msg, SCM_CREDENTIALS, sizeof(*cred));

	if (r != 1)
		return r;
	if (!cred)
		return -EPROTO;
	*ret_sender = (struct channel_peer){ .pid = cred->pid, .uid = cred->uid, .gid = cred->gid };
	return 1;
}

int channel_receive_file(int sock, struct channel_message *ret, int *ret_fd)
{
	union file_room room = {};
	/* The padding of the room would be room for a second one. */
	struct msghdr msg = { .msg_control = room.bytes, .msg_controllen = CMSG_LEN(sizeof(int)) };
	int r = receive_message(sock, ret, &msg);
	const int *came = data_of(&msg, SCM_RIGHTS, sizeof(*came));
	_cleanup_close_ int fd = came ? *came : -1;

	*ret_fd = r == 1 ? TAKE_FD(fd) : -1;
	return r;
}
