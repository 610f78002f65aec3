/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sink.bpf.h: what the policy names to take no labels: files, all below folders, Unix sockets.
 */
#ifndef SLUICE_BPF_SINK_H
#define SLUICE_BPF_SINK_H

#include "taint.bpf.h"

/* The body of sink_labels(), verified once on its own. */
u64 sink_walk(u64 dentry);

/*
 * Labels that the object behind the struct dentry at address @dentry does not take. The address is
 * a number that was read with BPF_CORE_READ(): a pointer is no argument of a function verified
 * alone.
 */
static __always_inline u64 sink_labels(u64 dentry)
{
	if (!(policy_in_force()->flags & SLUICE_POLICY_SINKS) || !dentry)
		return 0;
	return sink_walk(dentry);
}

/* Tells once each process and object that @labels went where they do not stay. */
static __always_inline void tell_sink(struct attempt *attempt, u64 labels)
{
	if (edge_is_new(SLUICE_EVENT_SINK, labels, &attempt->key.target.object))
		tell_move(attempt, SLUICE_EVENT_SINK, labels);
}

/* Identity of the inode at address @at. */
static __always_inline struct sluice_object_id sink_id(u64 at)
{
	const struct inode *inode = (const struct inode *)at;
	const struct super_block *sb = BPF_CORE_READ(inode, i_sb);
	struct sluice_object_id id = {};
	u64 uuid[2] = {};

	BPF_CORE_READ_INTO(&uuid, sb, s_uuid.b);
	id.dev = uuid[0] | uuid[1] ? sluice_fs_number(uuid[0], uuid[1]) : BPF_CORE_READ(sb, s_dev);
	id.gen = BPF_CORE_READ(inode, i_generation);
	id.ino = BPF_CORE_READ(inode, i_ino);
	return id;
}

#endif
