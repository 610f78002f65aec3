/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing_use.c: a request that is the same thing again: see standing.h. Whoever approved then is
 * weighed as if they answered now.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/record.h"
#include "grant.h"
#include "hold.h"
#include "request/request.h"
#include "standing.h"
#include "standing_list.h"

static bool is_same(const struct standing *standing, const struct request *request,
		    const struct sluice_ask_key *key)
{
	return standing->until_ns > agent_boot_ns() &&
	       !memcmp(&standing->key, key, sizeof(*key)) &&
	       !(request->labels & ~standing->labels) &&
	       standing->exe_time_ns == request->exe_time_ns &&
	       !strcmp(standing->unit, request->who.owner_unit);
}

/* The policy may have become stricter than it was when this was approved. */
static bool is_allowed(const struct standing *standing, const struct request_terms *terms)
{
	return !terms->denied && terms->n_rules &&
	       standing->made_ns + terms->standing_s * 1000000000ULL > agent_boot_ns();
}

/* The approvers' answers, without those of whoever stands behind this request. */
static int take_answers(const struct agent *agent, struct request *request,
			const struct standing *standing)
{
	struct ipc_decision *list = calloc(standing->n_people, sizeof(*list));
	size_t n = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < standing->n_people; i++) {
		const struct policy_person *person =
			policy_find_person(agent->policy, standing->people[i].person);

		if (!person || person_behind(agent->policy, &request->who, person))
			continue;
		list[n] = standing->people[i];
		list[n].standing_s = 0;
		list[n].time_ms = standing->made_ms;
		snprintf(list[n++].reason, sizeof(list->reason), "in advance, by %s from %s",
			 standing->id, standing->request);
	}
	free(request->decisions);
	request->decisions = list;
	request->n_decisions = n;
	return 0;
}

static void drop_answers(struct request *request)
{
	request->n_decisions = 0;
	request->standing[0] = '\0';
}

static json_t *names_of(const struct request *request)
{
	json_t *names = json_array();

	for (size_t i = 0; i < request->n_decisions; i++)
		json_array_append_new(names, json_string(request->decisions[i].person));
	return names;
}

/* All that must be durable before it takes effect. */
static int announce(struct agent *agent, struct request *request, uint32_t duration_s,
		    struct grant **ret)
{
	char id[24] = "";
	int r = record_announce(agent,
				json_pack("{s:s, s:s, s:s, s:o}", "standing", request->standing,
					  "request", request->id, "digest", request->digest,
					  "people", names_of(request)),
				"standing.used", "%s is approved in advance, by %s", request->id,
				request->standing);

	if (!r)
		r = grant_announce(agent, request, POLICY_ONCE, duration_s, ret);
	if (*ret)
		memcpy(id, (*ret)->id, sizeof(id));
	if (!r)
		r = record_commit(agent);
	if (r < 0) {
		*ret = grant_free(*ret);
		record_add(agent, NULL,
			   json_pack("{s:s, s:s, s:s}", "request", request->id, "person",
				     request->standing, "grant", id),
			   "decision.void", "the approval of %s in advance had no effect",
			   request->id);
	}
	return r;
}

static void approve(struct agent *agent, struct request *request, struct grant *grant)
{
	char outcome[sizeof(request->outcome)];
	size_t used = (size_t)snprintf(outcome, sizeof(outcome), "approved in advance (%s) by ",
				       request->standing);

	if (grant_apply(agent, grant) < 0) {
		request_refuse(agent, request, IPC_DENIED,
			       "approved in advance, but the kernel could not take the grant");
		return;
	}
	for (size_t i = 0; i < request->n_decisions && used < sizeof(outcome); i++)
		used += (size_t)snprintf(outcome + used, sizeof(outcome) - used, "%s%s",
					 i ? ", " : "", request->decisions[i].person);
	request_end(agent, request, IPC_APPROVED, outcome);
	hold_wake(agent, request);
}

static bool try_one(struct agent *agent, struct request *request, const struct standing *standing)
{
	struct request_terms terms;
	struct grant *grant = NULL;

	request_terms_of(agent, request, &terms);
	if (!is_allowed(standing, &terms) || take_answers(agent, request, standing) < 0)
		return false;
	memcpy(request->standing, standing->id, sizeof(request->standing));
	if (request_missing(agent, request, &terms) ||
	    announce(agent, request, terms.duration_s, &grant) < 0) {
		drop_answers(request);
		return false;
	}
	approve(agent, request, grant);
	return true;
}

bool standing_use(struct agent *agent, struct request *request)
{
	const struct standing *standing;
	struct sluice_ask_key key;

	if (request->n_decisions || !agent->policy)
		return false;
	grant_key(request, POLICY_EXECUTABLE, &key);
	DL_FOREACH(agent->standings->list, standing) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		if (is_same(standing, request, &key) && try_one(agent, request, standing))
			return true;
	}
	return false;
}

void standing_replay_used(struct agent *agent, const json_t *entry)
{
	char id[16];
	struct request *request = record_get_text(entry, "request", id, sizeof(id))
					  ? request_find(agent->requests, id)
					  : NULL;

	if (request)
		record_get_text(entry, "standing", request->standing, sizeof(request->standing));
}
