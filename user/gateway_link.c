// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_link.c: see gateway_link.h. Owns the permit table: any message that is not in it ends the
 * connection.
 */
#include "gateway_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "channel.h"
#include "cleanup.h"
#include "log.h"

#define FIRST_DELAY_MS 250
#define MAX_DELAY_MS 10000
/* A connection that lived as long was a good one: the next attempt is made soon. */
#define GOOD_LIFE_S 10
/* Messages taken in one go, so that posts and the watchdog get their turn. */
#define BATCH 16
/* How long sluiced may be too busy to take a report, before it counts as gone. */
#define REPORT_WAIT_MS 2000

struct gateway_link {
	struct event_base *base;
	const struct gateway_link_options *options;
	struct event *timer;
	struct event *event; /* NULL: not connected */
	int fd;
	unsigned int delay_ms;
	time_t since_s;
	bool told; /* that sluiced does not answer */
	struct channel_message message;
};

static void on_open(struct gateway_link *link)
{
	link->options->on_open(link->options->arg, &link->message.body.request);
}

static void on_closed(struct gateway_link *link)
{
	link->options->on_closed(link->options->arg, &link->message.body.request);
}

static const struct {
	uint16_t type;
	void (*handle)(struct gateway_link *link);
} permitted[] = {
	{ IPC_NOTIFY_OPEN, on_open },
	{ IPC_NOTIFY_CLOSED, on_closed },
};

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static void connect_later(struct gateway_link *link)
{
	struct timeval tv = { .tv_sec = link->delay_ms / 1000,
			      .tv_usec = link->delay_ms % 1000 * 1000 };

	evtimer_add(link->timer, &tv);
	link->delay_ms = link->delay_ms * 2 < MAX_DELAY_MS ? link->delay_ms * 2 : MAX_DELAY_MS;
}

static void forget_connection(struct gateway_link *link)
{
	if (link->event)
		event_free(link->event);
	link->event = NULL;
	closep(&link->fd);
	link->fd = -1;
}

static void disconnect(struct gateway_link *link, const char *why)
{
	log_warning("the connection to sluiced ended: %s; connecting again", why);
	forget_connection(link);
	if (now_s() - link->since_s >= GOOD_LIFE_S)
		link->delay_ms = FIRST_DELAY_MS;
	connect_later(link);
}

static void dispatch(struct gateway_link *link)
{
	char why[128];

	for (size_t i = 0; i < ARRAY_SIZE(permitted); i++) {
		if (permitted[i].type == link->message.type) {
			permitted[i].handle(link);
			return;
		}
	}
	snprintf(why, sizeof(why), "it sent %s, which it may not",
		 channel_type_name(link->message.type));
	disconnect(link, why);
}

/* Return: whether there may be more to read. */
static bool receive_one(struct gateway_link *link)
{
	int r = channel_receive(link->fd, &link->message);

	if (r == -EAGAIN)
		return false;
	if (r == 1)
		dispatch(link);
	else if (r == 0)
		disconnect(link, "sluiced closed it");
	else if (r == -EPROTO)
		disconnect(link, "sluiced sent a malformed message");
	else
		disconnect(link, strerror(-r));
	return link->event; /* dispatch() may have ended the connection */
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	for (int i = 0; i < BATCH; i++)
		if (!receive_one(arg))
			return;
}

static int say_hello(struct gateway_link *link)
{
	int r;

	if (fcntl(link->fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	r = channel_send(link->fd, IPC_HELLO, &link->options->hello, sizeof(link->options->hello));
	if (r < 0)
		return r;
	link->event = event_new(link->base, link->fd, EV_READ | EV_PERSIST, on_readable, link);
	return link->event && event_add(link->event, NULL) == 0 ? 0 : -ENOMEM;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct gateway_link *link = arg;
	int r;

	(void)fd;
	(void)what;
	link->fd = channel_connect(link->options->path);
	r = link->fd < 0 ? link->fd : say_hello(link);
	if (r < 0) {
		forget_connection(link);
		log_errno(link->told ? LOG_DEBUG : LOG_WARNING, r,
			  "cannot reach sluiced at %s, trying on", link->options->path);
		link->told = true;
		connect_later(link);
		return;
	}
	link->since_s = now_s();
	link->told = false;
	log_info("connected to sluiced at %s", link->options->path);
}

int gateway_link_new(struct event_base *base, const struct gateway_link_options *options,
		     struct gateway_link **ret)
{
	const struct timeval at_once = {};
	struct gateway_link *link = calloc(1, sizeof(*link));

	if (!link)
		return -ENOMEM;
	link->base = base;
	link->options = options;
	link->fd = -1;
	link->delay_ms = FIRST_DELAY_MS;
	link->timer = evtimer_new(base, on_timer, link);
	if (!link->timer || evtimer_add(link->timer, &at_once) < 0) {
		gateway_link_free(link);
		return -ENOMEM;
	}
	*ret = link;
	return 0;
}

struct gateway_link *gateway_link_free(struct gateway_link *link)
{
	if (!link)
		return NULL;
	forget_connection(link);
	if (link->timer)
		event_free(link->timer);
	free(link);
	return NULL;
}

void gateway_link_report(struct gateway_link *link, const struct ipc_delivery *delivery)
{
	struct pollfd room = { .fd = link->fd, .events = POLLOUT };
	int r;

	if (!link->event)
		return;
	r = channel_send(link->fd, IPC_DELIVERY, delivery, sizeof(*delivery));
	if (r == -EAGAIN && poll(&room, 1, REPORT_WAIT_MS) == 1)
		r = channel_send(link->fd, IPC_DELIVERY, delivery, sizeof(*delivery));
	if (r < 0)
		disconnect(link, r == -EAGAIN ? "sluiced does not read" : strerror(-r));
}
