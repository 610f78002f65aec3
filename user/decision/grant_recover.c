/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant_recover.c: grants after a restart, and grants as shown: see grant.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/record.h"
#include "event/wording.h"
#include "grant.h"
#include "grant_table.h"
#include "kernel/kernel.h"

static bool number_of(const json_t *entry, uint64_t *ret)
{
	const char *id = json_string_value(json_object_get(entry, "grant"));
	char rest;

	return id && sscanf(id, "g-%" SCNx64 "%c", ret, &rest) == 1;
}

static char *get_string(const json_t *entry, const char *name)
{
	char text[SLUICE_PATH_TEXT + 128];

	return strdup(record_get_text(entry, name, text, sizeof(text)) ? text : "");
}

static enum policy_scope scope_of(const json_t *entry)
{
	const char *name = json_string_value(json_object_get(entry, "scope"));

	for (enum policy_scope scope = POLICY_ONCE; scope <= POLICY_EXECUTABLE; scope++)
		if (name && !strcmp(name, policy_scope_name(scope)))
			return scope;
	return POLICY_ONCE;
}

/* Its request was open when it was issued, and is there as long as it is. */
static void find_standing(const struct agent *agent, struct grant *grant)
{
	const struct request *request = request_find(agent->requests, grant->request);

	if (request)
		memcpy(grant->standing, request->standing, sizeof(grant->standing));
}

static bool fill(const struct agent *agent, struct grant *grant, const json_t *entry)
{
	uint64_t uses, expires_ns;

	if (!record_get_key(entry, &grant->key) || !record_get_u64(entry, "uses", &uses) ||
	    !record_get_u64(entry, "expires_ns", &expires_ns) ||
	    !record_get_u64(entry, "issued_ms", &grant->issued_ms) ||
	    !record_get_u64(entry, "expires_ms", &grant->expires_ms) ||
	    !record_get_text(entry, "request", grant->request, sizeof(grant->request)))
		return false;
	snprintf(grant->id, sizeof(grant->id), "g-%" PRIx64, grant->number);
	grant->kernel.id = grant->number;
	grant->kernel.expires_ns = expires_ns;
	grant->kernel.uses = (uint32_t)uses;
	grant->kernel.labels = record_get_labels(agent, entry);
	grant->kernel.answer = SLUICE_ANSWER_ALLOW;
	grant->scope = scope_of(entry);
	find_standing(agent, grant);
	grant->subject = get_string(entry, "subject_text");
	grant->target = get_string(json_object_get(entry, "target"), "text");
	grant->approved_by = get_string(entry, "approved_by");
	return grant->subject && grant->target && grant->approved_by;
}

bool grant_stands(struct agent *agent, const json_t *entry)
{
	struct grant *grant = NULL;
	uint64_t number;

	if (number_of(entry, &number))
		HASH_FIND(hh, agent->grants->by_number, &number, sizeof(number), grant);
	return grant;
}

int grant_facts(const struct grants *grants, json_t *facts)
{
	return json_object_set_new(facts, "last_grant", json_integer((json_int_t)grants->last))
		       ? -ENOMEM
		       : 0;
}

void grant_recall(struct grants *grants, const json_t *facts)
{
	uint64_t last = 0;

	record_get_u64(facts, "last_grant", &last);
	if (grants->last < last)
		grants->last = last;
}

void grant_replay_issued(struct agent *agent, const json_t *entry)
{
	const char *boot = json_string_value(json_object_get(entry, "boot"));
	struct grant *grant;
	uint64_t number;

	if (!number_of(entry, &number))
		return;
	if (agent->grants->last < number)
		agent->grants->last = number; /* no number twice, not even after a reboot */
	if (!boot || strcmp(boot, agent->boot_id) != 0)
		return;
	grant = calloc(1, sizeof(*grant));
	if (!grant)
		return;
	grant->number = number;
	if (!fill(agent, grant, entry) || grant_table_add(agent, grant) < 0)
		grant_free(grant);
}

void grant_replay_ended(struct agent *agent, const json_t *entry)
{
	struct grant *grant = NULL;
	uint64_t number;

	if (!number_of(entry, &number))
		return;
	HASH_FIND(hh, agent->grants->by_number, &number, sizeof(number), grant);
	if (!grant)
		return;
	grant_table_remove(grant);
	grant_free(grant);
}

/* Grants of the kernel that the journal does not account for. */
struct strays {
	struct agent *agent;
	struct stray {
		struct sluice_ask_key key;
		struct sluice_grant grant;
	} *list;
	size_t n;
	int error;
};

static void find_stray(void *ctx, const struct sluice_ask_key *key,
		       const struct sluice_grant *grant)
{
	struct strays *strays = ctx;
	struct grant *known;
	uint64_t number = grant->id;
	struct stray *list;

	HASH_FIND(hh, strays->agent->grants->by_number, &number, sizeof(number), known);
	if (known && !memcmp(&known->key, key, sizeof(*key)) &&
	    grant->answer == SLUICE_ANSWER_ALLOW)
		return;
	list = realloc(strays->list, (strays->n + 1) * sizeof(*list));
	if (!list) {
		strays->error = -ENOMEM;
		return;
	}
	strays->list = list;
	strays->list[strays->n++] = (struct stray){ .key = *key, .grant = *grant };
}

static int end_strays(struct agent *agent)
{
	struct strays strays = { .agent = agent };
	int r = kernel_grant_each(agent->kernel, find_stray, &strays);

	for (size_t i = 0; i < strays.n; i++) {
		const struct stray *stray = &strays.list[i];

		kernel_grant_end(agent->kernel, &stray->key, stray->grant.id);
		if (agent->grants->last < stray->grant.id)
			agent->grants->last = stray->grant.id;
		if (stray->grant.answer != SLUICE_ANSWER_ALLOW)
			continue;
		log_warning("The kernel had grant g-%" PRIx64
			    ", which the journal does not know: ended",
			    (uint64_t)stray->grant.id);
		record_add(agent, NULL, json_pack("{s:I}", "number", (json_int_t)stray->grant.id),
			   "grant.revoked",
			   "grant g-%" PRIx64 " was in the kernel and not in the journal: ended",
			   (uint64_t)stray->grant.id);
	}
	free(strays.list);
	return strays.error ? strays.error : r;
}

int grant_recover(struct agent *agent)
{
	struct grant *grant, *next;

	HASH_ITER(hh, agent->grants->by_number, grant, next) {
		struct sluice_grant now;

		/* cppcheck-suppress uninitvar; set by the macro above */
		if (grant->kernel.expires_ns <= agent_boot_ns())
			grant_drop(grant, "its time was over before the agent started again");
		else if (kernel_grant_get(agent->kernel, &grant->key, &now) < 0 ||
			 now.id != grant->number)
			grant_drop(grant, "it was not in force when the agent started again");
		else if (grant_arm(grant) < 0)
			grant_drop(grant, "no memory to watch over it");
		else
			grant->kernel = now;
	}
	return end_strays(agent);
}

struct grant *grant_of_request(const struct grants *grants, const char *request)
{
	struct grant *grant;

	for (grant = grants->by_number; grant; grant = grant->hh.next)
		if (grant->kernel.answer == SLUICE_ANSWER_ALLOW && !strcmp(grant->request, request))
			return grant;
	return NULL;
}

void grant_policy_changed(struct agent *agent)
{
	struct grant *grant, *next;

	HASH_ITER(hh, agent->grants->by_number, grant, next) {
		struct request_terms terms;

		if (grant->kernel.answer != SLUICE_ANSWER_ALLOW)
			continue;
		request_terms(agent, grant->key.action, grant->kernel.labels, &terms);
		if (terms.denied)
			grant_drop(grant, "the new policy denies what it allows");
	}
	record_commit(agent);
}

void grant_describe(const struct agent *agent, const struct grant *grant, struct ipc_grant *ret)
{
	struct sluice_grant now;

	memset(ret, 0, sizeof(*ret));
	ret->uses = grant->kernel.uses;
	if (!kernel_grant_get(agent->kernel, &grant->key, &now) && now.id == grant->number)
		ret->uses = now.uses;
	snprintf(ret->id, sizeof(ret->id), "%.15s", grant->id);
	memcpy(ret->request, grant->request, sizeof(ret->request));
	snprintf(ret->action, sizeof(ret->action), "%s", policy_action_names[grant->key.action]);
	snprintf(ret->scope, sizeof(ret->scope), "%s", policy_scope_name(grant->scope));
	wording_labels(agent, grant->kernel.labels, ret->labels, sizeof(ret->labels));
	wording_copy(ret->subject, sizeof(ret->subject), grant->subject);
	wording_copy(ret->target, sizeof(ret->target), grant->target);
	wording_copy(ret->approved_by, sizeof(ret->approved_by), grant->approved_by);
	ret->issued_ms = grant->issued_ms;
	ret->expires_ms = grant->expires_ms;
}
