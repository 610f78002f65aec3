// SPDX-License-Identifier: Apache-2.0
/*
 * channel.c: see channel.h. Owns the table of what a well-formed message is: its exact size, which
 * of its fields are text, and which of its numbers count the elements of an array in it. Must not
 * own who may send what (control.c in sluiced, gateway_link.c in the gateway).
 */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "cleanup.h"

#define BACKLOG	  64
#define TIMEOUT_S 30

/* Text: @count arrays of @size bytes, @stride apart. */
struct text_field {
	size_t offset;
	size_t size;
	size_t stride;
	size_t count;
};

/* A number of @size bytes that must not exceed @max: the receiver indexes an array by it. */
struct count_field {
	size_t offset;
	size_t size;
	uint64_t max;
};

struct message_form {
	uint16_t type;
	const char *name;
	size_t size;
	const struct text_field *texts;
	size_t n_texts;
	const struct count_field *counts;
	size_t n_counts;
};

#define FIELD(s, f) (((struct s *)NULL)->f)
#define TEXT(s, f)                                                                                 \
	{                                                                                          \
		offsetof(struct s, f), sizeof(FIELD(s, f)), 0, 1                                   \
	}
#define TEXTS(s, a, f)                                                                             \
	{                                                                                          \
		offsetof(struct s, a) + offsetof(__typeof__(FIELD(s, a[0])), f),                   \
			sizeof(FIELD(s, a[0].f)), sizeof(FIELD(s, a[0])), ARRAY_SIZE(FIELD(s, a))  \
	}
#define COUNT(s, f, max)                                                                           \
	{                                                                                          \
		offsetof(struct s, f), sizeof(FIELD(s, f)), max                                    \
	}

static const struct text_field result_texts[] = { TEXT(ipc_result, text) };
static const struct text_field select_texts[] = { TEXT(ipc_select, id), TEXT(ipc_select, text) };
static const struct text_field decide_texts[] = {
	TEXT(ipc_decide, id),
	TEXT(ipc_decide, digest),
	TEXT(ipc_decide, reason),
};
static const struct text_field reason_texts[] = { TEXT(ipc_reason, text) };
static const struct text_field signed_texts[] = {
	TEXT(ipc_signed, statement),
	TEXT(ipc_signed, signature),
};
static const struct text_field channel_texts[] = {
	TEXT(ipc_channel, statement),
	TEXT(ipc_channel, signature),
	TEXT(ipc_channel, evidence),
};
static const struct text_field request_texts[] = {
	TEXT(ipc_request, id),
	TEXT(ipc_request, digest),
	TEXT(ipc_request, host),
	TEXT(ipc_request, boot),
	TEXT(ipc_request, rule),
	TEXT(ipc_request, action),
	TEXT(ipc_request, waiting),
	TEXT(ipc_request, scope),
	TEXT(ipc_request, labels),
	TEXT(ipc_request, requester),
	TEXT(ipc_request, user),
	TEXT(ipc_request, comm),
	TEXT(ipc_request, executable),
	TEXT(ipc_request, command),
	TEXT(ipc_request, unit),
	TEXT(ipc_request, target),
	TEXT(ipc_request, reason),
	TEXT(ipc_request, reason_from),
	TEXT(ipc_request, reviewers),
	TEXT(ipc_request, outcome),
	TEXT(ipc_request, journal_root),
	TEXTS(ipc_request, sources, path),
	TEXTS(ipc_request, sources, labels),
	TEXTS(ipc_request, sources, reader),
	TEXTS(ipc_request, decisions, person),
	TEXTS(ipc_request, decisions, reason),
	TEXTS(ipc_request, decisions, key),
	TEXTS(ipc_request, told, notifier),
	TEXTS(ipc_request, told, text),
};
static const struct count_field request_counts[] = {
	COUNT(ipc_request, state, IPC_STATES - 1),
	COUNT(ipc_request, tier, 3),
	COUNT(ipc_request, n_sources, SLUICE_MAX_SOURCES),
	COUNT(ipc_request, n_decisions, SLUICE_MAX_REVIEWERS),
	COUNT(ipc_request, n_told, SLUICE_MAX_NOTIFIERS),
};
static const struct text_field grant_texts[] = {
	TEXT(ipc_grant, id),	 TEXT(ipc_grant, request),     TEXT(ipc_grant, action),
	TEXT(ipc_grant, scope),	 TEXT(ipc_grant, labels),      TEXT(ipc_grant, subject),
	TEXT(ipc_grant, target), TEXT(ipc_grant, approved_by),
};
static const struct text_field label_texts[] = { TEXT(ipc_label, label), TEXT(ipc_label, path) };
static const struct text_field label_item_texts[] = {
	TEXT(ipc_label_item, label),
	TEXT(ipc_label_item, path),
	TEXT(ipc_label_item, origin),
};
static const struct text_field why_texts[] = { TEXT(ipc_why, path) };
static const struct text_field edge_texts[] = {
	TEXT(ipc_edge, verb),	 TEXT(ipc_edge, subject),    TEXT(ipc_edge, object),
	TEXT(ipc_edge, labels),	 TEXT(ipc_edge, executable), TEXT(ipc_edge, user),
	TEXT(ipc_edge, request), TEXT(ipc_edge, grant),
};
static const struct text_field status_texts[] = {
	TEXT(ipc_status, version),
	TEXT(ipc_status, kernel),
	TEXT(ipc_status, why),
	TEXT(ipc_status, policy_digest),
	TEXT(ipc_status, journal_root),
	TEXT(ipc_status, gateway),
	TEXT(ipc_status, journal),
	TEXT(ipc_status, glass_by),
	TEXT(ipc_status, glass_asker),
	TEXT(ipc_status, glass_agreed),
	TEXT(ipc_status, glass_reason),
	TEXT(ipc_status, glass_review),
	TEXTS(ipc_status, notifiers, name),
	TEXTS(ipc_status, notifiers, problem),
	TEXTS(ipc_status, sinks, name),
	TEXTS(ipc_status, sinks, text),
};
static const struct count_field status_counts[] = {
	COUNT(ipc_status, n_notifiers, SLUICE_MAX_NOTIFIERS),
	COUNT(ipc_status, n_sinks, SLUICE_MAX_SINKS),
};
static const struct text_field metrics_texts[] = { TEXTS(ipc_metrics, maps, name) };
static const struct count_field metrics_counts[] = { COUNT(ipc_metrics, n_maps, IPC_MAPS) };
static const struct text_field glass_texts[] = { TEXT(ipc_glass, code), TEXT(ipc_glass, id),
						 TEXT(ipc_glass, reason) };
static const struct text_field report_texts[] = {
	TEXT(ipc_report, manifest),
	TEXT(ipc_report, framework),
};
static const struct text_field hello_texts[] = { TEXT(ipc_hello, names) };
static const struct text_field sink_texts[] = { TEXT(ipc_sink, name), TEXT(ipc_sink, text) };
static const struct text_field cosigned_texts[] = {
	TEXT(ipc_cosigned, name),
	TEXT(ipc_cosigned, note),
};
static const struct text_field delivery_texts[] = {
	TEXT(ipc_delivery, id),
	TEXT(ipc_delivery, notifier),
	TEXT(ipc_delivery, text),
};

#define EMPTY(t)                                                                                   \
	{                                                                                          \
		.type = t, .name = #t                                                              \
	}
#define PLAIN(t, s)                                                                                \
	{                                                                                          \
		.type = t, .name = #t, .size = sizeof(struct ipc_##s)                              \
	}
#define FORM(t, s, ...)                                                                            \
	{                                                                                          \
		.type = t, .name = #t, .size = sizeof(struct ipc_##s), .texts = s##_texts,         \
		.n_texts = ARRAY_SIZE(s##_texts), ##__VA_ARGS__                                    \
	}
#define REQUEST_FORM(t)                                                                            \
	FORM(t, request, .counts = request_counts, .n_counts = ARRAY_SIZE(request_counts))

static const struct message_form forms[] = {
	EMPTY(IPC_STATUS),
	FORM(IPC_REQUESTS, select),
	FORM(IPC_DECIDE, decide),
	FORM(IPC_SUBMIT, signed),
	EMPTY(IPC_GRANTS),
	FORM(IPC_REVOKE, select),
	FORM(IPC_LABEL, label),
	FORM(IPC_WHY, why),
	FORM(IPC_LINEAGE, why),
	EMPTY(IPC_REINDEX),
	EMPTY(IPC_METRICS),
	FORM(IPC_REPORT, report),
	PLAIN(IPC_REPORT_ITEM, report_item),
	FORM(IPC_GLASS, glass),
	FORM(IPC_REASON, reason),
	FORM(IPC_RESULT, result),
	FORM(IPC_STATUS_ITEM, status, .counts = status_counts,
	     .n_counts = ARRAY_SIZE(status_counts)),
	REQUEST_FORM(IPC_REQUEST_ITEM),
	FORM(IPC_GRANT_ITEM, grant),
	FORM(IPC_LABEL_ITEM, label_item),
	FORM(IPC_EDGE_ITEM, edge),
	FORM(IPC_METRICS_ITEM, metrics, .counts = metrics_counts,
	     .n_counts = ARRAY_SIZE(metrics_counts)),
	REQUEST_FORM(IPC_NOTIFY_OPEN),
	REQUEST_FORM(IPC_NOTIFY_CLOSED),
	EMPTY(IPC_NOTIFY_ALL),
	FORM(IPC_HELLO, hello),
	FORM(IPC_DELIVERY, delivery),
	FORM(IPC_CHANNEL, channel),
	{ .type = IPC_NOTIFY_JOURNAL,
	  .name = "IPC_NOTIFY_JOURNAL",
	  .size = sizeof(struct ipc_journal) },
	FORM(IPC_SINK, sink),
	FORM(IPC_COSIGNED, cosigned),
};

/* Room for one descriptor, aligned as the kernel wants it. */
union file_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static const struct message_form *find_form(uint16_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].type == type)
			return &forms[i];
	return NULL;
}

const char *channel_type_name(uint16_t type)
{
	const struct message_form *form = find_form(type);

	return form ? form->name : "unknown message";
}

static bool texts_end(const struct message_form *form, const char *body)
{
	for (size_t i = 0; i < form->n_texts; i++) {
		const struct text_field *text = &form->texts[i];

		for (size_t k = 0; k < text->count; k++)
			if (!memchr(body + text->offset + k * text->stride, '\0', text->size))
				return false;
	}
	return true;
}

static uint64_t read_count(const char *body, const struct count_field *count)
{
	uint16_t wide;

	if (count->size == sizeof(uint8_t))
		return (uint8_t)body[count->offset];
	memcpy(&wide, body + count->offset, sizeof(wide));
	return wide;
}

static bool counts_fit(const struct message_form *form, const char *body)
{
	for (size_t i = 0; i < form->n_counts; i++)
		if (read_count(body, &form->counts[i]) > form->counts[i].max)
			return false;
	return true;
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
	int r;

	r = fill_address(path, &address);
	if (r < 0)
		return r;
	fd = unix_socket(SOCK_NONBLOCK);
	if (fd < 0)
		return fd;
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
	const struct message_form *form = find_form(type);
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
	form = find_form(header->type);
	if (!form || header->size != form->size || length - sizeof(*header) != form->size)
		return -EPROTO;
	return texts_end(form, body) && counts_fit(form, body) ? 0 : -EPROTO;
}

/* The descriptor that came along, or -1. */
static int file_of(struct msghdr *msg)
{
	const struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
	    cmsg->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

/* @room: NULL: the kernel drops descriptors then, and says so; else @ret_fd is set, always. */
static int receive_message(int sock, struct channel_message *ret, union file_room *room,
			   int *ret_fd)
{
	struct ipc_header header = {};
	struct iovec iov[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = &ret->body, .iov_len = sizeof(ret->body) },
	};
	/* The padding of the room would be room for a second one. */
	struct msghdr msg = { .msg_iov = iov,
			      .msg_iovlen = ARRAY_SIZE(iov),
			      .msg_control = room,
			      .msg_controllen = room ? CMSG_LEN(sizeof(int)) : 0 };
	ssize_t n;
	int r;

	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (n == 0)
		return 0;
	if (room)
		*ret_fd = file_of(&msg);
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return -EPROTO;
	r = check_message(&header, (size_t)n, (const char *)&ret->body);
	if (r < 0)
		return r;
	ret->type = header.type;
	return 1;
}

int channel_receive(int sock, struct channel_message *ret)
{
	return receive_message(sock, ret, NULL, NULL);
}

int channel_receive_file(int sock, struct channel_message *ret, int *ret_fd)
{
	union file_room room = {};
	_cleanup_close_ int fd = -1;
	int r = receive_message(sock, ret, &room, &fd);

	*ret_fd = r == 1 ? TAKE_FD(fd) : -1;
	return r;
}
