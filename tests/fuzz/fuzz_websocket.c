// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_websocket.c: any bytes as what Slack's side of a WebSocket sends. The first byte says whether
 * the handshake is right, and how the rest is cut. Without a right one nothing opens; a message is
 * never longer than was asked for, and the end is told once. Sources: fuzz_websocket.c
 * user/slack/websocket.c.
 */
#include <event2/event.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "slack/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAGIC "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define MAX   1024

static struct {
	const struct http_stream *stream;
	http_done_fn done;
	void *arg;
	char accept[BASE64_SIZE(20)];
	bool right;
	unsigned int opened, closed;
	struct websocket *socket;
} world;

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* What the other end makes of our key: RFC 6455, 1.3, in other words than those of the source. */
static void read_key(const char *const *headers)
{
	static const char name[] = "Sec-WebSocket-Key: ";
	unsigned char hash[20];
	char text[128];

	while (strncmp(*headers, name, strlen(name)) != 0)
		headers++;
	snprintf(text, sizeof(text), "%s%s", *headers + strlen(name), MAGIC);
	expect(EVP_Digest(text, strlen(text), hash, NULL, EVP_sha1(), NULL) == 1);
	base64_encode(hash, sizeof(hash), world.accept);
}

int http_send(struct http *http, const struct http_target *target,
	      const struct http_message *message, http_done_fn done, void *arg,
	      struct http_transfer **ret)
{
	(void)http;
	(void)target;
	read_key(message->headers);
	world.stream = message->stream;
	world.done = done;
	world.arg = arg;
	*ret = (struct http_transfer *)&world;
	return 0;
}

void http_cancel(struct http_transfer *transfer)
{
	if (transfer)
		world.stream = NULL;
}

void http_wake(struct http_transfer *transfer)
{
	char bytes[256];

	expect(transfer && world.stream);
	while (world.stream->wanted(world.arg, bytes, sizeof(bytes)) > 0)
		;
}

static void on_opened(void *arg)
{
	(void)arg;
	expect(world.right && !world.opened++);
}

static void on_message(void *arg, const char *text, size_t size)
{
	(void)arg;
	expect(world.opened && !world.closed && size <= MAX && text[size] == '\0');
	if (size == 3) /* what comes may make us answer, or hang up, in the middle of it */
		expect(websocket_send(world.socket, "{}") == 0);
	if (size == 2)
		world.socket = websocket_free(world.socket);
}

static void on_closed(void *arg, const char *why)
{
	(void)arg;
	expect(*why && !world.closed++);
}

static const struct websocket_events events = { on_opened, on_message, on_closed };

static void say_head(const uint8_t **data, size_t *size)
{
	char line[160];
	int n = snprintf(line, sizeof(line), "Sec-WebSocket-Accept: %s\r\n", world.accept);

	if (!world.right) {
		n = *size < 80 ? (int)*size : 80;
		memcpy(line, *data, (size_t)n);
		*data += n;
		*size -= (size_t)n;
	}
	if (world.stream)
		world.stream->header(world.arg, 101, line, (size_t)n);
	if (world.stream)
		world.stream->header(world.arg, 101, "\r\n", 2);
}

static void turn(struct event_base *base)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http_target target = { .url = "https://wss.slack.example/" };
	static struct event_base *base;
	size_t step;

	if (!base)
		base = event_base_new();
	if (size < 1)
		return 0;
	world.right = *data & 1;
	world.opened = world.closed = 0;
	step = (size_t)(*data >> 1) + 1;
	data++, size--;
	expect(websocket_open(base, NULL, &target, MAX, &events, NULL, &world.socket) == 0);
	say_head(&data, &size);
	turn(base);
	for (size_t at = 0; at < size && world.stream && world.socket; at += step) {
		size_t n = size - at < step ? size - at : step;

		if (!world.stream->received(world.arg, (const char *)data + at, n))
			break;
		turn(base);
	}
	if (world.stream && world.socket) {
		world.done(world.arg, &(struct http_answer){ .error = "" });
		turn(base);
		expect(world.closed == 1);
	}
	if (world.socket)
		world.socket = websocket_free(world.socket);
	turn(base);
	return 0;
}
