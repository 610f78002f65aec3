/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_recover.c: open requests after a restart or a new policy: see request.h. Reading them
 * back from the journal is in request_replay.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "decision/grant.h"
#include "decision/hold.h"
#include "event/process.h"
#include "event/record.h"
#include "kernel/kernel.h"
#include "request.h"

static void note_stopped(void *ctx, pid_t pid, uint64_t start_ns)
{
	request_add_waiter(ctx, pid, 0, start_ns, true);
}

/* Who waits: the kernel's ask names one process, and of an executable there may be more. */
static void find_waiters(struct request *request, const struct sluice_ask *ask)
{
	const struct sluice_subject *subject = &request->key.subject;

	if (request->start_ns)
		request_add_waiter(request, request->pid, 0, request->start_ns, ask->held);
	if (ask->held && subject->kind == SLUICE_SUBJECT_EXECUTABLE)
		hold_each_stopped(subject->id, note_stopped, request);
	if (request->tries < ask->tries)
		request->tries = ask->tries;
}

/*
 * The agent ended between a decision and its effect. Return: true when the request is closed now.
 */
static bool finish_decided(struct agent *agent, struct request *request)
{
	const struct ipc_decision *last = &request->decisions[request->n_decisions - 1];
	struct request_terms terms;
	char outcome[256];

	for (size_t i = 0; i < request->n_decisions; i++) {
		if (request->decisions[i].approve)
			continue;
		snprintf(outcome, sizeof(outcome), "denied by %s", request->decisions[i].person);
		request_refuse(agent, request, IPC_DENIED, outcome);
		return true;
	}
	if (grant_of_request(agent->grants, request->id)) {
		request_end(agent, request, IPC_APPROVED, "approved just before the agent ended");
		hold_wake(agent, request);
		return true;
	}
	request_terms(agent, request->key.action, request->labels, &terms);
	if (!terms.n_rules || request_missing(agent, request, &terms))
		return false;
	record_add(agent, NULL,
		   json_pack("{s:s, s:s, s:s}", "request", request->id, "person", last->person,
			     "grant", ""),
		   "decision.void", "the answer of %s to %s had no effect: the agent ended first",
		   last->person, request->id);
	request->n_decisions--;
	return false;
}

/* One request that the journal remembers as open. */
static void take_up(struct agent *agent, struct request *request)
{
	struct sluice_ask ask;
	int r = request->earlier_boot ? -ENOENT
				      : kernel_ask_get(agent->kernel, &request->key, &ask);

	if (r < 0) {
		request_end(agent, request, IPC_GONE,
			    "it was not open any more when the agent started again");
		return;
	}
	find_waiters(request, &ask);
	request->deadline_ns = ask.deadline_ns ? ask.deadline_ns : request->deadline_ns;
	if (request->n_decisions && finish_decided(agent, request))
		return;
	if (!request_is_wanted(request))
		request_refuse(agent, request, IPC_GONE,
			       "the process ended while the agent was away");
	else if (request_watch(agent, request) < 0)
		request_refuse(agent, request, IPC_DENIED, "no memory to watch over its deadline");
	else
		request->fresh = true; /* people are told again: the gateway may have missed it */
}

/* Asks of the kernel that no request stands for. */
struct unknown {
	struct agent *agent;
	struct found {
		struct sluice_ask_key key;
		struct sluice_ask ask;
	} *list;
	size_t n;
	int error;
};

static void find_unknown(void *ctx, const struct sluice_ask_key *key, const struct sluice_ask *ask)
{
	struct unknown *unknown = ctx;
	struct request *request;
	struct found *list;

	HASH_FIND(by_key, unknown->agent->requests->by_key, key, sizeof(*key), request);
	if (request)
		return;
	list = realloc(unknown->list, (unknown->n + 1) * sizeof(*list));
	if (!list) {
		unknown->error = -ENOMEM;
		return;
	}
	unknown->list = list;
	unknown->list[unknown->n++] = (struct found){ .key = *key, .ask = *ask };
}

static void identify_exe(struct agent *agent, pid_t pid, struct sluice_object_id *ret)
{
	_cleanup_close_ int fd = process_open_exe(pid);

	if (fd < 0 || kernel_identify(agent->kernel, fd, ret, NULL) < 0)
		memset(ret, 0, sizeof(*ret));
}

/* The attempt as its event would have told it, as far as that can still be seen. */
static int make_event(struct agent *agent, const struct found *found, struct sluice_event *ret)
{
	bool process = found->key.subject.kind == SLUICE_SUBJECT_PROCESS;
	struct process p;
	int r = process_read((pid_t)found->ask.tgid, process ? found->key.subject.a : 0, &p);

	if (r < 0)
		return r;
	*ret = (struct sluice_event){
		.type = SLUICE_EVENT_STOP,
		.verdict = found->ask.held ? SLUICE_VERDICT_HOLD : SLUICE_VERDICT_FAIL,
		.key = found->key,
		.labels = found->ask.labels,
		.start_ns = process ? found->key.subject.a : p.start_ns,
		.deadline_ns = found->ask.deadline_ns,
		.tgid = found->ask.tgid,
		.uid = p.uid,
		.euid = p.euid,
		.loginuid = p.loginuid,
	};
	memcpy(ret->comm, p.comm, sizeof(ret->comm));
	identify_exe(agent, p.pid, &ret->exe);
	return 0;
}

static int open_unknown(struct agent *agent)
{
	struct unknown unknown = { .agent = agent };
	int r = kernel_ask_each(agent->kernel, find_unknown, &unknown);

	for (size_t i = 0; i < unknown.n; i++) {
		struct sluice_event event;

		if (make_event(agent, &unknown.list[i], &event) < 0)
			kernel_ask_end(agent->kernel, &unknown.list[i].key);
		else
			request_stopped(agent, &event);
	}
	free(unknown.list);
	return unknown.error ? unknown.error : r;
}

/* It waits, for another request that is open: that one's answer wakes it. */
static bool waits_again(const struct agent *agent, const struct request *closed)
{
	const struct request *request, *next;

	HASH_ITER(by_key, agent->requests->by_key, request, next)
		for (const struct waiter *at = request->waiters; at; at = at->next)
			if (at->tgid == closed->pid && at->start_ns == closed->start_ns)
				return true;
	return false;
}

/* Answered, and the agent ended before it could wake them: stopped still, and nobody else would. */
static void wake_forgotten(struct agent *agent)
{
	for (struct request *request = agent->requests->closed; request; request = request->next) {
		char state;

		if (request->earlier_boot || !request->held || request->waiters ||
		    waits_again(agent, request))
			continue;
		if (process_alive(request->pid, request->start_ns, &state) && state == 'T')
			hold_continue(request->pid, request->start_ns, -1);
	}
}

int request_recover(struct agent *agent)
{
	struct request *request, *next;
	int r, committed;

	HASH_ITER(by_key, agent->requests->by_key, request, next)
		take_up(agent, request);
	wake_forgotten(agent);
	r = open_unknown(agent);
	committed = record_commit(agent);
	request_committed(agent, committed);
	return r < 0 ? r : committed;
}

void request_policy_changed(struct agent *agent)
{
	struct request *request, *next;

	HASH_ITER(by_key, agent->requests->by_key, request, next) {
		struct request_terms terms;

		request_terms(agent, request->key.action, request->labels, &terms);
		if (terms.denied) {
			request_refuse(agent, request, IPC_DENIED,
				       "the new policy denies it without asking");
		} else if (!terms.n_rules) {
			request_end(agent, request, IPC_GONE,
				    "the new policy does not ask about it any more");
			hold_wake(agent, request);
		} else {
			request_watch_escalation(agent, request);
			request->changed = true; /* it may allow less now, or take more */
		}
	}
	request_committed(agent, record_commit(agent));
}
