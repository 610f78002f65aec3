/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_describe.c: a request as people see it. Owns no state; what a terminal or a chat may show
 * is decided by those who show it (escape.h and the gateway), here only UTF-8 and lengths are made
 * sure of.
 */
#include <string.h>

#include "decision/grant.h"
#include "decision/standing.h"
#include "event/record.h"
#include "event/wording.h"
#include "kernel/kernel.h"
#include "request.h"

/* Copies and counts what did not fit, so that nobody approves what is not shown. */
#define COPY(ret, field, bytes)                                                                    \
	((ret)->hidden += (uint32_t)wording_copy((ret)->field, sizeof((ret)->field), bytes))

static void describe_sources(const struct agent *agent, const struct request *request,
			     struct ipc_request *ret)
{
	for (size_t i = 0; i < request->n_sources; i++) {
		const struct request_source *from = &request->sources[i];
		struct ipc_source *source = &ret->sources[i];

		ret->hidden +=
			(uint32_t)wording_copy(source->path, sizeof(source->path), from->path);
		ret->hidden += (uint32_t)wording_copy(source->reader, sizeof(source->reader),
						      from->reader);
		ret->hidden += (uint32_t)wording_labels(agent, from->labels, source->labels,
							sizeof(source->labels));
		source->time_ms = from->time_ms;
	}
	ret->n_sources = (uint16_t)request->n_sources;
	ret->more_sources = (uint32_t)request->more_sources;
}

static void describe_decisions(const struct request *request, struct ipc_request *ret)
{
	size_t n = request->n_decisions < SLUICE_MAX_REVIEWERS ? request->n_decisions
							       : SLUICE_MAX_REVIEWERS;

	if (n)
		memcpy(ret->decisions, request->decisions, n * sizeof(ret->decisions[0]));
	ret->n_decisions = (uint16_t)n;
}

static void name_groups(const struct policy *policy, uint64_t groups, char *ret, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < policy->n_groups && i < 64 && used < size; i++)
		if (groups >> i & 1)
			used += (size_t)snprintf(ret + used, size - used, "%s%s", used ? ", " : "",
						 policy->groups[i].name);
}

static uint32_t highest_sensitivity(const struct agent *agent, uint64_t labels)
{
	uint8_t bits[SLUICE_MAX_LABELS];
	const struct policy_label *label = NULL;

	if (wording_sort_labels(agent, labels, bits))
		label = agent_label(agent, bits[0]);
	return label ? label->sensitivity : 0;
}

/* Those of one person; what does not fit is left out, as ipc.h says. */
static size_t add_accounts(const struct policy_person *person, struct ipc_request *ret, size_t n)
{
	for (size_t i = 0; i < person->n_accounts && n < SLUICE_MAX_BEHIND; i++) {
		ret->behind[n] = account_mark(&person->accounts[i].account);
		n += ret->behind[n] != 0;
	}
	return n;
}

static void describe_behind(const struct policy *policy, const struct request *request,
			    struct ipc_request *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->n_people && n < SLUICE_MAX_BEHIND; i++)
		if (policy->people[i].n_accounts &&
		    person_behind(policy, &request->who, &policy->people[i]))
			n = add_accounts(&policy->people[i], ret, n);
}

/* What nobody can see whole takes the surest answer. */
static void describe_rule(const struct agent *agent, const struct request *request,
			  struct ipc_request *ret)
{
	const struct policy_person *person;
	struct request_terms terms;

	if (!agent->policy)
		return;
	request_terms_of(agent, request, &terms);
	describe_behind(agent->policy, request, ret);
	person = person_requester(agent->policy, &request->who);
	if (person)
		snprintf(ret->requester, sizeof(ret->requester), "%s", person->name);
	for (size_t i = 0; i < request->n_decisions; i++)
		ret->approvals += request->decisions[i].approve != 0;
	ret->approvals_needed =
		(uint16_t)(ret->approvals + request_missing(agent, request, &terms));
	ret->tier = ret->hidden ? POLICY_A3 : (uint8_t)terms.tier;
	if (!terms.shown)
		return;
	snprintf(ret->rule, sizeof(ret->rule), "%s", terms.shown->name);
	snprintf(ret->scope, sizeof(ret->scope), "%s", policy_scope_name(terms.scope));
	ret->duration_s = terms.duration_s;
	ret->reason_required = terms.reason;
	name_groups(agent->policy, terms.groups, ret->reviewers, sizeof(ret->reviewers));
}

/* The kernel tells of the first attempt and counts the others. */
static uint32_t current_tries(const struct agent *agent, const struct request *request)
{
	struct sluice_ask ask;

	if (request->state != IPC_PENDING || kernel_ask_get(agent->kernel, &request->key, &ask) < 0)
		return request->tries;
	return ask.tries > request->tries ? ask.tries : request->tries;
}

static bool is_in_force(const struct agent *agent, const struct request *request)
{
	return request->state == IPC_APPROVED && (grant_of_request(agent->grants, request->id) ||
						  standing_from(agent->standings, request->id));
}

void request_describe(const struct agent *agent, const struct request *request,
		      struct ipc_request *ret)
{
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->id, request->id, sizeof(ret->id));
	memcpy(ret->digest, request->digest, sizeof(ret->digest));
	COPY(ret, host, agent->host);
	snprintf(ret->boot, sizeof(ret->boot), "%s", agent->boot_id);
	snprintf(ret->action, sizeof(ret->action), "%s", policy_action_names[request->key.action]);
	snprintf(ret->waiting, sizeof(ret->waiting), "%s", request->held ? "hold" : "fail");
	ret->state = (uint8_t)request->state;
	ret->sensitivity = highest_sensitivity(agent, request->labels);
	ret->tries = current_tries(agent, request);
	ret->uid = request->who.uid;
	ret->loginuid = request->who.loginuid;
	ret->pid = request->pid;
	ret->start_ns = request->start_ns;
	ret->opened_ms = request->opened_ms;
	ret->journal_entries = request->journal_entries;
	memcpy(ret->journal_root, request->journal_root, sizeof(request->journal_root));
	ret->expires_ms = request->expires_ms;
	ret->closed_ms = request->closed_ms;
	ret->escalated_s = request->escalated_s;
	ret->hidden += (uint32_t)wording_labels(agent, request->labels, ret->labels,
						sizeof(ret->labels));
	wording_user(request->who.uid, ret->user, sizeof(ret->user));
	COPY(ret, comm, request->comm);
	COPY(ret, executable, request->exe);
	COPY(ret, command, request->command);
	if (strlen(request->command) == REQUEST_COMMAND_MAX - 1)
		ret->hidden++; /* it was longer, and we know not by how much */
	COPY(ret, unit, request->who.unit);
	COPY(ret, target, request->target);
	COPY(ret, reason, request->reason);
	snprintf(ret->reason_from, sizeof(ret->reason_from), "%s",
		 reason_origin_name(request->reason_from));
	COPY(ret, outcome, request->outcome);
	if (request->revoked)
		ret->revoked = *request->revoked;
	describe_sources(agent, request, ret);
	describe_decisions(request, ret);
	describe_rule(agent, request, ret);
	ret->revocable = is_in_force(agent, request);
}
