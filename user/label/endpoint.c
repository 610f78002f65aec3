// SPDX-License-Identifier: Apache-2.0
/*
 * endpoint.c: see endpoint.h. Owns the table of names. The child's side is endpoint_resolve.c.
 *
 * Addresses of a name are replaced only by a full answer: a resolver that fails leaves what was
 * known in force, and a name that never resolved allows nothing.
 *
 * The socket to the child holds a few hundred questions, a policy may have thousands: a few are on
 * their way at any time, and each answer sends the next.
 */
#include "endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "endpoint_resolve.h"
#include "limits.h"

#define ON_THEIR_WAY 32

/* @wanted: by the policy in force; @due: to be asked for in this round */
struct host {
	char name[RESOLVE_NAME];
	struct ruleset_address addresses[RESOLVE_ADDRESSES];
	size_t n;
	bool wanted;
	bool due;
	struct host *next;
};

struct endpoints {
	pid_t child;
	int sock;
	int netlink;
	unsigned int asked; /* and not answered yet */
	struct host *hosts;
	struct event *answer;
	struct event *timer;
	struct event *own;
	endpoint_changed_fn changed;
	void *ctx;
};

int endpoints_new(struct endpoints **ret)
{
	struct endpoints *endpoints;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	endpoints = calloc(1, sizeof(*endpoints));
	if (!endpoints)
		return -ENOMEM;
	endpoints->netlink = -1;
	endpoints->child = fork();
	if (!endpoints->child) {
		close(pair[0]);
		resolve_serve(pair[1]);
	}
	close(pair[1]);
	endpoints->sock = pair[0];
	if (endpoints->child < 0) {
		endpoints_free(endpoints);
		return -EAGAIN;
	}
	*ret = endpoints;
	return 0;
}

static struct host *find_host(struct endpoints *endpoints, const char *name)
{
	struct host *host;

	for (host = endpoints->hosts; host; host = host->next)
		if (!strcmp(host->name, name))
			return host;
	return NULL;
}

/* Return: 0 or a negative errno. */
static int ask(struct endpoints *endpoints, struct host *host)
{
	struct resolve_question question = {};

	memcpy(question.name, host->name, sizeof(question.name));
	if (send(endpoints->sock, &question, sizeof(question), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	host->due = false;
	endpoints->asked++;
	return 0;
}

/* What finds no place on the socket now goes with one of the next answers. */
static void ask_next(struct endpoints *endpoints)
{
	int err = 0;

	for (struct host *host = endpoints->hosts; host && !err; host = host->next)
		if (host->due && endpoints->asked < ON_THEIR_WAY)
			err = ask(endpoints, host);
	if (err && (err != -EAGAIN || !endpoints->asked))
		log_warning_errno(err, "The resolver takes no names");
}

static void ask_all(evutil_socket_t fd, short what, void *ctx)
{
	struct endpoints *endpoints = ctx;
	struct host *host;

	(void)fd;
	(void)what;
	for (host = endpoints->hosts; host; host = host->next)
		host->due = host->wanted;
	ask_next(endpoints);
}

static void take_answer(struct endpoints *endpoints, const struct resolve_answer *answer)
{
	struct host *host = find_host(endpoints, answer->name);

	if (!host || answer->n > RESOLVE_ADDRESSES)
		return;
	if (answer->error) {
		log_warning("Cannot resolve '%s' of the policy: %s; %s", host->name, answer->text,
			    host->n ? "its last addresses stay in force"
				    : "nothing may be sent there");
		return;
	}
	if (host->n == answer->n &&
	    !memcmp(host->addresses, answer->addresses, answer->n * sizeof(answer->addresses[0])))
		return;
	memcpy(host->addresses, answer->addresses, sizeof(host->addresses));
	host->n = answer->n;
	endpoints->changed(endpoints->ctx);
}

static void on_answer(evutil_socket_t fd, short what, void *ctx)
{
	struct endpoints *endpoints = ctx;
	struct resolve_answer answer;
	ssize_t n = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);

	(void)what;
	if (n == 0) {
		log_error("The resolver has ended; names in the policy keep their last addresses "
			  "until sluiced is restarted");
		event_del(endpoints->answer);
	}
	if (n != sizeof(answer) || !endpoints->asked)
		return;
	answer.name[sizeof(answer.name) - 1] = '\0';
	answer.text[sizeof(answer.text) - 1] = '\0';
	endpoints->asked--;
	take_answer(endpoints, &answer);
	ask_next(endpoints);
}

/* What changed does not matter: all own addresses are read again. */
static void on_own(evutil_socket_t fd, short what, void *ctx)
{
	struct endpoints *endpoints = ctx;
	char buffer[8192];

	(void)what;
	while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		;
	endpoints->changed(endpoints->ctx);
}

static int watch_own(struct endpoints *endpoints)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
	};

	endpoints->netlink =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (endpoints->netlink < 0 ||
	    bind(endpoints->netlink, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	return 0;
}

int endpoints_start(struct endpoints *endpoints, struct event_base *base,
		    endpoint_changed_fn changed, void *ctx)
{
	struct timeval interval = { .tv_sec = SLUICE_RESOLVE_S };
	int err = watch_own(endpoints);

	if (err)
		return err;
	endpoints->changed = changed;
	endpoints->ctx = ctx;
	endpoints->answer =
		event_new(base, endpoints->sock, EV_READ | EV_PERSIST, on_answer, endpoints);
	endpoints->own =
		event_new(base, endpoints->netlink, EV_READ | EV_PERSIST, on_own, endpoints);
	endpoints->timer = event_new(base, -1, EV_PERSIST, ask_all, endpoints);
	if (!endpoints->answer || !endpoints->own || !endpoints->timer)
		return -ENOMEM;
	event_add(endpoints->answer, NULL);
	event_add(endpoints->own, NULL);
	event_add(endpoints->timer, &interval);
	return 0;
}

static void want(struct endpoints *endpoints, const char *name)
{
	struct host *host = find_host(endpoints, name);

	if (!host) {
		if (strlen(name) >= sizeof(host->name))
			return;
		host = calloc(1, sizeof(*host));
		if (!host)
			return;
		strcpy(host->name, name);
		host->next = endpoints->hosts;
		endpoints->hosts = host;
	}
	host->wanted = true;
}

void endpoints_watch(struct endpoints *endpoints, const struct policy *policy)
{
	struct host *host;
	size_t i, k;

	for (host = endpoints->hosts; host; host = host->next)
		host->wanted = false;
	for (i = 0; i < policy->n_rules; i++)
		for (k = 0; k < policy->rules[i].n_destinations; k++)
			if (policy->rules[i].destinations[k].host)
				want(endpoints, policy->rules[i].destinations[k].host);
	for (i = 0; i < policy->n_labels; i++)
		for (k = 0; k < policy->labels[i].n_endpoints; k++)
			if (policy->labels[i].endpoints[k].host)
				want(endpoints, policy->labels[i].endpoints[k].host);
	ask_all(-1, 0, endpoints);
}

int endpoints_host(void *context, const char *name, struct ruleset_address **ret, size_t *ret_n)
{
	const struct host *host = find_host(context, name);

	if (!host || !host->n)
		return -ENOENT;
	*ret = calloc(host->n, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, host->addresses, host->n * sizeof(**ret));
	*ret_n = host->n;
	return 0;
}

static void freeifaddrsp(struct ifaddrs **list)
{
	if (*list)
		freeifaddrs(*list);
}

int endpoints_own(struct ruleset_address **ret, size_t *ret_n)
{
	_cleanup_(freeifaddrsp) struct ifaddrs *list = NULL;
	const struct ifaddrs *each;
	struct ruleset_address *addresses;
	size_t n = 0;

	if (getifaddrs(&list))
		return -errno;
	for (each = list; each; each = each->ifa_next)
		n++;
	addresses = calloc(n ? n : 1, sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	n = 0;
	for (each = list; each; each = each->ifa_next)
		if (each->ifa_addr && resolve_address(each->ifa_addr, &addresses[n]))
			n++;
	*ret = addresses;
	*ret_n = n;
	return 0;
}

struct endpoints *endpoints_free(struct endpoints *endpoints)
{
	if (!endpoints)
		return NULL;
	if (endpoints->answer)
		event_free(endpoints->answer);
	if (endpoints->own)
		event_free(endpoints->own);
	if (endpoints->timer)
		event_free(endpoints->timer);
	close(endpoints->sock);
	if (endpoints->netlink >= 0)
		close(endpoints->netlink);
	if (endpoints->child > 0) {
		kill(endpoints->child, SIGTERM);
		waitpid(endpoints->child, NULL, 0);
	}
	while (endpoints->hosts) {
		struct host *next = endpoints->hosts->next;

		free(endpoints->hosts);
		endpoints->hosts = next;
	}
	free(endpoints);
	return NULL;
}
