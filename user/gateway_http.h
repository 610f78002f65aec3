/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_http.h: posts over HTTPS that do not block the loop.
 *
 * Owns: libcurl and how it hangs in libevent, and the rules for every connection: HTTPS only (or
 * plain HTTP where the target says so), no redirects, no proxy from the environment, certificates
 * checked, TLS 1.2 or newer. Must not own: what is posted, what an answer means, when to try again
 * (notifier*.c).
 */
#ifndef SLUICE_GATEWAY_HTTP_H
#define SLUICE_GATEWAY_HTTP_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of an answer's body that are kept; the rest is read and dropped. */
#define HTTP_BODY_MAX 4096

struct http;
struct http_transfer;

/**
 * struct http_target: where to and how; all strings borrowed until the transfer ends.
 * @ca_file: the only authorities to trust, or NULL for the system's
 * @proxy: or NULL for none
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
 * struct http_answer: how a post ended.
 * @status: HTTP status, 0 when no answer came
 * @maybe_arrived: no answer came, but the body was on its way
 * @retry_after_s: as the server asks, 0 when it does not
 * @body: NUL-terminated, at most HTTP_BODY_MAX bytes; borrowed for the call
 * @error: why no answer came; never holds the URL
 */
struct http_answer {
	long status;
	bool maybe_arrived;
	uint64_t retry_after_s;
	const char *body;
	const char *error;
};

/* Called from the loop once for each post that is not cancelled; the transfer is gone afterwards.
 */
typedef void (*http_done_fn)(void *arg, const struct http_answer *answer);

int http_new(struct event_base *base, struct http **ret); /* once in a process, before threads */
struct http *http_free(struct http *http); /* cancels all; returns NULL; accepts NULL */

/**
 * http_post_json() - start a post.
 * @body: copied
 * Return: 0, or a negative errno, and then @done is not called.
 */
int http_post_json(struct http *http, const struct http_target *target, const char *body,
		   http_done_fn done, void *arg, struct http_transfer **ret);

void http_cancel(struct http_transfer *transfer); /* accepts NULL */

#endif
