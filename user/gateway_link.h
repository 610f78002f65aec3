/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_link.h: the connection to sluiced, made again whenever it ends.
 *
 * Owns: hello, which messages sluiced may send, reconnecting with back-off. Must not own: what a
 * request leads to.
 */
#ifndef SLUICE_GATEWAY_LINK_H
#define SLUICE_GATEWAY_LINK_H

#include <event2/event.h>
#include <stdbool.h>

#include "ipc.h"

struct gateway_link;

/* @request: borrowed for the call. */
typedef void (*gateway_request_fn)(void *arg, const struct ipc_request *request);

/**
 * struct gateway_link_options: borrowed for the life of the link.
 * @path: of sluiced's socket
 * @hello: sent first on each connection
 * @on_open, @on_closed: called for each request that sluiced tells about
 */
struct gateway_link_options {
	const char *path;
	struct ipc_hello hello;
	gateway_request_fn on_open;
	gateway_request_fn on_closed;
	void *arg;
};

/* Connects from the loop; a missing sluiced is no error. Return: 0 or -ENOMEM. */
int gateway_link_new(struct event_base *base, const struct gateway_link_options *options,
		     struct gateway_link **ret);
struct gateway_link *gateway_link_free(struct gateway_link *link); /* returns NULL; accepts NULL */

/*
 * Without a connection the report is dropped: sluiced asks again for each open request when it is
 * back, and then hears how it stands.
 */
void gateway_link_report(struct gateway_link *link, const struct ipc_delivery *delivery);

#endif
