// SPDX-License-Identifier: Apache-2.0
/*
 * api_stream.c: see api_stream.h. A listener with nothing to hear is suspended; the server's own
 * deadline ends one that does not take what it has to hear.
 */
#include "api_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "web/web_private.h"

/* After which time a client that lost the connection comes again. */
#define RETRY_MS     5000
#define KERNEL_BYTES 65536 /* for each listener */

#define LOST                                                                                       \
	"event: lost\ndata: {\"type\":\"lost\",\"detail\":\"events were missed; "                  \
	"list the requests anew\"}\n"

/**
 * struct listener: one.
 * @place: in the feed, of what it hears next
 * @text, @size, @sent: what it is being sent
 * @paused: the server leaves it alone until there is more
 * @alive: it is to be sent a comment, so that both ends see that the other is there
 * @over: it has heard all that it may
 */
struct listener {
	struct listener *prev, *next;
	struct api_streams *streams;
	struct exchange *exchange;
	const struct api_client *client;
	uint64_t place;
	bool paused;
	bool alive;
	bool over;
	size_t size;
	size_t sent;
	char text[API_EVENT_MAX];
};

struct api_streams {
	const struct api_feed *feed;
	struct event *timer;
	struct listener *listeners;
};

static void go_on(struct listener *listener)
{
	if (!listener->paused)
		return;
	listener->paused = false;
	web_go_on(listener->exchange);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct api_streams *streams = arg;

	(void)fd;
	(void)what;
	for (struct listener *l = streams->listeners; l; l = l->next) {
		l->over |= api_client_expired(l->client);
		l->alive = true;
		go_on(l);
	}
}

int api_streams_new(struct event_base *base, const struct api_feed *feed, struct api_streams **ret)
{
	const struct timeval tv = { .tv_sec = API_STREAM_KEEPALIVE_S };
	struct api_streams *streams = calloc(1, sizeof(*streams));

	if (!streams)
		return -ENOMEM;
	streams->feed = feed;
	streams->timer = event_new(base, -1, EV_PERSIST, on_timer, streams);
	if (!streams->timer || event_add(streams->timer, &tv) < 0) {
		api_streams_free(streams);
		return -ENOMEM;
	}
	*ret = streams;
	return 0;
}

void api_streams_end(struct api_streams *streams)
{
	for (struct listener *l = streams->listeners; l; l = l->next) {
		l->over = true;
		go_on(l);
	}
}

struct api_streams *api_streams_free(struct api_streams *streams)
{
	if (streams && streams->timer)
		event_free(streams->timer);
	free(streams);
	return NULL;
}

void api_streams_wake(struct api_streams *streams)
{
	for (struct listener *l = streams->listeners; l; l = l->next)
		go_on(l);
}

static void say_lost(struct listener *listener)
{
	const struct api_feed *feed = listener->streams->feed;
	char id[API_EVENT_ID];

	listener->place = api_feed_end(feed);
	api_feed_id(feed, listener->place, id);
	listener->size =
		(size_t)snprintf(listener->text, sizeof(listener->text), "id: %s\n" LOST "\n", id);
}

static void say_alive(struct listener *listener)
{
	listener->alive = false;
	listener->size = (size_t)snprintf(listener->text, sizeof(listener->text), ":\n\n");
}

/* Return: false when there is nothing to say. */
static bool refill(struct listener *listener)
{
	const char *text;
	int r = api_feed_at(listener->streams->feed, listener->place, &text, &listener->size);

	listener->sent = 0;
	if (r == 0) {
		memcpy(listener->text, text, listener->size);
		listener->place++;
	} else if (r == -ESTALE) {
		say_lost(listener);
	} else if (listener->alive) {
		say_alive(listener);
	} else {
		listener->size = 0;
	}
	return listener->size > 0;
}

static ssize_t on_read(void *arg, uint64_t position, char *buffer, size_t max)
{
	struct listener *listener = arg;
	size_t n;

	(void)position;
	if (listener->sent == listener->size) {
		if (listener->over)
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (!refill(listener)) {
			listener->paused = true;
			web_pause(listener->exchange);
			return 0;
		}
	}
	n = listener->size - listener->sent < max ? listener->size - listener->sent : max;
	memcpy(buffer, listener->text + listener->sent, n);
	listener->sent += n;
	web_progress(listener->exchange);
	return (ssize_t)n;
}

static void on_end(void *arg)
{
	struct listener *listener = arg;

	DL_DELETE(listener->streams->listeners, listener);
	log_debug("client %s listens no more", listener->client->name);
	free(listener);
}

/* The first that it hears: when to come again, and where it is. */
static void greet(struct listener *listener, const char *after)
{
	const struct api_feed *feed = listener->streams->feed;
	char id[API_EVENT_ID];
	int n;

	listener->place = api_feed_end(feed);
	n = snprintf(listener->text, sizeof(listener->text), "retry: %d\n", RETRY_MS);
	api_feed_id(feed, listener->place, id);
	if (!after)
		n += snprintf(listener->text + n, sizeof(listener->text) - (size_t)n, "id: %s\n",
			      id);
	else if (api_feed_after(feed, after, &listener->place) < 0)
		n += snprintf(listener->text + n, sizeof(listener->text) - (size_t)n,
			      "id: %s\n" LOST, id);
	n += snprintf(listener->text + n, sizeof(listener->text) - (size_t)n, "\n");
	listener->size = (size_t)n;
}

static int check_room(const struct api_streams *streams, const struct api_client *client)
{
	unsigned int all = 0, own = 0;

	for (const struct listener *l = streams->listeners; l; l = l->next) {
		all++;
		own += l->client == client;
	}
	if (own >= API_STREAMS_OF_CLIENT)
		return -EBUSY;
	return all < API_STREAMS ? 0 : -ENOSPC;
}

int api_stream_begin(struct api_streams *streams, struct exchange *exchange,
		     const struct api_client *client, const char *after)
{
	struct listener *listener;
	int r = check_room(streams, client);

	if (r < 0)
		return r;
	listener = calloc(1, sizeof(*listener));
	if (!listener)
		return -ENOMEM;
	listener->streams = streams;
	listener->exchange = exchange;
	listener->client = client;
	greet(listener, after);
	DL_APPEND(streams->listeners, listener);
	web_bound(exchange, KERNEL_BYTES);
	log_debug("client %s listens", client->name);
	exchange_stream(exchange, "text/event-stream", on_read, listener, on_end);
	exchange_add_header(exchange, "X-Accel-Buffering", "no"); /* a proxy passes it on at once */
	return 0;
}
