/* SPDX-License-Identifier: GPL-2.0 */
/*
 * object.bpf.h: the noun "what": identity of an inode, its labels, and labels that come to it.
 *
 * Owns: the walk up the folders and the cache on the inode. Must not own: whether anybody may
 * (verdict.bpf.h).
 * Paths are never compared; a path only leaves the kernel for people to read (event.bpf.h).
 */
#ifndef SLUICE_BPF_OBJECT_H
#define SLUICE_BPF_OBJECT_H

#include "maps.bpf.h"

#include <asm-generic/errno.h>
#include <linux/magic.h>

static __always_inline struct sluice_object_id object_id(const struct inode *inode)
{
	struct sluice_object_id id = {
		.dev = inode->i_sb->s_dev,
		.gen = inode->i_generation,
		.ino = inode->i_ino,
	};

	return id;
}

static __always_inline u32 inode_type(const struct inode *inode)
{
	return inode->i_mode & S_IFMT;
}

/* Labels that the map `objects` gives to one inode itself. */
static __always_inline u64 object_named(const struct inode *inode)
{
	struct sluice_object_id id = object_id(inode);
	const struct sluice_object *object = bpf_map_lookup_elem(&objects, &id);

	return object ? object->acquired | object->policy[control.slot & 1] : 0;
}

/*
 * Labels of the inode and of every folder above it. Deeper than SLUICE_FOLDER_DEPTH the answer is
 * every label: a file may not hide from its folder by depth.
 */
static __noinline u64 object_walk(const struct inode *inode, struct dentry *dentry)
{
	u64 labels = object_named(inode);
	int i;

	if (!control.folders)
		return labels;
	for (i = 0; i < SLUICE_FOLDER_DEPTH; i++) {
		struct dentry *parent = dentry->d_parent;
		struct inode *folder;

		if (!parent || parent == dentry)
			return labels;
		folder = parent->d_inode;
		if (folder)
			labels |= object_named(folder);
		dentry = parent;
	}
	return ~0ULL;
}

/* The valid cache of @inode, or NULL. */
static __always_inline struct sluice_inode *object_cache(struct inode *inode)
{
	struct sluice_inode *cache = bpf_inode_storage_get(&inodes, inode, 0, 0);

	return cache && cache->known && cache->epoch == control.label_epoch ? cache : NULL;
}

static __always_inline u64 object_labels_slow(struct inode *inode, struct dentry *dentry)
{
	u32 epoch = control.label_epoch;
	struct sluice_inode *cache;
	u64 labels = object_walk(inode, dentry);

	cache = bpf_inode_storage_get(&inodes, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!cache) /* no memory for a cache is no reason to be wrong */
		return labels;
	labels |= cache->own;
	cache->labels = labels;
	cache->reader = 0;
	cache->known = 1;
	cache->epoch = epoch; /* read before the walk: a change meanwhile makes it void again */
	return labels;
}

/* The labels of @inode, reached as @dentry; from its cache when that is of this epoch. */
static __always_inline u64 object_labels(struct inode *inode, struct dentry *dentry)
{
	struct sluice_inode *cache = object_cache(inode);

	return cache ? cache->labels : object_labels_slow(inode, dentry);
}

/* Data of these file systems is the kernel's own: writing there moves no user data. */
static __always_inline bool is_pseudo(const struct inode *inode)
{
	switch (inode->i_sb->s_magic) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case SECURITYFS_MAGIC:
	case BPF_FS_MAGIC:
		return true;
	default:
		return false;
	}
}

/* Has a name to be found again by after the inode left memory: labels go into `objects`. */
static __always_inline bool is_named(const struct inode *inode)
{
	return inode_type(inode) != S_IFIFO && inode->i_nlink;
}

/* Labels of an object for good. Return: 0, or -ENOSPC when the map is full: the caller refuses. */
static __always_inline int object_acquire(const struct sluice_object_id *id, u64 labels)
{
	struct sluice_object *object = bpf_map_lookup_elem(&objects, id);
	struct sluice_object fresh = { .acquired = labels };

	if (!object) {
		if (!bpf_map_update_elem(&objects, id, &fresh, BPF_NOEXIST))
			return 0;
		object = bpf_map_lookup_elem(&objects, id); /* another was first, or it is full */
	}
	if (!object)
		return -ENOSPC;
	__sync_fetch_and_or(&object->acquired, labels);
	return 0;
}

/* @labels come to @inode by a write. Return: 0 or -ENOSPC. */
static __always_inline int object_receive(struct inode *inode, u64 labels)
{
	struct sluice_object_id id = object_id(inode);
	bool named = is_named(inode);
	struct sluice_inode *cache;

	/* Pipes too: where only the identity is at hand, see sluice_get_pipe_info. */
	if ((named || inode_type(inode) == S_IFIFO) && object_acquire(&id, labels))
		return -ENOSPC;
	cache = bpf_inode_storage_get(&inodes, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!cache)
		return named ? 0 : -ENOSPC;
	if (!named)
		__sync_fetch_and_or(&cache->own, labels);
	__sync_fetch_and_or(&cache->labels, labels);
	cache->reader = 0;
	return 0;
}

#endif
