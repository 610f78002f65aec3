/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_budget.c: who asks too much: see request.h.
 *
 * Owns: what one requester may ask, and that people hear once that it was more. Must not own: the
 * numbers (policy.h), or how an attempt is refused (hold.h). A requester is a person of the policy,
 * with whatever accounts and units, or else all accounts that share a road to people: one user can
 * have many thousand (user namespaces).
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "decision/hold.h"
#include "event/record.h"
#include "request.h"

/* A claim counts for nothing: anybody's could be made, and use up what they may ask. */
static bool share_account(const struct identity *a, const struct identity *b)
{
	for (size_t i = 0; i < a->n_uids; i++)
		if (!(a->claims >> i & 1) && identity_has(b, a->uids[i]))
			return true;
	return a->everyone && b->everyone; /* accounts more than can be kept */
}

static bool is_same_requester(const struct request *a, const struct request *b)
{
	if (*a->requester || *b->requester)
		return !strcmp(a->requester, b->requester);
	return share_account(&a->who, &b->who);
}

uint64_t request_opened_ns(const struct request *request)
{
	uint64_t waits_ns = (request->expires_ms - request->opened_ms) * 1000000;

	return request->deadline_ns > waits_ns ? request->deadline_ns - waits_ns : 0;
}

static unsigned int count_open(const struct requests *requests, const struct request *of)
{
	unsigned int n = 0;

	for (const struct request *request = requests->by_key; request;
	     request = request->by_key.next)
		n += is_same_requester(request, of);
	return n;
}

static unsigned int count_since(const struct requests *requests, const struct request *of,
				unsigned int seconds)
{
	uint64_t now = agent_boot_ns(), span = seconds * 1000000000ULL;
	unsigned int n = 0;

	for (const struct request *request = requests->by_id; request;
	     request = request->by_id.next)
		n += !request->earlier_boot && is_same_requester(request, of) &&
		     request_opened_ns(request) + span > now;
	return n;
}

const char *request_over_budget(const struct agent *agent, const struct request *request)
{
	const struct policy_requests *limits = agent->policy ? &agent->policy->requests : NULL;

	if (!limits)
		return NULL;
	if (limits->unknown_denied && !*request->requester)
		return "nobody of the policy stands behind it (UnknownRequester=deny)";
	if (count_open(agent->requests, request) >= limits->max_pending)
		return "the requester has too many requests open (MaxPending=)";
	if (limits->rate && count_since(agent->requests, request, limits->rate_s) >= limits->rate)
		return "the requester has asked too often (Rate=)";
	return NULL;
}

bool request_budget_noticed(const struct requests *requests, const struct request *of)
{
	uint64_t now = agent_time_ms();

	for (const struct request *request = requests->closed; request; request = request->next)
		if (request->notice && is_same_requester(request, of) &&
		    request->closed_ms + SLUICE_BUDGET_NOTICE_S * 1000ULL > now)
			return true;
	return false;
}

const char *request_no_room(const struct agent *agent, const struct request *request)
{
	const struct requests *requests = agent->requests;

	if (HASH_CNT(by_key, requests->by_key) >= requests->max_open)
		return "too many requests are open (SLUICE_MAX_REQUESTS)";
	if (count_open(requests, request) >= requests->max_of_uid)
		return "this user has too many requests open (SLUICE_MAX_REQUESTS_PER_UID)";
	return record_broken(agent) ? strerror(EIO) : NULL;
}

void request_refuse_event(struct agent *agent, const struct sluice_event *event, const char *why)
{
	log_error("An attempt of process %u cannot be asked about and is denied: %s", event->tgid,
		  why);
	record_add(agent, NULL,
		   record_event(agent, event, NULL,
				json_pack("{s:s, s:s}", "verdict", "deny", "reason", why)),
		   "event.stop", "%s[%u] was refused, nobody could be asked: %s", event->comm,
		   event->tgid, why);
	hold_deny_event(agent, event);
}
