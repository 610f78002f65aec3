// SPDX-License-Identifier: Apache-2.0
/*
 * endpoint_resolve.c: see endpoint_resolve.h. getaddrinfo() reads the network: it runs as nobody,
 * in a process of its own that knows nothing but names.
 */
#include "endpoint_resolve.h"

#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NOBODY 65534

bool resolve_address(const struct sockaddr *from, struct ruleset_address *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (from->sa_family == AF_INET) {
		ret->bytes[10] = 0xff;
		ret->bytes[11] = 0xff;
		memcpy(ret->bytes + 12, &((const struct sockaddr_in *)from)->sin_addr, 4);
		return true;
	}
	if (from->sa_family == AF_INET6) {
		memcpy(ret->bytes, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
		return true;
	}
	return false;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ruleset_address));
}

static void answer_error(struct resolve_answer *answer, const char *text)
{
	answer->error = 1;
	answer->n = 0;
	snprintf(answer->text, sizeof(answer->text), "%s", text);
}

static void add_address(struct resolve_answer *answer, const struct sockaddr *from)
{
	struct ruleset_address address;
	uint32_t i;

	if (answer->error || !resolve_address(from, &address))
		return;
	for (i = 0; i < answer->n; i++)
		if (!compare(&answer->addresses[i], &address))
			return;
	if (answer->n == RESOLVE_ADDRESSES)
		answer_error(answer,
			     "it has more addresses than can be allowed; name a prefix instead");
	else
		answer->addresses[answer->n++] = address;
}

static void answer_question(const char *name, struct resolve_answer *answer)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	const struct addrinfo *each;
	int err = getaddrinfo(name, NULL, &hints, &list);

	if (err) {
		answer_error(answer, gai_strerror(err));
		return;
	}
	for (each = list; each; each = each->ai_next)
		add_address(answer, each->ai_addr);
	freeaddrinfo(list);
	qsort(answer->addresses, answer->n, sizeof(answer->addresses[0]), compare);
}

static void drop_rights(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_NAME, "sluiced-resolve");
	if (geteuid() == 0 && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
		_exit(1);
	/*
	 * The daemon's own death ends the child too, whatever kills it; a change of ids would
	 * forget it.
	 */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void resolve_serve(int sock)
{
	struct resolve_question question;

	drop_rights();
	while (recv(sock, &question, sizeof(question), 0) == sizeof(question)) {
		struct resolve_answer answer = {};

		question.name[sizeof(question.name) - 1] = '\0';
		memcpy(answer.name, question.name, sizeof(answer.name));
		answer_question(question.name, &answer);
		if (send(sock, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}
