/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_stream.h: who listens to events (text/event-stream), each as fast as they read.
 *
 * Owns: the listeners, their number, and that each holds one event at most, and the kernel little
 * for it: one that is slow falls behind in the feed, hears that it has missed something when that
 * goes on without it, and is ended when it reads nothing. Must not own: the feed (api_feed.h), or
 * who may listen (api.h).
 */
#ifndef SLUICE_API_STREAM_H
#define SLUICE_API_STREAM_H

#include <event2/event.h>

#include "api_client.h"
#include "api_feed.h"
#include "web/web_exchange.h"

#define API_STREAMS	       32
#define API_STREAMS_OF_CLIENT  4
#define API_STREAM_KEEPALIVE_S 15

struct api_streams;

/* Borrows @feed. Return: 0 or -ENOMEM. */
int api_streams_new(struct event_base *base, const struct api_feed *feed, struct api_streams **ret);

/* Nobody listens any longer; before the server is stopped. */
void api_streams_end(struct api_streams *streams);
/* After it was, when no response is left. Returns NULL; accepts NULL. */
struct api_streams *api_streams_free(struct api_streams *streams);

/**
 * api_stream_begin() - the response of @exchange is events from now on.
 * @after: id of the last event that the client has, or NULL
 * Return: 0, -EBUSY: that client has enough, -ENOSPC: all together, -ENOMEM.
 */
int api_stream_begin(struct api_streams *streams, struct exchange *exchange,
		     const struct api_client *client, const char *after);

/* The feed has something new. */
void api_streams_wake(struct api_streams *streams);

#endif
