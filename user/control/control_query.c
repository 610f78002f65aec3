/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_query.c: answers that only look: status, requests, grants, why, lineage. Owns no state.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "control_peer.h"
#include "decision/grant.h"
#include "decision/review.h"
#include "decision/standing.h"
#include "event/event.h"
#include "event/process.h"
#include "event/record.h"
#include "event/wording.h"
#include "guard/guard.h"
#include "journal/journal.h"
#include "kernel/kernel.h"
#include "lineage/lineage_follow.h"
#include "request/request_told.h"

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
	status->missed = agent->missed;
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

	memcpy(status->journal, agent->journal_path, sizeof(status->journal));
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

/* A warning: it enforces, and will not after the next start. */
static void fill_replaced(const struct agent *agent, struct ipc_status *status)
{
	_cleanup_free_ char *path = NULL;
	size_t used = strlen(status->why);

	if (agent->guard->mode != SLUICE_GUARD_ENFORCE || !agent->policy->guard.libraries)
		return;
	path = guard_marks_replaced();
	if (path)
		snprintf(status->why + used, sizeof(status->why) - used,
			 "%s%s was replaced since the start: the guard will not take a new start "
			 "for the agent; run 'sluice break-glass', then restart sluiced",
			 used ? "\n" : "", path);
}

/* Another: nobody has looked at what was done while the glass was broken. */
static void fill_reviews(const struct agent *agent, struct ipc_status *status)
{
	size_t used = strlen(status->why);
	char text[512];

	status->glass_unreviewed =
		(uint32_t)review_waiting(agent, status->glass_review, sizeof(status->glass_review));
	review_describe(agent, text, sizeof(text));
	if (*text)
		snprintf(status->why + used, sizeof(status->why) - used, "%s%s", used ? "\n" : "",
			 text);
}

static void fill_guard(const struct agent *agent, struct ipc_status *status)
{
	const struct glass *glass = agent->guard ? &agent->guard->glass : NULL;
	size_t used = strlen(status->why);
	char text[512];

	if (!glass)
		return;
	status->guard = agent->guard->mode;
	status->glass_broken = glass->broken_until_ns != 0;
	if (status->glass_broken) {
		status->glass_until_ms = glass->until_ms;
		snprintf(status->glass_by, sizeof(status->glass_by), "%s", glass->by);
		glass_describe(glass, text, sizeof(text));
		snprintf(status->why + used, sizeof(status->why) - used, "%s%s", used ? "\n" : "",
			 text);
	}
	fill_replaced(agent, status);
	fill_reviews(agent, status);
	if (!glass->asked_until_ns)
		return;
	snprintf(status->glass_asker, sizeof(status->glass_asker), "%s", glass->asker);
	snprintf(status->glass_reason, sizeof(status->glass_reason), "%s", glass->reason);
	snprintf(status->glass_agreed, sizeof(status->glass_agreed), "%s",
		 glass->n_people ? glass->people[0] : "");
	status->glass_duration_s = glass->duration_s;
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
	told_channels_describe(agent->requests, status->gateway_connected, status);
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
	fill_guard(agent, status);
	control_describe_sinks(client->control, status);
	answer->type = IPC_STATUS_ITEM;
	answer->items = status;
	answer->item_size = sizeof(*status);
	answer->n = 1;
	return 0;
}

static bool fill_request(struct agent *agent, const char id[16], union ipc_any *ret)
{
	const struct request *request = request_find(agent->requests, id);

	if (!request)
		return false;
	request_describe(agent, request, &ret->request);
	request_told_describe(request, &ret->request);
	return true;
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
	const struct standing *standing = standing_find(agent->standings, id);
	const struct grant *grant = grant_find(agent->grants, id);

	if (grant)
		grant_describe(agent, grant, &ret->grant);
	else if (standing)
		standing_describe(agent, standing, &ret->grant);
	return grant || standing;
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
	ids = calloc(HASH_COUNT(grants->by_number) + SLUICE_MAX_STANDING, sizeof(*ids));
	answer->items = ids;
	if (!ids)
		return -ENOMEM;
	for (const struct grant *grant = grants->by_number; grant; grant = grant->hh.next)
		if (grant->kernel.answer == SLUICE_ANSWER_ALLOW)
			snprintf(ids[n++], sizeof(ids[0]), "%.15s", grant->id);
	n += standing_ids(client->control->agent->standings, ids + n, SLUICE_MAX_STANDING);
	answer->type = IPC_GRANT_ITEM;
	answer->item_size = sizeof(struct ipc_grant);
	answer->n = n;
	answer->fill = fill_grant;
	return 0;
}

/* What the reader of an answer has to know about it, as one line. */
static void say_limits(const struct lineage_follow *follow, const struct lineage_answer *found,
		       uint64_t behind, struct answer *answer)
{
	const char *broken = lineage_follow_broken(follow);
	char *text = answer->result.text;
	size_t size = sizeof(answer->result.text), used = 0;

	if (found->more)
		used += (size_t)snprintf(text, size, "%s%" PRIu64 " more steps are not shown",
					 found->at_least ? "at least " : "", found->more);
	if (found->dropped_until_ms)
		used += (size_t)snprintf(text + used, size - used,
					 "%sthe index has dropped its oldest steps "
					 "(SLUICE_MAX_LINEAGE); the journal has them",
					 used ? "; " : "");
	if (behind)
		used += (size_t)snprintf(text + used, size - used,
					 "%sthe newest %" PRIu64
					 " entries of the journal are not in the index yet",
					 used ? "; " : "", behind);
	if (broken)
		snprintf(text + used, size - used, "%sthe index cannot be written: %.200s",
			 used ? "; " : "", broken);
}

static struct lineage_bounds bounds_of(const struct ipc_why *why)
{
	struct lineage_bounds bounds = { SLUICE_LINEAGE_STEPS, SLUICE_LINEAGE_DEPTH };

	if (why->steps && why->steps < bounds.steps)
		bounds.steps = why->steps;
	if (why->depth && why->depth < bounds.depth)
		bounds.depth = why->depth;
	return bounds;
}

/* Turns what was found into items. @err: when nothing is known. */
static int answer_found(const struct client *client, struct lineage_answer *found, int err,
			uint64_t behind, struct answer *answer)
{
	if (err == -ENOMEM)
		return -ENOMEM;
	if (err == -ESRCH || err == -ENOENT)
		return answer_result(
			answer, err,
			"nothing is known of it: it has not touched labeled data since the agent "
			"looks, or that was long ago; the journal has all");
	if (err)
		return answer_result(answer, err,
				     "the index of the lineage cannot be read: %s; build it again "
				     "with: sluice lineage --rebuild",
				     strerror(-err));
	answer->type = IPC_EDGE_ITEM;
	answer->items = found->edges;
	answer->item_size = sizeof(*found->edges);
	answer->n = found->n;
	say_limits(client->control->agent->follow, found, behind, answer);
	return 0;
}

#define CATCH_UP_MS 500

/* Brings the index up to date. Return: NULL when the peer may not ask, with the answer. */
static struct lineage_index *index_for(const struct client *client, struct answer *answer,
				       uint64_t *ret_behind)
{
	struct lineage_follow *follow = client->control->agent->follow;

	if (!peer_sees_all(client)) {
		answer_result(answer, -EPERM, REFUSED);
		return NULL;
	}
	*ret_behind = lineage_follow_catch_up(follow, CATCH_UP_MS);
	if (!lineage_follow_index(follow))
		answer_result(answer, -EIO, "there is no index of the lineage: restart sluiced");
	return lineage_follow_index(follow);
}

/*
 * The kernel knows what a process carries when the index does not know where from: the event of it
 * was lost, or is too long ago. Return: whether it carries something, and @answer says so.
 */
static bool answer_carried(const struct agent *agent, const struct process *p, int err,
			   struct answer *answer)
{
	_cleanup_close_ int pidfd = process_open(p->pid, p->start_ns);
	uint64_t labels = 0;
	char text[512];

	if (pidfd < 0 || kernel_taint_get(agent->kernel, pidfd, &labels) < 0 || !labels)
		return false;
	wording_labels(agent, labels, text, sizeof(text));
	answer_result(answer, err,
		      "it carries %s; where from is not known: the kernel's word of it was lost "
		      "(sluice status counts these), or that was long ago",
		      text);
	return true;
}

int answer_why(struct client *client, const struct channel_message *message, struct answer *answer)
{
	const struct ipc_why *why = &message->body.why;
	const struct lineage_bounds bounds = bounds_of(why);
	struct lineage_answer found = { 0 };
	struct process p = { 0 };
	uint64_t behind = 0;
	struct lineage_index *index = index_for(client, answer, &behind);
	int err;

	if (!index)
		return 0;
	/* one that has ended may be known still: then the newest with that pid */
	process_read(why->pid, 0, &p);
	err = lineage_index_of_pid(index, client->control->agent, why->pid, p.start_ns, &bounds,
				   &found);
	if ((err == -ESRCH || err == -ENOENT) && p.pid &&
	    answer_carried(client->control->agent, &p, err, answer))
		return 0;
	return answer_found(client, &found, err, behind, answer);
}

int answer_lineage(struct client *client, const struct channel_message *message,
		   struct answer *answer)
{
	const struct lineage_bounds bounds = bounds_of(&message->body.why);
	struct agent *agent = client->control->agent;
	struct lineage_answer found = { 0 };
	_cleanup_close_ int file = -1;
	struct sluice_object_id id;
	uint64_t behind = 0;
	struct lineage_index *index = index_for(client, answer, &behind);
	int err;

	if (!index)
		return 0;
	file = peer_file(client, message->body.why.fd);
	if (file < 0)
		return answer_result(answer, file, "sluiced cannot see the file that you mean: %s",
				     strerror(-file));
	err = kernel_identify(agent->kernel, file, &id, NULL);
	if (err < 0)
		return answer_result(answer, err, "the kernel does not know this file: %s",
				     strerror(-err));
	err = lineage_index_of_object(index, agent, &id, &bounds, &found);
	return answer_found(client, &found, err, behind, answer);
}

int answer_reindex(struct client *client, const struct channel_message *message,
		   struct answer *answer)
{
	struct agent *agent = client->control->agent;
	int err;

	(void)message;
	if (client->peer.uid != 0)
		return answer_result(answer, -EPERM, "only root may have the index built again");
	err = lineage_follow_again(agent->follow);
	if (err)
		return answer_result(answer, err, "the index cannot be written: %s",
				     strerror(-err));
	return answer_result(answer, 0,
			     "the index of the lineage is built again from the %" PRIu64
			     " entries of the journal",
			     journal_size(agent->journal));
}
