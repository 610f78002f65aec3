/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_replay.c: old entries handed to the modules that remember them: see record.h.
 */
#include <string.h>

#include "cleanup.h"
#include "event.h"
#include "grant.h"
#include "record.h"
#include "request.h"
#include "review.h"
#include "standing.h"

static void voided(struct agent *agent, const json_t *entry)
{
	request_replay_void(agent, entry);
	grant_replay_ended(agent, entry);
}

int record_replay(void *ctx, uint64_t seq, json_t *entry)
{
	static const struct {
		const char *type;
		void (*fn)(struct agent *agent, const json_t *entry);
	} readers[] = {
		{ "request.opened", request_replay_opened },
		{ "request.escalated", request_replay_escalated },
		{ "request.reason", request_replay_reason },
		{ "decision", request_replay_decision },
		{ "request.decided", request_replay_closed },
		{ "request.closed", request_replay_closed },
		{ "decision.void", voided },
		{ "standing.made", standing_replay_made },
		{ "standing.used", standing_replay_used },
		{ "standing.revoked", standing_replay_revoked },
		{ "grant.issued", grant_replay_issued },
		{ "grant.revoked", grant_replay_ended },
		{ "grant.expired", grant_replay_ended },
		{ "gateway.delivery", request_replay_delivery },
		{ "glass.broken", review_owe },
		{ "glass.reviewed", review_replay_reviewed },
	};
	const char *type = json_string_value(json_object_get(entry, "type"));

	if (!type)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		if (!strcmp(readers[i].type, type)) {
			readers[i].fn(ctx, entry);
			return 0;
		}
	}
	event_replay(ctx, entry, type, seq);
	return 0;
}
