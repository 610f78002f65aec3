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
#include "medium.bpf.h"
#include "quota.bpf.h"

#include <asm-generic/errno.h>
#include <bpf/bpf_core_read.h>
#include <linux/magic.h>

static __always_inline u32 fs_number(const struct super_block *sb)
{
	const u64 *uuid = (const u64 *)sb->s_uuid.b;
	u64 a = uuid[0], b = uuid[1];

	return a | b ? sluice_fs_number(a, b) : sb->s_dev;
}

/*
 * Its files are the same after a reboot. The UUID of tmpfs and other file systems in memory is made
 * up at each mount.
 */
static __always_inline bool fs_is_durable(const struct super_block *sb, u32 number)
{
	return number & SLUICE_FS_HAS_UUID && sb->s_type->fs_flags & FS_REQUIRES_DEV;
}

static __always_inline struct sluice_object_id object_id(const struct inode *inode)
{
	struct sluice_object_id id = {
		.dev = fs_number(inode->i_sb),
		.gen = inode->i_generation,
		.ino = inode->i_ino,
	};

	return id;
}

/* The same of an inode that can only be read as a number. */
static __always_inline struct sluice_object_id object_id_read(struct inode *inode)
{
	struct super_block *sb = BPF_CORE_READ(inode, i_sb);
	struct sluice_object_id id = {
		.gen = BPF_CORE_READ(inode, i_generation),
		.ino = BPF_CORE_READ(inode, i_ino),
	};
	u64 uuid[2] = {};

	bpf_core_read(uuid, sizeof(uuid), &sb->s_uuid);
	id.dev = uuid[0] | uuid[1] ? sluice_fs_number(uuid[0], uuid[1]) : BPF_CORE_READ(sb, s_dev);
	return id;
}

static __always_inline u32 inode_type(const struct inode *inode)
{
	return inode->i_mode & S_IFMT;
}

/* Types that labels are kept of. */
static __always_inline bool carries_data(const struct inode *inode)
{
	switch (inode_type(inode)) {
	case S_IFREG:
	case S_IFIFO:
	case S_IFBLK:
		return true;
	default:
		return false;
	}
}

static __always_inline u64 object_known(const struct sluice_object_id *id)
{
	const struct sluice_object *object = bpf_map_lookup_elem(&objects, id);

	return object ? object->acquired | object->policy[control.slot & 1] : 0;
}

/* Labels that the map `objects` gives to one inode itself. */
static __always_inline u64 object_named(const struct inode *inode)
{
	struct sluice_object_id id = object_id(inode);

	return object_known(&id);
}

/* Bits of struct sluice_inode @known. */
#define KNOWN_LABELS  1U
#define KNOWN_WATCHED 2U /* perhaps the agent's own: guard.bpf.h looks closer */
#define KNOWN_MEDIUM  8	 /* from this bit on: medium_of() */

static __always_inline u32 object_marks(const struct inode *inode)
{
	struct sluice_object_id id = object_id(inode);
	const u32 *marks = bpf_map_lookup_elem(&guarded, &id);

	return marks ? *marks : 0;
}

/**
 * struct walk: from an object up its folders.
 * @dentry: reached so far
 * @labels: of the object and of every folder above it
 * @marks: the object's own, with SLUICE_MARK_TREE from any folder, or 0: it is not the agent's
 * @whole: the walk reached the root
 * @id: what has @marks: the object or the nearest such folder
 */
struct walk {
	struct dentry *dentry;
	u64 labels;
	u32 marks;
	u32 whole;
	struct sluice_object_id id;
};

static __always_inline void walk_look(struct walk *walk, const struct inode *inode, u32 wanted)
{
	struct sluice_object_id id = object_id(inode);
	const u32 *marks = guard.mode ? bpf_map_lookup_elem(&guarded, &id) : NULL;

	walk->labels |= object_known(&id);
	if (!marks || !(*marks & wanted))
		return;
	if (!walk->marks)
		walk->id = id;
	walk->marks |= *marks & wanted;
}

/* One folder. Return: 1 to end the walk. */
static long walk_step(u32 i, struct walk *walk)
{
	struct dentry *dentry = walk->dentry, *parent = dentry->d_parent;
	struct inode *folder;

	if (!parent || parent == dentry) {
		walk->whole = 1;
		return 1;
	}
	folder = parent->d_inode;
	if (folder)
		walk_look(walk, folder, SLUICE_MARK_TREE);
	walk->dentry = parent;
	return 0;
}

/*
 * @inode is NULL for a name that is not there yet. Deeper than SLUICE_FOLDER_DEPTH the answer is
 * every label: a file may not hide from its folder by depth. From the guard nothing hides so: names
 * below the agent's folders are made by the agent alone. By bpf_loop(): the verifier looks at one
 * step.
 */
static __noinline int walk_up(struct walk *walk, const struct inode *inode, struct dentry *dentry)
{
	__builtin_memset(walk, 0, sizeof(*walk));
	walk->dentry = dentry;
	if (inode)
		walk_look(walk, inode, ~0U);
	if (!control.folders && !guard.mode)
		return 0;
	bpf_loop(SLUICE_FOLDER_DEPTH, walk_step, walk, 0);
	if (control.folders && !walk->whole)
		walk->labels = ~0ULL;
	return 0;
}

/* Labels of the inode and of every folder above it. */
static __noinline u64 object_walk(const struct inode *inode, struct dentry *dentry)
{
	struct walk walk;

	walk_up(&walk, inode, dentry);
	return walk.labels;
}

/* Switches of the kernel are files of these, and are known by name, not by identity. */
static __always_inline bool has_switches(const struct inode *inode)
{
	return inode->i_sb->s_magic == PROC_SUPER_MAGIC ||
	       inode->i_sb->s_magic == CGROUP2_SUPER_MAGIC;
}

/* @marks: of the object and the folders above it */
static __always_inline u32 object_watched(const struct inode *inode, u32 marks)
{
	if (!guard.mode)
		return 0;
	return marks || inode_type(inode) == S_IFBLK || has_switches(inode) ? KNOWN_WATCHED : 0;
}

/*
 * Of which epoch a cache must be to be valid: that of the host, and that of the inodes whose
 * numbers have the same lowest bits. Both only ever grow.
 */
static __always_inline u32 object_epoch(u64 ino)
{
	return control.label_epoch + object_epochs[ino % SLUICE_OBJECT_EPOCHS];
}

/* @id came to labels where the cache on its inode cannot be reached. */
static __always_inline void object_forget_cache(const struct sluice_object_id *id)
{
	__sync_fetch_and_add(&object_epochs[id->ino % SLUICE_OBJECT_EPOCHS], 1);
}

/* The valid cache of @inode, or NULL. */
static __always_inline struct sluice_inode *object_cache(struct inode *inode)
{
	struct sluice_inode *cache = bpf_inode_storage_get(&inodes, inode, 0, 0);

	return cache && cache->known && cache->epoch == object_epoch(inode->i_ino) ? cache : NULL;
}

/* A frame of its own: that of the hook counts for all that it calls. */
static __noinline u64 object_labels_slow(struct inode *inode, struct dentry *dentry)
{
	u32 epoch = object_epoch(inode->i_ino);
	struct sluice_inode *cache;
	struct walk walk;
	u64 labels;

	walk_up(&walk, inode, dentry);
	labels = walk.labels;
	cache = bpf_inode_storage_get(&inodes, inode, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!cache) /* no memory for a cache is no reason to be wrong */
		return labels;
	labels |= cache->own;
	cache->labels = labels;
	cache->reader = 0;
	cache->known = KNOWN_LABELS | object_watched(inode, walk.marks) |
		       medium_of(inode) << KNOWN_MEDIUM;
	cache->epoch = epoch; /* read before the walk: a change meanwhile makes it void again */
	/* What object_receive() added during the walk was just overwritten. */
	labels |= cache->own | object_named(inode);
	__sync_fetch_and_or(&cache->labels, labels);
	return labels;
}

/* The labels of @inode, reached as @dentry; from its cache when that is of this epoch. */
static __always_inline u64 object_labels(struct inode *inode, struct dentry *dentry)
{
	struct sluice_inode *cache = object_cache(inode);

	return cache ? cache->labels : object_labels_slow(inode, dentry);
}

/* @inode is on no medium: what it carries already may be written there again. */
static __always_inline bool object_stays(const struct sluice_inode *cache)
{
	return !(cache->known >> KNOWN_MEDIUM);
}

/*
 * Data of these file systems is the kernel's own: writing there moves no user data. All that has no
 * file of its own (eventfd, epoll …) shares one inode, which newer kernels call a regular file.
 */
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
	case ANON_INODE_FS_MAGIC:
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

/*
 * sluiced's table learns which UUID the number stands for, also of a file system that is mounted
 * where sluiced does not see it.
 */
static __noinline int fs_note(const struct super_block *sb, u32 number)
{
	const u64 *uuid = (const u64 *)sb->s_uuid.b;
	struct sluice_filesystem fresh = {};

	if (!fs_is_durable(sb, number) || bpf_map_lookup_elem(&filesystems, &number))
		return 0;
	fresh.uuid[0] = uuid[0];
	fresh.uuid[1] = uuid[1];
	bpf_map_update_elem(&filesystems, &number, &fresh, BPF_NOEXIST);
	return 0;
}

/* What @id acquired has changed: sluiced's table follows, where it can. */
static __always_inline void object_note(const struct sluice_object_id *id)
{
	u32 any = 0;

	if (id->dev & SLUICE_FS_HAS_UUID && bpf_map_update_elem(&changed, id, &any, BPF_ANY))
		count(SLUICE_COUNT_UNNOTED);
}

/* @uid: who counts as having made the entry, 0 for nobody */
static __always_inline int object_begin(const struct sluice_object_id *id, u64 labels, u32 uid)
{
	struct sluice_object fresh = { .acquired = labels, .uid = uid };

	if (uid && quota_add(uid, SLUICE_QUOTA_OBJECTS, control.files))
		return -EDQUOT;
	if (!bpf_map_update_elem(&objects, id, &fresh, BPF_NOEXIST))
		return 0;
	quota_put(uid, SLUICE_QUOTA_OBJECTS);
	return -EEXIST; /* another was first, or it is full */
}

static __always_inline int object_store(const struct sluice_object_id *id, u64 labels, bool counted)
{
	struct sluice_object *object = bpf_map_lookup_elem(&objects, id);
	int err;

	if (!object) {
		err = object_begin(id, labels, counted ? quota_user() : 0);
		if (err != -EEXIST)
			return err;
		object = bpf_map_lookup_elem(&objects, id);
	}
	if (!object)
		return -ENOSPC;
	__sync_fetch_and_or(&object->acquired, labels);
	return 0;
}

/*
 * Labels of an object for good. Return: 0, or a negative errno when the map is full, or the user's
 * share of it: the caller refuses.
 */
static __noinline int object_acquire(const struct sluice_object_id *id, u64 labels)
{
	if (object_store(id, labels, true))
		return -ENOSPC;
	object_note(id);
	return 0;
}

/* The same where it is too late to refuse: it counts as nobody's. */
static __noinline int object_acquire_late(const struct sluice_object_id *id, u64 labels)
{
	if (object_store(id, labels, false))
		return -ENOSPC;
	object_note(id);
	return 0;
}

/* @labels come to @inode by a write. Return: 0 or -ENOSPC. */
static __always_inline int object_receive(struct inode *inode, u64 labels)
{
	struct sluice_object_id id = object_id(inode);
	bool named = is_named(inode);
	struct sluice_inode *cache;

	fs_note(inode->i_sb, id.dev);
	/* Pipes too: where only the identity is at hand, see pipe.bpf.c. */
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
