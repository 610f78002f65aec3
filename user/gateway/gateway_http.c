// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_http.c: see gateway_http.h. Owns the hand-over between the two libraries: libcurl says
 * which sockets and which time it waits for (socket and timer call-backs), libevent says when they
 * are ready (curl_multi_socket_action).
 */
#include "gateway_http.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#define CONNECT_TIMEOUT_S 10

struct http {
	struct event_base *base;
	struct event *timer;
	CURLM *multi;
	struct http_transfer *first;
};

struct http_transfer {
	struct http *http;
	struct http_transfer *next;
	struct http_transfer **link; /* what points to this one */
	CURL *easy;
	struct curl_slist *headers;
	http_done_fn done;
	void *arg;
	const struct http_stream *stream;
	bool hung_up; /* the other end has, of a stream */
	char error[CURL_ERROR_SIZE];
	bool cut;
	size_t length;
	size_t max;
	char body[]; /* max bytes and a NUL */
};

static void free_transfer(struct http_transfer *transfer)
{
	if (!transfer)
		return;
	if (transfer->link) {
		*transfer->link = transfer->next;
		if (transfer->next)
			transfer->next->link = transfer->link;
		curl_multi_remove_handle(transfer->http->multi, transfer->easy);
	}
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	free(transfer);
}

void http_cancel(struct http_transfer *transfer)
{
	free_transfer(transfer);
}

static void free_transferp(struct http_transfer **transfer)
{
	free_transfer(*transfer);
}

static void finish(struct http_transfer *transfer, CURLcode code)
{
	struct http_answer answer = { .body = transfer->body, .error = "" };
	http_done_fn done = transfer->done;
	void *arg = transfer->arg;
	curl_off_t uploaded = 0;
	curl_off_t after = 0;

	transfer->body[transfer->length] = '\0';
	answer.cut = transfer->cut;
	if (code == CURLE_OK) {
		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &answer.status);
		curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &after);
		answer.retry_after_s = after > 0 ? (uint64_t)after : 0;
	} else {
		curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
		answer.maybe_arrived = uploaded > 0;
		answer.error = *transfer->error ? transfer->error : curl_easy_strerror(code);
	}
	done(arg, &answer);
	free_transfer(transfer);
}

static struct http_transfer *find_hung_up(const struct http *http)
{
	struct http_transfer *transfer = http->first;

	while (transfer && !transfer->hung_up) /* lint: finish() takes it off this list */
		transfer = transfer->next;
	return transfer;
}

static struct http_transfer *transfer_of(CURL *easy)
{
	char *private = NULL;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
	return (struct http_transfer *)(void *)private;
}

static void finish_all(struct http *http)
{
	struct http_transfer *transfer;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left))) {
		if (message->msg == CURLMSG_DONE)
			finish(transfer_of(message->easy_handle), message->data.result);
	}
	while ((transfer = find_hung_up(http)))
		finish(transfer, CURLE_OK);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http *http = arg;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finish_all(http);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct http *http = arg;
	int action = (what & EV_READ ? CURL_CSELECT_IN : 0) |
		     (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
	int running;

	curl_multi_socket_action(http->multi, fd, action, &running);
	finish_all(http);
}

/* libcurl wants another time; -1: none. It may be called from inside itself, so only the timer is
 * set here. */
static int want_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct http *http = arg;
	struct timeval tv = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };

	(void)multi;
	if (timeout_ms < 0)
		return event_del(http->timer) < 0 ? -1 : 0;
	return event_add(http->timer, &tv) < 0 ? -1 : 0;
}

static long status_of(const struct http_transfer *transfer)
{
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/*
 * The end of what comes does not end a transfer that could still send something: only that nothing
 * is waited for any more shows it.
 */
static void note_end(struct http_transfer *transfer)
{
	if (transfer && transfer->stream && status_of(transfer) == 101)
		transfer->hung_up = true;
}

/* libcurl wants @what of @fd; @old is the event that stands for it so far. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *old)
{
	struct http *http = arg;
	struct event *event;
	short events = EV_PERSIST;

	if (old)
		event_free(old);
	curl_multi_assign(http->multi, fd, NULL);
	if (what == CURL_POLL_REMOVE) {
		note_end(transfer_of(easy));
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	event = event_new(http->base, fd, events, on_socket, http);
	if (!event || event_add(event, NULL) < 0) {
		if (event)
			event_free(event);
		return -1;
	}
	curl_multi_assign(http->multi, fd, event);
	return 0;
}

int http_new(struct event_base *base, struct http **ret)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http)
		return -ENOMEM;
	http->base = base;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(http);
		return -ENOMEM;
	}
	http->timer = evtimer_new(base, on_timer, http);
	http->multi = curl_multi_init();
	if (!http->timer || !http->multi) {
		http_free(http);
		return -ENOMEM;
	}
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	*ret = http;
	return 0;
}

struct http *http_free(struct http *http)
{
	if (!http)
		return NULL;
	while (http->first)
		free_transfer(http->first); /* lint: it takes the transfer off this list */
	curl_multi_cleanup(http->multi); /* closes kept connections, which calls want_socket() */
	if (http->timer)
		event_free(http->timer);
	free(http);
	curl_global_cleanup();
	return NULL;
}

static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
	const struct http_transfer *transfer = arg;

	transfer->stream->header(transfer->arg, status_of(transfer), data, size * n);
	return size * n;
}

static size_t give_bytes(char *data, size_t size, size_t n, void *arg)
{
	const struct http_transfer *transfer = arg;
	size_t given = transfer->stream->wanted(transfer->arg, data, size * n);

	return given ? given : CURL_READFUNC_PAUSE;
}

void http_wake(struct http_transfer *transfer)
{
	curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
}

static size_t keep_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_transfer *transfer = arg;
	size_t length = size * n;
	size_t room = transfer->max - transfer->length;
	size_t kept = length < room ? length : room;

	if (transfer->stream && status_of(transfer) == 101)
		return transfer->stream->received(transfer->arg, data, length) ? length : 0;
	transfer->cut |= kept < length;
	memcpy(transfer->body + transfer->length, data, kept);
	transfer->length += kept;
	return length;
}

static int add_line(struct http_transfer *transfer, const char *line)
{
	struct curl_slist *list = curl_slist_append(transfer->headers, line);

	if (!list)
		return -ENOMEM;
	transfer->headers = list;
	return 0;
}

static int add_header(struct http_transfer *transfer, const char *name, const char *value)
{
	char line[128];

	snprintf(line, sizeof(line), "%s:%s%s", name, *value ? " " : "", value);
	return add_line(transfer, line);
}

static int set_headers(struct http_transfer *transfer, const struct http_message *message)
{
	int r = add_header(transfer, "Accept", message->stream ? "" : "application/json");

	if (r == 0 && message->body && message->type)
		r = add_header(transfer, "Content-Type", message->type);
	/* its bytes have no length and no chunks */
	if (r == 0 && message->stream)
		r = add_header(transfer, "Transfer-Encoding", "");
	for (const char *const *line = message->headers; r == 0 && line && *line; line++)
		r = add_line(transfer, *line);
	return r < 0 ? r : add_header(transfer, "Expect", "");
}

#define SET(option, value)                                                       \
	do {                                                                     \
		if (curl_easy_setopt(transfer->easy, option, value) != CURLE_OK) \
			return -EINVAL;                                          \
	} while (0)

static int set_connection(struct http_transfer *transfer, const struct http_target *target)
{
	long connect_s = CONNECT_TIMEOUT_S;

	if (target->timeout_s && target->timeout_s < CONNECT_TIMEOUT_S)
		connect_s = (long)target->timeout_s;
	SET(CURLOPT_URL, target->url);
	SET(CURLOPT_PROTOCOLS_STR, target->plain ? "http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, target->proxy ? target->proxy : ""); /* "" shuts the environment's out */
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_TIMEOUT, (long)target->timeout_s);
	SET(CURLOPT_CONNECTTIMEOUT, connect_s);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* On a connection that was used before libcurl repeats a post by itself when the server
	 * hangs up. */
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	if (target->ca_file) {
		SET(CURLOPT_CAINFO, target->ca_file);
		SET(CURLOPT_CAPATH, NULL); /* or the system's folder would be trusted as well */
	}
	return 0;
}

static int set_body(struct http_transfer *transfer, const char *body)
{
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
	SET(CURLOPT_COPYPOSTFIELDS, body);
	return 0;
}

/*
 * A GET whose body never ends and has no frame: after 101 libcurl hands on what it does not know,
 * both ways. HTTP/2 has no such switch.
 */
static int set_stream(struct http_transfer *transfer, const struct http_stream *stream)
{
	transfer->stream = stream;
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_CUSTOMREQUEST, "GET");
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, transfer);
	SET(CURLOPT_READFUNCTION, give_bytes);
	SET(CURLOPT_READDATA, transfer);
	return 0;
}

static int set_message(struct http_transfer *transfer, const struct http_message *message)
{
	if (message->body && set_body(transfer, message->body) < 0)
		return -EINVAL;
	if (message->put)
		SET(CURLOPT_CUSTOMREQUEST, "PUT");
	if (message->stream && set_stream(transfer, message->stream) < 0)
		return -EINVAL;
	if (message->bearer) {
		SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		SET(CURLOPT_XOAUTH2_BEARER, message->bearer);
	}
	if (message->user) {
		SET(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		SET(CURLOPT_USERNAME, message->user);
		SET(CURLOPT_PASSWORD, message->password);
	}
	SET(CURLOPT_HTTPHEADER, transfer->headers);
	SET(CURLOPT_USERAGENT, "sluice-gateway");
	SET(CURLOPT_WRITEFUNCTION, keep_body);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_ERRORBUFFER, transfer->error);
	SET(CURLOPT_PRIVATE, transfer);
	return 0;
}

static int enlist(struct http_transfer *transfer)
{
	struct http *http = transfer->http;

	if (curl_multi_add_handle(http->multi, transfer->easy) != CURLM_OK)
		return -ENOMEM;
	transfer->next = http->first;
	transfer->link = &http->first;
	if (transfer->next)
		transfer->next->link = &transfer->next;
	http->first = transfer;
	return 0;
}

static struct http_transfer *new_transfer(struct http *http, size_t max, http_done_fn done,
					  void *arg)
{
	struct http_transfer *transfer = calloc(1, sizeof(*transfer) + max + 1);

	if (!transfer)
		return NULL;
	transfer->http = http;
	transfer->max = max;
	transfer->done = done;
	transfer->arg = arg;
	transfer->easy = curl_easy_init();
	if (transfer->easy)
		return transfer;
	free(transfer);
	return NULL;
}

int http_send(struct http *http, const struct http_target *target,
	      const struct http_message *message, http_done_fn done, void *arg,
	      struct http_transfer **ret)
{
	_cleanup_(free_transferp) struct http_transfer *transfer =
		new_transfer(http, message->answer_max, done, arg);
	int r;

	if (!transfer)
		return -ENOMEM;
	r = set_headers(transfer, message);
	if (r == 0)
		r = set_connection(transfer, target);
	if (r == 0)
		r = set_message(transfer, message);
	if (r == 0)
		r = enlist(transfer);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(transfer);
	return 0;
}
