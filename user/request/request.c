/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.c: the table of requests, their opening and end: see request.h. What a request says is
 * filled in request_fill.c and shown by request_describe.c; who waits is in request_wait.c,
 * restarts are in request_recover.c.
 */
#include "request.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "control/control.h"
#include "decision/hold.h"
#include "decision/standing.h"
#include "event/process.h"
#include "event/record.h"
#include "event/wording.h"
#include "kernel/kernel.h"

const char *const request_state_names[IPC_STATES] = {
	[IPC_PENDING] = "pending", [IPC_APPROVED] = "approved", [IPC_DENIED] = "denied",
	[IPC_EXPIRED] = "expired", [IPC_GONE] = "gone",
};

struct requests *requests_new(void)
{
	struct requests *requests = calloc(1, sizeof(*requests));

	if (!requests)
		return NULL;
	requests->max_open = SLUICE_MAX_REQUESTS;
	requests->max_of_uid = SLUICE_MAX_REQUESTS_PER_UID;
	return requests;
}

struct request *request_free(struct request *request)
{
	if (!request)
		return NULL;
	request_free_waiters(request);
	if (request->timer)
		event_free(request->timer);
	if (request->escalation)
		event_free(request->escalation);
	for (size_t i = 0; i < request->n_sources; i++)
		free(request->sources[i].path);
	free(request->exe);
	free(request->command);
	free(request->target);
	free(request->reason);
	free(request->decisions);
	free(request->accounts);
	free(request->told_by);
	free(request->revoked);
	free(request);
	return NULL;
}

struct requests *requests_free(struct requests *requests)
{
	struct request *request, *next;

	if (!requests)
		return NULL;
	HASH_CLEAR(by_key, requests->by_key);
	HASH_ITER(by_id, requests->by_id, request, next) {
		HASH_DELETE(by_id, requests->by_id, request);
		request_free(request);
	}
	free(requests);
	return NULL;
}

struct request *request_find(const struct requests *requests, const char *id)
{
	struct request *request;

	HASH_FIND(by_id, requests->by_id, id, strlen(id), request);
	return request;
}

static struct request *find_open(const struct requests *requests, const struct sluice_ask_key *key)
{
	struct request *request;

	HASH_FIND(by_key, requests->by_key, key, sizeof(*key), request);
	return request;
}

size_t request_count(const struct requests *requests, bool held_only)
{
	size_t n = 0;

	for (struct request *request = requests->by_key; request; request = request->by_key.next)
		n += !held_only || request->held;
	return n;
}

/* Enters an open request with its id into both tables. */
int request_table_add(struct agent *agent, struct request *request)
{
	struct requests *requests = agent->requests;

	request->agent = agent;
	HASH_ADD(by_id, requests->by_id, id, strlen(request->id), request);
	if (!request->by_id.tbl)
		return -ENOMEM;
	HASH_ADD(by_key, requests->by_key, key, sizeof(request->key), request);
	if (request->by_key.tbl)
		return 0;
	HASH_DELETE(by_id, requests->by_id, request);
	return -ENOMEM;
}

static int new_id(const struct requests *requests, char ret[16])
{
	uint32_t number;

	do {
		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -EIO;
		snprintf(ret, 16, "r-%08x", number);
	} while (request_find(requests, ret));
	return 0;
}

/* Of those of which nothing is in force: without its request it could not be revoked. */
static void forget_oldest_closed(struct requests *requests)
{
	struct request *oldest = requests->closed;

	while (oldest->in_force)
		oldest = oldest->next;
	DL_DELETE(requests->closed, oldest);
	HASH_DELETE(by_id, requests->by_id, oldest);
	request_free(oldest);
	requests->n_closed--;
}

/* From open to closed, without a word to anybody. The waiters stay for the wake that follows. */
void request_close_quietly(struct agent *agent, struct request *request)
{
	struct requests *requests = agent->requests;

	HASH_DELETE(by_key, requests->by_key, request);
	if (request->timer)
		event_del(request->timer);
	if (request->escalation)
		event_del(request->escalation);
	for (struct waiter *waiter = request->waiters; waiter; waiter = waiter->next)
		if (waiter->gone)
			event_del(waiter->gone);
	DL_APPEND(requests->closed, request);
	requests->n_closed++;
	requests->n_in_force += request->in_force > 0;
	while (requests->n_closed - requests->n_in_force > SLUICE_MAX_CLOSED)
		forget_oldest_closed(requests);
}

void request_in_force(struct agent *agent, const char *id, bool is)
{
	struct requests *requests = agent->requests;
	struct request *request = request_find(requests, id);

	if (!request)
		return; /* of a denial, or of one that the journal did not tell of */
	request->in_force += is ? 1 : -1;
	/* it is closed, and this is its first, or was its last */
	if (request->prev && request->in_force == is)
		requests->n_in_force += is ? 1 : -1;
}

void request_count_tries(struct request *request)
{
	struct sluice_ask ask;

	if (request->state == IPC_PENDING &&
	    !kernel_ask_get(request->agent->kernel, &request->key, &ask) &&
	    ask.tries > request->tries)
		request->tries = ask.tries;
}

void request_end(struct agent *agent, struct request *request, enum ipc_state state,
		 const char *outcome)
{
	request_count_tries(request);
	agent->meter.closed[state]++;
	request->state = state;
	request->closed_ms = agent_time_ms();
	snprintf(request->outcome, sizeof(request->outcome), "%s", outcome);
	record_add(
		agent, NULL,
		json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:s}", "request", request->id, "digest",
			  request->digest, "state", request_state_names[state], "outcome",
			  record_text(request->outcome), "tries", (json_int_t)request->tries,
			  "closed_ms", (json_int_t)request->closed_ms, "boot", agent->boot_id),
		state == IPC_APPROVED || state == IPC_DENIED ? "request.decided" : "request.closed",
		"request %s is %s: %s", request->id, request_state_names[state], request->outcome);
	request->fresh = true;
	request_tell_end(agent, request);
	request_close_quietly(agent, request);
}

void request_refuse(struct agent *agent, struct request *request, enum ipc_state state,
		    const char *outcome)
{
	request_end(agent, request, state, outcome);
	hold_deny(agent, request); /* lint: the newest closed request is not the one that goes */
}

static int arm(struct request *request);

static void expire(evutil_socket_t fd, short what, void *arg)
{
	struct request *request = arg;
	struct agent *agent = request->agent;

	(void)fd;
	(void)what;
	if (agent_boot_ns() < request->deadline_ns) {
		arm(request);
		return;
	}
	request_refuse(agent, request, IPC_EXPIRED, "nobody decided in time: denied");
	request_committed(agent, record_commit(agent));
}

static int arm(struct request *request)
{
	uint64_t now = agent_boot_ns();
	uint64_t us = request->deadline_ns > now ? (request->deadline_ns - now) / 1000 + 1000 : 0;
	struct timeval after = { .tv_sec = (time_t)(us / 1000000),
				 .tv_usec = (suseconds_t)(us % 1000000) };

	if (!request->timer)
		request->timer = evtimer_new(request->agent->base, expire, request);
	return request->timer && !evtimer_add(request->timer, &after) ? 0 : -ENOMEM;
}

int request_watch(struct agent *agent, struct request *request)
{
	request->agent = agent;
	request_watch_escalation(agent, request);
	return arm(request);
}

/* gcc 12 takes the waiter that the request now holds for a leak. */
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
static void count_attempt(struct request *request, const struct sluice_event *event)
{
	bool held = event->verdict == SLUICE_VERDICT_HOLD;
	int r = request_add_waiter(request, (pid_t)event->tgid, event->tid, event->start_ns, held);

	if (r < 0 && r != -ESRCH)
		log_error_errno(r, "Process %u waits for %s and cannot be noted", event->tgid,
				request->id);
	request->held |= held;
	request->failed |= !held;
	request->tries++;
}
#ifndef __clang__
#pragma GCC diagnostic pop
#endif

/*
 * What is beyond the requester's budget is refused without being asked about, but for one that
 * people are told of, so that they hear that it is so: it is opened and ended at once.
 */
static const char *check_budget(const struct agent *agent, struct request *request)
{
	const char *why = request_over_budget(agent, request);

	if (!why || request_budget_noticed(agent->requests, request))
		return why;
	request->notice = true;
	snprintf(request->outcome, sizeof(request->outcome),
		 "refused without asking: %s; more of the same are refused without a notice", why);
	return NULL;
}

static int enter(struct agent *agent, struct request *request)
{
	int r = request_table_add(agent, request);

	if (r < 0)
		return r;
	r = record_announce(agent, request_body(agent, request), "request.opened",
			    "%s[%d] asks to %s%s (request %s)", request->comm, request->pid,
			    wording_verb(request->key.action), request->target, request->id);
	if (!r)
		r = request_watch(agent, request);
	if (r < 0) {
		HASH_DELETE(by_key, agent->requests->by_key, request);
		HASH_DELETE(by_id, agent->requests->by_id, request);
	}
	return r;
}

/* Return: NULL, or why nobody can be asked. */
static const char *open_request(struct agent *agent, const struct sluice_event *event,
				struct request *request)
{
	const char *why;
	int r;

	request_fill_who(agent, request, event);
	why = request_no_room(agent, request);
	if (!why)
		why = check_budget(agent, request);
	if (why)
		return why;
	r = new_id(agent->requests, request->id);
	if (!r)
		r = request_fill(agent, request, event);
	if (!r)
		r = enter(agent, request);
	return r < 0 ? strerror(-r) : NULL;
}

/* Those who wait on @from's question wait on @to's now: it is the same place in the kernel. */
static void move_waiters(struct request *from, struct request *to)
{
	to->waiters = TAKE_PTR(from->waiters);
	to->held |= from->held;
	to->failed |= from->failed;
	for (struct waiter *waiter = to->waiters; waiter; waiter = waiter->next) {
		waiter->request = to;
		if (waiter->gone)
			event_add(waiter->gone, NULL);
	}
}

/* Refused while no agent looked, and nobody is left who could be told of an answer. */
static bool is_too_late(const struct agent *agent, const struct sluice_event *event,
			const struct request *request)
{
	return event->boot_ns < agent->away_until_ns && !request->waiters;
}

static void refuse_beyond(struct agent *agent, struct request *request)
{
	char outcome[sizeof(request->outcome)];

	memcpy(outcome, request->outcome, sizeof(outcome));
	request_refuse(agent, request, IPC_DENIED, outcome);
}

/* @older: the request that it replaces, or NULL. Return: NULL when the attempt is refused. */
static struct request *open_anew(struct agent *agent, const struct sluice_event *event,
				 struct request *older)
{
	struct request *request = calloc(1, sizeof(*request));
	const char *why = request ? open_request(agent, event, request) : strerror(ENOMEM);

	if (!request || why) {
		request_free(request);
		request_refuse_event(agent, event, why);
		if (older)
			hold_deny(agent, older); /* lint: as in request_refuse() */
		return NULL;
	}
	agent->meter.opened++;
	request->fresh = true;
	if (older)
		move_waiters(older, request); /* lint: as in request_refuse() */
	return request;
}

void request_stopped(struct agent *agent, const struct sluice_event *event)
{
	struct request *request = find_open(agent->requests, &event->key), *older = NULL;
	bool known = request;

	if (event->key.action >= SLUICE_ACTIONS)
		return;
	if (request && event->labels & ~request->labels) {
		request_end(agent, request, IPC_GONE, "asked anew: more labels are missing now");
		older = request;
		request = NULL;
	}
	if (!request)
		request = open_anew(agent, event, older); /* lint: as in request_refuse() */
	if (!request)
		return;
	count_attempt(request, event);
	if (request->notice)
		refuse_beyond(agent, request);
	else if (!request_is_wanted(request))
		request_refuse(agent, request, IPC_GONE, "the process has ended");
	else if (!known && is_too_late(agent, event, request))
		request_refuse(agent, request, IPC_GONE,
			       "refused while the agent did not run, and the process has ended: "
			       "a new attempt asks anew");
}

static void deny_fresh(struct agent *agent, int error)
{
	struct request *request, *next;
	char why[128];

	snprintf(why, sizeof(why), "the journal cannot be written (%s): denied", strerror(-error));
	HASH_ITER(by_key, agent->requests->by_key, request, next)
		if (request->fresh)
			request_refuse(agent, request, IPC_DENIED, why);
}

void request_committed(struct agent *agent, int error)
{
	struct request *request, *next;

	if (error < 0)
		deny_fresh(agent, error);
	HASH_ITER(by_key, agent->requests->by_key, request, next)
		if (request->fresh && !request->told)
			standing_use(agent, request);
	HASH_ITER(by_id, agent->requests->by_id, request, next) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		if (!request->fresh && !request->changed)
			continue;
		request->fresh = request->changed = false;
		if (request->state == IPC_PENDING)
			request_tell_waiting(agent, request);
		control_notify(agent, request);
	}
}
