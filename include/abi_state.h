/* SPDX-License-Identifier: (GPL-2.0 OR Apache-2.0) */
/*
 * abi_state.h: what the programs remember of processes, of the memory that they share, and of files
 * at hand.
 *
 * Owns: these layouts and numbers; must not own: what abi.h says.
 */
#ifndef SLUICE_ABI_STATE_H
#define SLUICE_ABI_STATE_H

#include <linux/types.h>

#include "abi_ask.h"

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
	SLUICE_QUOTA_REMOVED, /* files whose entries stay among the objects: only ever more */
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

_Static_assert(sizeof(struct sluice_task) == 168, "task");
_Static_assert(sizeof(struct sluice_shared) == 32, "shared");
_Static_assert(sizeof(struct sluice_segment) == 16, "segment");
_Static_assert(sizeof(struct sluice_quota) == 8 * SLUICE_QUOTAS, "quota");
_Static_assert(sizeof(struct sluice_inode) == 112, "inode");

#endif
