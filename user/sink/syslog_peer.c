// SPDX-License-Identifier: Apache-2.0
/*
 * syslog_peer.c: see syslog_peer.h.
 */
#include "syslog_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

/* @fd: not waited for by the kernel; @acked: counted so before the first byte */
struct syslog_peer {
	int fd;
	int timeout_ms;
	bool broken;
	SSL *ssl;
	uint64_t acked;
};

__attribute__((format(printf, 2, 3))) static int fail(struct syslog_trouble *trouble,
						      const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(trouble->text, sizeof(trouble->text), format, ap);
	va_end(ap);
	trouble->refused = false;
	return -1;
}

/* Return: 0, -ETIMEDOUT, or another negative errno. */
static int wait_for(int fd, short events, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	int n;

	do {
		n = poll(&poll_fd, 1, timeout_ms);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n == 0 ? -ETIMEDOUT : 0;
}

static int connect_to(const struct addrinfo *address, int timeout_ms)
{
	_cleanup_close_ int fd =
		socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0, r;
	socklen_t size = sizeof(error);

	if (fd < 0)
		return -errno;
	if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
		return TAKE_FD(fd);
	if (errno != EINPROGRESS)
		return -errno;
	r = wait_for(fd, POLLOUT, timeout_ms);
	if (r == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		r = -errno;
	return r < 0 ? r : error ? -error : TAKE_FD(fd);
}

static int connect_any(const struct syslog_place *place, struct syslog_trouble *trouble)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	char port[8];
	int r, fd = -ENOENT;

	snprintf(port, sizeof(port), "%u", place->port);
	r = getaddrinfo(place->host, port, &hints, &list);
	if (r != 0)
		return fail(trouble, "cannot resolve %s: %s", place->host,
			    r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
	for (const struct addrinfo *one = list; one && fd < 0; one = one->ai_next)
		fd = connect_to(one, place->timeout_s * 1000);
	freeaddrinfo(list);
	return fd >= 0 ? fd
		       : fail(trouble, "cannot connect to %s port %u: %s", place->host, place->port,
			      strerror(-fd));
}

/* What is sent must be acknowledged in this time, and an idle connection answer. */
static int watch(int fd, const struct syslog_place *place)
{
	const int on = 1, probe = (int)place->probe_s;
	const unsigned int limit = place->timeout_s * 1000U;

	return setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) < 0 ||
			       setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &probe, sizeof(probe)) <
				       0 ||
			       setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &probe, sizeof(probe)) <
				       0 ||
			       setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit,
					  sizeof(limit)) < 0
		       ? -errno
		       : 0;
}

/* TLS says why in a queue of the thread; the socket in errno. */
static int explain(struct syslog_peer *peer, int code, struct syslog_trouble *trouble)
{
	int error = errno;
	long verdict = SSL_get_verify_result(peer->ssl);
	unsigned long reason = ERR_peek_last_error();
	const char *text = ERR_reason_error_string(reason);

	ERR_clear_error();
	peer->broken = true;
	if (code == SSL_ERROR_ZERO_RETURN ||
	    ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return fail(trouble, "the receiver has closed the connection");
	if (code != SSL_ERROR_SSL)
		return fail(trouble, "the connection is lost: %s",
			    error ? strerror(error) : "it was closed");
	if (verdict != X509_V_OK)
		fail(trouble, "the receiver's certificate is not accepted: %s",
		     X509_verify_cert_error_string(verdict));
	else
		fail(trouble, "TLS: %s", text ? text : "broken");
	trouble->refused = true;
	return -1;
}

/* After a call that returned @n. Return: 0: once more, or -1 with @trouble. */
static int wait_for_tls(struct syslog_peer *peer, int n, struct syslog_trouble *trouble)
{
	int code = SSL_get_error(peer->ssl, n), r;

	if (code != SSL_ERROR_WANT_READ && code != SSL_ERROR_WANT_WRITE)
		return explain(peer, code, trouble);
	r = wait_for(peer->fd, code == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, peer->timeout_ms);
	if (r == 0)
		return 0;
	peer->broken = true;
	return r == -ETIMEDOUT ? fail(trouble, "the receiver has taken nothing for %d s",
				      peer->timeout_ms / 1000)
			       : fail(trouble, "the connection is lost: %s", strerror(-r));
}

/* Names in the subject are of another age. */
static int set_name(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	struct in6_addr address;

	if (inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1 ? 0 : -ENOMEM;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
						       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1 &&
			       SSL_set_tlsext_host_name(ssl, host) == 1
		       ? 0
		       : -ENOMEM;
}

static int shake_hands(struct syslog_peer *peer, struct syslog_trouble *trouble)
{
	int n;

	while ((ERR_clear_error(), n = SSL_connect(peer->ssl)) != 1)
		if (wait_for_tls(peer, n, trouble) < 0)
			return -1;
	return 0;
}

static uint64_t count_acked(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_acked : 0;
}

static int start(struct syslog_peer *peer, const struct syslog_place *place,
		 struct syslog_trouble *trouble)
{
	int r;

	peer->fd = connect_any(place, trouble);
	if (peer->fd < 0)
		return -1;
	r = watch(peer->fd, place);
	if (r < 0)
		return fail(trouble, "cannot watch the connection: %s", strerror(-r));
	peer->acked = count_acked(peer->fd);
	peer->ssl = SSL_new(place->tls);
	if (!peer->ssl || set_name(peer->ssl, place->host) < 0 ||
	    SSL_set_fd(peer->ssl, peer->fd) != 1)
		return fail(trouble, "not enough memory");
	return shake_hands(peer, trouble);
}

int syslog_peer_open(const struct syslog_place *place, struct syslog_peer **ret,
		     struct syslog_trouble *trouble)
{
	struct syslog_peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return fail(trouble, "not enough memory");
	peer->fd = -1;
	peer->broken = true;
	peer->timeout_ms = place->timeout_s * 1000;
	if (start(peer, place, trouble) < 0) {
		syslog_peer_close(peer);
		return -1;
	}
	peer->broken = false;
	*ret = peer;
	return 0;
}

/* What has come is read first: a socket that is closed before is reset, and what was sent lost. */
struct syslog_peer *syslog_peer_close(struct syslog_peer *peer)
{
	struct syslog_trouble trouble;

	if (!peer)
		return NULL;
	if (!peer->broken && syslog_peer_look(peer, &trouble) == 0)
		SSL_shutdown(peer->ssl);
	ERR_clear_error();
	SSL_free(peer->ssl);
	closep(&peer->fd);
	free(peer);
	return NULL;
}

/* An alert that came before the end says more than the end does. */
static int look_why(struct syslog_peer *peer, struct syslog_trouble *trouble)
{
	struct syslog_trouble before;

	if (!trouble->refused && syslog_peer_look(peer, &before) < 0 && before.refused)
		*trouble = before;
	return -1;
}

int syslog_peer_send(struct syslog_peer *peer, const char *bytes, size_t size,
		     struct syslog_trouble *trouble)
{
	size_t done;

	while (size > 0) {
		ERR_clear_error();
		errno = 0;
		if (SSL_write_ex(peer->ssl, bytes, size, &done) == 1) {
			bytes += done;
			size -= done;
		} else if (wait_for_tls(peer, 0, trouble) < 0) {
			return look_why(peer, trouble);
		}
	}
	return 0;
}

int syslog_peer_look(struct syslog_peer *peer, struct syslog_trouble *trouble)
{
	char dropped[1024];
	size_t n;
	int code;

	/* It has nothing to say; whoever talks on and on is not listened to for ever. */
	for (int i = 0; i < 16; i++) {
		ERR_clear_error();
		errno = 0;
		if (SSL_read_ex(peer->ssl, dropped, sizeof(dropped), &n) == 1)
			continue;
		code = SSL_get_error(peer->ssl, 0);
		return code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE
			       ? 0
			       : explain(peer, code, trouble);
	}
	return 0;
}

uint64_t syslog_peer_written(const struct syslog_peer *peer)
{
	return BIO_number_written(SSL_get_wbio(peer->ssl));
}

uint64_t syslog_peer_acked(const struct syslog_peer *peer)
{
	return count_acked(peer->fd) - peer->acked;
}
