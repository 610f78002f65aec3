/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_wait.c: who waits for a request, and that it ends when nobody does any more: see
 * request.h. Must not own: how one is woken (hold.h).
 */
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "event/process.h"
#include "event/record.h"
#include "request.h"

void request_free_waiters(struct request *request)
{
	struct waiter *waiter, *next;

	LL_FOREACH_SAFE(request->waiters, waiter, next) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		if (waiter->gone)
			event_free(waiter->gone);
		if (waiter->pidfd >= 0)
			close(waiter->pidfd);
		free(waiter);
	}
	request->waiters = NULL;
}

bool request_is_wanted(const struct request *request)
{
	if (request->key.subject.kind == SLUICE_SUBJECT_EXECUTABLE && request->failed)
		return true;
	return request->waiters;
}

static void remove_process(struct request *request, pid_t tgid, uint64_t start_ns)
{
	struct waiter *waiter, *next;

	LL_FOREACH_SAFE(request->waiters, waiter, next) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		if (waiter->tgid != tgid || waiter->start_ns != start_ns)
			continue;
		LL_DELETE(request->waiters, waiter);
		if (waiter->gone)
			event_free(waiter->gone);
		if (waiter->pidfd >= 0)
			close(waiter->pidfd);
		free(waiter);
	}
}

static void process_gone(evutil_socket_t fd, short what, void *arg)
{
	struct waiter *waiter = arg;
	struct request *request = waiter->request;
	struct agent *agent = request->agent;

	(void)fd;
	(void)what;
	remove_process(request, waiter->tgid, waiter->start_ns);
	if (request_is_wanted(request))
		return;
	request_refuse(agent, request, IPC_GONE, "the process has ended");
	/* made known at once: no turn of events follows */
	request_committed(agent, record_commit(agent));
}

/*
 * Watches the end of the process. A process that cannot be watched waits for the deadline instead.
 */
static int watch(struct waiter *waiter)
{
	struct request *request = waiter->request;

	waiter->pidfd = process_open(waiter->tgid, waiter->start_ns);
	if (waiter->pidfd < 0)
		return waiter->pidfd == -ESRCH ? -ESRCH : 0;
	waiter->gone =
		event_new(request->agent->base, waiter->pidfd, EV_READ, process_gone, waiter);
	if (waiter->gone)
		event_add(waiter->gone, NULL);
	return 0;
}

int request_add_waiter(struct request *request, pid_t tgid, uint32_t tid, uint64_t start_ns,
		       bool held)
{
	struct waiter *waiter;
	bool watched = false;

	LL_FOREACH(request->waiters, waiter) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		if (waiter->tgid != tgid || waiter->start_ns != start_ns)
			continue;
		watched = true;
		if (waiter->tid == tid) {
			waiter->held |= held;
			return 0;
		}
	}
	waiter = calloc(1, sizeof(*waiter));
	if (!waiter)
		return -ENOMEM;
	*waiter = (struct waiter){
		.request = request,
		.tgid = tgid,
		.tid = tid,
		.start_ns = start_ns,
		.held = held,
		.pidfd = -1,
	};
	if (!watched && watch(waiter) == -ESRCH) {
		free(waiter);
		return -ESRCH;
	}
	LL_APPEND(request->waiters, waiter);
	return 0;
}
