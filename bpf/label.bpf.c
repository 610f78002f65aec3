// SPDX-License-Identifier: GPL-2.0
/*
 * label.bpf.c: labels stay with what carries them when names change.
 *
 *   - inode_rename:         what leaves a labeled folder keeps its labels; what enters one gets
 *   them
 *   - inode_link:           a second name outside the folder does not shed the label
 *   - inode_free_security:  an object that is gone for good is forgotten
 *
 * Not covered here: extended attributes, and moves of whole folders out of a labeled one while
 * their files are open.
 */
#include "object.bpf.h"

#include <bpf/bpf_tracing.h>

/* Labels that @dentry has from itself and the folders above it, without any cache. */
static __always_inline u64 dentry_labels(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	return inode ? object_walk(inode, dentry) : 0;
}

/*
 * The object behind @dentry gets a name in the folder of @place. What the two places do not have in
 * common is fixed on the object itself before the name changes, so that no moment is without
 * labels.
 */
static __noinline int keep_labels(struct dentry *dentry, struct dentry *place)
{
	u64 here = dentry_labels(dentry), there = dentry_labels(place);
	struct inode *inode = dentry->d_inode;
	const struct sluice_inode *cache;
	struct sluice_object_id id;

	if (!inode)
		return 0;
	cache = bpf_inode_storage_get(&inodes, inode, 0, 0);
	if (cache)
		here |= cache->own; /* it had no name before: O_TMPFILE */
	if (here == there)
		return 0;
	id = object_id(inode);
	if (object_acquire(&id, here | there)) {
		count(SLUICE_COUNT_MAP_FULL);
		return -ENOSPC;
	}
	if (there & ~here)
		__sync_fetch_and_add(&control.label_epoch, 1);
	return 0;
}

SEC("lsm/inode_rename")
int BPF_PROG(sluice_inode_rename, struct inode *old_dir, struct dentry *old_dentry,
	     struct inode *new_dir, struct dentry *new_dentry, int ret)
{
	if (ret || old_dir == new_dir)
		return ret;
	return keep_labels(old_dentry, new_dentry->d_parent);
}

SEC("lsm/inode_link")
int BPF_PROG(sluice_inode_link, struct dentry *old_dentry, struct inode *dir,
	     struct dentry *new_dentry, int ret)
{
	return ret ? ret : keep_labels(old_dentry, new_dentry->d_parent);
}

SEC("lsm/inode_free_security")
void BPF_PROG(sluice_inode_free_security, struct inode *inode)
{
	struct sluice_object_id id;

	if (inode->i_nlink && inode->i_sb->s_magic != PIPEFS_MAGIC)
		return;
	/* a snapshot's file has the identity of its original */
	if (inode->i_sb->s_magic == BTRFS_SUPER_MAGIC)
		return;
	id = object_id(inode);
	bpf_map_delete_elem(&objects, &id);
}
