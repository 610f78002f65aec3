/* SPDX-License-Identifier: (GPL-2.0 OR Apache-2.0) */
/*
 * abi.h: every structure that the BPF programs and sluiced share.
 *
 * Owns: layouts, enumerations and their numbers. Must not own: socket messages between our programs
 * (ipc.h), capacities (limits.h), or any code. Fixed-width fields only, no holes, sizes asserted;
 * SLUICE_ABI_VERSION is bumped with every change of a layout that lives in a pinned map.
 */
#ifndef SLUICE_ABI_H
#define SLUICE_ABI_H

#include <linux/types.h>

#include "limits.h"

#define SLUICE_ABI_VERSION 1

/* What a process may want to do with labeled data; each is guarded label by label. */
enum sluice_action {
	SLUICE_OPEN,	   /* read a labeled object */
	SLUICE_WRITE,	   /* write into a labeled object, or labeled data into an unlabeled one */
	SLUICE_EGRESS,	   /* send off the host */
	SLUICE_CREDENTIAL, /* change ids, groups or capabilities */
	SLUICE_ACTIONS,
};

/*
 * Pseudo action: a subject "cleared" for it reads labeled data without taking the taint (trusted).
 */
#define SLUICE_TAINT SLUICE_ACTIONS
#define SLUICE_MASKS (SLUICE_ACTIONS + 1)

/**
 * struct sluice_object_id: identity of a file, folder, pipe: never a path.
 * @dev: super_block::s_dev in the kernel's own encoding (major << 20 | minor)
 * @gen: inode::i_generation, so that a reused inode number is another object
 * @ino: inode::i_ino
 */
struct sluice_object_id {
	__u32 dev;
	__u32 gen;
	__u64 ino;
};

/**
 * struct sluice_object: the labels of one object (map `objects`). A folder's labels hold for all
 * below it.
 * @acquired: labels that labeled data brought here, or that an operator set; survive a policy
 * reload
 * @policy: labels that the policy gives, one mask a policy slot
 */
struct sluice_object {
	__u64 acquired;
	__u64 policy[2];
};

/* Who is asking, as far as a grant is concerned. */
enum sluice_subject_kind {
	SLUICE_SUBJECT_PROCESS = 1,    /* @id: tgid, @a: start time (boot clock, ns), @b: 0 */
	SLUICE_SUBJECT_EXECUTABLE = 2, /* @id: real uid, @a: dev << 32 | gen, @b: ino */
};

struct sluice_subject {
	__u32 kind;
	__u32 id;
	__u64 a;
	__u64 b;
};

enum sluice_target_kind {
	SLUICE_TARGET_ANY = 0,	 /* in a grant: whatever the action's target is */
	SLUICE_TARGET_FILE = 1,	 /* @object; @arg: file type bits of the mode (S_IFMT) */
	SLUICE_TARGET_ENDPOINT = 2, /* @addr, @port, @arg: IPPROTO_*, or 1<<16|family if not IP */
	SLUICE_TARGET_CREDENTIAL = 3, /* @arg: enum sluice_credential; @id or @object */
};

enum sluice_credential {
	SLUICE_SETUID = 1,
	SLUICE_SETGID,
	SLUICE_SETGROUPS,
	SLUICE_CAPSET,
	SLUICE_EXEC_SETID, /* exec of a file that changes ids or brings capabilities */
};

/**
 * struct sluice_target: the object of an action, exact.
 * @addr: IPv6, or IPv4 as ::ffff:a.b.c.d; network order
 * @port: host order
 * @id: SETUID/SETGID: the new effective id, CAPSET: the capabilities gained
 */
struct sluice_target {
	__u32 kind;
	__u32 arg;
	union {
		__u8 addr[16];
		struct sluice_object_id object;
		__u64 id[2];
	};
	__u16 port;
	__u16 pad[3];
};

/* Names one question exactly: key of the maps `asks` (open) and `grants` (answered). */
struct sluice_ask_key {
	struct sluice_subject subject;
	__u32 action;
	__u32 pad;
	struct sluice_target target;
};

/**
 * struct sluice_ask: an open question (map `asks`).
 * @labels: labels that were missing when it was first asked
 * @since_ns: boot clock of the first attempt
 * @deadline_ns: boot clock after which it is a denial
 * @tgid: process that waits, or waited first
 * @tries: attempts so far; in hold mode each stray SIGCONT is one
 * @held: the process is stopped and waits for SIGCONT
 */
struct sluice_ask {
	__u64 labels;
	__u64 since_ns;
	__u64 deadline_ns;
	__u32 tgid;
	__u32 tries;
	__u32 held;
	__u32 pad;
};

#define SLUICE_USES_UNLIMITED 0xffffffffU

enum sluice_answer {
	SLUICE_ANSWER_ALLOW = 1,
	SLUICE_ANSWER_DENY = 2, /* refuses the waiting attempt once; @uses counts as for an allow */
};

/**
 * struct sluice_grant: the answer to one question (map `grants`).
 * @labels: labels that it covers; an attempt that misses others is asked anew
 * @expires_ns: boot clock
 * @id: number of the grant, key of the map `live`
 * @uses: how often it may still be used, taken down by compare-and-swap
 */
struct sluice_grant {
	__u64 labels;
	__u64 expires_ns;
	__u64 id;
	__u32 uses;
	__u32 answer;
};

/**
 * struct sluice_task: what a process carries (task storage `tasks`, on the thread group's leader).
 * @taint: labels; complete only together with those of @shared
 * @shared: key of the map `shared` while other processes use the same memory, else 0
 * @cleared: what its clearances clear, valid while the fields behind it, to @generation, are its
 * own
 * @sent: where it last sent to without anybody being asked, with which labels and under which
 * policy; @version is odd
 *	while a thread writes it
 */
struct sluice_task {
	__u64 taint;
	__u64 shared;
	__u64 cleared[SLUICE_MASKS];
	__u64 cgroup;
	struct sluice_object_id exe;
	__u32 uid;
	__u32 generation;
	struct {
		__u64 addr[2];
		__u64 labels;
		__u32 protocol;
		__u16 port;
		__u16 pad;
		__u32 generation;
		__u32 version;
	} sent;
};

/* Taint of processes that share memory without being threads (map `shared`). */
struct sluice_shared {
	__u64 taint;
	__u64 users;
};

/**
 * struct sluice_inode: labels of an inode at hand (inode storage `inodes`), a cache for what has a
 * name.
 * @labels: @own, the object's and its folders', as of @epoch
 * @own: labels of what has no name to be found again by: pipes, unlinked files
 * @reader: start time of the process that last opened it with these labels, and was told of
 */
struct sluice_inode {
	__u64 labels;
	__u64 own;
	__u64 reader;
	__u32 epoch;
	__u32 known;
};

/* A socket that a grant let through keeps it for its life or the grant's, whichever ends first. */
struct sluice_flow {
	__u64 labels;
	__u64 grant_id;
	__u64 expires_ns;
	__u8 addr[16];
	__u16 port;
	__u16 pad[3];
};

/*
 * Dimensions by which a policy names subjects; a clearance is held when all that it states match.
 */
enum sluice_dimension {
	SLUICE_DIM_USER,       /* @a: real uid */
	SLUICE_DIM_EXECUTABLE, /* @a: dev << 32 | gen, @b: ino */
	SLUICE_DIM_UNIT,       /* @a: cgroup id */
	SLUICE_DIMENSIONS,
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
 * @guarded: labels with a rule, for each action
 * @deny, @ask: what the rule says for those not cleared; a label in neither is audited only
 * @hold: labels whose rule holds the process; the others fail it at once
 * @unstated: clearances that do not state the dimension
 * @cleared: what each clearance clears, for each action and for the taint
 * @limit_ms: how long a question of that label may wait
 */
struct sluice_policy {
	__u32 generation;
	__u32 flags;
	__u64 guarded[SLUICE_ACTIONS];
	__u64 deny[SLUICE_ACTIONS];
	__u64 ask[SLUICE_ACTIONS];
	__u64 hold[SLUICE_ACTIONS];
	__u64 clearances;
	__u64 unstated[SLUICE_DIMENSIONS];
	__u64 cleared[SLUICE_MAX_CLEARANCES][SLUICE_MASKS];
	__u32 limit_ms[SLUICE_ACTIONS][SLUICE_MAX_LABELS];
};

/* some endpoint carries labels: look at untainted connects too */
#define SLUICE_POLICY_ENDPOINTS (1U << 0)

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
 * @folders: some folder is labeled
 * @enforcing: 0 before the first policy is in force
 */
struct sluice_control {
	__u32 abi;
	__u32 slot;
	__u64 heartbeat_ns;
	__u64 stale_ns;
	__u32 label_epoch;
	__u32 agent_tgid;
	__u64 agent_start_ns;
	__u32 enforcing;
	__u32 folders;
};

enum sluice_event_type {
	SLUICE_EVENT_STOP = 1, /* an action missed labels: see @verdict */
	SLUICE_EVENT_GRANT,    /* a grant was used */
	SLUICE_EVENT_READ,     /* the subject took labels from the target */
	SLUICE_EVENT_LABEL,    /* the target took labels from the subject */
	SLUICE_EVENT_FORK,     /* a tainted process started another: @peer_tgid, @peer_start_ns */
	SLUICE_EVENT_EXEC,     /* a tainted process became another program */
};

enum sluice_verdict {
	SLUICE_VERDICT_AUDIT = 1, /* went on; a policy in force would have stopped it */
	SLUICE_VERDICT_DENY,	  /* refused, nobody is asked */
	SLUICE_VERDICT_FAIL,	  /* refused, somebody is asked */
	SLUICE_VERDICT_HOLD,	  /* stopped, somebody is asked */
};

/* Why an ask that the policy holds was failed instead: struct sluice_event @reason. */
enum sluice_fallback {
	SLUICE_FALLBACK_NONE,
	SLUICE_FALLBACK_STALE,	   /* the daemon's heartbeat is old: nobody would wake it */
	SLUICE_FALLBACK_TASK,	   /* kernel thread, io worker, pid 1, the agent */
	SLUICE_FALLBACK_SYSCALL,   /* the system call cannot be re-issued */
	SLUICE_FALLBACK_CREATED,   /* open created the file: O_EXCL would fail on the second try */
	SLUICE_FALLBACK_SIGNAL,	   /* the helper refused to stop the task */
	SLUICE_FALLBACKS,
};

/**
 * struct sluice_event: one record of the ring buffer.
 * @seq: counts per CPU from 1, also for records that found no room: a hole is a loss
 * @labels: STOP: missing; READ, LABEL: that moved; GRANT: covered
 * @taint: labels of the subject before the event
 * @path_len, @exe_len: bytes used in @path and @exe_path: components from the leaf up, each ended
 * by NUL;
 *	@path_cut: the path was longer than fits
 */
struct sluice_event {
	__u16 type;
	__u16 cpu;
	__u32 reason;
	__u64 seq;
	__u64 boot_ns;
	struct sluice_ask_key key;
	__u64 labels;
	__u64 taint;
	__u64 start_ns;
	__u64 peer_start_ns;
	__u64 cgroup;
	__u64 grant_id;
	__u64 deadline_ns;
	struct sluice_object_id exe;
	__u32 tgid;
	__u32 tid;
	__u32 peer_tgid;
	__u32 uid;
	__u32 euid;
	__u32 gid;
	__u32 loginuid;
	__u32 verdict;
	__u32 old_id;
	__u16 path_len;
	__u16 exe_len;
	__u8 path_cut;
	__u8 pad[7];
	char comm[16];
	char path[SLUICE_EVENT_PATH];
	char exe_path[SLUICE_EVENT_PATH];
};

/* Per-CPU counters (map `counters`), index into an array of __u64. */
enum sluice_counter {
	SLUICE_COUNT_SEQ,	 /* events, lost ones included */
	SLUICE_COUNT_DROPPED,	 /* events that found no room in the ring */
	SLUICE_COUNT_REFUSED,	 /* guarded actions refused because of that */
	SLUICE_COUNT_STOPPED,	 /* actions that missed labels */
	SLUICE_COUNT_HELD,	 /* times a process was stopped */
	SLUICE_COUNT_FAILED,	 /* EPERM returned */
	SLUICE_COUNT_GRANTED,	 /* grants used */
	SLUICE_COUNT_AUDITED,	 /* went on, would have been stopped */
	SLUICE_COUNT_MAP_FULL,	 /* a map had no room: the action was refused */
	SLUICE_COUNT_FALLBACK,	 /* held by policy, failed for want of a way */
	SLUICE_COUNTERS,
};

/*
 * Argument of the program `identify`: sluiced asks what the kernel calls its own file descriptor
 * @fd;
 * with @fd SLUICE_IDENTIFY_AGENT the caller becomes the agent of struct sluice_control.
 */
#define SLUICE_IDENTIFY_AGENT (-1)
struct sluice_identify {
	__s32 fd;
	__u32 mode;
	struct sluice_object_id object;
};

_Static_assert(sizeof(struct sluice_object_id) == 16, "object id");
_Static_assert(sizeof(struct sluice_object) == 24, "object");
_Static_assert(sizeof(struct sluice_subject) == 24, "subject");
_Static_assert(sizeof(struct sluice_target) == 32, "target");
_Static_assert(sizeof(struct sluice_ask_key) == 64, "ask key");
_Static_assert(sizeof(struct sluice_ask) == 40, "ask");
_Static_assert(sizeof(struct sluice_grant) == 32, "grant");
_Static_assert(sizeof(struct sluice_task) == 128, "task");
_Static_assert(sizeof(struct sluice_shared) == 16, "shared");
_Static_assert(sizeof(struct sluice_inode) == 32, "inode");
_Static_assert(sizeof(struct sluice_flow) == 48, "flow");
_Static_assert(sizeof(struct sluice_member_key) == 24, "member key");
_Static_assert(sizeof(struct sluice_destination_key) == 24, "destination key");
_Static_assert(sizeof(struct sluice_port) == 24, "port");
_Static_assert(sizeof(struct sluice_destination) == 8 + 24 * SLUICE_MAX_PORTS, "destination");
_Static_assert(sizeof(struct sluice_control) == 48, "control");
_Static_assert(sizeof(struct sluice_policy) == 8 + 4 * 8 * SLUICE_ACTIONS + 8 +
						       8 * SLUICE_DIMENSIONS +
						       8 * SLUICE_MASKS * SLUICE_MAX_CLEARANCES +
						       4 * SLUICE_ACTIONS * SLUICE_MAX_LABELS,
	       "policy");
_Static_assert(sizeof(struct sluice_event) == 224 + 2 * SLUICE_EVENT_PATH, "event");
_Static_assert(sizeof(struct sluice_identify) == 24, "identify");

#endif
