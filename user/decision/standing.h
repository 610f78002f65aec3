/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing.h: what reviewers have approved once and for a time to come: the same thing again goes
 * without asking.
 *
 * Owns: the list of these, and the test whether a request is the same thing. Must not own: who may
 * approve (decision.h), or what the kernel is told (grant.h).
 *
 * Narrow by construction: it comes from one request that people had before them, by as many signed
 * approvals as that takes, each of them meant so. The same thing is the same executable file,
 * unchanged, run by the same user in the same system service, the same action on the same file or
 * destination, and no label more. Each use is a request of its own in the journal, and a grant for
 * once. It ends at its time, at the next start of the host, by `sluice revoke`, and whenever the
 * policy in force, the approvers' places in it and who stands behind the new request would not let
 * the same people approve it. Rules allow it by Standing=.
 */
#ifndef SLUICE_STANDING_H
#define SLUICE_STANDING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "ipc.h"
#include "sluiced/agent.h"

struct request;
struct request_terms;
struct standing;
struct standings;

struct standings *standings_new(void);
struct standings *standings_free(struct standings *standings); /* returns NULL */

/*
 * Whether approvals of @request may stand for so long. Return: 0; -ERANGE and @text: the rule does
 * not allow it or not so long; -EINVAL and @text: what it asks cannot be told from something wider.
 */
int standing_check(const struct request *request, const struct request_terms *terms,
		   uint32_t seconds, char *text, size_t size);

/*
 * After @request was approved, and before the commit: makes one when all its approvals are meant to
 * stand, for the shortest of their times. @text: what is said to the last approver so far; more is
 * added to it.
 */
void standing_make(struct agent *agent, const struct request *request, char *text, size_t size);

/*
 * For a request that nobody has been told of: approves it if it is one of these. Journaled before
 * anything happens. Return: whether it is closed now.
 */
bool standing_use(struct agent *agent, struct request *request);

/* Those in force. @id: "s-…" */
struct standing *standing_find(const struct standings *standings, const char *id);
size_t standing_ids(const struct standings *standings, char (*ret)[16], size_t most);
void standing_describe(const struct agent *agent, const struct standing *standing,
		       struct ipc_grant *ret);

/* The request whose approval it is. */
const char *standing_request(const struct standing *standing);

/* That which came from the approval of this request, or NULL. */
struct standing *standing_from(const struct standings *standings, const char *request);

/* Ends it, and the grants that came from it, at once, as grant_revoke() does. */
void standing_revoke(struct agent *agent, struct standing *standing, const char *person,
		     const char *why, json_t *evidence);

/* Readers of the journal's entries for record_replay(). */
/* Whether the entry made one that stands still. */
bool standing_stands(struct agent *agent, const json_t *entry);
void standing_replay_made(struct agent *agent, const json_t *entry);
void standing_replay_used(struct agent *agent, const json_t *entry);
void standing_replay_revoked(struct agent *agent, const json_t *entry);

#endif
