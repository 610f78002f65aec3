// SPDX-License-Identifier: Apache-2.0
/*
 * slack_socket.c: see slack_socket.h. Owns two lines: Slack tells before it ends one, and then the
 * other is there before the first is hung up, so that nothing that people do gets lost in between.
 */
#include "slack_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "slack_api.h"
#include "websocket.h"

#define FIRST_DELAY_MS 1000
#define MAX_DELAY_MS   60000
#define MESSAGE_MAX    262144
#define ENVELOPE_MAX   128

struct line {
	struct slack_socket *socket;
	struct websocket *web;
};

struct slack_socket {
	struct event_base *base;
	struct http *http;
	const struct slack_settings *settings;
	struct slack *slack;
	struct event *timer;
	struct http_transfer *asking;
	struct line lines[2];
	unsigned int delay_ms;
	bool told; /* that it cannot be reached */
};

/* What Slack waits for. */
struct envelope {
	struct line *line;
	bool payload; /* it takes one */
	char id[ENVELOPE_MAX];
};

static struct line *other(struct line *line)
{
	return &line->socket->lines[line == line->socket->lines];
}

/* ---- when to connect ---- */

/* Half of the delay is fixed, half is chance, so that many hosts do not come back together. */
static void connect_later(struct slack_socket *socket)
{
	unsigned int half = socket->delay_ms / 2, ms;
	uint32_t chance = 0;
	struct timeval tv;

	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = half;
	ms = half + chance % (half + 1);
	tv = (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	evtimer_add(socket->timer, &tv);
	socket->delay_ms =
		socket->delay_ms * 2 < MAX_DELAY_MS ? socket->delay_ms * 2 : MAX_DELAY_MS;
}

static void complain_and_wait(struct slack_socket *socket, const char *why)
{
	log_message(socket->told ? LOG_DEBUG : LOG_WARNING,
		    "slack: no connection for what people answer there, trying on: %s", why);
	socket->told = true;
	connect_later(socket);
}

static void hang_up(struct line *line)
{
	line->web = websocket_free(line->web);
}

/* ---- what comes ---- */

static void acknowledge(void *arg, const json_t *body)
{
	struct envelope *envelope = arg;
	struct line *line = envelope->line->web ? envelope->line : other(envelope->line);
	json_auto_t *root = json_pack("{s:s}", "envelope_id", envelope->id);
	_cleanup_free_ char *text = NULL;
	int r = -ENOMEM;

	if (root && body && envelope->payload)
		json_object_set(root, "payload", (json_t *)body);
	text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	if (text)
		r = line->web ? websocket_send(line->web, text) : -ENOTCONN;
	if (r < 0)
		log_warning_errno(r, "slack: an answer could not be acknowledged; Slack may bring "
				     "it again");
	free(envelope);
}

static void take_envelope(struct line *line, const json_t *root)
{
	const char *id = json_string_value(json_object_get(root, "envelope_id"));
	const char *type = json_string_value(json_object_get(root, "type"));
	struct envelope *envelope;

	if (!id || strlen(id) >= ENVELOPE_MAX || !type) {
		log_warning("slack: a message that is no envelope; left alone");
		return;
	}
	envelope = calloc(1, sizeof(*envelope));
	if (!envelope)
		return;
	envelope->line = line;
	envelope->payload = json_is_true(json_object_get(root, "accepts_response_payload"));
	memcpy(envelope->id, id, strlen(id) + 1);
	if (strcmp(type, "interactive") != 0)
		acknowledge(envelope, NULL); /* nothing that was subscribed to here */
	else
		slack_take(line->socket->slack, json_object_get(root, "payload"),
			   json_pack("{s:s,s:s}", "kind", "socket", "envelope", id), acknowledge,
			   envelope);
}

/* From now on what people do comes here. */
static void greet(struct line *line)
{
	log_info("slack: connected for what people answer there");
	line->socket->delay_ms = FIRST_DELAY_MS;
	line->socket->told = false;
	hang_up(other(line));
}

static void ask_for_line(struct slack_socket *socket);

static void be_dismissed(struct line *line, const json_t *root)
{
	struct slack_socket *socket = line->socket;
	const char *reason = json_string_value(json_object_get(root, "reason"));

	log_debug("slack: the connection is to end");
	if (reason && strcmp(reason, "link_disabled") == 0) {
		hang_up(line);
		socket->delay_ms = MAX_DELAY_MS;
		complain_and_wait(socket, "Socket Mode is turned off in the app's settings");
		return;
	}
	/* it goes on until the next one has been greeted, or Slack ends it */
	if (!socket->asking && !other(line)->web && !evtimer_pending(socket->timer, NULL))
		ask_for_line(socket);
}

static void on_message(void *arg, const char *text, size_t size)
{
	struct line *line = arg;
	json_auto_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	const char *type = json_string_value(json_object_get(root, "type"));

	if (type && strcmp(type, "hello") == 0)
		greet(line);
	else if (type && strcmp(type, "disconnect") == 0)
		be_dismissed(line, root);
	else
		take_envelope(line, root);
}

static void on_opened(void *arg)
{
	(void)arg; /* it counts from the hello on */
}

static void on_closed(void *arg, const char *why)
{
	struct line *line = arg;
	struct slack_socket *socket = line->socket;

	hang_up(line);
	if (!other(line)->web && !socket->asking && !evtimer_pending(socket->timer, NULL))
		complain_and_wait(socket, why);
}

/* ---- connecting ---- */

static void open_line(struct slack_socket *socket, const char *url)
{
	static const struct websocket_events events = {
		.opened = on_opened,
		.message = on_message,
		.closed = on_closed,
	};
	const struct http_target target = slack_api_target(socket->settings, url);
	struct line *line = &socket->lines[socket->lines[0].web != NULL];
	int r = -EBUSY;

	if (!line->web)
		r = websocket_open(socket->base, socket->http, &target, MESSAGE_MAX, &events, line,
				   &line->web);
	if (r < 0)
		complain_and_wait(socket, strerror(-r));
}

/* The URL holds a ticket: it is in no message. */
static void on_asked(void *arg, const struct http_answer *answer)
{
	struct slack_socket *socket = arg;
	char error[128] = "", url[URL_MAX];
	json_auto_t *root = slack_api_read(answer, error, sizeof(error));
	const char *named = json_string_value(json_object_get(root, "url"));

	socket->asking = NULL;
	if (!root)
		complain_and_wait(socket, error);
	else if (!named || slack_api_socket(socket->settings, named, url) < 0)
		complain_and_wait(socket, "the address that Slack named is none of its own");
	else
		open_line(socket, url);
	explicit_bzero(url, sizeof(url));
}

static void ask_for_line(struct slack_socket *socket)
{
	int r = slack_api_call(socket->settings, socket->http, "apps.connections.open",
			       socket->settings->app_token, NULL, on_asked, socket,
			       &socket->asking);

	if (r < 0)
		complain_and_wait(socket, strerror(-r));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ask_for_line(arg);
}

int slack_socket_new(struct event_base *base, struct http *http,
		     const struct slack_settings *settings, struct slack *slack,
		     struct slack_socket **ret)
{
	struct slack_socket *socket = calloc(1, sizeof(*socket));
	const struct timeval at_once = {};

	if (!socket)
		return -ENOMEM;
	socket->base = base;
	socket->http = http;
	socket->settings = settings;
	socket->slack = slack;
	socket->delay_ms = FIRST_DELAY_MS;
	for (size_t i = 0; i < ARRAY_SIZE(socket->lines); i++)
		socket->lines[i].socket = socket;
	socket->timer = evtimer_new(base, on_timer, socket);
	if (!socket->timer || evtimer_add(socket->timer, &at_once) < 0) {
		slack_socket_free(socket);
		return -ENOMEM;
	}
	*ret = socket;
	return 0;
}

struct slack_socket *slack_socket_free(struct slack_socket *socket)
{
	if (!socket)
		return NULL;
	http_cancel(socket->asking);
	for (size_t i = 0; i < ARRAY_SIZE(socket->lines); i++)
		hang_up(&socket->lines[i]);
	if (socket->timer)
		event_free(socket->timer);
	free(socket);
	return NULL;
}
