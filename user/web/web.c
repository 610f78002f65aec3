// SPDX-License-Identifier: Apache-2.0
/*
 * web.c: see web.h. Owns the server: libmicrohttpd waits by one epoll descriptor, which hangs in
 * libevent like any other, and runs in the loop's thread only. MHD's own timeout is of idleness:
 * whoever sends a byte now and then keeps a connection, so that each has a deadline besides.
 */
#include "web.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "web_private.h"
#include "web_strict.h"

#define BACKLOG		 64
#define MAX_CONNECTIONS	 CROWD_MAX
#define IDLE_S		 30
#define DEADLINE_S	 15    /* for a request to come in whole, and for its answer to leave */
#define PER_NETWORK	 16    /* connections from one network, where others than a proxy connect */
#define CONNECTION_BYTES 32768 /* of headers, and what is read at once */
#define TLS_PRIORITIES	 "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

int web_listen(const struct web_settings *settings)
{
	_cleanup_close_ int fd =
		socket(settings->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&settings->address, settings->address_size) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/*
 * Lets MHD do what is due, and asks when it wants to be called again. While it has as many
 * connections as it may it does not listen, and takes that up again only in the next call.
 */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct web *web = arg;
	MHD_UNSIGNED_LONG_LONG ms;
	struct timeval tv;

	(void)fd;
	(void)what;
	web->closed = false;
	MHD_run(web->daemon);
	if (web->closed) {
		ms = 0;
	} else if (MHD_get_timeout(web->daemon, &ms) != MHD_YES) {
		evtimer_del(web->timer);
		return;
	}
	tv = (struct timeval){ .tv_sec = (time_t)(ms / 1000),
			       .tv_usec = (suseconds_t)(ms % 1000 * 1000) };
	evtimer_add(web->timer, &tv);
}

/* MHD sees the end of the stream, and closes. */
static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(arg, MHD_CONNECTION_INFO_CONNECTION_FD);

	(void)fd;
	(void)what;
	if (info)
		shutdown(info->connect_fd, SHUT_RDWR);
}

static const struct sockaddr *peer_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	return info ? info->client_addr : NULL;
}

const struct sockaddr *web_peer(const struct exchange *exchange)
{
	return peer_of(exchange->connection);
}

/* Whether one more may come from there. MHD's own limit takes each address of IPv6 for a peer. */
static enum MHD_Result on_peer(void *arg, const struct sockaddr *address, socklen_t size)
{
	const struct web *web = arg;

	(void)size;
	/* the proxy's connections all have its own address; it has limits itself */
	return web->options.settings->loopback || crowd_count(&web->crowd, address) < PER_NETWORK
		       ? MHD_YES
		       : MHD_NO;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	const struct timeval tv = { .tv_sec = DEADLINE_S };
	struct web *web = arg;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		web->closed = true;
		crowd_leave(&web->crowd, peer_of(connection));
		if (*context)
			event_free(*context);
		return;
	}
	crowd_enter(&web->crowd, peer_of(connection));
	*context = evtimer_new(web->options.base, on_deadline, connection);
	if (!*context || evtimer_add(*context, &tv) < 0)
		on_deadline(-1, 0, connection);
}

static struct event *deadline_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

/* For the next step of the connection, which is our client's again. */
static void renew_deadline(struct MHD_Connection *connection)
{
	const struct timeval tv = { .tv_sec = DEADLINE_S };
	struct event *deadline = deadline_of(connection);

	if (deadline)
		evtimer_add(deadline, &tv);
}

static void drop_deadline(struct MHD_Connection *connection)
{
	if (deadline_of(connection))
		evtimer_del(deadline_of(connection));
}

void web_pause(struct exchange *exchange)
{
	drop_deadline(exchange->connection);
	MHD_suspend_connection(exchange->connection);
}

void web_progress(struct exchange *exchange)
{
	renew_deadline(exchange->connection);
}

void web_bound(struct exchange *exchange, int bytes)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (!info || setsockopt(info->connect_fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) < 0)
		log_debug("the kernel's memory for a connection is not bounded");
}

void web_go_on(struct exchange *exchange)
{
	renew_deadline(exchange->connection);
	MHD_resume_connection(exchange->connection);
	event_active(exchange->web->timer, EV_TIMEOUT, 0);
}

void web_wait(struct exchange *exchange)
{
	struct web *web = exchange->web;

	exchange->waiting = true;
	exchange->next = web->waiting;
	exchange->link = &web->waiting;
	if (exchange->next)
		exchange->next->link = &exchange->next;
	web->waiting = exchange;
}

void web_resume(struct exchange *exchange)
{
	exchange->waiting = false;
	*exchange->link = exchange->next;
	if (exchange->next)
		exchange->next->link = exchange->link;
	if (!exchange->suspended)
		return;
	exchange->suspended = false;
	web_go_on(exchange);
}

static enum MHD_Result answer(struct exchange *exchange)
{
	if (!exchange->response)
		return MHD_NO;
	return MHD_queue_response(exchange->connection, exchange->status, exchange->response);
}

/* Before its body: MHD then reads nothing more of that connection, whatever follows there. */
static enum MHD_Result refuse_early(struct exchange *exchange)
{
	exchange_plain(exchange, MHD_HTTP_BAD_REQUEST,
		       "This could be read as two different requests.\n");
	exchange_add_header(exchange, MHD_HTTP_HEADER_CONNECTION, "close");
	return answer(exchange);
}

/* MHD calls this with the headers, with each part of the body, at its end, and after each wait. */
static enum MHD_Result on_access(void *arg, struct MHD_Connection *connection, const char *path,
				 const char *method, const char *version, const char *data,
				 size_t *size, void **state)
{
	struct exchange *exchange = *state;

	if (!exchange) {
		*state = exchange_new(arg, connection, path, method);
		if (!*state)
			return MHD_NO;
		return web_is_strict(connection, version) ? MHD_YES : refuse_early(*state);
	}
	if (*size) {
		bool more = exchange_take(exchange, data, *size);

		*size = 0;
		return more ? MHD_YES : MHD_NO;
	}
	if (!exchange->response) {
		if (((const struct web *)arg)->ending) /* what it would need is gone */
			return MHD_NO;
		renew_deadline(connection);
		web_route(exchange);
	}
	if (!exchange->waiting)
		return answer(exchange);
	/* only now: what it waits for may have been there at once, and MHD cannot resume a
	 * connection that it is still at work on */
	exchange->suspended = true;
	web_pause(exchange);
	return MHD_YES;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode code)
{
	(void)arg;
	if (*state)
		exchange_free(*state);
	*state = NULL;
	if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		renew_deadline(connection);
}

/* Whoever scans the port makes these. */
__attribute__((format(printf, 2, 0))) static void on_log(void *arg, const char *format, va_list ap)
{
	char text[256];

	(void)arg;
	vsnprintf(text, sizeof(text), format, ap);
	text[strcspn(text, "\n")] = '\0';
	log_debug("page: %s", text);
}

static struct MHD_Daemon *start(struct web *web)
{
	const struct web_settings *settings = web->options.settings;
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, settings->certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, settings->key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)TLS_PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (settings->certificate)
		flags |= MHD_USE_TLS;
	return MHD_start_daemon(
		flags, 0, on_peer, web, on_access, web, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, web->options.fd, MHD_OPTION_CONNECTION_LIMIT,
		MAX_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, web,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_UNESCAPE_CALLBACK,
		web_unescape, NULL, MHD_OPTION_ARRAY,
		settings->certificate ? tls : tls + ARRAY_SIZE(tls) - 1, MHD_OPTION_END);
}

static int hang_in(struct web *web)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	if (!info)
		return -EINVAL;
	web->ready =
		event_new(web->options.base, info->epoll_fd, EV_READ | EV_PERSIST, on_turn, web);
	web->timer = evtimer_new(web->options.base, on_turn, web);
	return web->ready && web->timer && event_add(web->ready, NULL) == 0 ? 0 : -ENOMEM;
}

static int new_page(struct web *web)
{
	const struct web_settings *settings = web->options.settings;
	int r = sessions_new(settings->session_s, settings->sign_in_age_s + JWT_SKEW_S,
			     &web->sessions);

	if (r == 0)
		r = attempts_new(&web->attempts);
	return r < 0 ? r : oidc_new(settings, web->options.http, &web->oidc);
}

/* All that has a name: page, API, and what bot and Slack bring. */
static int new_site(struct web *web)
{
	const struct web_settings *settings = web->options.settings;
	int r = 0;

	web->origin = settings->public.origin;
	web->host = strstr(web->origin, "://") + strlen("://");
	web->secure = !settings->public.plain;
	if (settings->issuer)
		r = new_page(web);
	if (r == 0 && web->options.clients->n)
		r = api_new(&web->options, &web->api);
	return r;
}

int web_new(const struct web_options *options, struct web **ret)
{
	struct web *web = calloc(1, sizeof(*web));
	int r;

	if (!web)
		return -ENOMEM;
	web->options = *options;
	r = options->metrics ? 0 : new_site(web);
	if (r == 0) {
		web->daemon = start(web);
		r = web->daemon ? hang_in(web) : -EINVAL;
	}
	if (r < 0)
		web_free(web);
	else
		*ret = web;
	return r;
}

struct web *web_free(struct web *web)
{
	if (!web)
		return NULL;
	web->ending = true;
	oidc_free(web->oidc);
	while (web->waiting) {
		exchange_plain(web->waiting, MHD_HTTP_SERVICE_UNAVAILABLE, "The gateway ends.\n");
		web_resume(web->waiting);
	}
	api_end(web->api);
	if (web->daemon)
		MHD_run(web->daemon); /* what was just said leaves, as far as it can at once */
	if (web->ready)
		event_free(web->ready);
	if (web->daemon)
		MHD_stop_daemon(web->daemon); /* closes what it listens on */
	else
		close(web->options.fd);
	if (web->timer)
		event_free(web->timer);
	api_free(web->api);
	sessions_free(web->sessions);
	attempts_free(web->attempts);
	free(web);
	return NULL;
}
