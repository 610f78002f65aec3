/* SPDX-License-Identifier: Apache-2.0 */
/*
 * websocket.h: a client's end of a WebSocket, RFC 6455, over a connection of gateway_http.h.
 *
 * Owns: the opening handshake, whole text messages both ways, and whether the other end is still
 * there. Must not own: frames (libwslay reads and writes them), TLS, names and proxies
 * (gateway_http.h: the same rules as for every connection), or when to connect again.
 */
#ifndef SLUICE_WEBSOCKET_H
#define SLUICE_WEBSOCKET_H

#include "gateway/gateway_http.h"

struct websocket;

/**
 * struct websocket_events: called from the loop, never from inside a function of this header; each
 * may free the socket, and @closed must.
 * @message: NUL-terminated, borrowed for the call; @size without the NUL
 * @closed: once, and nothing afterwards; @why for people, without the URL
 */
struct websocket_events {
	void (*opened)(void *arg);
	void (*message)(void *arg, const char *text, size_t size);
	void (*closed)(void *arg, const char *why);
};

/**
 * websocket_open() - connect; later, one of @opened and @closed is called.
 * @target: its URL begins with https:// or http://, its time-out does not matter; borrowed for the
 * life of the socket
 * @max: bytes of a message; more closes the connection
 * Return: 0 or a negative errno.
 */
int websocket_open(struct event_base *base, struct http *http, const struct http_target *target,
		   size_t max, const struct websocket_events *events, void *arg,
		   struct websocket **ret);

/* Ends it at once. Returns NULL; accepts NULL. */
struct websocket *websocket_free(struct websocket *socket);

/* Return: 0, -ENOTCONN before it was opened and after it was closed, -ENOMEM. */
int websocket_send(struct websocket *socket, const char *text);

#endif
