/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant.c: making grants, putting them in force, and ending them: see grant.h. What happens after a
 * restart, and how a grant is shown, is in grant_recover.c.
 */
#include "grant.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "event/record.h"
#include "event/wording.h"
#include "grant_table.h"
#include "kernel/kernel.h"

/* gcc 12 takes the hash table, which its first element leads to, for lost. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* Places of the kernel's map that grants leave to denials. */
#define DENIALS 2048

struct grants *grants_new(void)
{
	return calloc(1, sizeof(struct grants));
}

struct grant *grant_free(struct grant *grant)
{
	if (!grant)
		return NULL;
	if (grant->timer)
		event_free(grant->timer);
	free(grant->subject);
	free(grant->target);
	free(grant->approved_by);
	free(grant);
	return NULL;
}

struct grants *grants_free(struct grants *grants)
{
	struct grant *grant, *next;

	if (!grants)
		return NULL;
	HASH_ITER(hh, grants->by_number, grant, next) {
		HASH_DEL(grants->by_number, grant);
		grant_free(grant);
	}
	free(grants);
	return NULL;
}

static struct grant *find_number(const struct grants *grants, uint64_t number)
{
	struct grant *grant;

	HASH_FIND(hh, grants->by_number, &number, sizeof(number), grant);
	return grant;
}

struct grant *grant_find(const struct grants *grants, const char *id)
{
	struct grant *grant;

	for (grant = grants->by_number; grant; grant = grant->hh.next)
		if (grant->kernel.answer == SLUICE_ANSWER_ALLOW && !strcmp(grant->id, id))
			return grant;
	return NULL;
}

size_t grant_count(const struct grants *grants)
{
	size_t n = 0;

	for (const struct grant *grant = grants->by_number; grant; grant = grant->hh.next)
		n += grant->kernel.answer == SLUICE_ANSWER_ALLOW;
	return n;
}

static void set_process(const struct request *request, struct sluice_subject *subject)
{
	if (subject->kind == SLUICE_SUBJECT_PROCESS)
		return;
	*subject = (struct sluice_subject){
		.kind = SLUICE_SUBJECT_PROCESS,
		.id = (uint32_t)request->pid,
		.a = request->start_ns,
	};
}

static void set_executable(const struct request *request, struct sluice_subject *subject)
{
	const struct sluice_object_id *exe = &request->exe_id;

	if (subject->kind == SLUICE_SUBJECT_EXECUTABLE)
		return;
	*subject = (struct sluice_subject){
		.kind = SLUICE_SUBJECT_EXECUTABLE,
		.id = request->who.uid,
		.a = (uint64_t)exe->dev << 32 | exe->gen,
		.b = exe->ino,
	};
}

void grant_key(const struct request *request, enum policy_scope scope, struct sluice_ask_key *ret)
{
	*ret = request->key;
	if (scope == POLICY_ONCE)
		return;
	if (scope == POLICY_PROCESS)
		set_process(request, &ret->subject);
	else
		set_executable(request, &ret->subject);
	if (ret->action == SLUICE_CREDENTIAL)
		memset(&ret->target, 0, sizeof(ret->target));
}

void grant_table_remove(struct grant *grant)
{
	HASH_DEL(grant->agent->grants->by_number, grant);
	request_in_force(grant->agent, grant->request, false);
}

/* Ends it in the kernel and forgets it. */
static void end(struct grant *grant)
{
	struct agent *agent = grant->agent;
	int r = kernel_grant_end(agent->kernel, &grant->key, grant->number);

	if (r < 0 && r != -ENOENT)
		log_error_errno(r,
				"Grant %s cannot be ended in the kernel; it ends there at its time",
				grant->id);
	grant_table_remove(grant);
	grant_free(grant);
}

static void expire(evutil_socket_t fd, short what, void *arg)
{
	struct grant *grant = arg;
	struct agent *agent = grant->agent;

	(void)fd;
	(void)what;
	/* the timer's clock stands still in a suspend, ours not */
	if (agent_boot_ns() < grant->kernel.expires_ns) {
		grant_arm(grant);
		return;
	}
	if (grant->kernel.answer == SLUICE_ANSWER_ALLOW)
		record_add(agent, NULL, json_pack("{s:s}", "grant", grant->id), "grant.expired",
			   "grant %s has ended: its time is over", grant->id);
	end(grant);
	record_commit(agent);
}

int grant_arm(struct grant *grant)
{
	uint64_t now = agent_boot_ns();
	uint64_t us =
		grant->kernel.expires_ns > now ? (grant->kernel.expires_ns - now) / 1000 + 1000 : 0;
	struct timeval after = { .tv_sec = (time_t)(us / 1000000),
				 .tv_usec = (suseconds_t)(us % 1000000) };

	if (!grant->timer)
		grant->timer = evtimer_new(grant->agent->base, expire, grant);
	return grant->timer && !evtimer_add(grant->timer, &after) ? 0 : -ENOMEM;
}

int grant_table_add(struct agent *agent, struct grant *grant)
{
	size_t size = sizeof(grant->number);

	grant->agent = agent;
	/* What replace_older() freed is another grant. */
	HASH_ADD(hh, agent->grants->by_number, number, size, grant); /* lint: see above */
	if (!grant->hh.tbl)
		return -ENOMEM;
	request_in_force(agent, grant->request, true);
	if (agent->grants->last < grant->number)
		agent->grants->last = grant->number;
	return 0;
}

static struct grant *make(struct agent *agent, uint64_t labels, uint32_t uses, uint32_t seconds)
{
	struct grant *grant = calloc(1, sizeof(*grant));

	if (!grant)
		return NULL;
	grant->agent = agent;
	grant->number = ++agent->grants->last;
	snprintf(grant->id, sizeof(grant->id), "g-%" PRIx64, grant->number);
	grant->kernel = (struct sluice_grant){
		.labels = labels,
		.expires_ns = agent_boot_ns() + (uint64_t)seconds * 1000000000,
		.id = grant->number,
		.uses = uses,
		.answer = SLUICE_ANSWER_ALLOW,
	};
	grant->issued_ms = agent_time_ms();
	grant->expires_ms = grant->issued_ms + (uint64_t)seconds * 1000;
	return grant;
}

/* "alice, bob": who approved. */
static char *approvers(const struct request *request)
{
	char text[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < request->n_decisions && used < sizeof(text); i++)
		if (request->decisions[i].approve)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
						 used ? ", " : "", request->decisions[i].person);
	return strdup(text);
}

static char *subject_text(const struct request *request, const struct grant *grant)
{
	char user[64], *text = NULL;
	int n;

	wording_user(request->who.uid, user, sizeof(user));
	if (grant->key.subject.kind == SLUICE_SUBJECT_EXECUTABLE)
		n = asprintf(&text, "%s run by %s", request->exe, user);
	else
		n = asprintf(&text, "%s[%d] run by %s", request->exe, request->pid, user);
	return n < 0 ? NULL : text;
}

static int fill(struct grant *grant, const struct request *request, enum policy_scope scope)
{
	bool any = false;

	grant->scope = scope;
	memcpy(grant->request, request->id, sizeof(grant->request));
	memcpy(grant->standing, request->standing, sizeof(grant->standing));
	grant_key(request, scope, &grant->key);
	any = grant->key.target.kind == SLUICE_TARGET_ANY;
	grant->subject = subject_text(request, grant);
	grant->target = strdup(any ? "any" : request->target);
	grant->approved_by = approvers(request);
	return grant->subject && grant->target && grant->approved_by ? 0 : -ENOMEM;
}

static json_t *body_of(const struct agent *agent, const struct grant *grant)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:o, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "grant",
		grant->id, "request", grant->request, "action",
		policy_action_names[grant->key.action], "scope", policy_scope_name(grant->scope),
		"labels", record_labels(agent, grant->kernel.labels), "boot", agent->boot_id,
		"uses", (json_int_t)grant->kernel.uses, "expires_ns",
		(json_int_t)grant->kernel.expires_ns, "issued_ms", (json_int_t)grant->issued_ms,
		"expires_ms", (json_int_t)grant->expires_ms, "key", record_key(&grant->key),
		"subject_text", record_text(grant->subject), "target",
		record_target(&grant->key.target, grant->target), "approved_by",
		record_text(grant->approved_by));
}

/* Whatever is covered: "may change credentials: any". */
static const char *verb_of(const struct grant *grant)
{
	const char *verb = wording_verb(grant->key.action);

	return *verb || grant->key.target.kind != SLUICE_TARGET_ANY ? verb : "change credentials: ";
}

int grant_announce(struct agent *agent, const struct request *request, enum policy_scope scope,
		   uint32_t duration_s, struct grant **ret)
{
	struct grant *grant;
	int r;

	if (HASH_COUNT(agent->grants->by_number) >= SLUICE_MAX_GRANTS - DENIALS)
		return -EDQUOT;
	grant = make(agent, request->labels, scope == POLICY_ONCE ? 1 : SLUICE_USES_UNLIMITED,
		     duration_s);
	if (!grant)
		return -ENOMEM;
	r = fill(grant, request, scope);
	if (!r)
		r = record_announce(agent, body_of(agent, grant), "grant.issued",
				    "grant %s for %s: %s may %s%s for %u s, approved by %s",
				    grant->id, request->id, grant->subject, verb_of(grant),
				    grant->target, duration_s, grant->approved_by);
	if (r < 0) {
		grant_free(grant);
		return r;
	}
	*ret = grant;
	return 0;
}

/*
 * One key has one answer in the kernel: what was there before @grant is overwritten. A socket that
 * an older grant let through lives on by the map `live`, so grants for egress stay known until
 * their time is over.
 */
static void replace_older(struct agent *agent, const struct grant *by)
{
	struct grant *grant, *next;

	HASH_ITER(hh, agent->grants->by_number, grant, next) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		if (grant == by || memcmp(&grant->key, &by->key, sizeof(by->key)))
			continue;
		grant->kernel.uses = 0;
		if (grant->key.action == SLUICE_EGRESS && by->kernel.answer == SLUICE_ANSWER_ALLOW)
			continue;
		if (grant->kernel.answer == SLUICE_ANSWER_ALLOW)
			record_add(agent, NULL, json_pack("{s:s}", "grant", grant->id),
				   "grant.revoked",
				   "grant %s has ended: a newer answer took its place", grant->id);
		end(grant);
	}
}

static int put(struct agent *agent, struct grant *grant)
{
	int r;

	replace_older(agent, grant);
	r = kernel_grant_put(agent->kernel, &grant->key, &grant->kernel);
	if (r < 0)
		return r;
	r = grant_table_add(agent, grant);
	if (!r)
		r = grant_arm(grant);
	/* nobody would end it in time for the list; the kernel would by itself: take it back */
	if (r < 0) {
		kernel_grant_end(agent->kernel, &grant->key, grant->number);
		if (grant->hh.tbl)
			grant_table_remove(grant);
	}
	return r;
}

int grant_apply(struct agent *agent, struct grant *grant)
{
	int r = put(agent, grant);

	if (r < 0) {
		record_add(agent, NULL, json_pack("{s:s}", "grant", grant->id), "grant.revoked",
			   "grant %s never was in force: the kernel could not take it (%s)",
			   grant->id, strerror(-r));
		grant_free(grant);
	}
	return r;
}

int grant_deny(struct agent *agent, const struct sluice_ask_key *key, uint64_t labels,
	       uint32_t uses, uint32_t seconds)
{
	struct grant *grant = make(agent, labels, uses, seconds);
	int r = -ENOMEM;

	if (grant) {
		grant->key = *key;
		grant->kernel.answer = SLUICE_ANSWER_DENY;
		r = put(agent, grant);
	}
	if (r < 0) {
		log_error_errno(r, "A denial cannot be put into the kernel; the attempt will be "
				   "asked about again");
		grant_free(grant);
	}
	return r;
}

void grant_used(struct agent *agent, const struct sluice_event *event)
{
	struct grant *grant = find_number(agent->grants, event->grant_id);
	struct sluice_grant now;
	bool spent;

	if (!grant || grant->kernel.answer == SLUICE_ANSWER_ALLOW) {
		char id[24];

		snprintf(id, sizeof(id), "g-%" PRIx64, (uint64_t)event->grant_id);
		record_add(agent, NULL,
			   record_event(agent, event, NULL,
					json_pack("{s:s, s:s*}", "grant", id, "request",
						  grant ? grant->request : NULL)),
			   "grant.used", "%s[%u] went on by grant %s", event->comm, event->tgid,
			   id);
	}
	if (!grant)
		return;
	spent = !kernel_grant_get(agent->kernel, &grant->key, &now) && now.id == grant->number &&
		!now.uses;
	if (spent && grant->key.action != SLUICE_EGRESS)
		end(grant);
}

void grant_revoke(struct agent *agent, struct grant *grant, const char *person, const char *why,
		  json_t *evidence)
{
	uint64_t now_ms = agent_time_ms();

	record_add(agent, NULL,
		   json_pack("{s:s, s:s, s:s, s:o, s:I, s:O*}", "grant", grant->id, "request",
			     grant->request, "person", person, "reason", record_text(why),
			     "revoked_ms", (json_int_t)now_ms, "evidence", evidence),
		   "grant.revoked", "%s revoked grant %s: %s", person, grant->id,
		   *why ? why : "no reason given");
	request_revoked(agent, grant->request, person, why, now_ms);
	end(grant);
}

void grant_drop(struct grant *grant, const char *why)
{
	record_add(grant->agent, NULL, json_pack("{s:s}", "grant", grant->id), "grant.expired",
		   "grant %s has ended: %s", grant->id, why);
	end(grant);
}
