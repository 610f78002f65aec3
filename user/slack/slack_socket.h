/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slack_socket.h: Slack's Socket Mode: what people do there comes over a WebSocket that we open, so
 * that nothing needs to reach this host.
 *
 * Owns: having one connection, envelopes and their acknowledgement. Must not own: what is in an
 * envelope (slack.h), or the WebSocket (websocket.h). Source of the format: Slack's page on Socket
 * Mode, and its own client.
 */
#ifndef SLUICE_SLACK_SOCKET_H
#define SLUICE_SLACK_SOCKET_H

#include <event2/event.h>

#include "slack.h"

struct slack_socket;

/**
 * slack_socket_new() - connect from the loop, and again whenever the connection ends.
 * All is borrowed for the life of it; @settings has an app token.
 * Return: 0 or -ENOMEM.
 */
int slack_socket_new(struct event_base *base, struct http *http,
		     const struct slack_settings *settings, struct slack *slack,
		     struct slack_socket **ret);

/* After @slack has gone, whose answers it takes along. Returns NULL; accepts NULL. */
struct slack_socket *slack_socket_free(struct slack_socket *socket);

#endif
