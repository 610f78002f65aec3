/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_revoke.c: what is said of a request whose approval somebody has taken back: see request.h.
 *
 * Owns: who did so last, when and why, and the words for it behind the outcome. Must not own: what
 * ends by it, or its entry of the journal (decision/grant.c, decision/standing.c).
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "event/record.h"
#include "event/wording.h"
#include "request.h"

/* Behind what is said of its end already; what does not fit of that gives way. */
static void add_outcome(struct request *request, const char *person)
{
	char added[128], before[sizeof(request->outcome)];
	int n = snprintf(added, sizeof(added), "; revoked by %s", person);
	int room = (int)sizeof(before) - 1 - n;

	snprintf(before, sizeof(before), "%s", request->outcome);
	snprintf(request->outcome, sizeof(request->outcome), "%.*s%s", room, before, added);
}

/* One person's revocation may end several things, each with an entry: it is said once. */
static void note(struct request *request, const char *person, const char *why, uint64_t time_ms)
{
	struct ipc_revocation *revoked = request->revoked;

	if (!revoked)
		revoked = calloc(1, sizeof(*revoked));
	if (!revoked) {
		log_error("no memory: that %s revoked %s is missing in lists", person, request->id);
		return;
	}
	request->revoked = revoked;
	if (strcmp(revoked->person, person) != 0)
		add_outcome(request, person);
	snprintf(revoked->person, sizeof(revoked->person), "%s", person);
	wording_copy(revoked->reason, sizeof(revoked->reason), why);
	revoked->time_ms = time_ms;
}

void request_revoked(struct agent *agent, const char *id, const char *person, const char *why,
		     uint64_t time_ms)
{
	struct request *request = request_find(agent->requests, id);

	if (!request)
		return; /* so long ago that it is not shown any more */
	note(request, person, why, time_ms);
	request->changed = true;
}

/* A grant also ends in that a newer answer takes its place: nobody took it back then. */
void request_replay_revoked(struct agent *agent, const json_t *entry)
{
	char id[16], person[SLUICE_NAME_MAX], why[SLUICE_REASON_MAX] = "";
	struct request *request;
	uint64_t time_ms;

	if (!record_get_text(entry, "request", id, sizeof(id)) ||
	    !record_get_text(entry, "person", person, sizeof(person)) ||
	    !record_get_u64(entry, "revoked_ms", &time_ms))
		return;
	request = request_find(agent->requests, id);
	if (!request)
		return;
	record_get_text(entry, "reason", why, sizeof(why));
	note(request, person, why, time_ms);
}
