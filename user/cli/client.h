/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h: one question to sluiced and its whole answer.
 *
 * Owns: connecting, sending, taking items until the result, and saying why that failed. Must not
 * own: framing (channel.h), or what items mean (view.h and the commands).
 */
#ifndef SLUICE_CLIENT_H
#define SLUICE_CLIENT_H

#include <stddef.h>

#include "base/channel.h"
#include "ipc.h"

/* Called for each item. Return: 0, or a negative errno that ends the call. */
typedef int (*client_item_fn)(void *ctx, const union ipc_any *item);

/**
 * struct client_call: a question.
 * @socket: path, or NULL for $SLUICE_SOCKET or else IPC_CONTROL_SOCKET
 * @payload, @size: what @type carries; NULL and 0 when nothing
 * @item: the only type of item that the answer may hold, 0 for none
 */
struct client_call {
	const char *socket;
	enum ipc_type type;
	const void *payload;
	size_t size;
	enum ipc_type item;
	client_item_fn item_fn;
	void *ctx;
};

const char *client_socket(const char *socket);

/**
 * client_call() - ask and wait for the whole answer.
 * @ret: always filled: sluiced's result, or when it was not reached the errno and a text with the
 * remedy Return: 0 when sluiced answered, whatever the answer; a negative errno when it was not
 * reached, broke off or did not speak our language, or that of @item_fn.
 */
int client_call(const struct client_call *call, struct ipc_result *ret);

#endif
