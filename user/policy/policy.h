/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h: what the operator wrote, checked and resolved to numbers, still in the operator's
 * words.
 *
 * Owns: the model of one whole policy, from sluice.conf and policy.d. Must not own: what the kernel
 * sees of it (ruleset.h), identities of files on disk (label.h) or addresses behind host names
 * (endpoint.h). A policy is loaded whole or not at all, and is never changed afterwards.
 */
#ifndef SLUICE_POLICY_H
#define SLUICE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"
#include "base/account.h"
#include "key/sshkey.h"

enum policy_verdict { POLICY_ALLOW, POLICY_AUDIT, POLICY_ASK, POLICY_DENY };
enum policy_mode { POLICY_HOLD, POLICY_FAIL };
enum policy_scope { POLICY_ONCE, POLICY_PROCESS, POLICY_EXECUTABLE };

/*
 * How sure it is that a person gave an answer, and this one:
 * A0 a notice only, which decides nothing;
 * A1 the account: the kernel says whose session sent it on this host (any program of the account
 * could have);
 * A2 a button that another organisation says this person pressed;
 * A3 the person's own key, or a fresh sign-in, over exactly this answer.
 */
enum policy_tier { POLICY_A0, POLICY_A1, POLICY_A2, POLICY_A3 };

/* Where a thing was written, for messages: "file:line". @file is owned by the policy. */
struct policy_origin {
	const char *file;
	unsigned int line;
};

/**
 * struct policy_subject: one line of who is cleared; all that it states must match.
 * @has_user, @uid: real uid
 * @executable: absolute path or NULL
 * @unit: systemd unit ("etl.service") or NULL; matches its cgroup and those below
 */
struct policy_subject {
	struct policy_origin origin;
	bool has_user;
	uid_t uid;
	char *executable;
	char *unit;
};

/**
 * struct policy_endpoint: an address prefix or a host name, with ports.
 * @host: name to resolve, or NULL when @addr is given
 * @addr, @prefix: IPv6, or IPv4 as ::ffff:a.b.c.d with 96 added to the prefix
 * @low, @high: ports, 0 to 65535 for any
 * @protocol: IPPROTO_TCP, IPPROTO_UDP or 0 for both
 */
struct policy_endpoint {
	struct policy_origin origin;
	char *host;
	uint8_t addr[16];
	unsigned int prefix;
	uint16_t low;
	uint16_t high;
	int protocol;
};

/* Files below @below whose extended attribute @name holds @value carry the label. */
struct policy_xattr {
	struct policy_origin origin;
	char *name;
	char *value;
	char *below;
};

struct policy_path {
	struct policy_origin origin;
	char *path;
};

/**
 * struct policy_label: a class of data.
 * @sensitivity: 0 (public) to 100; shown to reviewers, the higher is named first
 * @is_private: files that carry it are named in the vault and not in the journal
 */
struct policy_label {
	struct policy_origin origin;
	char name[SLUICE_NAME_MAX];
	unsigned int sensitivity;
	bool is_private;
	char *description;
	struct policy_path *paths;
	size_t n_paths;
	struct policy_xattr *xattrs;
	size_t n_xattrs;
	struct policy_endpoint *endpoints;
	size_t n_endpoints;
};

/**
 * struct policy_rule: what happens to one action on some labels. Each label has at most one rule an
 * action.
 * @labels: bit i for policy::labels[i]
 * @cleared: who may, without being asked about (alternatives)
 * @destinations: where egress of these labels may go
 * @media: and by which media, bit by enum sluice_medium
 * @verdict: for the rest
 * @monitor: journal what would have been stopped, stop nothing
 * @limit_s: how long a question waits before it is a denial
 * @groups: bit mask over policy::groups of who may decide
 * @escalate_s, @escalate_groups: who may besides, once nobody has for so long; 0: nobody
 * @reviewers: how many distinct persons must approve
 * @scope, @duration_s: what an approval allows, at the widest and longest
 * @standing_s: how long an approval may stand for the same again; 0: for once only
 * @reason: an approval or denial must state one
 * @tier: the least that an approval must have
 */
struct policy_rule {
	struct policy_origin origin;
	char name[SLUICE_NAME_MAX];
	enum sluice_action action;
	uint64_t labels;
	struct policy_subject *cleared;
	size_t n_cleared;
	struct policy_endpoint *destinations;
	size_t n_destinations;
	uint64_t media;
	enum policy_verdict verdict;
	enum policy_mode mode;
	bool monitor;
	bool reason;
	unsigned int limit_s;
	unsigned int duration_s;
	unsigned int standing_s;
	unsigned int reviewers;
	enum policy_scope scope;
	enum policy_tier tier;
	uint64_t groups;
	unsigned int escalate_s;
	uint64_t escalate_groups;
};

/*
 * A subject that reads these labels without carrying them on. @declassify: each such read is told
 * of and journaled.
 */
struct policy_trusted {
	struct policy_origin origin;
	char name[SLUICE_NAME_MAX];
	bool declassify;
	uint64_t labels;
	struct policy_subject *subjects;
	size_t n_subjects;
};

/* Files, folders and sockets that these labels do not come to. */
struct policy_sink {
	struct policy_origin origin;
	char name[SLUICE_NAME_MAX];
	uint64_t labels;
	struct policy_path *paths;
	size_t n_paths;
};

/**
 * struct policy_test: what its author expects the policy to say of one attempt.
 * @subject: who tries; what it does not state is nobody's in particular
 * @labels: that the process carries, or for SLUICE_OPEN the object
 * @path: what is opened or written, which adds the labels that the policy gives it; or NULL
 * @has_to, @to: one address or host and one port
 * @medium: instead of an address, or SLUICE_MEDIUM_NONE
 * @rule: by which rule, or NULL for any
 */
struct policy_test {
	struct policy_origin origin;
	char name[SLUICE_NAME_MAX];
	enum sluice_action action;
	struct policy_subject subject;
	uint64_t labels;
	char *path;
	bool has_to;
	struct policy_endpoint to;
	enum sluice_medium medium;
	enum policy_verdict expect;
	struct policy_origin expect_origin;
	const struct policy_rule *rule;
};

struct policy_key {
	struct policy_origin origin;
	struct sshkey key;
	char fingerprint[SSHKEY_FINGERPRINT_MAX];
};

struct policy_account {
	struct policy_origin origin;
	struct account account;
};

/**
 * struct policy_person: a human, once.
 * @uids: local accounts, service accounts that the person answers for included
 * @units: systemd units that the person owns
 * @covers: indices of policy::people in whose place the person reviews
 * @keys: what the person signs answers with; a key belongs to one person
 * @accounts: by which channels of the gateway know the person; each belongs to one person
 * @teams: Entra object id, shown to reviewers; may be NULL
 */
struct policy_person {
	struct policy_origin origin;
	char name[SLUICE_NAME_MAX];
	char *display;
	char *teams;
	uid_t *uids;
	size_t n_uids;
	char **units;
	size_t n_units;
	size_t *covers;
	size_t n_covers;
	struct policy_key *keys;
	size_t n_keys;
	struct policy_account *accounts;
	size_t n_accounts;
};

/**
 * struct policy_channel: a way by which the gateway may bring people's decisions.
 * @key: what the gateway signs with there; of this channel only
 * @tier: the most that an answer from there is taken for, whatever the gateway says
 * @accounts: bit mask over enum account_kind: by which it may name people
 */
struct policy_channel {
	struct policy_origin origin;
	char name[SLUICE_NAME_MAX];
	struct policy_key key;
	enum policy_tier tier;
	unsigned int accounts;
};

/* Members are indices of policy::people. */
struct policy_group {
	struct policy_origin origin;
	char name[SLUICE_NAME_MAX];
	size_t *members;
	size_t n_members;
};

/**
 * struct policy_settings: section [Agent] of sluice.conf.
 * @monitor: the whole policy journals and stops nothing
 * @journal: file of the journal
 * @state: folder of the agent's state (label numbers, key)
 * @stale_ms, @files_per_user: see struct sluice_control
 * @journal_to_gateway: the gateway may read the journal, to send it on
 * @journal_file_bytes, @journal_file_s: of so many bytes, or so old, a file of it is full
 * @journal_keep_s: a full one is removed that ended so long ago; 0: never
 */
struct policy_settings {
	bool monitor;
	char *journal;
	char *state;
	unsigned int stale_ms;
	unsigned int files_per_user;
	bool journal_to_gateway;
	uint64_t journal_file_bytes;
	unsigned int journal_file_s;
	unsigned int journal_keep_s;
};

/**
 * struct policy_requests: section [Requests]: how people are asked.
 * @terminal: the terminal of a process that waits gets a line
 * @max_pending: requests that one requester may have open
 * @rate, @rate_s: and may open within so many seconds; 0: any
 * @unknown: approvals at least where nobody of the policy stands behind it
 * @unknown_denied: or nobody is asked then
 */
struct policy_requests {
	bool terminal;
	bool unknown_denied;
	unsigned int max_pending;
	unsigned int rate;
	unsigned int rate_s;
	unsigned int unknown;
};

/**
 * struct policy_privacy: section [Journal]: what the journal only has a commitment to (vault.h).
 * @paths: patterns (match.h), for what they name and what lies below
 * @commands: command lines, whole
 */
struct policy_privacy {
	struct policy_path *paths;
	size_t n_paths;
	bool commands;
};

/**
 * struct policy_guard: section [Guard]: how the agent guards itself.
 * @mode: what becomes of attempts on it
 * @policy: the policy's files are guarded too
 * @libraries: the agent's identity needs the libraries that it has started with
 * @paths: guarded besides what is the agent's own
 * @groups: bit mask over policy::groups of who may break the glass together; 0: all people
 * @console: device on which a code is shown that breaks the glass, or NULL
 * @limit_s: how long the glass may stay broken
 */
struct policy_guard {
	enum sluice_guard_mode mode;
	bool policy;
	bool libraries;
	struct policy_path *paths;
	size_t n_paths;
	uint64_t groups;
	char *console;
	unsigned int limit_s;
};

struct policy {
	struct policy_settings settings;
	struct policy_guard guard;
	struct policy_requests requests;
	struct policy_privacy privacy;
	struct policy_label *labels;
	size_t n_labels;
	struct policy_rule *rules;
	size_t n_rules;
	struct policy_trusted *trusted;
	size_t n_trusted;
	struct policy_sink *sinks;
	size_t n_sinks;
	struct policy_person *people;
	size_t n_people;
	struct policy_group *groups;
	size_t n_groups;
	struct policy_channel *channels;
	size_t n_channels;
	struct policy_test *tests;
	size_t n_tests;
	char **files;
	size_t n_files;
	char digest[65]; /* hex SHA-256 over names and bytes of all files, in the order read */
};

/* First error of a load: one line, "file:line: what is wrong; remedy". */
struct policy_error {
	char text[1024];
};

/**
 * policy_load() - read and check files as one policy.
 * @files: paths, in order; the first may be sluice.conf; sections [Agent] may stand in any, once
 * @ret: on success the policy; owned by the caller, policy_free()
 * @error: filled on failure
 * Works without root: names of users are looked up, paths need not exist, hosts are not resolved.
 * Sections [Test] are read, and not tried (rehearse.h).
 * Return: 0; -EINVAL for content, another negative errno for files that cannot be read.
 */
int policy_load(char *const *files, size_t n_files, struct policy **ret,
		struct policy_error *error);

/*
 * Lines that stand in no file: put into @file behind its line @line, or when that is 0 read as one
 * more file of that name, which messages show.
 */
struct policy_extra {
	const char *file;
	unsigned int line;
	const char *text;
};

/* The same with @extra, in the order of its lines, for a policy that is tried and never enforced. */
int policy_load_with(char *const *files, size_t n_files, const struct policy_extra *extra,
		     size_t n_extra, struct policy **ret, struct policy_error *error);

/**
 * policy_files() - the files of a configuration: @conf itself, then policy.d/ *.conf beside it by
 * name.
 * @ret: NULL-terminated, strings and array owned by the caller (policy_files_free())
 */
int policy_files(const char *conf, char ***ret, size_t *ret_n, struct policy_error *error);
char **policy_files_free(char **files);

/* Both in one: reads and checks, and touches nothing. The caller owns @ret. */
int policy_read(const char *conf, struct policy **ret, struct policy_error *error);

/* Returns NULL; accepts NULL and half-built policies. */
struct policy *policy_free(struct policy *policy);

/* Return: the only rule about @label (index) and @action, Verdict=allow included, or NULL. */
const struct policy_rule *policy_rule_for(const struct policy *policy, enum sluice_action action,
					  size_t label);

/* Whether anything is to be kept out of the journal. */
bool policy_has_private(const struct policy *policy);

const struct policy_label *policy_find_label(const struct policy *policy, const char *name);
const struct policy_rule *policy_find_rule(const struct policy *policy, const char *name);
const struct policy_person *policy_find_person(const struct policy *policy, const char *name);
/* Return: the person whose uids hold @uid, or NULL. A uid belongs to at most one person. */
const struct policy_person *policy_person_by_uid(const struct policy *policy, uid_t uid);
/* Return: the person whose key it is, or NULL. A key belongs to at most one person. */
const struct policy_person *policy_person_by_key(const struct policy *policy,
						 const struct sshkey *key,
						 const struct policy_key **ret_key);
/* Return: the person whose account it is, or NULL. An account belongs to at most one person. */
const struct policy_person *policy_person_by_account(const struct policy *policy,
						     const struct account *account);
const struct policy_channel *policy_find_channel(const struct policy *policy, const char *name);
bool policy_in_groups(const struct policy *policy, uint64_t groups,
		      const struct policy_person *person);
/* The same, or @person covers for somebody who is. */
bool policy_reviews(const struct policy *policy, uint64_t groups,
		    const struct policy_person *person);

extern const char *const policy_action_names[SLUICE_ACTIONS];
const char *policy_verdict_name(enum policy_verdict verdict);
const char *policy_scope_name(enum policy_scope scope);
const char *policy_tier_name(unsigned int tier); /* A0 to A3 */

#endif
