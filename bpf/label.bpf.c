// SPDX-License-Identifier: GPL-2.0
/*
 * label.bpf.c: labels stay with what carries them when names change.
 *
 *   - inode_rename:         what leaves a labeled folder keeps its labels; what enters one gets
 *   them
 *   - inode_link:           a second name outside the folder does not shed the label
 *   - both:                 what overlayfs has copied (copy.bpf.h) is labeled before it has a name
 *   - inode_free_security:  an object that is gone for good is forgotten, or counts as nobody's
 *   - file_ioctl:           the identity that labels hang on cannot be changed, nor contents
 *   swapped; of the agent's own files neither identity nor flags
 *   - inode_setxattr, inode_removexattr: a label by attribute outlives the attribute
 *
 * Not covered here: moves of whole folders out of a labeled one while their files are open.
 */
#include "copy.bpf.h"
#include "guard.bpf.h"
#include "segment.bpf.h"
#include "verdict.bpf.h"

#include <bpf/bpf_tracing.h>

/* Labels that @dentry has from itself and the folders above it, without any cache. */
static __always_inline u64 dentry_labels(struct dentry *dentry)
{
	struct inode *inode = dentry->d_inode;

	return inode ? object_walk(inode, dentry) : 0;
}

/*
 * @inode has come to @labels that no cache knows. Those of what lies below a folder cannot be found
 * from here: all on the host are void then, and that costs everybody. A file's own is at hand.
 */
static __always_inline void refresh_caches(const struct inode *inode, struct sluice_inode *cache,
					   u64 labels)
{
	if (inode_type(inode) == S_IFDIR) {
		__sync_fetch_and_add(&control.label_epoch, 1);
	} else if (cache) {
		__sync_fetch_and_or(&cache->labels, labels);
		cache->reader = 0;
	}
}

/*
 * The object behind @dentry gets a name in the folder of @place. What the two places do not have in
 * common is fixed on the object itself before the name changes, so that no moment is without
 * labels.
 */
static __noinline int keep_labels(struct dentry *dentry, struct dentry *place)
{
	u64 copied = copy_take();
	u64 here = dentry_labels(dentry) | copied, there = dentry_labels(place);
	struct inode *inode = dentry->d_inode;
	struct sluice_inode *cache;
	struct sluice_object_id id;

	if (!inode)
		return 0;
	cache = bpf_inode_storage_get(&inodes, inode, 0, 0);
	if (cache) {
		here |= cache->own; /* it had no name before: O_TMPFILE */
		/* It was opened to be written before anybody knew what would come. */
		__sync_fetch_and_or(&cache->labels, copied);
	}
	if (here == there)
		return 0;
	id = object_id(inode);
	fs_note(inode->i_sb, id.dev);
	if (object_acquire(&id, here | there)) {
		count(SLUICE_COUNT_MAP_FULL);
		return -ENOSPC;
	}
	if (!(there & ~here))
		return 0;
	if (!cache) /* another may have made it, before the labels were there */
		cache = bpf_inode_storage_get(&inodes, inode, 0, 0);
	refresh_caches(inode, cache, there);
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

/* Whether a policy labels by the attribute whose name lies at @name. */
static __noinline bool labels_by(u64 name)
{
	struct sluice_attribute attribute = {};

	if (bpf_probe_read_kernel_str(attribute.name, sizeof(attribute.name), (void *)name) < 0)
		return false;
	return bpf_map_lookup_elem(&attributes, &attribute);
}

/*
 * An attribute of @inode changes by which the policy may have labeled it: the next load of the
 * policy would not find it any more.
 */
static __noinline int keep_attribute(struct inode *inode)
{
	struct attempt attempt = {
		.key.target.kind = SLUICE_TARGET_FILE,
		.key.target.arg = inode_type(inode),
		.key.target.object = object_id(inode),
		.type = SLUICE_EVENT_KEEP,
	};
	const struct sluice_object *object;
	u64 labels;

	object = bpf_map_lookup_elem(&objects, &attempt.key.target.object);
	labels = object ? object->policy[control.slot & 1] & ~object->acquired : 0;
	if (!labels || is_exempt(bpf_get_current_task_btf()))
		return 0;
	fs_note(inode->i_sb, attempt.key.target.object.dev);
	if (object_acquire(&attempt.key.target.object, labels)) {
		count(SLUICE_COUNT_MAP_FULL);
		return refuse();
	}
	key_by_process(&attempt.key);
	event_emit(&attempt, labels);
	return 0;
}

/* The first argument is another one before 6.3. */
SEC("lsm/inode_setxattr")
int BPF_PROG(sluice_inode_setxattr, void *idmap, struct dentry *dentry, const char *name,
	     const void *value, unsigned long size, int flags, int ret)
{
	struct inode *inode = dentry->d_inode;

	if (ret || !inode || !labels_by((u64)name))
		return ret;
	return keep_attribute(inode);
}

SEC("lsm/inode_removexattr")
int BPF_PROG(sluice_inode_removexattr, void *idmap, struct dentry *dentry, const char *name,
	     int ret)
{
	struct inode *inode = dentry->d_inode;

	if (ret || !inode || !labels_by((u64)name))
		return ret;
	return keep_attribute(inode);
}

/* The inode that leaves memory cannot come back. */
static __always_inline bool is_gone(const struct inode *inode)
{
	switch (inode->i_sb->s_magic) {
	case PIPEFS_MAGIC:
	case TMPFS_MAGIC: /* leave memory when they are removed, and with their file system */
	case RAMFS_MAGIC:
		return true;
	case SOCKFS_MAGIC: /* has labels only by what is mapped of it */
		return mapped_sockets;
	default:
		return !inode->i_nlink;
	}
}

/*
 * Another file may have the same identity, so that neither the end of this one nor its way out of
 * memory is that of the other: a snapshot's file on btrfs; a copy of the disk, which has the same
 * UUID. An entry that stays in vain hurts nobody: the generation of a reused inode differs.
 */
static __always_inline bool has_twin(const struct super_block *sb, u32 number)
{
	const struct sluice_filesystem *fs;

	if (sb->s_magic == BTRFS_SUPER_MAGIC)
		return true;
	if (!fs_is_durable(sb, number))
		return false;
	fs = bpf_map_lookup_elem(&filesystems, &number);
	return !fs || fs->dev != sb->s_dev;
}

/* Sockets and pipes come and go with each connection, and hardly anybody maps them. */
static __always_inline bool may_be_mapped(const struct inode *inode)
{
	u32 type = inode_type(inode);

	return control.segments && (type == S_IFREG || type == S_IFBLK ||
				    (type == S_IFSOCK && mapped_sockets));
}

/*
 * A file of btrfs is removed: what snapshots have of it keeps its labels, and counts as nobody's,
 * so that who makes and removes such files does not use up his share by it. What one user leaves
 * behind so has a limit as well: above that it goes on counting in the share.
 */
static __always_inline void release_share(const struct sluice_object_id *id)
{
	struct sluice_object *object = bpf_map_lookup_elem(&objects, id);
	u32 uid = object ? object->uid : 0;

	if (!uid || quota_take(uid, SLUICE_QUOTA_REMOVED, SLUICE_MAX_OBJECTS))
		return;
	if (__sync_val_compare_and_swap(&object->uid, uid, 0) == uid)
		quota_put(uid, SLUICE_QUOTA_OBJECTS);
	else
		quota_put(uid, SLUICE_QUOTA_REMOVED); /* a snapshot's file goes at the same time */
}

SEC("lsm/inode_free_security")
void BPF_PROG(sluice_inode_free_security, struct inode *inode)
{
	bool mapped = may_be_mapped(inode);
	const struct sluice_object *object;
	struct sluice_object_id id;
	u32 uid;

	if (!mapped && !is_gone(inode))
		return;
	id = object_id(inode);
	if (has_twin(inode->i_sb, id.dev)) {
		if (!inode->i_nlink && inode->i_sb->s_magic == BTRFS_SUPER_MAGIC)
			release_share(&id);
		return;
	}
	if (mapped)
		segment_forget(&id);
	if (!is_gone(inode))
		return;
	object = bpf_map_lookup_elem(&objects, &id);
	if (!object)
		return;
	uid = object->uid;
	if (bpf_map_delete_elem(&objects, &id))
		return;
	quota_put(uid, SLUICE_QUOTA_OBJECTS);
	object_note(&id);
}

/* A command of ioctl() by its type and number; direction and size differ between architectures. */
#define COMMAND(type, nr) ((type) << 8 | (nr))

/* Tells once each process and file of what is refused here: nobody is asked about it. */
static __noinline int refuse_label(struct inode *inode, struct path *path, u64 labels)
{
	struct attempt attempt = {
		.key.action = SLUICE_WRITE,
		.key.target.kind = SLUICE_TARGET_FILE,
		.key.target.arg = inode_type(inode),
		.key.target.object = object_id(inode),
		.path = path,
		.type = SLUICE_EVENT_STOP,
		.verdict = SLUICE_VERDICT_DENY,
	};

	key_by_process(&attempt.key);
	if (edge_is_new(0x200, labels, &attempt.key.target.object))
		event_emit(&attempt, labels);
	return refuse();
}

/* By a descriptor that only reads: a generation is part of an identity, flags stop all writing. */
static __noinline int guard_ioctl(struct file *file)
{
	struct walk walk;

	walk_up(&walk, file->f_inode, file->f_path.dentry);
	if (!(walk.marks & (SLUICE_MARK_TREE | SLUICE_MARK_WRITE)))
		return 0;
	return guard_refuse(SLUICE_GUARD_WRITE, 0, &walk.id, &file->f_path);
}

static __always_inline int check_own_ioctl(struct file *file, unsigned int cmd)
{
	switch (cmd & 0xffff) {
	case COMMAND('v', 2):	/* FS_IOC_SETVERSION */
	case COMMAND('f', 2):	/* FS_IOC_SETFLAGS */
	case COMMAND('f', 4):	/* EXT4_IOC_SETVERSION */
	case COMMAND('f', 133): /* FS_IOC_ENABLE_VERITY */
	case COMMAND('X', 32):	/* FS_IOC_FSSETXATTR */
		return guard.mode ? guard_ioctl(file) : 0;
	default:
		return 0;
	}
}

/*
 * Swapping the blocks of two files moves data and asks no other hook, so who carries labels and
 * what has labels cannot. Setting the generation would make a file look like another one.
 */
static __always_inline int check_ioctl(struct file *file, unsigned int cmd)
{
	struct inode *inode = file->f_inode;
	int err = check_own_ioctl(file, cmd);
	u64 labels;

	if (err)
		return err;
	switch (cmd & 0xffff) {
	case COMMAND('v', 2): /* FS_IOC_SETVERSION */
	case COMMAND('f', 4): /* EXT4_IOC_SETVERSION */
		labels = object_named(inode);
		break;
	case COMMAND('f', 15):	/* EXT4_IOC_MOVE_EXT */
	case COMMAND('f', 17):	/* EXT4_IOC_SWAP_BOOT */
	case COMMAND('X', 109): /* XFS_IOC_SWAPEXT */
	case COMMAND('X', 129): /* XFS_IOC_EXCHANGE_RANGE */
	case COMMAND('X', 131): /* XFS_IOC_COMMIT_RANGE */
		labels = object_walk(inode, file->f_path.dentry) |
			 subject_taint(subject_state(subject_leader()));
		break;
	default:
		return 0;
	}
	if (!labels || inode_type(inode) != S_IFREG || is_exempt(bpf_get_current_task_btf()))
		return 0;
	return refuse_label(inode, &file->f_path, labels);
}

SEC("lsm/file_ioctl")
int BPF_PROG(sluice_file_ioctl, struct file *file, unsigned int cmd, unsigned long arg, int ret)
{
	return ret ? ret : check_ioctl(file, cmd);
}

/* Of 32-bit programs; older kernels ask the hook above for both. */
SEC("lsm/file_ioctl_compat")
int BPF_PROG(sluice_file_ioctl_compat, struct file *file, unsigned int cmd, unsigned long arg,
	     int ret)
{
	return ret ? ret : check_ioctl(file, cmd);
}
