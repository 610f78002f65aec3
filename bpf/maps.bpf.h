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

/* What processes carry, on the leader of the thread group. We write. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sluice_task);
} tasks __weak SEC(".maps");

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

/* Taint of processes that share memory. We write. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct sluice_shared);
} shared __weak SEC(".maps");

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

/*
 * Sockets that a grant let through, by inode number on sockfs. An evicted one is asked about again.
 * We write.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct sluice_flow);
} flows __weak SEC(".maps");

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

static __always_inline u64 count(enum sluice_counter which)
{
	u32 key = which;
	u64 *value = bpf_map_lookup_elem(&counters, &key);

	return value ? ++*value : 0;
}

static __always_inline const struct sluice_policy *policy_in_force(void)
{
	return &policies[control.slot & 1];
}

#endif
