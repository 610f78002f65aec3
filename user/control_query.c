/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_query.c: answers that only look: status, requests, grants, why, lineage. Owns no state.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cleanup.h"
#include "control_peer.h"
#include "event.h"
#include "grant.h"
#include "journal.h"
#include "kernel.h"
#include "lineage.h"
#include "process.h"
#include "record.h"
#include "wording.h"

#define REFUSED "only root and persons named in the policy may see this; ask one of them"

static void fill_counts(const struct agent *agent, struct ipc_status *status)
{
	uint64_t counters[SLUICE_COUNTERS];

	status->pending = (uint32_t)request_count(agent->requests, false);
	status->held = (uint32_t)request_count(agent->requests, true);
	status->grants = (uint32_t)grant_count(agent->grants);
	status->delivered = agent->requests->deliveries;
	for (const struct request *request = agent->requests->by_key; request;
	     request = request->by_key.next)
		status->undelivered += !request->delivered;
	if (!kernel_count(agent->kernel, counters))
		for (size_t i = 0; i < SLUICE_COUNTERS && i < ARRAY_SIZE(status->counters); i++)
			status->counters[i] = counters[i];
	status->gaps = agent->events ? events_lost(agent->events) : 0;
}

static void fill_policy(const struct agent *agent, struct ipc_status *status)
{
	const struct policy *policy = agent->policy;

	if (!policy)
		return;
	status->monitor = policy->settings.monitor;
	status->labels = (uint32_t)policy->n_labels;
	status->rules = (uint32_t)policy->n_rules;
	status->people = (uint32_t)policy->n_people;
	memcpy(status->policy_digest, policy->digest, sizeof(status->policy_digest));
}

static void fill_journal(const struct agent *agent, struct ipc_status *status)
{
	const char *broken = record_broken(agent);
	size_t used = strlen(status->why);

	if (agent->journal) {
		status->journal_entries = journal_size(agent->journal);
		snprintf(status->journal_root, sizeof(status->journal_root), "%s",
			 journal_root(agent->journal));
	}
	if (broken)
		snprintf(status->why + used, sizeof(status->why) - used,
			 "%sthe journal cannot be written: %s; guarded actions are refused",
			 used ? "\n" : "", broken);
}

int answer_status(struct client *client, const struct channel_message *message,
		  struct answer *answer)
{
	const struct agent *agent = client->control->agent;
	struct ipc_status *status = calloc(1, sizeof(*status));
	struct utsname name;

	(void)message;
	if (!status)
		return -ENOMEM;
	status->enforcing = agent->enforcing;
	status->generation = agent->generation;
	status->gateway_connected = client->control->gateway != NULL;
	status->started_ms = agent->started_ms;
	status->policy_ms = agent->policy_ms;
	snprintf(status->version, sizeof(status->version), "%s",
		 agent->version ? agent->version : "");
	if (!uname(&name))
		snprintf(status->kernel, sizeof(status->kernel), "%.64s", name.release);
	memcpy(status->why, agent->why, sizeof(status->why));
	memcpy(status->gateway, client->control->problem, sizeof(status->gateway));
	fill_policy(agent, status);
	fill_counts(agent, status);
	fill_journal(agent, status);
	answer->type = IPC_STATUS_ITEM;
	answer->items = status;
	answer->item_size = sizeof(*status);
	answer->n = 1;
	return 0;
}

static bool fill_request(struct agent *agent, const char id[16], union ipc_any *ret)
{
	const struct request *request = request_find(agent->requests, id);

	if (request)
		request_describe(agent, request, &ret->request);
	return request;
}

static bool is_own(const struct request *request, uid_t uid)
{
	for (size_t i = 0; i < request->who.n_uids; i++)
		if (request->who.uids[i] == uid)
			return true;
	return false;
}

static bool is_chosen(const struct client *client, const struct ipc_select *select,
		      const struct request *request, bool all)
{
	if (!all && !is_own(request, client->peer.uid))
		return false;
	if (select->id[0])
		return !strcmp(select->id, request->id);
	return select->all || request->state == IPC_PENDING;
}

static int by_age(const void *a, const void *b)
{
	const struct request *const *x = a, *const *y = b;

	return ((*x)->opened_ms > (*y)->opened_ms) - ((*x)->opened_ms < (*y)->opened_ms);
}

int answer_requests(struct client *client, const struct channel_message *message,
		    struct answer *answer)
{
	const struct ipc_select *select = &message->body.select;
	const struct requests *requests = client->control->agent->requests;
	size_t n = 0, most = HASH_CNT(by_id, requests->by_id);
	_cleanup_free_ struct request **chosen = calloc(most + 1, sizeof(struct request *));
	char(*ids)[16] = calloc(most + 1, sizeof(*ids));
	bool all = peer_sees_all(client);

	answer->items = ids;
	if (!chosen || !ids)
		return -ENOMEM;
	for (struct request *request = requests->by_id; request; request = request->by_id.next)
		if (is_chosen(client, select, request, all))
			chosen[n++] = request;
	qsort(chosen, n, sizeof(struct request *), by_age);
	for (size_t i = 0; i < n; i++)
		memcpy(ids[i], chosen[i]->id, sizeof(ids[i]));
	answer->type = IPC_REQUEST_ITEM;
	answer->item_size = sizeof(struct ipc_request);
	answer->n = n;
	answer->fill = fill_request;
	if (select->id[0] && !n)
		return answer_result(answer, -ENOENT,
				     "there is no such request, or it is not yours to see");
	return 0;
}

static bool fill_grant(struct agent *agent, const char id[16], union ipc_any *ret)
{
	const struct grant *grant = grant_find(agent->grants, id);

	if (grant)
		grant_describe(agent, grant, &ret->grant);
	return grant;
}

int answer_grants(struct client *client, const struct channel_message *message,
		  struct answer *answer)
{
	const struct grants *grants = client->control->agent->grants;
	char(*ids)[16];
	size_t n = 0;

	(void)message;
	if (!peer_sees_all(client))
		return answer_result(answer, -EPERM, REFUSED);
	ids = calloc(HASH_COUNT(grants->by_number) + 1, sizeof(*ids));
	answer->items = ids;
	if (!ids)
		return -ENOMEM;
	for (const struct grant *grant = grants->by_number; grant; grant = grant->hh.next)
		if (grant->kernel.answer == SLUICE_ANSWER_ALLOW)
			snprintf(ids[n++], sizeof(ids[0]), "%.15s", grant->id);
	answer->type = IPC_GRANT_ITEM;
	answer->item_size = sizeof(struct ipc_grant);
	answer->n = n;
	answer->fill = fill_grant;
	return 0;
}

static void fill_edge(const struct agent *agent, const struct lineage_step *step,
		      struct ipc_edge *ret)
{
	char text[512];

	memset(ret, 0, sizeof(*ret));
	snprintf(ret->verb, sizeof(ret->verb), "%s", step->verb);
	snprintf(text, sizeof(text), "%s[%d]", step->comm, step->pid);
	wording_copy(ret->subject, sizeof(ret->subject), text);
	wording_copy(ret->object, sizeof(ret->object), step->object);
	if (step->peer) {
		snprintf(text, sizeof(text), "%.400s[%d]", step->object, step->peer);
		wording_copy(ret->object, sizeof(ret->object), text);
	}
	wording_labels(agent, step->labels, ret->labels, sizeof(ret->labels));
	ret->pid = step->pid;
	ret->peer = step->peer;
	ret->time_ms = step->time_ms;
	ret->seq = step->seq;
}

/* Turns steps into items. @n: a negative errno when nothing is known. */
static int answer_steps(struct client *client, const struct lineage_step *steps, int n,
			struct answer *answer)
{
	struct ipc_edge *edges;

	if (n == -ENOMEM)
		return -ENOMEM;
	if (n < 0)
		return answer_result(
			answer, n,
			"nothing is known of it: it has not touched labeled data since the agent "
			"looks, or that was long ago; the journal has all");
	edges = calloc((size_t)n + 1, sizeof(*edges));
	if (!edges)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		fill_edge(client->control->agent, &steps[i], &edges[i]);
	answer->type = IPC_EDGE_ITEM;
	answer->items = edges;
	answer->item_size = sizeof(*edges);
	answer->n = (size_t)n;
	if (n == LINEAGE_MAX_STEPS)
		return answer_result(answer, 0, "only the nearest %d steps are shown", n);
	return 0;
}

int answer_why(struct client *client, const struct channel_message *message, struct answer *answer)
{
	_cleanup_free_ struct lineage_step *steps = calloc(LINEAGE_MAX_STEPS, sizeof(*steps));
	const struct ipc_why *why = &message->body.why;
	struct process p = { 0 };
	int n;

	if (!steps)
		return -ENOMEM;
	if (!peer_sees_all(client)) {
		/* cppcheck-suppress memleak; freed by its cleanup attribute */
		return answer_result(answer, -EPERM, REFUSED);
	}
	/* one that has ended may be known still: then the newest with that pid */
	process_read(why->pid, 0, &p);
	n = lineage_of_pid(client->control->agent->lineage, why->pid, p.start_ns, steps,
			   LINEAGE_MAX_STEPS);
	return answer_steps(client, steps, n, answer);
}

int answer_lineage(struct client *client, const struct channel_message *message,
		   struct answer *answer)
{
	_cleanup_free_ struct lineage_step *steps = calloc(LINEAGE_MAX_STEPS, sizeof(*steps));
	struct agent *agent = client->control->agent;
	struct sluice_object_id id;
	int r;

	if (!steps)
		return -ENOMEM;
	if (!peer_sees_all(client)) {
		/* cppcheck-suppress memleak; freed by its cleanup attribute */
		return answer_result(answer, -EPERM, REFUSED);
	}
	if (message->fd < 0) {
		/* cppcheck-suppress memleak; freed by its cleanup attribute */
		return answer_result(answer, -EBADF, "the file was not sent along");
	}
	r = kernel_identify(agent->kernel, message->fd, &id, NULL);
	if (r < 0) {
		/* cppcheck-suppress memleak; freed by its cleanup attribute */
		return answer_result(answer, r, "the kernel does not know this file: %s",
				     strerror(-r));
	}
	r = lineage_of_object(agent->lineage, &id, steps, LINEAGE_MAX_STEPS);
	return answer_steps(client, steps, r, answer);
}
