// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_channel.c: one packet of any bytes against channel_receive(). The first byte says how many
 * descriptors come along. Whatever is accepted must be well-formed by a second opinion: known type,
 * exact size, ended text. Sources: fuzz_channel.c user/base/channel.c.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void send_bytes(int sock, const uint8_t *data, size_t size, unsigned int fds)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))] = {};
	struct iovec iov = { (void *)data, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fds > 0) {
		struct cmsghdr *cmsg = (struct cmsghdr *)control;

		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(fds * sizeof(int));
		for (unsigned int i = 0; i < fds; i++)
			memcpy(CMSG_DATA(cmsg) + i * sizeof(sock), &sock, sizeof(sock));
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(fds * sizeof(int));
	}
	if (sendmsg(sock, &msg, MSG_DONTWAIT) < 0)
		abort();
}

static void check_accepted(const struct channel_message *message, size_t size)
{
	const struct ipc_request *request = &message->body.request;

	if (strcmp(channel_type_name(message->type), "unknown message") == 0)
		abort();
	if (message->type != IPC_NOTIFY_OPEN)
		return;
	if (size != sizeof(struct ipc_header) + sizeof(*request) ||
	    request->n_sources > SLUICE_MAX_SOURCES)
		abort();
	for (unsigned int i = 0; i < request->n_sources; i++)
		if (strnlen(request->sources[i].path, SLUICE_PATH_TEXT) == SLUICE_PATH_TEXT)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct channel_message *message = malloc(sizeof(*message));
	int socks[2];
	int probe;

	if (!message || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) < 0)
		abort();
	if (size > 1 && size < 100000) {
		send_bytes(socks[0], data + 1, size - 1, data[0] % 9);
		if (channel_receive(socks[1], message) == 1)
			check_accepted(message, size - 1);
	}
	probe = dup(socks[1]);
	if (probe > socks[1] + 1) /* a descriptor was left open */
		abort();
	close(probe);
	close(socks[0]);
	close(socks[1]);
	free(message);
	return 0;
}
