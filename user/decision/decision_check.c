/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision_check.c: the checks of decision.h, one function each, in the order of the table at the
 * end. None has an effect beyond its error text.
 */
#include "decision_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/kernel.h"
#include "standing.h"

static int refuse(const struct context *c, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(const struct context *c, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->text, c->size, format, ap);
	va_end(ap);
	return error;
}

static int check_known(struct context *c)
{
	c->request = request_find(c->agent->requests, c->answer->id);
	if (!c->request)
		return refuse(c, -ENOENT, "there is no such request; see sluice requests");
	return 0;
}

static int check_pending(struct context *c)
{
	if (c->request->state != IPC_PENDING)
		return refuse(c, -EALREADY, "%s is %s already: %s", c->request->id,
			      request_state_names[c->request->state], c->request->outcome);
	return 0;
}

static int check_time(struct context *c)
{
	if (agent_boot_ns() >= c->request->deadline_ns)
		return refuse(c, -ETIMEDOUT, "%s has expired: nobody decided in time",
			      c->request->id);
	return 0;
}

static int check_digest(struct context *c)
{
	size_t length = strlen(c->answer->digest);

	if (length < 8 || c->answer->digest[strspn(c->answer->digest, "0123456789abcdef")])
		return refuse(c, -EINVAL,
			      "state at least the first 8 digits of the digest that you saw");
	if (strncmp(c->answer->digest, c->request->digest, length) != 0)
		return refuse(c, -ESTALE,
			      "%s is not what you saw: its digest is another; look at it again",
			      c->request->id);
	return 0;
}

static int check_person(struct context *c)
{
	const char *why = "";

	if (c->proof) {
		c->tier = POLICY_A3;
		return proof_person(c->agent, c->proof, &c->person, c->text, c->size);
	}
	if (c->vouched) {
		c->tier = vouched_tier(c->vouched);
		return vouched_person(c->agent, c->vouched, &c->person, c->text, c->size);
	}
	c->tier = POLICY_A1;
	c->person = person_deciding(c->agent->policy, &c->decider->who, &why);
	return c->person ? 0 : refuse(c, -EPERM, "%s", why);
}

int decision_check_taint(struct agent *agent, const struct decider *decider, char *text,
			 size_t size)
{
	uint64_t labels = 0;
	int r = kernel_taint_get(agent->kernel, decider->pidfd, &labels);

	if (r == -ENOENT || (!r && !labels))
		return 0;
	if (r < 0)
		snprintf(text, size,
			 "the kernel does not say whether your session has read labeled data (%s); "
			 "try "
			 "from another terminal",
			 strerror(-r));
	else
		snprintf(text, size,
			 "your session has read labeled data, so it may be steered by it; use a "
			 "terminal "
			 "that has not");
	return -EPERM;
}

static int check_taint(struct context *c)
{
	int r = decision_check_taint(c->agent, c->decider, c->text, c->size);

	if (!r || (!c->vouched && !c->decider->gateway))
		return r;
	return refuse(c, -EUCLEAN,
		      "nothing was decided: the gateway carries labels, or the kernel does not say "
		      "whether it does; use sluice approve or sluice deny, and have "
		      "unit:sluice-gateway.service named in a [Trusted] of the policy, then the "
		      "gateway restarted");
}

static int check_terms(struct context *c)
{
	request_terms_of(c->agent, c->request, &c->terms);
	if (!c->answer->approve)
		return 0;
	if (c->terms.denied)
		return refuse(c, -EKEYREJECTED,
			      "the policy in force denies this to everyone; nobody can approve it");
	if (!c->terms.n_rules)
		return refuse(c, -EKEYREJECTED,
			      "the policy in force does not ask about this any more");
	return 0;
}

/* What people are shown says it, so that both are one. Return: the tier, or -ENOMEM. */
static int needed_tier(const struct context *c, bool *ret_hidden)
{
	struct ipc_request *shown = malloc(sizeof(*shown));
	int tier;

	if (!shown)
		return -ENOMEM;
	request_describe(c->agent, c->request, shown);
	tier = shown->tier;
	*ret_hidden = shown->hidden;
	free(shown);
	return tier;
}

/*
 * An answer of no is safe from whomever of the reviewers it seems to come. No page or card shows what
 * does not fit, however sure it is who has pressed: the command line of a person with a key can.
 */
static int check_tier(struct context *c)
{
	bool hidden = false;
	int needed = c->answer->approve ? needed_tier(c, &hidden) : POLICY_A0;

	if (needed < 0)
		return refuse(c, needed, "nothing was decided: no memory; try again");
	if ((int)c->tier >= needed && (!hidden || c->proof))
		return 0;
	return refuse(c, -EACCES,
		      "%s takes an approval of tier %s%s, and this is %s: sign it with a key that "
		      "the policy knows as yours: sluice approve %s %.8s --key ~/.ssh/id_ed25519",
		      c->request->id, policy_tier_name((unsigned int)needed),
		      hidden ? " by a key, as not all of it can be shown" : "",
		      policy_tier_name(c->tier), c->request->id, c->request->digest);
}

static int check_group(struct context *c)
{
	if (!request_reviewer(c->agent, c->request, c->terms.groups, c->person, &c->covered))
		return refuse(c, -EACCES,
			      "%s is not among the reviewers of this request, nor covers for one "
			      "who could decide on it",
			      c->person->name);
	return 0;
}

/* Whoever has taken over the gateway has its key, and makes it ask. */
static int check_gateway(const struct context *c)
{
	const struct identity *who = &c->request->who;

	for (size_t i = 0; i < who->n_uids; i++)
		if (who->uids[i] == c->decider->who.uid)
			return refuse(c, -EPERM,
				      "the gateway itself stands behind this request, so that none "
				      "of its channels can decide on it; use sluice approve or "
				      "sluice deny");
	return 0;
}

static int check_self(struct context *c)
{
	const struct policy_person *both;

	if (person_behind(c->agent->policy, &c->request->who, c->person))
		return refuse(c, -EPERM,
			      "%s stands behind this request and cannot decide on it; ask another "
			      "reviewer",
			      c->person->name);
	if (c->proof) /* whoever brings it, the person is who signed */
		return 0;
	if (c->vouched)
		return check_gateway(c);
	both = person_common(c->agent->policy, &c->request->who, &c->decider->who);
	if (both)
		return refuse(c, -EPERM,
			      "your session also belongs to %s, who stands behind this request; "
			      "ask another "
			      "reviewer",
			      both->name);
	return 0;
}

static int check_distinct(struct context *c)
{
	const struct request *request = c->request;

	for (size_t i = 0; i < request->n_decisions; i++)
		if (!strcmp(request->decisions[i].person, c->person->name))
			return refuse(c, -EEXIST,
				      "%s has decided on this request before; another person must",
				      c->person->name);
	if (request->n_decisions >= SLUICE_MAX_REVIEWERS)
		return refuse(c, -ENOSPC,
			      "too many have decided on this request (SLUICE_MAX_REVIEWERS)");
	return 0;
}

static int check_reason(struct context *c)
{
	const char *reason = c->answer->reason;

	if (c->terms.reason && !reason[strspn(reason, " \t\r\n")])
		return refuse(c, -ENOKEY, "the rule wants a reason; state one%s",
			      c->vouched ? "" : " with --reason");
	return 0;
}

static int check_scope(struct context *c)
{
	static const enum policy_scope scopes[] = {
		[IPC_SCOPE_ONCE] = POLICY_ONCE,
		[IPC_SCOPE_PROCESS] = POLICY_PROCESS,
		[IPC_SCOPE_EXECUTABLE] = POLICY_EXECUTABLE,
	};
	uint8_t scope = c->answer->scope;

	c->scope = c->terms.scope;
	if (scope >= ARRAY_SIZE(scopes))
		return refuse(c, -ERANGE,
			      "there is no such scope; use once, process or executable");
	if (scope != IPC_SCOPE_RULE && scopes[scope] > c->terms.scope)
		return refuse(c, -ERANGE, "the scope is wider than the rule allows: at most %s",
			      policy_scope_name(c->terms.scope));
	if (scope != IPC_SCOPE_RULE)
		c->scope = scopes[scope];
	if (c->request->n_decisions && c->request->scope < c->scope)
		c->scope = c->request->scope;
	return 0;
}

/* Only by the person's own key over just that. */
static int check_standing(struct context *c)
{
	if (!c->proof || !c->proof->statement.standing)
		return 0;
	c->standing_s = c->answer->duration_s;
	return standing_check(c->request, &c->terms, c->standing_s, c->text, c->size);
}

static int check_duration(struct context *c)
{
	/* how long it stands is another matter than how long this grant holds */
	uint32_t duration_s = c->standing_s ? 0 : c->answer->duration_s;

	if (duration_s > c->terms.duration_s)
		return refuse(c, -ERANGE,
			      "the duration is longer than the rule allows: at most %u s",
			      c->terms.duration_s);
	c->duration_s = duration_s ? duration_s : c->terms.duration_s;
	if (c->request->n_decisions && c->request->duration_s < c->duration_s)
		c->duration_s = c->request->duration_s;
	return 0;
}

const decision_check_fn decision_checks[] = {
	check_known, check_pending, check_time,	 check_digest,	 check_person,
	check_taint, check_terms,   check_group, check_self,	 check_distinct,
	check_tier,  check_reason,  check_scope, check_standing, check_duration,
};
const size_t decision_n_checks = ARRAY_SIZE(decision_checks);

/* Whoever stands behind the request may, too, if they review such: it only takes away. */
const decision_check_fn decision_revoke_checks[] = {
	check_known, check_digest, check_person, check_taint, check_terms, check_group,
};
const size_t decision_n_revoke_checks = ARRAY_SIZE(decision_revoke_checks);
