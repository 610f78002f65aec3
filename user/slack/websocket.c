// SPDX-License-Identifier: Apache-2.0
/*
 * websocket.c: see websocket.h. Owns two buffers between the libraries: libcurl puts what came into
 * one and takes what goes from the other while it is at work; libwslay turns both into messages
 * afterwards, in a turn of the loop of its own, in which anything may be called.
 *
 * Why not libwebsockets: Debian 12's is built without its seam for other loops and without that for
 * libevent, it resolves names while everything waits, and it would have settings of TLS, proxies
 * and authorities of its own.
 */
#include "websocket.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>
#include <wslay/wslay.h>

#include "base/base64.h"
#include "base/cleanup.h"

/* Section 1.3 of the RFC. */
#define MAGIC	 "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define KEY_SIZE 16

#define TICK_S	 15 /* for the handshake, and between pings */
#define LOST_S	 45 /* nothing came, not even the answer to a ping */
/* What may wait besides a message: what libcurl hands over at once, and small frames. */
#define SPARE_BYTES 65536

/* @from: what was taken already */
struct buffer {
	char *bytes;
	size_t from, length, room;
};

struct websocket {
	struct event *work;
	struct event *timer;
	struct http_transfer *transfer;
	wslay_event_context_ptr frames;
	const struct websocket_events *events;
	void *arg;
	struct buffer in, out;
	size_t max;
	char accept[BASE64_SIZE(20)];
	bool accepted, switched, opened, ended;
	bool busy, dead; /* in a turn, and to be freed behind it */
	const char *why; /* it is to be closed */
	char error[256];
	time_t heard_s;
};

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

/* Return: false without memory, or above @max bytes that wait. */
static bool put(struct buffer *buffer, const void *bytes, size_t size, size_t max)
{
	size_t waiting = buffer->length - buffer->from;
	char *grown;

	if (size > max || waiting > max - size)
		return false;
	if (buffer->from) {
		memmove(buffer->bytes, buffer->bytes + buffer->from, waiting);
		buffer->from = 0;
		buffer->length = waiting;
	}
	if (waiting + size > buffer->room) {
		grown = realloc(buffer->bytes, waiting + size);
		if (!grown)
			return false;
		buffer->bytes = grown;
		buffer->room = waiting + size;
	}
	memcpy(buffer->bytes + waiting, bytes, size);
	buffer->length = waiting + size;
	return true;
}

static size_t get(struct buffer *buffer, void *bytes, size_t size)
{
	size_t waiting = buffer->length - buffer->from;
	size_t n = size < waiting ? size : waiting;

	if (n > 0)
		memcpy(bytes, buffer->bytes + buffer->from, n);
	buffer->from += n;
	return n;
}

/* ---- from libcurl ---- */

/* The value of the header @name, when @line is that one. */
static bool has_value(const char *line, size_t size, const char *name, const char *value)
{
	size_t start = strlen(name), length = strlen(value);

	if (size <= start || strncasecmp(line, name, start) != 0 || line[start++] != ':')
		return false;
	while (start < size && line[start] == ' ')
		start++;
	return size >= start + length && memcmp(line + start, value, length) == 0 &&
	       strspn(line + start + length, " \t\r\n") >= size - start - length;
}

static void on_header(void *arg, long status, const char *line, size_t size)
{
	struct websocket *socket = arg;
	char text[128];

	if (size < sizeof(text)) {
		memcpy(text, line, size);
		text[size] = '\0';
		if (has_value(text, size, "Sec-WebSocket-Accept", socket->accept))
			socket->accepted = true;
	}
	if (status == 101 && (size == 0 || *line == '\r' || *line == '\n')) {
		socket->switched = true;
		event_active(socket->work, EV_TIMEOUT, 0);
	}
}

static bool on_received(void *arg, const char *data, size_t size)
{
	struct websocket *socket = arg;

	if (!put(&socket->in, data, size, socket->max + SPARE_BYTES))
		return false;
	socket->heard_s = now_s();
	event_active(socket->work, EV_TIMEOUT, 0);
	return true;
}

static size_t on_wanted(void *arg, char *data, size_t size)
{
	struct websocket *socket = arg;

	return get(&socket->out, data, size);
}

static const struct http_stream stream = {
	.header = on_header,
	.received = on_received,
	.wanted = on_wanted,
};

static void on_done(void *arg, const struct http_answer *answer)
{
	struct websocket *socket = arg;

	socket->transfer = NULL;
	if (answer->status == 0 || answer->status == 101)
		snprintf(socket->error, sizeof(socket->error), "%s",
			 *answer->error ? answer->error : "the other end closed it");
	else
		snprintf(socket->error, sizeof(socket->error), "HTTP %ld", answer->status);
	socket->ended = true;
	event_active(socket->work, EV_TIMEOUT, 0);
}

/* ---- from libwslay ---- */

static ssize_t take_bytes(wslay_event_context_ptr frames, uint8_t *bytes, size_t size, int flags,
			  void *arg)
{
	struct websocket *socket = arg;
	size_t n = get(&socket->in, bytes, size);

	(void)flags;
	if (n == 0) {
		wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	return (ssize_t)n;
}

static ssize_t give_bytes(wslay_event_context_ptr frames, const uint8_t *bytes, size_t size,
			  int flags, void *arg)
{
	struct websocket *socket = arg;

	(void)flags;
	if (put(&socket->out, bytes, size, socket->max + SPARE_BYTES))
		return (ssize_t)size;
	wslay_event_set_error(frames, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

/* A proxy between must not be able to guess what the bytes will be: section 10.3 of the RFC. */
static int make_mask(wslay_event_context_ptr frames, uint8_t *bytes, size_t size, void *arg)
{
	(void)frames;
	(void)arg;
	return getrandom(bytes, size, 0) == (ssize_t)size ? 0 : -1;
}

static void on_message(wslay_event_context_ptr frames,
		       const struct wslay_event_on_msg_recv_arg *message, void *arg)
{
	struct websocket *socket = arg;
	char *text;

	(void)frames;
	if (socket->dead || socket->why || message->opcode != WSLAY_TEXT_FRAME)
		return;
	text = malloc(message->msg_length + 1);
	if (!text) {
		socket->why = "no memory for a message";
		return;
	}
	if (message->msg_length) /* else it is NULL */
		memcpy(text, message->msg, message->msg_length);
	text[message->msg_length] = '\0';
	socket->events->message(socket->arg, text, message->msg_length);
	free(text);
}

/* ---- turns of the loop ---- */

static void free_now(struct websocket *socket)
{
	http_cancel(socket->transfer);
	if (socket->work)
		event_free(socket->work);
	if (socket->timer)
		event_free(socket->timer);
	if (socket->frames)
		wslay_event_context_free(socket->frames);
	free(socket->in.bytes);
	free(socket->out.bytes);
	free(socket);
}

static void open_up(struct websocket *socket)
{
	if (!socket->switched || socket->opened)
		return;
	if (!socket->accepted) {
		socket->why = "it is no WebSocket: Sec-WebSocket-Accept does not fit";
		return;
	}
	socket->opened = true;
	socket->heard_s = now_s();
	socket->events->opened(socket->arg);
}

static void read_frames(struct websocket *socket)
{
	if (wslay_event_recv(socket->frames) != 0 && !socket->why)
		socket->why = "what came is no WebSocket";
	if (!socket->why && wslay_event_get_close_received(socket->frames))
		socket->why = "the other end closed it";
	if (!socket->why && !wslay_event_get_read_enabled(socket->frames))
		socket->why = "a message was too long, or no WebSocket";
}

static void write_frames(struct websocket *socket)
{
	if (wslay_event_send(socket->frames) != 0 && !socket->why)
		socket->why = "no memory for what is to be sent";
	if (socket->transfer && socket->out.length > socket->out.from)
		http_wake(socket->transfer);
}

static void close_it(struct websocket *socket)
{
	event_del(socket->work);
	evtimer_del(socket->timer);
	http_cancel(socket->transfer);
	socket->transfer = NULL;
	socket->opened = false;
	socket->events->closed(socket->arg, socket->why ? socket->why : socket->error);
}

static void work(struct websocket *socket)
{
	socket->busy = true;
	open_up(socket);
	if (socket->opened && !socket->dead)
		read_frames(socket);
	if (socket->opened && !socket->dead)
		write_frames(socket);
	if ((socket->why || socket->ended) && !socket->dead)
		close_it(socket);
	socket->busy = false;
	if (socket->dead)
		free_now(socket);
}

static void on_work(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	work(arg);
}

static int queue(struct websocket *socket, uint8_t kind, const char *text)
{
	const struct wslay_event_msg message = {
		.opcode = kind,
		.msg = (const uint8_t *)text,
		.msg_length = strlen(text),
	};

	if (!socket->opened || wslay_event_queue_msg(socket->frames, &message) != 0)
		return socket->opened ? -ENOMEM : -ENOTCONN;
	event_active(socket->work, EV_TIMEOUT, 0);
	return 0;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct websocket *socket = arg;

	(void)fd;
	(void)what;
	if (!socket->opened)
		socket->why = "no answer";
	else if (now_s() - socket->heard_s >= LOST_S)
		socket->why = "nothing comes from the other end any more";
	else
		queue(socket, WSLAY_PING, "");
	work(socket);
}

/* ---- beginning and end ---- */

/* @ret_header: with the key, of which @socket->accept shows that the other end has read it */
static int make_key(struct websocket *socket, char *ret_header, size_t size)
{
	char key[BASE64_SIZE(KEY_SIZE)], text[sizeof(key) + sizeof(MAGIC)];
	uint8_t bytes[KEY_SIZE], hash[20];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -EIO;
	base64_encode(bytes, sizeof(bytes), key);
	snprintf(text, sizeof(text), "%s" MAGIC, key);
	if (EVP_Digest(text, strlen(text), hash, NULL, EVP_sha1(), NULL) != 1)
		return -EIO;
	base64_encode(hash, sizeof(hash), socket->accept);
	snprintf(ret_header, size, "Sec-WebSocket-Key: %s", key);
	return 0;
}

static int start(struct websocket *socket, struct http *http, const struct http_target *target)
{
	char key[64];
	const char *const headers[] = { "Upgrade: websocket", "Connection: Upgrade",
					"Sec-WebSocket-Version: 13", key, NULL };
	const struct http_message message = { .headers = headers, .stream = &stream };
	struct http_target open_ended = *target;
	int r = make_key(socket, key, sizeof(key));

	open_ended.timeout_s = 0;
	return r < 0 ? r
		     : http_send(http, &open_ended, &message, on_done, socket, &socket->transfer);
}

static int prepare(struct websocket *socket, struct event_base *base)
{
	static const struct wslay_event_callbacks calls = {
		.recv_callback = take_bytes,
		.send_callback = give_bytes,
		.genmask_callback = make_mask,
		.on_msg_recv_callback = on_message,
	};
	const struct timeval tv = { .tv_sec = TICK_S };

	socket->work = event_new(base, -1, 0, on_work, socket);
	socket->timer = event_new(base, -1, EV_PERSIST, on_timer, socket);
	if (!socket->work || !socket->timer || event_add(socket->timer, &tv) < 0 ||
	    wslay_event_context_client_init(&socket->frames, &calls, socket) != 0)
		return -ENOMEM;
	wslay_event_config_set_max_recv_msg_length(socket->frames, socket->max);
	return 0;
}

int websocket_open(struct event_base *base, struct http *http, const struct http_target *target,
		   size_t max, const struct websocket_events *events, void *arg,
		   struct websocket **ret)
{
	struct websocket *socket = calloc(1, sizeof(*socket));
	int r;

	if (!socket)
		return -ENOMEM;
	socket->events = events;
	socket->arg = arg;
	socket->max = max;
	r = prepare(socket, base);
	if (r == 0)
		r = start(socket, http, target);
	if (r < 0)
		free_now(socket);
	else
		*ret = socket;
	return r;
}

struct websocket *websocket_free(struct websocket *socket)
{
	if (!socket)
		return NULL;
	socket->dead = true;
	if (!socket->busy)
		free_now(socket);
	return NULL;
}

int websocket_send(struct websocket *socket, const char *text)
{
	return queue(socket, WSLAY_TEXT_FRAME, text);
}
