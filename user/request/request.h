/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h: questions to people: opened by an attempt that missed labels, closed by exactly one
 * outcome.
 *
 * Owns: the table of open requests and the list of closed ones, their digests, deadlines and
 * waiting processes. Must not own: who may answer (decision.h), what an answer allows (grant.h),
 * how a process is woken (hold.h).
 *
 * Digest: lower case hex SHA-256 over this text, so that a stranger can compute it from the
 * journal's entry:
 *	"sluice-request-v1\n", then for each field in this order: name, space, number of bytes of
 *	the value in decimal, space, value, newline. Numbers are decimal. Fields:
 *	host; boot (boot id); pid; start_ns; exe_id ("dev:gen:ino"); exe (path, bytes); action;
 *	target: "file dev:gen:ino type", "endpoint ADDRESS PORT PROTOCOL" (the address as IPv6 in 32
 *	hex digits), "credential KIND ID ID2" or "any"; target_text (as shown, bytes); labels (names
 *	in order of bytes, comma between); nonce (64 random hex digits), where the policy calls
 *	something private: it is in the vault too, so that nobody else can try guesses of a path;
 *	for each source in order of its number: source ("LABELS<newline>READER<newline>PATH",
 *	labels as before); and more_sources, when there were more reads than these: how many at
 *	least.
 */
#ifndef SLUICE_REQUEST_H
#define SLUICE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "abi.h"
#include "event/person.h"
#include "event/process.h"
#include "ipc.h"
#include "policy/policy.h"
#include "reason.h"
#include "sluiced/agent.h"
#include "told_channel.h"

#define REQUEST_COMMAND_MAX PROCESS_TEXT_MAX /* bytes kept of a command line */

struct event;
struct request;

/* A thread that waits, or that was refused and may come back. @gone fires when its process ends. */
struct waiter {
	struct request *request;
	pid_t tgid;
	uint32_t tid;
	uint64_t start_ns;
	bool held;
	int pidfd;
	struct event *gone;
	struct waiter *next;
};

/* Where a label came from, as it was when the request was opened. Owned strings, bytes. */
struct request_source {
	char *path;
	char reader[64];
	uint64_t labels;
	uint64_t time_ms;
};

/**
 * struct request: one question. Strings are bytes unless they come from ipc.h.
 * @key, @labels: what was asked; both never change
 * @who: all roads from the asking process to people
 * @nonce: part of @digest, or empty; known until its entry is written
 * @exe_time_ns: when the file that it runs was last changed; 0 where it was not looked for or not
 * seen
 * @failed: some attempt was refused at once and may be made again by a new process of the same
 * program
 * @earlier_boot: read from the journal, of a boot that has ended: its process cannot be there
 * @notice: beyond its requester's budget: refused at once, and people are told once
 * @told: its process's terminal has had its line; @told_tries: that people have heard of
 * @requester: the person who asks, as the policy in force then named them, or empty
 * @fresh: opened or ended since the last commit: people are told after it
 * @changed: says more since the last commit: people are told after it
 * @reports: of deliveries, in the journal
 * @told_by: the last report of each channel (request_told.h)
 * @fallback: enum sluice_fallback: why it failed at once although the policy holds; only in the
 * journal
 * @escalated_s: more people were asked at this time after its opening, 0: not yet
 * @accounts: by which account each of @decisions came, if by one; NULL while none did
 * @logins: by which account of this host each of @decisions came (person_account()), if by no key
 * @in_force: how many grants and standing approvals that come from it are; it is kept as long
 * @standing: the standing approval that let it go without asking, or empty
 * @journal_entries, @journal_root: of the journal, as signed when it was opened: for people to hold
 * @scope, @duration_s: narrowest that approvers so far have chosen
 * @revoked: who took back what was approved, last; NULL while nobody did
 */
struct request {
	char id[16];
	char digest[65];
	char nonce[65];
	struct sluice_ask_key key;
	uint64_t labels;
	enum ipc_state state;
	bool held;
	bool failed;
	bool fresh;
	bool changed;
	bool notice;
	bool told;
	bool delivered;
	bool earlier_boot;
	uint32_t reports;
	struct ipc_told *told_by;
	size_t n_told;
	uint32_t fallback;
	uint32_t tries;
	uint32_t told_tries;
	struct identity who;
	char requester[SLUICE_NAME_MAX];
	pid_t pid;
	uint64_t start_ns;
	struct sluice_object_id exe_id;
	uint64_t exe_time_ns;
	char comm[16];
	char *exe;
	char *command;
	char *target;
	char *reason;
	enum reason_origin reason_from;
	struct request_source sources[SLUICE_MAX_SOURCES];
	size_t n_sources, more_sources; /* these, and at least so many more */
	struct ipc_decision *decisions;
	struct account *accounts;
	uid_t logins[SLUICE_MAX_REVIEWERS];
	size_t n_decisions;
	enum policy_scope scope;
	uint32_t duration_s;
	uint64_t opened_ms;
	uint64_t journal_entries;
	char journal_root[17];
	uint64_t deadline_ns;
	uint64_t expires_ms;
	uint64_t closed_ms;
	char outcome[256];
	struct ipc_revocation *revoked;
	uint32_t in_force;
	char standing[16];
	struct waiter *waiters;
	struct event *timer;
	struct event *escalation;
	uint32_t escalated_s;
	struct agent *agent;
	UT_hash_handle by_id;
	UT_hash_handle by_key;
	struct request *prev, *next; /* closed ones, oldest first */
};

/**
 * struct requests: the table; others only read it.
 * @by_id: open and closed; @by_key: open
 * @n_in_force: how many of the closed ones have something in force
 * @max_open, @max_of_uid: SLUICE_MAX_REQUESTS, SLUICE_MAX_REQUESTS_PER_UID, less in tests
 * @deliveries: times that a notifier has delivered one
 * @channels: how each channel of the gateway does
 * @look_ns: boot clock; when tries are looked at next
 */
struct requests {
	struct request *by_id;
	struct request *by_key;
	struct request *closed;
	size_t n_closed;
	size_t n_in_force;
	size_t max_open;
	size_t max_of_uid;
	uint64_t deliveries;
	struct told_channels channels;
	uint64_t look_ns;
};

struct requests *requests_new(void);
struct requests *requests_free(struct requests *requests); /* returns NULL; wakes nobody */

struct request *request_find(const struct requests *requests, const char *id);
size_t request_count(const struct requests *requests, bool held_only); /* open ones */

/**
 * request_stopped() - an attempt was held or failed: opens a request, or counts it on the one that
 * is open.
 * @event: SLUICE_EVENT_STOP with verdict HOLD or FAIL
 * When it cannot be opened (table full, journal broken, no memory) the attempt is denied and that
 * is journaled.
 */
void request_stopped(struct agent *agent, const struct sluice_event *event);

/**
 * request_end() - give the one outcome of a request: journals it, and tells people after the next
 * commit.
 * Does not touch the kernel: grant or denial and hold_wake() are the caller's, in that order.
 */
void request_end(struct agent *agent, struct request *request, enum ipc_state state,
		 const char *outcome);

/* Ends it as request_end() does, denies what is held and wakes it. */
void request_refuse(struct agent *agent, struct request *request, enum ipc_state state,
		    const char *outcome);

/*
 * After record_commit(): tells people of what is fresh, or, when it failed, denies what could not
 * be journaled.
 */
void request_committed(struct agent *agent, int error);

/*
 * After a policy came in force: denies what nobody may approve any more, lets go what is not
 * guarded any more.
 */
void request_policy_changed(struct agent *agent);

/**
 * request_recover() - after a restart: compare what the journal remembers with the kernel.
 * Open requests of this boot whose question is still in the kernel go on with their id, decisions
 * and deadline; the others are closed as gone; questions that the journal does not know are opened
 * anew; stopped processes whose question was answered just before the end are woken.
 */
int request_recover(struct agent *agent);

/* Whether the entry is about a request that is known. */
bool request_stands(struct agent *agent, const json_t *entry);
/* Counts that outlive the entries they come from: into @facts, 0 or -ENOMEM; and back. */
int request_facts(const struct requests *requests, json_t *facts);
void request_recall(struct requests *requests, const json_t *facts);

/* Readers of the journal's entries for record_replay(). */
void request_replay_opened(struct agent *agent, const json_t *entry);
void request_replay_decision(struct agent *agent, const json_t *entry);
void request_replay_void(struct agent *agent, const json_t *entry);
void request_replay_closed(struct agent *agent, const json_t *entry);
void request_replay_escalated(struct agent *agent, const json_t *entry);
void request_replay_reason(struct agent *agent, const json_t *entry);
void request_replay_delivery(struct agent *agent, const json_t *entry);
void request_replay_revoked(struct agent *agent, const json_t *entry);

/* What the policy in force says on an action with these labels missing. */
struct request_terms {
	const struct policy_rule *rules[SLUICE_MAX_LABELS]; /* those that ask, each once */
	size_t n_rules;
	/* of the most sensitive label that is asked about, or NULL */
	const struct policy_rule *shown;
	bool denied;			 /* some label's rule refuses without asking */
	bool reason;
	enum policy_tier tier;	 /* highest of all */
	enum policy_scope scope; /* narrowest of all */
	uint32_t duration_s;	 /* shortest of all */
	uint32_t standing_s;	 /* the same; 0 when one does not allow it */
	uint64_t groups;	 /* of any rule */
};

void request_terms(const struct agent *agent, uint32_t action, uint64_t labels,
		   struct request_terms *ret);

/* The same for a request: those who were added since are among the groups. */
void request_terms_of(const struct agent *agent, const struct request *request,
		      struct request_terms *ret);

/*
 * Distinct approvals that @rule needs for this request: more when the requester is not known for
 * sure.
 */
unsigned int request_needed(const struct agent *agent, const struct request *request,
			    const struct policy_rule *rule);

/*
 * Whether @person may answer where @groups are asked: a member, or in the place of one who does not
 * stand behind the request. @ret_for: in whose place, NULL for one's own; may be NULL itself.
 */
bool request_reviewer(const struct agent *agent, const struct request *request, uint64_t groups,
		      const struct policy_person *person, const struct policy_person **ret_for);

/*
 * Distinct approvals counted for @rule: of its tier, by persons who are still in its groups and
 * whose key, if they signed, account, if a channel vouched for it, or else login is still theirs.
 */
unsigned int request_approvals(const struct agent *agent, const struct request *request,
			       const struct policy_rule *rule);

/*
 * Notes the account by which the decision comes that is added next; NULL: none. Return: 0 or
 * -ENOMEM.
 */
int request_note_account(struct request *request, const struct account *account);

/* Approvals missing over all rules: 0 when the request is approved. */
unsigned int request_missing(const struct agent *agent, const struct request *request,
			     const struct request_terms *terms);

/* Writes the digest of a filled request. Return: 0, -ENOMEM or -EIO. */
int request_digest(const struct agent *agent, struct request *request);

/*
 * Somebody takes back, at @time_ms, what this request allowed, or some of it: noted behind its
 * outcome, and people are told after the next commit. Journaled with what that ends (grant.revoked,
 * standing.revoked).
 */
void request_revoked(struct agent *agent, const char *id, const char *person, const char *why,
		     uint64_t time_ms);

/*
 * A grant, or a standing approval, of this request came in force, or is not any more: called for
 * each, in pairs. Whatever is closed in between, the request is there to be revoked.
 */
void request_in_force(struct agent *agent, const char *id, bool is);

/* Everything on it for cards, pages and terminals. */
void request_describe(const struct agent *agent, const struct request *request,
		      struct ipc_request *ret);

/*
 * Takes @text for its reason unless it has one: a reviewer may have read that. Journaled and told
 * after the next commit. Return: whether it was taken.
 */
bool request_take_reason(struct agent *agent, struct request *request, enum reason_origin from,
			 const char *text);

/* Sets the time at which more people are asked, anew: also after a new policy. */
void request_watch_escalation(struct agent *agent, struct request *request);

/* When it was opened, by the boot clock. */
uint64_t request_opened_ns(const struct request *request);

/* Why it is beyond what its requester may ask, or NULL. Needs request_fill_who() only. */
const char *request_over_budget(const struct agent *agent, const struct request *request);
/* Whether people have heard lately that this one's requester asks too much. */
bool request_budget_noticed(const struct requests *requests, const struct request *of);

/* One line to the terminal of its process, if the policy wants it: once when it waits, once at its
 * end. */
void request_tell_waiting(const struct agent *agent, struct request *request);
void request_tell_end(const struct agent *agent, const struct request *request);
/* Now and then: tells people again of what was tried twice as often as they know. */
void request_tell_repeats(struct agent *agent);

/* Takes over how often the kernel has seen the attempt: only the first one is an event. */
void request_count_tries(struct request *request);

/* For request*.c only. */
/* Why none can be opened for this requester, or NULL. Needs request_fill_who() only. */
const char *request_no_room(const struct agent *agent, const struct request *request);
/* Nobody can be asked: the attempt is refused. */
void request_refuse_event(struct agent *agent, const struct sluice_event *event, const char *why);
void request_fill_who(struct agent *agent, struct request *request,
		      const struct sluice_event *event);
int request_fill(struct agent *agent, struct request *request, const struct sluice_event *event);
json_t *request_body(const struct agent *agent, const struct request *request);
int request_table_add(struct agent *agent, struct request *request);
/* Whether anybody is left for whom an answer would matter. */
bool request_is_wanted(const struct request *request);
void request_free_waiters(struct request *request);
int request_watch(struct agent *agent, struct request *request);
int request_add_waiter(struct request *request, pid_t tgid, uint32_t tid, uint64_t start_ns,
		       bool held);
void request_close_quietly(struct agent *agent, struct request *request);
struct request *request_free(struct request *request);

extern const char *const request_state_names[IPC_STATES];

#endif
