/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_http.h: posts and fetches over HTTPS that do not block the loop.
 *
 * Owns: libcurl and how it hangs in libevent, and the rules for every connection: HTTPS only (or
 * plain HTTP where the target says so), no redirects, no proxy from the environment, certificates
 * checked, TLS 1.2 or newer. Must not own: what is posted, what an answer means, when to try again
 * (notifier*.c, oidc.c, websocket.c).
 */
#ifndef SLUICE_GATEWAY_HTTP_H
#define SLUICE_GATEWAY_HTTP_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct http_transfer;

/**
 * struct http_target: where to and how; all borrowed for the call.
 * @ca_file: the only authorities to trust, or NULL for the system's
 * @proxy: or NULL for none
 * @timeout_s: for all of it; 0: for the connection only, which is made within 10 s
 * @plain: http, not https
 */
struct http_target {
	const char *url;
	const char *ca_file;
	const char *proxy;
	unsigned int timeout_s;
	bool plain;
};

/**
 * struct http_stream: the connection itself, once the server has switched to another protocol
 * (status 101). All are called while the library is at work: they must not send, cancel or wake.
 * @header: a line of the answer's head, with its end; the last one is empty
 * @received: bytes of the other protocol. Return: false ends the transfer
 * @wanted: put up to @size bytes to send into @data. Return: how many; after 0 http_wake() is
 * needed
 */
struct http_stream {
	void (*header)(void *arg, long status, const char *line, size_t size);
	bool (*received)(void *arg, const char *data, size_t size);
	size_t (*wanted)(void *arg, char *data, size_t size);
};

/**
 * struct http_message: what is sent, and how much may come back; all borrowed for the call, but
 * @stream, which must last as long as the transfer.
 * @body: NULL fetches, else it is posted
 * @put: or put in place of what is there
 * @type: of the body
 * @bearer: a token, or NULL
 * @user, @password: for HTTP's Basic scheme, or NULL
 * @headers: more of them, ended by NULL, or NULL
 * @stream: what is fetched is a stream in both directions; called with the transfer's argument
 * @answer_max: bytes of the answer's body that are kept; the rest is read and dropped
 */
struct http_message {
	const char *body;
	const char *type;
	const char *bearer;
	const char *user;
	const char *password;
	const char *const *headers;
	const struct http_stream *stream;
	size_t answer_max;
	bool put;
};

/**
 * struct http_answer: how it ended.
 * @status: HTTP status, 0 when no answer came
 * @maybe_arrived: no answer came, but the body was on its way
 * @retry_after_s: as the server asks, 0 when it does not
 * @body: NUL-terminated, at most answer_max bytes; borrowed for the call
 * @cut: the body was longer
 * @error: why no answer came; never holds the URL
 */
struct http_answer {
	long status;
	bool maybe_arrived;
	uint64_t retry_after_s;
	const char *body;
	bool cut;
	const char *error;
};

/*
 * Called from the loop once for each transfer that is not cancelled; the transfer is gone
 * afterwards.
 */
typedef void (*http_done_fn)(void *arg, const struct http_answer *answer);

int http_new(struct event_base *base, struct http **ret); /* once in a process, before threads */
struct http *http_free(struct http *http); /* cancels all; returns NULL; accepts NULL */

/* Return: 0, or a negative errno, and then @done is not called. */
int http_send(struct http *http, const struct http_target *target,
	      const struct http_message *message, http_done_fn done, void *arg,
	      struct http_transfer **ret);

void http_cancel(struct http_transfer *transfer); /* accepts NULL */

/* There is something to send again. Not from inside a struct http_stream. */
void http_wake(struct http_transfer *transfer);

#endif
