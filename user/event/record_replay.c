/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_replay.c: old entries handed to the modules that remember them, and which of them these
 * stand on: see record.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "decision/grant.h"
#include "decision/review.h"
#include "decision/standing.h"
#include "event.h"
#include "journal/journal.h"
#include "journal/journal_type.h"
#include "lineage/lineage.h"
#include "record.h"
#include "request/request.h"
#include "sluiced/retire.h"
#include "vault/reveal.h"

static void voided(struct agent *agent, const json_t *entry)
{
	request_replay_void(agent, entry);
	grant_replay_ended(agent, entry);
}

static void standing_revoked(struct agent *agent, const json_t *entry)
{
	request_replay_revoked(agent, entry);
	standing_replay_revoked(agent, entry);
}

static void grant_revoked(struct agent *agent, const json_t *entry)
{
	request_replay_revoked(agent, entry);
	grant_replay_ended(agent, entry);
}

/*
 * @replay: takes the entry back. @stands: whether what is known now needs it; none where such an
 * entry only ends what another one began: both are left out then.
 */
static const struct reader {
	const char *type;
	void (*replay)(struct agent *agent, const json_t *entry);
	bool (*stands)(struct agent *agent, const json_t *entry);
} readers[] = {
	{ "request.opened", request_replay_opened, request_stands },
	{ "request.escalated", request_replay_escalated, request_stands },
	{ "request.reason", request_replay_reason, request_stands },
	{ "decision", request_replay_decision, request_stands },
	{ "request.decided", request_replay_closed, request_stands },
	{ "request.closed", request_replay_closed, request_stands },
	{ "decision.void", voided, request_stands },
	{ "standing.made", standing_replay_made, standing_stands },
	{ "standing.used", standing_replay_used, request_stands },
	{ "standing.revoked", standing_revoked, request_stands },
	{ "grant.issued", grant_replay_issued, grant_stands },
	{ "grant.revoked", grant_revoked, request_stands },
	{ "grant.expired", grant_replay_ended, NULL },
	{ "gateway.delivery", request_replay_delivery, request_stands },
	{ "glass.broken", review_owe, review_stands },
	{ "glass.reviewed", review_replay_reviewed, NULL },
	{ "journal.removed", retire_replay, NULL },
};

/*
 * What nobody can be shown any more is not decided about, and nothing goes on by it: without its key
 * an entry is none of a request, a grant or a standing approval.
 */
static void reveal(struct agent *agent, json_t *entry)
{
	struct reveal reveal = { .vault = agent->vault, .hide = true };

	reveal_json(&reveal, entry);
	if (!reveal.missing && !reveal.error)
		return;
	json_object_del(entry, "key");
	record_note_erased(agent);
}

int record_replay(void *ctx, uint64_t seq, json_t *entry)
{
	const char *type = json_string_value(json_object_get(entry, "type"));

	if (!type)
		return 0;
	reveal(ctx, entry);
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		if (!strcmp(readers[i].type, type)) {
			readers[i].replay(ctx, entry);
			return 0;
		}
	}
	event_replay(ctx, entry, type, seq);
	return 0;
}

static json_t *facts(void *ctx)
{
	struct agent *agent = ctx;
	json_t *facts = json_object();

	if (lineage_look_back(agent->lineage, SLUICE_STATE_LINEAGE) == 0 &&
	    grant_facts(agent->grants, facts) == 0 && request_facts(agent->requests, facts) == 0 &&
	    retire_facts(&agent->retire, facts) == 0)
		return facts;
	json_decref(facts);
	return NULL;
}

static void recall(void *ctx, const json_t *facts)
{
	struct agent *agent = ctx;

	grant_recall(agent->grants, facts);
	request_recall(agent->requests, facts);
	retire_recall(&agent->retire, facts);
}

/* Most entries are of what moved: these are not parsed. */
static bool stands(void *ctx, uint64_t seq, const char *line, size_t size)
{
	struct journal_type type = journal_type_find(line, size);
	struct agent *agent = ctx;
	json_auto_t *entry = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		if (!journal_type_is(&type, line, readers[i].type))
			continue;
		if (!readers[i].stands)
			return false;
		entry = json_loadb(line, size, JSON_ALLOW_NUL, NULL);
		return readers[i].stands(agent, entry);
	}
	return lineage_stands(agent->lineage, seq);
}

struct journal_memory record_memory(struct agent *agent)
{
	return (struct journal_memory){ .replay = record_replay,
					.facts = facts,
					.stands = stands,
					.recall = recall,
					.ctx = agent };
}
