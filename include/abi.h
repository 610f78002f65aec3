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

#define SLUICE_ABI_VERSION 11

/* What a process may want to do with labeled data; each is guarded label by label. */
enum sluice_action {
	SLUICE_OPEN,	   /* read a labeled object */
	SLUICE_WRITE,	   /* write into a labeled object, or labeled data into an unlabeled one */
	SLUICE_EGRESS,	   /* send off the host */
	SLUICE_CREDENTIAL, /* change ids, groups or capabilities */
	SLUICE_ACTIONS,
};

/*
 * Pseudo actions: a subject "cleared" for the first reads labeled data without taking the taint
 * (trusted); for the second as well, it is told of what it so reads (declassifying).
 */
#define SLUICE_TAINT SLUICE_ACTIONS
#define SLUICE_DECLASSIFY (SLUICE_ACTIONS + 1)
#define SLUICE_MASKS (SLUICE_ACTIONS + 2)

/**
 * struct sluice_object_id: identity of a file, folder, pipe: never a path.
 * @dev: which file system. One that has a UUID: sluice_fs_number() of it, the same on every boot
 *	and wherever it is mounted. Else super_block::s_dev (major << 20 | minor)
 * @gen: inode::i_generation, so that a reused inode number is another object
 * @ino: inode::i_ino
 */
struct sluice_object_id {
	__u32 dev;
	__u32 gen;
	__u64 ino;
};

#define SLUICE_FS_HAS_UUID (1U << 31) /* in @dev; no kernel has a major number that reaches it */

/* @a, @b: the UUID's two halves as the host reads them from memory. Zero is no UUID. */
static inline __u32 sluice_fs_number(__u64 a, __u64 b)
{
	__u64 mixed = a * 0x9e3779b97f4a7c15ULL ^ b * 0xc2b2ae3d27d4eb4fULL;

	return SLUICE_FS_HAS_UUID | (__u32)(mixed >> 32);
}

/**
 * struct sluice_filesystem: one whose labels can be kept across boots (map `filesystems`, key: its
 * number).
 * @dev: super_block::s_dev of the only mounted file system with that UUID, as sluiced sees it; 0
 * when it sees none, or several: then nothing is known to be gone for good
 */
struct sluice_filesystem {
	__u64 uuid[2];
	__u32 dev;
	__u32 pad;
};

/* Name of an extended attribute by which a policy labels (map `attributes`), padded with zeros. */
struct sluice_attribute {
	char name[SLUICE_ATTRIBUTE_NAME];
};

/**
 * struct sluice_object: the labels of one object (map `objects`). A folder's labels hold for all
 * below it.
 * @acquired: labels that labeled data brought here, or that an operator set; survive a policy
 * reload
 * @policy: labels that the policy gives, one mask a policy slot
 * @uid: whose share of the map it counts as, 0 for nobody's
 */
struct sluice_object {
	__u64 acquired;
	__u64 policy[2];
	__u32 uid;
	__u32 pad;
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

/*
 * Ways off the host on which no address says where the data goes: bits 16 and up of a target's
 * @arg. The numbers stay: the journal has them.
 */
enum sluice_medium {
	SLUICE_MEDIUM_NONE,
	SLUICE_MEDIUM_SOCKET,  /* a socket of a family that is nowhere below */
	SLUICE_MEDIUM_STEERED, /* IP, but a route or interface of its own leads elsewhere */
	SLUICE_MEDIUM_RAW,     /* raw IP: who sends writes the ports, and maybe the address */
	SLUICE_MEDIUM_SCTP,    /* one socket has many peers */
	SLUICE_MEDIUM_PACKET,
	SLUICE_MEDIUM_VSOCK,
	SLUICE_MEDIUM_XDP,
	SLUICE_MEDIUM_TUN,     /* what is written there is a packet */
	SLUICE_MEDIUM_BLOCK,   /* a block device itself */
	SLUICE_MEDIUM_REMOVABLE, /* a file system on a device that is taken along */
	SLUICE_MEDIUM_FUSE,    /* a process gets it, which may be anywhere */
	SLUICE_MEDIUM_NFS,
	SLUICE_MEDIUM_CIFS,
	SLUICE_MEDIUM_9P,
	SLUICE_MEDIUM_CEPH,
	SLUICE_MEDIUM_AFS,
	SLUICE_MEDIUM_REMOTE,  /* other file systems of other hosts */
	SLUICE_MEDIA,
};

enum sluice_target_kind {
	SLUICE_TARGET_ANY = 0,	 /* in a grant: whatever the action's target is */
	SLUICE_TARGET_FILE = 1,	 /* @object; @arg: file type (S_IFMT), to send there: medium<<16 */
	SLUICE_TARGET_ENDPOINT = 2, /* @addr, @port, @arg: IPPROTO_*; or medium<<16|family alone */
	SLUICE_TARGET_CREDENTIAL = 3, /* @arg: enum sluice_credential; @id or @object */
};

enum sluice_credential {
	SLUICE_SETUID = 1,
	SLUICE_SETGID,
	SLUICE_SETGROUPS,
	SLUICE_CAPSET,
	SLUICE_EXEC_SETID, /* exec of a file that changes ids or brings capabilities */
	SLUICE_AMBIENT,	   /* a capability becomes ambient */
	SLUICE_SECUREBITS, /* the rules change by which ids and exec bring capabilities */
	SLUICE_USERNS,	   /* a user namespace is made, with all capabilities in it */
	SLUICE_SETNS,	   /* namespaces of others are entered */
	SLUICE_IDMAP,	   /* /proc/PID/uid_map and its like are written: @object */
	SLUICE_KEYRING,	   /* another session keyring */
};

/**
 * struct sluice_target: the object of an action, exact.
 * @addr: IPv6, or IPv4 as ::ffff:a.b.c.d; network order
 * @port: host order
 * @id: SETUID/SETGID: the new effective id, CAPSET: the capabilities gained, AMBIENT: its number,
 *	SECUREBITS: the new ones
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

/**
 * struct sluice_refusal: a denial that was told of (map `refusals`), so that the same again is only
 * counted.
 * @labels: that were missing
 * @told_ns: boot clock of the last event
 * @untold: how often since; each is told of with a later event, or taken by the program
 * `take_refusals`
 */
struct sluice_refusal {
	__u64 labels;
	__u64 told_ns;
	__u64 untold;
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
 * @seen: the taint_epoch up to which @taint has those of @shared
 * @cleared: what its clearances clear, valid while the fields behind it, to @generation, are its
 * own
 * @sent: where it last sent to without anybody being asked, with which labels and under which
 * policy; @here: to this host; @version is odd
 *	while a thread writes it
 * @heard: the process that it last took @labels from directly, and was told of; likewise
 */
struct sluice_task {
	__u64 taint;
	__u64 shared;
	__u64 seen;
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
		__u16 here;
		__u32 generation;
		__u32 version;
	} sent;
	struct {
		__u64 start_ns;
		__u64 labels;
		__u32 tgid;
		__u32 version;
	} heard;
};

/**
 * struct sluice_shared: taint of processes that share memory without being threads (map `shared`).
 * @users: processes, and other groups that have become a part of this one
 * @joined: key of the group that this one has become a part of, or 0; both taints count
 * @mapped: some have memory mapped that a fork shares
 * @uid: whose quota it counts in
 */
struct sluice_shared {
	__u64 taint;
	__u64 users;
	__u64 joined;
	__u32 mapped;
	__u32 uid;
};

#define SLUICE_SHARED_DEPTH 32 /* groups on the way from one to the last that it is a part of */

/**
 * struct sluice_segment: an object that processes have mapped for others to see (map `segments`).
 * @group: key of the map `shared`; 0 while the entry is being removed
 * @uid: whose quota it counts in
 */
struct sluice_segment {
	__u64 group;
	__u32 uid;
	__u32 pad;
};

/* Maps that fill by what anybody may do: no user but root gets more than a share of one. */
enum sluice_quota_kind {
	SLUICE_QUOTA_SEGMENTS,
	SLUICE_QUOTA_SHARED,
	SLUICE_QUOTA_SOCKETS,
	SLUICE_QUOTA_PARCELS,
	SLUICE_QUOTA_OBJECTS,
	SLUICE_QUOTAS,
};

/* struct sluice_quota: entries that one user has, of each kind (map `quotas`, key: uid). */
struct sluice_quota {
	__u64 used[SLUICE_QUOTAS];
};

/**
 * struct sluice_inode: labels of an inode at hand (inode storage `inodes`), a cache for what has a
 * name.
 * @labels: @own, the object's and its folders', as of @epoch
 * @own: labels of what has no name to be found again by: pipes, unlinked files
 * @known: 0: the rest is void; else KNOWN_ bits of bpf/object.bpf.h
 * @reader: start time of the process that last opened it with these labels, and was told of
 * @writer: start time of the process that last wrote these labels into it, and was told of
 * @emptied_ns: boot clock, when it was told of that the file was emptied; 0 for never
 * @group: key of the map `shared`: of the process that last mapped it for others to see
 * @carrier: process that carried these labels when it read; @version is odd while a thread writes
 *	it
 * @wrote: process that carried @taint when it wrote, as of the taint_epoch @epoch; likewise
 */
struct sluice_inode {
	__u64 labels;
	__u64 own;
	__u64 reader;
	__u64 writer;
	__u64 emptied_ns;
	__u64 group;
	__u32 epoch;
	__u32 known;
	struct {
		__u64 name;
		__u64 labels;
		__u32 execs;
		__u32 version;
	} carrier;
	struct {
		__u64 name;
		__u64 taint;
		__u64 epoch;
		__u32 execs;
		__u32 version;
	} wrote;
};

/**
 * struct sluice_flow_key: what goes one way off the host (map `flows`).
 * @id: of a socket: its inode number on sockfs; else see egress_file()
 * @addr, @port: as in struct sluice_target, also of an object; 0 for a medium as a whole
 */
struct sluice_flow_key {
	__u64 id;
	__u8 addr[16];
	__u16 port;
	__u16 pad[3];
};

/**
 * struct sluice_flow: labels that may go that way.
 * @labels: by the grant @grant_id, until the socket's end or the grant's, whichever comes first
 * @passed: that a hook let through otherwise (a clearance, a rule that only watches) while the
 *	policy was @generation: good for packets, not for the next to send
 */
struct sluice_flow {
	__u64 labels;
	__u64 grant_id;
	__u64 expires_ns;
	__u64 passed;
	__u32 generation;
	__u32 pad;
};

/**
 * struct sluice_socket: what was sent to a socket of this host, and through it (map `sockets`).
 * @labels: of all that was ever sent to it
 * @number: what it is read as in events: an object without a device, since it may have no inode
 * yet. A Unix socket is named by its own number, an IP socket by that of the one that sent to it
 * last
 * @reader: IP: start time of the process that read it last and carries @labels
 * @sent: IP: labels of all that was sent through it to this host
 * @sent_number: IP: its own number
 * @writer: IP: start time of the process that sent through it last
 * @uid: whose quota it counts in
 * @came: IP: labels of datagrams that came from labeled endpoints; @from: the last of these
 * @away: IP: @labels that were let through it off the host, but for those that their sender is
 *	cleared for; @ino: its inode number on sockfs; @clean: the thread (pid_tgid) without labels
 *	that sent last, as long as it has none
 */
struct sluice_socket {
	__u64 labels;
	__u64 number;
	__u64 reader;
	__u64 sent;
	__u64 sent_number;
	__u64 writer;
	__u32 uid;
	__u32 pad;
	__u64 came;
	struct sluice_target from;
	struct {
		__u64 labels;
		__u64 ino;
		__u64 clean;
	} away;
};

/*
 * In @arg of a target that is a socket: labels that came over IP. The rest of it are the type bits
 * of the mode.
 */
#define SLUICE_SOCKET_IP 1

/**
 * struct sluice_mark_key: packets under way from one socket of this host to another (map `marks`).
 * @net: cookie of the network namespace whose loopback they are on; 0: on any other interface
 * @from, @to: addresses as in struct sluice_target
 * @ports: of both, as the packet has them: the first four bytes of any transport
 */
struct sluice_mark_key {
	__u64 net;
	__u64 from[2];
	__u64 to[2];
	__u32 ports;
	__u32 pad;
};

/**
 * struct sluice_mark: the labels of such packets.
 * @number: of the socket that sent
 * @at: when the last of them left; see mark.bpf.h
 */
struct sluice_mark {
	__u64 labels;
	__u64 number;
	__u32 at;
	__u32 pad;
};

/**
 * struct sluice_parcel: what lies in the kernel until somebody takes it (map `parcels`).
 * @labels: of who put it there
 * @start_ns, @tgid: the process that did, or did last
 * @uid: whose quota it counts in
 */
struct sluice_parcel {
	__u64 labels;
	__u64 start_ns;
	__u32 tgid;
	__u32 uid;
};

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
	char policy[64];
};

/*
 * Marks of the map `guarded`: what of Sluice's own the object is, by its identity, and so what
 * nobody but the agent may do with it.
 */
enum sluice_guard_mark {
	SLUICE_MARK_TREE = 1 << 0,    /* a folder: it and all below it is not changed in any way */
	SLUICE_MARK_WRITE = 1 << 1,   /* contents and attributes are not changed */
	SLUICE_MARK_NAME = 1 << 2,    /* not removed, not renamed, nothing mounted over it */
	SLUICE_MARK_SECRET = 1 << 3,  /* not read either */
	SLUICE_MARK_PROGRAM = 1 << 4, /* a process that is started from it cleanly is the agent */
	SLUICE_MARK_CODE = 1 << 5,    /* may be mapped as code of the agent */
	SLUICE_MARK_CGROUP = 1 << 6,  /* a control group above the agent's: not frozen or killed */
};

/*
 * A mount by which the agent's own is reached is marked, too, by the number that the kernel has for
 * it: an object without a file system, of this generation. There a mark means: not unmounted.
 */
#define SLUICE_GUARD_MOUNT_GEN 0xffffffffU

enum sluice_guard_mode {
	SLUICE_GUARD_OFF,
	SLUICE_GUARD_MONITOR, /* tell what would be refused */
	SLUICE_GUARD_ENFORCE,
};

/**
 * struct sluice_guard: written by sluiced while the programs run (section .data.guard).
 * @mode: enum sluice_guard_mode
 * @session: number of the newest break-glass
 * @open_until_ns: boot clock: the glass is broken until then, 0 when it is whole
 * @conf: the file that the agent reads its policy from: nothing else is taken for it
 * @mounts: mount namespace of pid 1 (its inode number)
 * @pins: super_block::s_dev of the file system that holds the pins
 * @libraries: only files with SLUICE_MARK_CODE are mapped as code into the agent
 * @bounded: what LSM programs return is checked by this kernel (since 6.12)
 * @successor: another program than the one that runs was vouched for: the agent may change pins
 * @policy: digest of the policy's files that the agent has vouched for, in hex, without an end; our
 * programs do not look at it
 */
struct sluice_guard {
	__u32 mode;
	__u32 session;
	__u64 open_until_ns;
	struct sluice_object_id conf;
	__u32 mounts;
	__u32 pins;
	__u32 libraries;
	__u32 bounded;
	__u32 successor;
	__u32 pad;
	char policy[64];
};

/* Key of the map `own`: kind << 32 | the kernel's id of a map, program or link of ours. */
enum sluice_own {
	SLUICE_OWN_MAP = 1,
	SLUICE_OWN_PROGRAM,
	SLUICE_OWN_LINK,
};

/* What a process without the agent's identity tried: struct sluice_event @reason. */
enum sluice_guard_act {
	SLUICE_GUARD_BPF = 1, /* take hold of a map, program or link; @detail: sluice_own */
	SLUICE_GUARD_SIGNAL,  /* @detail: the signal */
	SLUICE_GUARD_TRACE,   /* look into or trace it; @detail: the kernel's access mode */
	SLUICE_GUARD_LIMIT,   /* change limits, priority or scheduling */
	SLUICE_GUARD_CGROUP,  /* freeze, kill, move or limit its control group */
	SLUICE_GUARD_SWITCH,  /* write a switch of the kernel that turns programs off */
	SLUICE_GUARD_WRITE,   /* write to a file, or its attributes */
	SLUICE_GUARD_READ,    /* read a secret */
	SLUICE_GUARD_NAME,    /* make, remove, rename or link a name */
	SLUICE_GUARD_MOUNT,   /* mount over it, or take its file system away */
	SLUICE_GUARD_KERNEL,  /* write memory of the kernel or of a process by way of the kernel */
	SLUICE_GUARD_CODE,    /* run unknown code in the agent; @detail: protection */
	SLUICE_GUARD_OVERRIDE, /* load a BPF program that answers for ours; @detail: its type */
	SLUICE_GUARD_ACTS,
};

enum sluice_event_type {
	SLUICE_EVENT_STOP = 1, /* an action missed labels: see @verdict */
	SLUICE_EVENT_GRANT,    /* a grant was used */
	SLUICE_EVENT_READ,     /* the subject took labels from the target */
	SLUICE_EVENT_LABEL,    /* the target took labels from the subject */
	SLUICE_EVENT_FORK,     /* a tainted process started another: @peer_tgid, @peer_start_ns */
	SLUICE_EVENT_EXEC,     /* a tainted process became another program */
	SLUICE_EVENT_KEEP,     /* the attribute that labeled the target changed; labels stay */
	SLUICE_EVENT_TAKE,     /* the subject took labels of process @peer_tgid, @peer_start_ns */
	SLUICE_EVENT_GIVE,     /* that process took labels of the subject */
	SLUICE_EVENT_DECLASSIFY, /* the subject read the target, whose labels it takes off */
	SLUICE_EVENT_SINK,     /* the subject wrote into the target, which takes no labels */
	SLUICE_EVENT_EMPTY,    /* the target was cut to nothing; it keeps its labels */
	/*
	 * Something of the agent's own was touched: @reason is an enum sluice_guard_act, @old_id
	 * its detail, @verdict DENY or AUDIT, @grant_id the break-glass that let it through
	 */
	SLUICE_EVENT_GUARD,
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
	SLUICE_FALLBACK_LATE,	   /* the data came while the call waited: nothing to go back to */
	SLUICE_FALLBACK_FULL,	   /* no room, for this user, to keep that the file has the labels */
	SLUICE_FALLBACKS,
};

/* Of a read, no fallback: the process had the file open or mapped before its labels came. */
#define SLUICE_READ_BEFORE 1

/**
 * struct sluice_event: one record of the ring buffer.
 * @seq: counts per CPU from 1, also for records that found no room: a hole is a loss
 * @labels: STOP: missing; READ, LABEL: that moved; GRANT: covered
 * @taint: labels of the subject before the event
 * @repeats: STOP: equal refusals before this one that no event told of
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
	__u64 repeats;
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
	SLUICE_COUNT_MERGED,	 /* denials counted for a later event */
	SLUICE_COUNT_UNNOTED,	 /* labels that changed, and `changed` had no room to say so */
	SLUICE_COUNT_GUARDED,	 /* attempts on the agent's own that were refused */
	SLUICE_COUNT_TOLD,	 /* those told of since; the rest is in `refusals` or lost */
	SLUICE_COUNT_PACKETS,	 /* packets that were leaving past the hooks */
	SLUICE_COUNTERS,
};

/*
 * Argument of the program `identify`: sluiced asks what the kernel calls its own file descriptor
 * @fd;
 * with @fd SLUICE_IDENTIFY_AGENT the caller becomes the agent of struct sluice_control.
 * @covered: what lies below a mount whose root @fd is, or zeros
 * @s_dev, @uuid: of the superblock; @durable: labels there can be kept across boots
 */
#define SLUICE_IDENTIFY_AGENT (-1)
struct sluice_identify {
	__s32 fd;
	__u32 mode;
	struct sluice_object_id object;
	struct sluice_object_id covered;
	__u32 s_dev;
	__u32 durable;
	__u64 uuid[2];
};

/* Argument of the program `relabel`: in one mask of an object, clear @remove, then set @add. */
#define SLUICE_RELABEL_ACQUIRED 2
struct sluice_relabel {
	struct sluice_object_id object;
	__u64 add;
	__u64 remove;
	__u32 slot; /* of the policy, or SLUICE_RELABEL_ACQUIRED */
	__u32 pad;
};

/*
 * Argument of the program `take_refusals`: what is untold under @key is the caller's now, and
 * @lost, of which nothing else is known.
 */
struct sluice_take_refusals {
	struct sluice_ask_key key;
	__u64 untold;
	__u64 lost;
};

_Static_assert(sizeof(struct sluice_object_id) == 16, "object id");
_Static_assert(sizeof(struct sluice_object) == 32, "object");
_Static_assert(sizeof(struct sluice_subject) == 24, "subject");
_Static_assert(sizeof(struct sluice_target) == 32, "target");
_Static_assert(sizeof(struct sluice_ask_key) == 64, "ask key");
_Static_assert(sizeof(struct sluice_ask) == 40, "ask");
_Static_assert(sizeof(struct sluice_refusal) == 24, "refusal");
_Static_assert(sizeof(struct sluice_grant) == 32, "grant");
_Static_assert(sizeof(struct sluice_task) == 168, "task");
_Static_assert(sizeof(struct sluice_shared) == 32, "shared");
_Static_assert(sizeof(struct sluice_inode) == 112, "inode");
_Static_assert(sizeof(struct sluice_flow_key) == 32, "flow key");
_Static_assert(sizeof(struct sluice_flow) == 40, "flow");
_Static_assert(sizeof(struct sluice_socket) == 120, "socket");
_Static_assert(sizeof(struct sluice_segment) == 16, "segment");
_Static_assert(sizeof(struct sluice_quota) == 8 * SLUICE_QUOTAS, "quota");
_Static_assert(sizeof(struct sluice_mark_key) == 48, "mark key");
_Static_assert(sizeof(struct sluice_mark) == 24, "mark");
_Static_assert(sizeof(struct sluice_parcel) == 24, "parcel");
_Static_assert(sizeof(struct sluice_member_key) == 24, "member key");
_Static_assert(sizeof(struct sluice_destination_key) == 24, "destination key");
_Static_assert(sizeof(struct sluice_port) == 24, "port");
_Static_assert(sizeof(struct sluice_destination) == 8 + 24 * SLUICE_MAX_PORTS, "destination");
_Static_assert(sizeof(struct sluice_control) == 128, "control");
_Static_assert(sizeof(struct sluice_guard) == 120, "guard");
_Static_assert(sizeof(struct sluice_policy) == 16 + 4 * 8 * SLUICE_ACTIONS + 8 +
						       8 * SLUICE_DIMENSIONS +
						       8 * SLUICE_MASKS * SLUICE_MAX_CLEARANCES +
						       4 * SLUICE_ACTIONS * SLUICE_MAX_LABELS +
						       8 * SLUICE_MEDIA,
	       "policy");
_Static_assert(sizeof(struct sluice_event) == 232 + 2 * SLUICE_EVENT_PATH, "event");
_Static_assert(sizeof(struct sluice_identify) == 64, "identify");
_Static_assert(sizeof(struct sluice_relabel) == 40, "relabel");
_Static_assert(sizeof(struct sluice_take_refusals) == 80, "take refusals");
_Static_assert(sizeof(struct sluice_filesystem) == 24, "filesystem");

#endif
