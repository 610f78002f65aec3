/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision.c: the order of checks, and taking effect: see decision.h. The checks themselves are in
 * decision_check.c.
 */
#include "decision.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "control/control.h"
#include "decision_check.h"
#include "event/process.h"
#include "event/record.h"
#include "grant.h"
#include "hold.h"
#include "standing.h"

/* gcc 12 takes the list that the request owns for lost when its owner is behind two pointers. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

static int run_checks(struct context *c)
{
	for (size_t i = 0; i < decision_n_checks; i++) {
		int r = decision_checks[i](c);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Room for one more; what is written there counts when n_decisions does. */
static struct ipc_decision *next_decision(const struct context *c)
{
	const struct account *account = c->vouched ? &c->vouched->decision.account : NULL;
	struct request *request = c->request;
	size_t size = (request->n_decisions + 1) * sizeof(struct ipc_decision); /* lint: found */
	struct ipc_decision *list = realloc(request->decisions, size);

	if (!list)
		return NULL;
	request->decisions = list;
	if (request_note_account(request, account) < 0)
		return NULL;
	request->logins[request->n_decisions] = person_account(&c->decider->who);
	memset(&list[request->n_decisions], 0, sizeof(*list));
	return &list[request->n_decisions];
}

/* What the answer rests on: a signature, a channel, or the session of the process that gave it. */
json_t *decision_evidence(const struct context *c)
{
	const struct identity *who = &c->decider->who;
	json_t *evidence = c->proof	? proof_evidence(c->proof)
			   : c->vouched ? vouched_evidence(c->vouched)
					: json_pack("{s:s}", "kind", "login");
	json_t *sender = json_pack("{s:I, s:I, s:o}", "uid", (json_int_t)who->uid, "loginuid",
				   (json_int_t)who->loginuid, "unit", record_text(who->owner_unit));

	if (!evidence || json_object_set_new(evidence, "sender", sender)) {
		json_decref(evidence);
		return NULL;
	}
	return evidence;
}

static json_t *body_of(const struct context *c, const struct ipc_decision *decision)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:b, s:s, s:I, s:I, s:I, s:o, s:I, s:I, s:s, s:s, s:s*, "
		"s:o}",
		"request", c->request->id, "digest", c->request->digest, "person", decision->person,
		"seen_digest", c->answer->digest, "approve", (int)decision->approve, "scope",
		policy_scope_name(c->scope), "scope_number", (json_int_t)c->scope, "duration_s",
		(json_int_t)c->duration_s, "standing_s", (json_int_t)c->standing_s, "reason",
		record_text(decision->reason), "time_ms", (json_int_t)decision->time_ms, "loginuid",
		(json_int_t)c->decider->who.loginuid, "boot", c->agent->boot_id, "tier",
		policy_tier_name(c->tier), "covers", c->covered ? c->covered->name : NULL,
		"evidence", decision_evidence(c));
}

static int announce(const struct context *c, const struct ipc_decision *decision)
{
	const char *verb = decision->approve ? "approved" : "denied";
	const char *reason = decision->reason;
	char way[SLUICE_NAME_MAX + 16] = "";

	if (c->vouched)
		snprintf(way, sizeof(way), " by channel %s", c->vouched->channel->name);
	return record_announce(c->agent, body_of(c, decision), "decision", "%s %s %s%s%s%s",
			       decision->person, verb, c->request->id,
			       c->proof ? " by a signed statement" : way, *reason ? ": " : "",
			       reason);
}

/*
 * What was announced does not happen. Should the journal come to write it after all, this follows
 * it.
 */
static int call_off(struct context *c, const char *grant)
{
	c->request->n_decisions--;
	record_add(c->agent, NULL,
		   json_pack("{s:s, s:s, s:s}", "request", c->request->id, "person",
			     c->person->name, "grant", grant),
		   "decision.void",
		   "the answer of %s to %s had no effect: the journal could not be written",
		   c->person->name, c->request->id);
	snprintf(c->text, c->size,
		 "nothing was decided: the journal cannot be written (%s); repair that (see sluice "
		 "status) and decide "
		 "again",
		 record_broken(c->agent) ? record_broken(c->agent) : "input/output error");
	return -EIO;
}

static void finish(struct context *c)
{
	request_committed(c->agent, record_commit(c->agent));
}

static int deny(struct context *c, const struct ipc_decision *decision)
{
	char outcome[256];

	if (announce(c, decision) < 0 || record_commit(c->agent) < 0)
		return call_off(c, "");
	snprintf(outcome, sizeof(outcome), "denied by %s%s%.150s", decision->person,
		 *decision->reason ? ": " : "", decision->reason);
	snprintf(c->text, c->size, "%s is denied", c->request->id);
	request_refuse(c->agent, c->request, IPC_DENIED, outcome);
	finish(c);
	return 0;
}

static int count(struct context *c, const struct ipc_decision *decision, unsigned int missing)
{
	if (announce(c, decision) < 0 || record_commit(c->agent) < 0)
		return call_off(c, "");
	c->request->scope = c->scope;
	c->request->duration_s = c->duration_s;
	control_notify(c->agent, c->request); /* what it shows of the request is old now */
	snprintf(c->text, c->size, "your approval of %s is counted; %u more needed, of %s",
		 c->request->id, missing, missing > 1 ? "different persons" : "another person");
	return 0;
}

static void name_approvers(const struct request *request, char *ret, size_t size)
{
	size_t used = (size_t)snprintf(ret, size, "approved by ");

	for (size_t i = 0; i < request->n_decisions && used < size; i++)
		used += (size_t)snprintf(ret + used, size - used, "%s%s", i ? ", " : "",
					 request->decisions[i].person);
}

/*
 * A grant for a process that has ended is of no use to anybody. Where such an attempt may come back
 * (it failed at once), the narrowest that is of use is the attempt itself, once.
 */
static void fit_scope(struct context *c)
{
	const struct request *request = c->request;

	if (c->scope == POLICY_PROCESS && request->key.subject.kind == SLUICE_SUBJECT_EXECUTABLE &&
	    !process_alive(request->pid, request->start_ns, NULL))
		c->scope = POLICY_ONCE;
}

static int approve(struct context *c, const struct ipc_decision *decision)
{
	struct grant *grant = NULL;
	char id[24] = "";
	int r;

	fit_scope(c);
	r = announce(c, decision);
	if (!r)
		r = grant_announce(c->agent, c->request, c->scope, c->duration_s, &grant);
	if (grant)
		memcpy(id, grant->id, sizeof(id));
	if (!r)
		r = record_commit(c->agent);
	if (r < 0) {
		grant_free(grant);
		call_off(c, id);
		if (r == -EDQUOT)
			snprintf(c->text, c->size,
				 "nothing was decided: too many grants are in force "
				 "(SLUICE_MAX_GRANTS); revoke some and decide again");
		return r == -EDQUOT ? r : -EIO;
	}
	r = grant_apply(c->agent, grant);
	if (r < 0) {
		request_refuse(c->agent, c->request, IPC_DENIED,
			       "approved, but the kernel could not take the grant");
		snprintf(c->text, c->size,
			 "%s was approved, but the kernel could not take the grant (%s): it is "
			 "denied",
			 c->request->id, strerror(-r));
	} else {
		char outcome[256];

		name_approvers(c->request, outcome, sizeof(outcome));
		snprintf(c->text, c->size, "%s is approved: grant %s", c->request->id, id);
		standing_make(c->agent, c->request, c->text, c->size);
		request_end(c->agent, c->request, IPC_APPROVED, outcome);
		hold_wake(c->agent, c->request);
	}
	finish(c);
	return r;
}

static int take(struct context *c)
{
	struct ipc_decision *decision;
	unsigned int missing;
	int r = run_checks(c);

	if (r < 0)
		return r;
	decision = next_decision(c);
	if (!decision) {
		snprintf(c->text, c->size, "nothing was decided: no memory; try again");
		return -ENOMEM;
	}
	memcpy(decision->person, c->person->name, sizeof(decision->person));
	memcpy(decision->reason, c->answer->reason, sizeof(decision->reason));
	if (c->proof)
		memcpy(decision->key, c->proof->key->fingerprint, SSHKEY_FINGERPRINT_MAX);
	if (c->vouched)
		memcpy(decision->key, c->vouched->channel->key.fingerprint, SSHKEY_FINGERPRINT_MAX);
	decision->time_ms = agent_time_ms();
	decision->approve = c->answer->approve;
	decision->tier = c->tier;
	decision->standing_s = c->standing_s;
	c->request->n_decisions++;
	if (!c->answer->approve) {
		r = deny(c, decision);
	} else {
		missing = request_missing(c->agent, c->request, &c->terms);
		r = missing ? count(c, decision, missing) : approve(c, decision);
	}
	c->agent->meter.answers[c->answer->approve != 0] += r == 0;
	return r;
}

int decision_make(struct agent *agent, const struct ipc_decide *answer,
		  const struct decider *decider, char *text, size_t size)
{
	struct context c = {
		.agent = agent, .answer = answer, .decider = decider, .text = text, .size = size
	};

	return take(&c);
}

int decision_submit(struct agent *agent, const struct ipc_signed *message,
		    const struct decider *courier, char *text, size_t size)
{
	struct proof proof = { .message = message };
	struct context c = { .agent = agent,
			     .answer = &proof.statement.answer,
			     .decider = courier,
			     .proof = &proof,
			     .text = text,
			     .size = size };
	int r = proof_read(message, &proof, text, size);

	if (r < 0)
		return r;
	return proof.statement.revoke ? decision_revoke(&c) : take(&c);
}

/*
 * Two who answer at once, or one who presses twice: honest, and told so. What is wrong with the
 * gateway is no fault of whoever's account it brings.
 */
static bool is_honest(int error)
{
	static const int errors[] = { -EALREADY, -EEXIST, -ETIMEDOUT, -EIO, -EUCLEAN };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i] == error)
			return true;
	return false;
}

int decision_channel(struct agent *agent, const struct ipc_channel *message,
		     const struct decider *gateway, struct brake *brake, char *text, size_t size)
{
	struct vouched vouched;
	struct context c = { .agent = agent,
			     .answer = &vouched.decision.statement.answer,
			     .decider = gateway,
			     .vouched = &vouched,
			     .text = text,
			     .size = size };
	int r = vouched_read(agent, message, &vouched, text, size);
	bool known = r == 0;
	const struct account *account = known ? &vouched.decision.account : NULL;

	if (brake_holds(brake, account)) {
		snprintf(text, size,
			 "nothing was decided: too many decisions were refused; try again in %d s, "
			 "or use sluice approve or sluice deny",
			 SLUICE_REFUSED_WINDOW_S);
		return -EBUSY;
	}
	if (known)
		r = vouched.decision.statement.revoke ? decision_revoke(&c) : take(&c);
	if (r < 0 && !is_honest(r) && brake_count(brake, account))
		vouched_refused(agent, known ? &vouched : NULL, text);
	return r;
}
