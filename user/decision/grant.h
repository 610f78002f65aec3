/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant.h: what decisions allow: the only writer of the kernel's grants.
 *
 * Owns: numbers, keys, expiry and revocation of grants; denials for attempts that wait. Must not
 * own: whether somebody may have one (decision.h).
 *
 * Key of a grant by scope. ONCE: exactly as asked, one use. PROCESS: the process, the same action;
 * the same target, any for credentials. EXECUTABLE: the executable and its real user, the same
 * action and target as for PROCESS.
 */
#ifndef SLUICE_GRANT_H
#define SLUICE_GRANT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "abi.h"
#include "ipc.h"
#include "policy/policy.h"
#include "request/request.h"
#include "sluiced/agent.h"

struct event;

/*
 * One grant. Strings are bytes. @standing: the standing approval that @request went by, or empty.
 * @answer DENY: a denial for an attempt that waits; not shown, not journaled.
 */
struct grant {
	uint64_t number;
	char id[24];
	char request[16];
	char standing[16];
	struct sluice_ask_key key;
	struct sluice_grant kernel;
	enum policy_scope scope;
	uint64_t issued_ms;
	uint64_t expires_ms;
	char *subject;
	char *target;
	char *approved_by;
	struct event *timer;
	struct agent *agent;
	UT_hash_handle hh;
};

struct grants {
	struct grant *by_number;
	uint64_t last; /* highest number ever given */
};

struct grants *grants_new(void);
struct grants *grants_free(struct grants *grants); /* returns NULL; ends none in the kernel */

struct grant *grant_find(const struct grants *grants, const char *id); /* "g-…"; no denials */
size_t grant_count(const struct grants *grants);		       /* without denials */
/* NULL: none is in force */
struct grant *grant_of_request(const struct grants *grants, const char *request);

/* After a policy came in force: ends the grants for what it denies to everyone. */
void grant_policy_changed(struct agent *agent);

/* Key of a grant of @scope for @request. */
void grant_key(const struct request *request, enum policy_scope scope, struct sluice_ask_key *ret);

/**
 * grant_announce() - make a grant and journal it; it is not in force before grant_apply().
 * @ret: owned by the caller until grant_apply(), grant_free()
 * Return: 0, -EDQUOT at SLUICE_MAX_GRANTS, -ENOMEM, or the journal's errno.
 */
int grant_announce(struct agent *agent, const struct request *request, enum policy_scope scope,
		   uint32_t duration_s, struct grant **ret);

/*
 * Puts it in force. Call only after record_commit(). Takes @grant, also on failure, which is
 * journaled.
 */
int grant_apply(struct agent *agent, struct grant *grant);

/* Refuses the next @uses attempts on @key. Needs no journal: a refusal is never kept back. */
int grant_deny(struct agent *agent, const struct sluice_ask_key *key, uint64_t labels,
	       uint32_t uses, uint32_t seconds);

/* The kernel says that a grant was used: journals it, and ends what is used up. */
void grant_used(struct agent *agent, const struct sluice_event *event);

/*
 * Ends it at once; journaled, but not kept back when the journal is broken: it only takes away.
 * @evidence: what the person's word rests on, borrowed, or NULL
 */
void grant_revoke(struct agent *agent, struct grant *grant, const char *person, const char *why,
		  json_t *evidence);

void grant_describe(const struct agent *agent, const struct grant *grant, struct ipc_grant *ret);

/*
 * After a restart: keeps grants that both the journal and the kernel know, ends the rest on both
 * sides.
 */
int grant_recover(struct agent *agent);
/* Whether the entry is about a grant that is known. */
bool grant_stands(struct agent *agent, const json_t *entry);
/* The highest number that one had: 0 or -ENOMEM; and back. */
int grant_facts(const struct grants *grants, json_t *facts);
void grant_recall(struct grants *grants, const json_t *facts);
void grant_replay_issued(struct agent *agent, const json_t *entry);
void grant_replay_ended(struct agent *agent, const json_t *entry);

struct grant *grant_free(struct grant *grant); /* returns NULL */

#endif
