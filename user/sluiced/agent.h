/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.h: the context that ties the modules of sluiced together.
 *
 * Owns: which modules exist and the few facts that all of them need. Must not own: any module's
 * state (each is behind its own pointer and changed only by its own functions). agent_parts.c fills
 * the first part before anything else runs;
 * the second part is made by the *_new() functions of the modules.
 */
#ifndef SLUICE_AGENT_H
#define SLUICE_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"
#include "label/label_place.h"
#include "pulse.h"
#include "retire.h"
#include "request/meter.h"

struct control;
struct event_base;
struct events;
struct grants;
struct guard;
struct journal;
struct kernel;
struct label_keep;
struct lineage;
struct lineage_follow;
struct policy;
struct policy_label;
struct reasons;
struct record;
struct requests;
struct reviews;
struct standings;
struct vault;

/*
 * Names of the kernel's label bits, kept across policies and restarts; an empty name is a free bit.
 */
struct label_names {
	char name[SLUICE_MAX_LABELS][SLUICE_NAME_MAX];
};

/* Where event_repeat.c stands: when it last looked, the kernel's count then, and what was left. */
struct event_repeat {
	uint64_t look_ns;
	uint64_t merged;
	bool later;
};

/**
 * struct agent: one running sluiced.
 * @bit_of_label: kernel bit of policy::labels[i], -1 for none; @label_of_bit: the way back, -1 when
 * the policy in
 *	force does not know the label any more
 * @host: name shown to reviewers and part of each digest; @boot_id: of
 * /proc/sys/kernel/random/boot_id
 * @gateway_uid: the one user besides root who may use the gateway's socket
 * @privacy: the policy that says what is private: before one is in force the one that was read
 * @vault: NULL while nothing ever was private
 * @away_until_ns: boot clock; what was attempted before, no agent looked at while it happened
 * @why: for status: when not (fully) enforcing, one sentence each, newline between
 */
struct agent {
	struct kernel *kernel;
	const struct policy *policy;
	const struct policy *privacy;
	struct journal *journal;
	struct vault *vault;
	struct event_base *base;
	struct label_names names;
	int8_t bit_of_label[SLUICE_MAX_LABELS];
	int8_t label_of_bit[SLUICE_MAX_LABELS];
	char host[65];
	char boot_id[37];
	uid_t gateway_uid;
	bool enforcing;
	uint32_t generation;
	const char *version;
	uint64_t started_ms;
	uint64_t away_until_ns;
	uint64_t policy_ms;
	char journal_path[SLUICE_PATH_TEXT];
	char why[1024];

	struct record *record;
	struct lineage *lineage;
	struct lineage_follow *follow;
	struct requests *requests;
	struct reasons *reasons;
	struct standings *standings;
	struct reviews *reviews;
	struct grants *grants;
	struct events *events;
	struct control *control;
	struct event_repeat repeat;
	struct pulse pulse;
	struct retire retire;
	uint64_t packets; /* SLUICE_COUNT_PACKETS that the journal has */
	uint64_t missed;  /* what missed.c counted that the journal has */
	uint64_t missed_next_ns;
	struct meter meter;
	struct label_keep *keep;
	struct guard *guard;
	struct label_places places[2]; /* by slot */
};

uint64_t agent_boot_ns(void); /* boot clock, nanoseconds: the clock of the kernel's deadlines */
uint64_t agent_time_ms(void); /* since the epoch: the clock of people */

/* Kernel bit of a policy's label index, or the way back; -1 for none. */
int agent_label_bit(const struct agent *agent, size_t label);
int agent_bit_to_policy(const struct agent *agent, unsigned int bit);

/* The label of a kernel bit in the policy in force, or NULL. */
const struct policy_label *agent_label(const struct agent *agent, unsigned int bit);

/* Kernel bit of a label by name, also of one that the policy has forgotten; -1 for none. */
int agent_bit_of_name(const struct agent *agent, const char *name);

#endif
