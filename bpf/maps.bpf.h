/* SPDX-License-Identifier: GPL-2.0 */
/*
 * maps.bpf.h: all state of the kernel side, with who writes it.
 *
 * Owns: the maps (weak, so that every object may include this and the linker keeps one of each) and
 * the declarations of the globals, which state.bpf.c defines. Must not own: any decision.
 * Capacities are set by sluiced before loading.
 */
#ifndef SLUICE_BPF_MAPS_H
#define SLUICE_BPF_MAPS_H

#include "kernel.h"

#include <bpf/bpf_helpers.h>

/* Written by sluiced through a mapping; control.label_epoch by us too. */
extern struct sluice_control control;
/* Written by sluiced: the slot that is not in force, then control.slot. */
extern struct sluice_policy policies[2];

/* Written by us: numbers of the sockets that got labels; 0: none ever did. */
extern __u64 socket_numbers;
/* Written by us: all labels that were ever sent over IP to this host. */
extern __u64 loopback_labels;
/* Written by us: all labels that were ever let through off the host; see struct sluice_socket. */
extern __u64 away_labels;
/* Written by us: how many threads are in a splice() that may wait and leads off the host. */
extern __u64 waiting_splices;
/*
 * Written by us, after some process has come to carry more: what was remembered of a process under
 * an older one is void.
 */
extern __u64 taint_epoch;
/* Written by us: as control.label_epoch, of some inodes each; see object_epoch(). */
#define SLUICE_OBJECT_EPOCHS 256
extern __u32 object_epochs[SLUICE_OBJECT_EPOCHS];
/* Written by us: 1 when somebody has mapped memory of a socket. */
extern __u64 mapped_sockets;
/* Written by sluiced. */
extern struct sluice_guard guard;

/* What processes carry, on the leader of the thread group. We write. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sluice_task);
} tasks __weak SEC(".maps");

/* Whether a thread may go on with its setns(), of which the kernel asks us twice. We write. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} calls __weak SEC(".maps");

/*
 * What overlayfs copies for a thread. @labels: of what the thread has opened since, while @copying.
 * @to: else, what it opened last to be written, in the system call @call. We write.
 */
struct copy {
	u64 labels;
	u64 copying;
	struct sluice_object_id to;
	u64 call;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct copy);
} copies __weak SEC(".maps");

/* Labels of inodes in memory. We write. */
struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sluice_inode);
} inodes __weak SEC(".maps");

/* Labels of objects by identity. sluiced writes @policy, both write @acquired. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct sluice_object_id);
	__type(value, struct sluice_object);
} objects __weak SEC(".maps");

/*
 * Objects whose acquired labels have changed since sluiced last wrote its table. We add, sluiced
 * takes. The value says nothing.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct sluice_object_id);
	__type(value, u32);
} changed __weak SEC(".maps");

/* Attributes by which some policy since the start has labeled files. sluiced adds. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct sluice_attribute);
	__type(value, u32);
} attributes __weak SEC(".maps");

/* File systems of such objects. We add, sluiced writes @dev. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct sluice_filesystem);
} filesystems __weak SEC(".maps");

/* Taint of processes that share memory. We write. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct sluice_shared);
} shared __weak SEC(".maps");

/* Group (key of `shared`) of the processes that have an object mapped for all to see. We write. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct sluice_object_id);
	__type(value, struct sluice_segment);
} segments __weak SEC(".maps");

/* How much of some maps each user has; who is evicted starts again from 0. We write. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct sluice_quota);
} quotas __weak SEC(".maps");

/* Clearances by user, executable and unit. sluiced writes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct sluice_member_key);
	__type(value, u64);
} members __weak SEC(".maps");

/* Where data may go, and where it comes from. sluiced writes. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct sluice_destination_key);
	__type(value, struct sluice_destination);
} destinations __weak SEC(".maps");

/* Open questions. We add, sluiced removes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct sluice_ask_key);
	__type(value, struct sluice_ask);
} asks __weak SEC(".maps");

/*
 * Recent denials. An evicted one is told of anew; its count is lost, which SLUICE_COUNT_TOLD shows.
 * We write.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct sluice_ask_key);
	__type(value, struct sluice_refusal);
} refusals __weak SEC(".maps");

/* Answers. sluiced adds and removes, we take uses. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct sluice_ask_key);
	__type(value, struct sluice_grant);
} grants __weak SEC(".maps");

/* Grants not revoked: number to expiry on the boot clock. sluiced writes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, u64);
} live __weak SEC(".maps");

/* What was let through, and where to. An evicted one is asked about again. We write. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct sluice_flow_key);
	__type(value, struct sluice_flow);
} flows __weak SEC(".maps");

/*
 * Labels of data that waits in a socket, by the address of its struct sock. Gone with the socket.
 * We write.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct sluice_socket);
} sockets __weak SEC(".maps");

/*
 * Labels of messages in queues, gone with the message, and of keys, gone when the next key has the
 * address: by the address of their struct msg_msg or key. We write.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct sluice_parcel);
} parcels __weak SEC(".maps");

/*
 * Labels of packets on their way between sockets of this host. The oldest make room: what is
 * evicted has arrived long ago. We write.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, u64); /* mark_name() of a struct sluice_mark_key */
	__type(value, struct sluice_mark);
} marks __weak SEC(".maps");

/* A move of labels that sluiced knows already is not told again. An evicted one is. We write. */
struct edge {
	u64 start_ns;
	u64 ino;
	u64 labels;
	u32 dev;
	u32 gen;
	u32 tgid;
	u32 type;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct edge);
	__type(value, u64);
} edges __weak SEC(".maps");

/*
 * What a thread's splice(), tee() or vmsplice() moves, by its pid_tgid: the kernel locks the pipes
 * where their files are not at hand. @busy: removed at the end of the call; else it may be of an
 * older one. We write.
 */
struct splice {
	struct sluice_object_id from;
	struct sluice_object_id to;
	u64 pipe; /* address of the pipe that is read */
	u32 to_type;
	u32 busy;
	u32 waits;
	u32 medium; /* of @to */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct splice);
} splices __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLUICE_COUNTERS);
	__type(key, u32);
	__type(value, u64);
} counters __weak SEC(".maps");

/* Processes with the agent's identity, on the leader of the thread group. We write. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u32);
} agents __weak SEC(".maps");

/* The agent's own files and folders: enum sluice_guard_mark. sluiced writes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct sluice_object_id);
	__type(value, u32);
} guarded __weak SEC(".maps");

/* The agent's own maps, programs and links: see enum sluice_own. sluiced writes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, u32);
} own __weak SEC(".maps");

/* Atomic even so: a program can be preempted by another on the same CPU. Return: the new value. */
static __always_inline u64 count_by(enum sluice_counter which, u64 n)
{
	u32 key = which;
	u64 *value = bpf_map_lookup_elem(&counters, &key);

	return value ? __sync_fetch_and_add(value, n) + n : 0;
}

static __always_inline u64 count(enum sluice_counter which)
{
	return count_by(which, 1);
}

static __always_inline const struct sluice_policy *policy_in_force(void)
{
	return &policies[control.slot & 1];
}

/* Whether the policy labels an endpoint. Nobody who receives pays more than this when not. */
static __always_inline bool has_endpoints(void)
{
	return policy_in_force()->flags & SLUICE_POLICY_ENDPOINTS;
}

#endif
