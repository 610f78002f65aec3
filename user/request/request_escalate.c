/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_escalate.c: more people are asked when those who were do not answer.
 *
 * Owns: when that is, and its entry in the journal. Must not own: how many must approve: that never
 * becomes less (request_terms.c), nor does the deadline move.
 */
#include <event2/event.h>

#include "base/log.h"
#include "event/record.h"
#include "request.h"

#define AGAIN_S 10 /* while the journal cannot be written */

/* The next time after its opening at which a rule adds people, or 0. */
static uint32_t next_after(const struct agent *agent, const struct request *request)
{
	struct request_terms terms;
	uint32_t next = 0;

	request_terms(agent, request->key.action, request->labels, &terms);
	for (size_t i = 0; i < terms.n_rules; i++) {
		uint32_t after_s = terms.rules[i]->escalate_s;

		if (after_s > request->escalated_s && (!next || after_s < next))
			next = after_s;
	}
	return next;
}

static json_t *group_names(const struct policy *policy, uint64_t groups)
{
	json_t *names = json_array();

	for (size_t i = 0; i < policy->n_groups; i++)
		if (groups >> i & 1)
			json_array_append_new(names, json_string(policy->groups[i].name));
	return names;
}

/* Nobody is asked by what the journal does not have. */
static int escalate(struct agent *agent, struct request *request, uint32_t after_s)
{
	uint32_t before_s = request->escalated_s;
	struct request_terms terms;
	int r;

	request->escalated_s = after_s;
	request_terms_of(agent, request, &terms);
	r = record_announce(agent,
			    json_pack("{s:s, s:I, s:o}", "request", request->id, "after_s",
				      (json_int_t)after_s, "groups",
				      group_names(agent->policy, terms.groups)),
			    "request.escalated",
			    "nobody decided on %s within %u s: more people are asked", request->id,
			    after_s);
	if (!r)
		r = record_commit(agent);
	if (r < 0)
		request->escalated_s = before_s;
	return r;
}

static void wait_for(struct request *request, uint64_t ns)
{
	struct timeval after = { .tv_sec = (time_t)(ns / 1000000000),
				 .tv_usec = (suseconds_t)(ns % 1000000000 / 1000) };

	evtimer_add(request->escalation, &after);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct request *request = arg;
	struct agent *agent = request->agent;
	uint32_t after_s = next_after(agent, request);

	(void)fd;
	(void)what;
	if (after_s && request_opened_ns(request) + after_s * 1000000000ULL <= agent_boot_ns()) {
		if (escalate(agent, request, after_s) < 0) {
			wait_for(request, AGAIN_S * 1000000000ULL);
			return;
		}
		request->changed = true;
		request_committed(agent, 0);
	}
	request_watch_escalation(agent, request);
}

void request_watch_escalation(struct agent *agent, struct request *request)
{
	uint32_t after_s = next_after(agent, request);
	uint64_t now = agent_boot_ns(), due_ns;

	if (request->escalation)
		event_del(request->escalation);
	if (!after_s)
		return;
	if (!request->escalation)
		request->escalation = evtimer_new(agent->base, on_time, request);
	if (!request->escalation) {
		log_error("No memory to ask more people about %s later", request->id);
		return;
	}
	due_ns = request_opened_ns(request) + after_s * 1000000000ULL;
	/* a moment late, so that it is due by the coarser clock of timers */
	wait_for(request, due_ns > now ? due_ns - now + 1000000 : 0);
}
