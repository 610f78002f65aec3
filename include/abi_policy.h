/* SPDX-License-Identifier: (GPL-2.0 OR Apache-2.0) */
/*
 * abi_policy.h: the compiled policy, and what sluiced tells the programs while they run.
 *
 * Owns: these layouts and numbers; must not own: what abi.h says.
 */
#ifndef SLUICE_ABI_POLICY_H
#define SLUICE_ABI_POLICY_H

#include <linux/types.h>

#include "abi_ask.h"

/*
 * Dimensions by which a policy names subjects; a clearance is held when all that it states match.
 */
enum sluice_dimension {
	SLUICE_DIM_USER,       /* @a: real uid */
	SLUICE_DIM_EXECUTABLE, /* @a: dev << 32 | gen, @b: ino */
	SLUICE_DIM_UNIT,       /* @a: cgroup id */
	SLUICE_DIMENSIONS,
	/* no subject: an object as for executables; the value is the labels that it takes not */
	SLUICE_DIM_SINK = SLUICE_DIMENSIONS,
};

/* Key of the map `members`; the value is a __u64 with a bit for each clearance it is named in. */
struct sluice_member_key {
	__u32 slot;
	__u32 dimension;
	__u64 a;
	__u64 b;
};

/**
 * struct sluice_policy: one compiled policy; two slots, so that a reload is one flip.
 * @labels: all that the policy defines
 * @guarded: labels with a rule, for each action
 * @deny, @ask: what the rule says for those not cleared; a label in neither is audited only
 * @hold: labels whose rule holds the process; the others fail it at once
 * @unstated: clearances that do not state the dimension
 * @cleared: what each clearance clears, for each action and for the taint
 * @limit_ms: how long a question of that label may wait
 * @media: labels that each medium may take
 */
struct sluice_policy {
	__u32 generation;
	__u32 flags;
	__u64 labels;
	__u64 guarded[SLUICE_ACTIONS];
	__u64 deny[SLUICE_ACTIONS];
	__u64 ask[SLUICE_ACTIONS];
	__u64 hold[SLUICE_ACTIONS];
	__u64 clearances;
	__u64 unstated[SLUICE_DIMENSIONS];
	__u64 cleared[SLUICE_MAX_CLEARANCES][SLUICE_MASKS];
	__u32 limit_ms[SLUICE_ACTIONS][SLUICE_MAX_LABELS];
	__u64 media[SLUICE_MEDIA];
};

/* some endpoint carries labels: look at untainted connects, and at who receives, too */
#define SLUICE_POLICY_ENDPOINTS (1U << 0)
/* some object takes no labels: look for it above what is written */
#define SLUICE_POLICY_SINKS (1U << 1)

/* Key of the longest-prefix map `destinations`: @prefixlen counts the bits of @slot and @addr. */
struct sluice_destination_key {
	__u32 prefixlen;
	__u32 slot;
	__u8 addr[16];
};

/**
 * struct sluice_port: what one range of ports of a prefix may receive, or carries.
 * @protocol: IPPROTO_TCP, IPPROTO_UDP, or 0 for any
 * @allowed: labels that may be sent there
 * @carries: labels that come from there
 */
struct sluice_port {
	__u16 low;
	__u16 high;
	__u32 protocol;
	__u64 allowed;
	__u64 carries;
};

struct sluice_destination {
	__u32 ports;
	__u32 pad;
	struct sluice_port port[SLUICE_MAX_PORTS];
};

/* 32-bit words of a struct sluice_mark_key. */
#define SLUICE_MARK_WORDS 11

/**
 * struct sluice_control: written by sluiced while the programs run (section .data.control).
 * @abi: SLUICE_ABI_VERSION, so that a newer daemon knows what it finds pinned
 * @slot: the policy slot in force
 * @heartbeat_ns: boot clock of the daemon's last sign of life
 * @stale_ns: age of the heartbeat after which nothing is held any more
 * @label_epoch: bumped with each change that can move labels of many objects; caches of another are
 * void
 * @agent_tgid, @agent_start_ns: sluiced itself: never held, never tainted; written by the program
 * `identify`
 * @agent_mounts: the mount namespace of sluiced, by the kernel's number that is never used again;
 * written likewise
 * @folders: some folder is labeled
 * @enforcing: 0 before the first policy is in force
 * @segments: some process has mapped memory that others see; written by the programs
 * @files: entries of the map `objects` that one user may make
 * @mark_secret: what packets under way are named by (mark.bpf.h); random, made when the map is, and
 * never read by who sends
 * @policy: digest of the policy in force, in hex, without an end
 */
struct sluice_control {
	__u32 abi;
	__u32 slot;
	__u64 heartbeat_ns;
	__u64 stale_ns;
	__u32 label_epoch;
	__u32 agent_tgid;
	__u64 agent_start_ns;
	__u64 agent_mounts;
	__u32 enforcing;
	__u32 folders;
	__u32 segments;
	__u32 files;
	__u64 mark_secret[SLUICE_MARK_WORDS];
	char policy[64];
};

_Static_assert(sizeof(struct sluice_member_key) == 24, "member key");
_Static_assert(sizeof(struct sluice_policy) == 16 + 4 * 8 * SLUICE_ACTIONS + 8 +
						       8 * SLUICE_DIMENSIONS +
						       8 * SLUICE_MASKS * SLUICE_MAX_CLEARANCES +
						       4 * SLUICE_ACTIONS * SLUICE_MAX_LABELS +
						       8 * SLUICE_MEDIA,
	       "policy");
_Static_assert(sizeof(struct sluice_destination_key) == 24, "destination key");
_Static_assert(sizeof(struct sluice_port) == 24, "port");
_Static_assert(sizeof(struct sluice_destination) == 8 + 24 * SLUICE_MAX_PORTS, "destination");
_Static_assert(sizeof(struct sluice_control) == 128 + 8 * SLUICE_MARK_WORDS, "control");

#endif
