/* SPDX-License-Identifier: (GPL-2.0 OR Apache-2.0) */
/*
 * abi_ask.h: questions and their answers: who wants to do what with which object, and what was
 * decided.
 *
 * Owns: these layouts and numbers; must not own: what abi.h says.
 */
#ifndef SLUICE_ABI_ASK_H
#define SLUICE_ABI_ASK_H

#include <linux/types.h>

#include "limits.h"

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

_Static_assert(sizeof(struct sluice_object_id) == 16, "object id");
_Static_assert(sizeof(struct sluice_filesystem) == 24, "filesystem");
_Static_assert(sizeof(struct sluice_object) == 32, "object");
_Static_assert(sizeof(struct sluice_subject) == 24, "subject");
_Static_assert(sizeof(struct sluice_target) == 32, "target");
_Static_assert(sizeof(struct sluice_ask_key) == 64, "ask key");
_Static_assert(sizeof(struct sluice_ask) == 40, "ask");
_Static_assert(sizeof(struct sluice_refusal) == 24, "refusal");
_Static_assert(sizeof(struct sluice_grant) == 32, "grant");

#endif
