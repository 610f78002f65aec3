// SPDX-License-Identifier: GPL-2.0
/*
 * guard_file.bpf.c: the agent's files and folders, by identity: journal, keys, state, policy,
 * programs, pins. Opening them is in guard_open.bpf.h.
 *
 *   - inode_create, _mkdir, _mknod, _symlink, _link, _unlink, _rmdir, _rename:  names
 *   - inode_setattr, _setxattr, _removexattr, _set_acl:  attributes; xattrs that hold labels of any
 *                    file
 *
 * Mounts are in guard_mount.bpf.c.
 *
 * Not covered: descriptors that were open before the guard was on; a device below the one that a
 * file system is on, such as a disk below a logical volume.
 */
#include "guard.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define KEEPS (SLUICE_MARK_TREE | SLUICE_MARK_WRITE)

/*
 * A folder's answer is cached on its inode like that of a file. Without memory for that it counts
 * as watched.
 */
static __always_inline bool is_watched(struct inode *inode, struct dentry *dentry)
{
	struct sluice_inode *cache = object_cache(inode);

	if (!cache) {
		object_labels_slow(inode, dentry);
		cache = object_cache(inode);
	}
	return !cache || cache->known & KNOWN_WATCHED;
}

/* Control groups are pid 1's to make, to remove and to put its own attributes on. */
static __always_inline bool is_init_in_cgroup(const struct inode *inode)
{
	return guard_is_init() && inode->i_sb->s_magic == CGROUP2_SUPER_MAGIC;
}

/* Names in @dir, which is @dentry, come and go. */
static __noinline int guard_folder(struct inode *dir, struct dentry *dentry)
{
	struct walk walk;

	if (!is_watched(dir, dentry) || is_init_in_cgroup(dir))
		return 0;
	walk_up(&walk, dir, dentry);
	if (!(walk.marks & SLUICE_MARK_TREE))
		return 0;
	return guard_refuse(SLUICE_GUARD_NAME, 0, &walk.id, NULL);
}

/* @inode loses a name, or gets another. */
static __noinline int guard_named(const struct inode *inode)
{
	struct sluice_object_id id;

	if (!inode || !(object_marks(inode) & NAMED) || is_init_in_cgroup(inode))
		return 0;
	id = object_id(inode);
	return guard_refuse(SLUICE_GUARD_NAME, 0, &id, NULL);
}

static __noinline int guard_kept(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;
	struct walk walk;

	if (!inode || !is_watched(inode, dentry) || is_init_in_cgroup(inode))
		return 0;
	walk_up(&walk, inode, dentry);
	if (!(walk.marks & KEEPS))
		return 0;
	return guard_refuse(SLUICE_GUARD_WRITE, 0, &walk.id, NULL);
}

#define GUARD_NEW_NAME(hook, ...)                                                                  \
	SEC("lsm/" #hook)                                                                          \
	int BPF_PROG(sluice_guard_##hook, struct inode *dir, struct dentry *dentry, ##__VA_ARGS__) \
	{                                                                                          \
		return guard.mode ? guard_folder(dir, dentry->d_parent) : 0;                       \
	}

GUARD_NEW_NAME(inode_create)
GUARD_NEW_NAME(inode_mkdir)
GUARD_NEW_NAME(inode_mknod)
GUARD_NEW_NAME(inode_symlink)

static __always_inline int guard_removed(struct inode *dir, struct dentry *dentry)
{
	int err = guard_named(dentry->d_inode);

	return err ? err : guard_folder(dir, dentry->d_parent);
}

SEC("lsm/inode_unlink")
int BPF_PROG(sluice_guard_unlink, struct inode *dir, struct dentry *dentry)
{
	return guard.mode ? guard_removed(dir, dentry) : 0;
}

SEC("lsm/inode_rmdir")
int BPF_PROG(sluice_guard_rmdir, struct inode *dir, struct dentry *dentry)
{
	return guard.mode ? guard_removed(dir, dentry) : 0;
}

SEC("lsm/inode_rename")
int BPF_PROG(sluice_guard_rename, struct inode *old_dir, struct dentry *old_dentry,
	     struct inode *new_dir, struct dentry *new_dentry)
{
	int err;

	if (!guard.mode)
		return 0;
	err = guard_removed(old_dir, old_dentry);
	return err ? err : guard_removed(new_dir, new_dentry);
}

/* Another name of a guarded file is one that its folder does not guard. */
SEC("lsm/inode_link")
int BPF_PROG(sluice_guard_link, struct dentry *old_dentry, struct inode *dir,
	     struct dentry *new_dentry)
{
	int err;

	if (!guard.mode)
		return 0;
	err = guard_kept(old_dentry);
	if (!err)
		err = guard_named(old_dentry->d_inode);
	return err ? err : guard_folder(dir, new_dentry->d_parent);
}

/* The first argument came with 6.8. One of the two is loaded (user/kernel/kernel_guard.c). */
SEC("lsm/inode_setattr")
int BPF_PROG(sluice_guard_setattr_2, struct dentry *dentry, struct iattr *attr)
{
	return guard.mode ? guard_kept(dentry) : 0;
}

SEC("lsm/inode_setattr")
int BPF_PROG(sluice_guard_setattr_3, void *idmap, struct dentry *dentry, struct iattr *attr)
{
	return guard.mode ? guard_kept(dentry) : 0;
}

/* Labels that are kept in an xattr, whatever the file. */
static __noinline int guard_xattr(struct dentry *dentry, const char *name)
{
	struct guard_name start = {};
	struct inode *inode = dentry->d_inode;
	struct sluice_object_id id;

	bpf_probe_read_kernel_str(start.text, sizeof(start.text), name);
	if (!inode || !guard_name_is(&start, "security.sluice"))
		return guard_kept(dentry);
	id = object_id(inode);
	return guard_refuse(SLUICE_GUARD_WRITE, 0, &id, NULL);
}

SEC("lsm/inode_setxattr")
int BPF_PROG(sluice_guard_setxattr, void *idmap, struct dentry *dentry, const char *name)
{
	return guard.mode ? guard_xattr(dentry, name) : 0;
}

SEC("lsm/inode_removexattr")
int BPF_PROG(sluice_guard_removexattr, void *idmap, struct dentry *dentry, const char *name)
{
	return guard.mode ? guard_xattr(dentry, name) : 0;
}

/* Since 6.2; before, these come as xattrs. */
SEC("lsm/inode_set_acl")
int BPF_PROG(sluice_guard_set_acl, void *idmap, struct dentry *dentry)
{
	return guard.mode ? guard_kept(dentry) : 0;
}
