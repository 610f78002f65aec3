/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.c: see client.h. A connection serves one question.
 */
#include "client.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"

const char *client_socket(const char *socket)
{
	const char *env = secure_getenv("SLUICE_SOCKET");

	if (socket)
		return socket;
	return env && *env ? env : IPC_CONTROL_SOCKET;
}

static int __attribute__((format(printf, 3, 4)))
fail(struct ipc_result *ret, int error, const char *format, ...)
{
	va_list ap;

	ret->error = -error;
	va_start(ap, format);
	vsnprintf(ret->text, sizeof(ret->text), format, ap);
	va_end(ap);
	return error;
}

static int fail_connect(struct ipc_result *ret, int error, const char *path)
{
	if (error == -ENOENT || error == -ECONNREFUSED)
		return fail(
			ret, error,
			"sluiced is not running (%s: %s); start it with: systemctl start sluiced",
			path, strerror(-error));
	if (error == -EACCES || error == -EPERM)
		return fail(ret, error,
			    "no permission for the socket %s; check the modes of the socket and "
			    "its folder",
			    path);
	return fail(ret, error,
		    "cannot connect to sluiced at %s: %s; see: systemctl status sluiced", path,
		    strerror(-error));
}

static int fail_receive(struct ipc_result *ret, int r)
{
	if (r == 0)
		return fail(ret, -ECONNRESET,
			    "sluiced ended the connection without an answer; see: journalctl -u "
			    "sluiced");
	if (r == -EAGAIN)
		return fail(ret, -ETIMEDOUT,
			    "sluiced does not answer; see: systemctl status sluiced");
	if (r == -EPROTO)
		return fail(ret, r,
			    "sluiced sent a message that this sluice does not understand; install "
			    "the same "
			    "version of both, then restart sluiced");
	return fail(ret, r, "cannot receive from sluiced: %s", strerror(-r));
}

/* Return: 1 after an item, 0 after the result, or a negative errno with @ret filled. */
static int take_message(int sock, const struct client_call *call, struct ipc_result *ret)
{
	_cleanup_free_ struct channel_message *message = malloc(sizeof(*message));
	int r;

	if (!message)
		return fail(ret, -ENOMEM, "out of memory");
	r = channel_receive(sock, message);
	if (r <= 0)
		return fail_receive(ret, r);
	if (message->type == IPC_RESULT) {
		*ret = message->body.result;
		return 0;
	}
	if (!call->item || message->type != call->item)
		return fail_receive(ret, -EPROTO);
	r = call->item_fn(call->ctx, &message->body);
	return r < 0 ? fail(ret, r, "cannot use an item of the answer: %s", strerror(-r)) : 1;
}

int client_call(const struct client_call *call, struct ipc_result *ret)
{
	const char *path = client_socket(call->socket);
	_cleanup_close_ int sock = -1;
	int r;

	sock = channel_connect(path);
	if (sock < 0)
		return fail_connect(ret, sock, path);
	r = channel_send(sock, call->type, call->payload, call->size);
	if (r < 0)
		return fail(ret, r, "cannot send to sluiced: %s; see: systemctl status sluiced",
			    strerror(-r));
	do
		r = take_message(sock, call, ret);
	while (r > 0);
	return r;
}
