/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h: what the journal's entries say: composed here, and read back here after a restart.
 *
 * Owns: types and members of entries, and entries that wait because the journal cannot be written.
 * Must not own: bytes of the journal and their durability (journal.h), or what follows from an
 * entry (the module that asks for it).
 *
 * Every entry has "type" and "message" (one sentence for people). Further members, where they
 * apply:
 *   "request" "r-…", "grant" "g-…", "action", "verdict", "labels" [names], "person" (who did it),
 *   "requester" (who asked), "subject"
 *   {"pid","start_ns","exe","exe_id","comm","uid","user","loginuid","unit"}, "target"
 *   {"kind","text", and "dev","gen","ino","mode" or "address","port","protocol" or
 *   "credential","id"}, "peer" {"pid","start_ns"}.
 *   A decision also has "tier" and "evidence" {"kind","sender"}, of a signed one with "key",
 *   "public_key", "namespace", "statement", "signature", of one by a channel also with "channel",
 *   "channel_tier", "account" {"kind","issuer","subject"}, "evidence"; and "covers" (in whose
 *   place).
 * Types: agent.start agent.stop policy.loaded policy.refused event.stop event.read event.label
 *   event.fork event.exec event.take event.give event.declassify event.sink event.empty
 *   guard.mode guard.attempt glass.asked glass.agreed glass.broken glass.mended glass.refused
 *   glass.reviewed egress.missed request.opened request.reason request.escalated request.decided
 *   request.closed decision decision.void decision.refused grant.issued grant.used standing.made standing.used
 *   standing.revoked
 *   grant.revoked grant.expired journal.opened journal.segment journal.recovered journal.gap label.set
 *   journal.heartbeat journal.space clock.step clock.resumed (pulse.h) journal.repaired
 *   journal.removed (retire.h)
 *   gateway.delivery journal.sink journal.witness lineage.unsaved lineage.saved
 *   report.made (report_made.h)
 *   vault.made vault.erasing vault.erased vault.rewritten vault.kept
 * What the policy calls private is a commitment in the journal, in any string (record_seal.h).
 * Names that are not UTF-8 are spelled as wording.h says. Labels go by name: bits may differ after
 * a restart.
 */
#ifndef SLUICE_RECORD_H
#define SLUICE_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "sluiced/agent.h"

/* entries kept while the journal cannot be written; more are counted as a gap */
#define RECORD_MAX_WAITING 4096

struct journal_memory;

struct record *record_new(void);
struct record *record_free(struct record *record); /* returns NULL */

/**
 * record_add() - add one entry to the open batch.
 * @body: members, stolen; NULL (also for want of memory: then -ENOMEM) for none beyond type and
 * message: json_object()
 * @ret_seq: number of the entry, may be NULL
 * @format: the message; names in it are bytes and are spelled here
 * When the journal cannot take it, the entry waits here for its repair, and the error is returned:
 * what depends on the entry must not happen then.
 */
int record_add(struct agent *agent, uint64_t *ret_seq, json_t *body, const char *type,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * As record_add(), but a failure leaves nothing behind: for entries that announce what will not
 * happen then.
 */
int record_announce(struct agent *agent, json_t *body, const char *type, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Makes all entries durable, those that waited too; after a decision, a grant or a change of the
 * policy the journal's epoch ends. Return: 0 or the journal's negative errno.
 */
int record_commit(struct agent *agent);
/* The same, and the epoch ends if anything was added in it; @always: or not (journal.h). */
int record_rotate(struct agent *agent, bool always);

/*
 * When the file that is written is full by the policy, the journal goes on in another one. Return: 1:
 * it does; 0: no need; or the journal's negative errno, which is logged.
 */
int record_next_file(struct agent *agent);

/* Old entries that lacked private text, which is not in the vault (any more). */
void record_note_erased(struct agent *agent);
uint64_t record_erased(const struct agent *agent);

/* Why the journal cannot be written, or NULL. */
const char *record_broken(const struct agent *agent);

/*
 * Parts. All return new references or NULL when memory ran out (json_object_set_new() refuses
 * those).
 */
json_t *record_text(const char *bytes);
json_t *record_labels(const struct agent *agent, uint64_t labels);
json_t *record_target(const struct sluice_target *target, const char *text);
json_t *record_subject(const struct sluice_event *event, const char *exe, const char *unit);
json_t *record_key(const struct sluice_ask_key *key); /* hex of its 64 bytes */

/*
 * Adds "action", "labels", "person", "subject", "target" of an event to @body (stolen). Return:
 * @body or NULL.
 */
json_t *record_event(const struct agent *agent, const struct sluice_event *event, const char *unit,
		     json_t *body);

/*
 * Readers: false when the member is missing or is not what it should be; @ret is not written then.
 */
/* bytes again */
bool record_get_text(const json_t *body, const char *name, char *ret, size_t size);
bool record_get_u64(const json_t *body, const char *name, uint64_t *ret);
/* unknown names are left out */
uint64_t record_get_labels(const struct agent *agent, const json_t *body);
bool record_get_target(const json_t *body, struct sluice_target *ret);
bool record_get_key(const json_t *body, struct sluice_ask_key *ret);

/* What journal_open() needs to let @agent know again what it knew. */
struct journal_memory record_memory(struct agent *agent);

/**
 * record_replay() - journal_replay_fn for journal_open(): hands an old entry to the modules that
 * remember it.
 * @ctx: struct agent with names, lineage, requests and grants; nothing else need be there yet
 * An entry of a type that is not known, or that lacks a member, is passed over: the journal has
 * verified it, and a newer agent may have written it. Commitments are text again; what was erased is
 * not known any more: a request or a grant that lacks it is not taken up.
 */
int record_replay(void *ctx, uint64_t seq, json_t *entry);

#endif
