// SPDX-License-Identifier: GPL-2.0
/*
 * guard_mount.bpf.c: mounts by which the agent's files are reached.
 *
 *   - sb_mount, move_mount:  nothing is mounted over them, in the mount namespaces of the host and
 *                    of the agent and where the kernel would pass it on to others; and nothing
 *                    beneath what they are reached by, anywhere
 *   - sb_umount:     they stay. In those namespaces they are known by their numbers, so that the
 *                    same file system may be mounted and unmounted elsewhere. Wherever the kernel
 *                    passes an unmount on, what counts is the place: it takes away whatever is
 *                    mounted there, in all mounts that share with the one that holds it
 *   - sb_pivotroot:  the host's root
 *
 * In a namespace of their own others do what they like: a daemon that is started there finds other
 * files than it knows and refuses to start.
 *
 * Not covered: a tree that is changed by one thread while another one unmounts it: the kernel asks
 * before it takes its lock.
 */
#include "compat.bpf.h"
#include "guard.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define MNT_DETACH 2 /* include/linux/fs.h */
#define MOVE_MOUNT_SET_GROUP 0x100 /* include/uapi/linux/mount.h */
#define MOVE_MOUNT_BENEATH 0x200

static __always_inline bool is_our_namespace(void)
{
	u32 here = BPF_CORE_READ(bpf_get_current_task_btf(), nsproxy, mnt_ns, ns.inum);

	return here == guard.mounts || guard_mounts_number() == control.agent_mounts;
}

static __always_inline struct mount *mount_of(const struct vfsmount *vfsmount)
{
	return (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
}

/*
 * Whether what is mounted on @mount, or unmounted from it, is so elsewhere as well: it has peers or
 * slaves. Whose these are is not looked at: who keeps things apart has none.
 */
static __noinline bool propagates(struct mount *mount)
{
	void *peers = (void *)mount + bpf_core_field_offset(struct mount, mnt_share);
	void *slaves = (void *)mount + bpf_core_field_offset(struct mount, mnt_slave_list);
	void *peer = NULL, *slave = NULL;

	if (!BPF_CORE_READ(mount, mnt_group_id))
		return false;
	bpf_probe_read_kernel(&peer, sizeof(peer), peers);
	bpf_probe_read_kernel(&slave, sizeof(slave), slaves);
	return peer != peers || (slave && slave != slaves);
}

static __noinline int guard_mount(struct path *path)
{
	struct walk walk;

	walk_up(&walk, path->dentry->d_inode, path->dentry);
	if (!(walk.marks & NAMED) || !(is_our_namespace() || propagates(mount_of(path->mnt))))
		return 0;
	return guard_refuse(SLUICE_GUARD_MOUNT, 0, &walk.id, NULL);
}

/* How a mount propagates changes nothing that is seen below it. */
#define MS_PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

/*
 * mount(MS_MOVE) names what is moved by a path that only the kernel looks up, so that in our
 * namespaces nothing is moved by it. Where the parent is shared, as systemd makes it, nothing ever
 * is; move_mount() is looked at closely.
 */
static __noinline int guard_old_move(void)
{
	if (guard_is_init() || !is_our_namespace())
		return 0;
	return guard_refuse(SLUICE_GUARD_MOUNT, MS_MOVE, NULL, NULL);
}

SEC("lsm/sb_mount")
int BPF_PROG(sluice_sb_mount, const char *device, struct path *path, const char *type,
	     unsigned long flags, void *data)
{
	bool remounts = flags & (MS_REMOUNT | MS_BIND);
	int err;

	/* As the kernel, which looks at these two first: with them it is no mere propagation. */
	if (!guard.mode || (flags & MS_PROPAGATION && !remounts))
		return 0;
	err = flags & MS_MOVE && !remounts ? guard_old_move() : 0;
	return err ? err : guard_mount(path);
}

/**
 * struct tree: a walk through the mounts that one call unmounts.
 * @at: reached so far; @up: from below, it was looked at before
 * @id: by what the agent knows the mount that is @found
 */
struct tree {
	struct mount *top;
	struct mount *at;
	struct sluice_object_id id;
	u32 up;
	u32 found;
	u32 whole;
};

static __always_inline bool is_marked(const struct sluice_object_id *id)
{
	const u32 *marks = bpf_map_lookup_elem(&guarded, id);

	return marks && *marks & NAMED;
}

/* The agent's files, or without any mount of their own the pins, would not be found any more. */
static __always_inline bool is_ours(struct mount *mount, struct sluice_object_id *id)
{
	struct mount *parent = BPF_CORE_READ(mount, mnt_parent);
	struct inode *covered;

	*id = (struct sluice_object_id){ .gen = SLUICE_GUARD_MOUNT_GEN };
	id->ino = (u32)BPF_CORE_READ(mount, mnt_id);
	if (is_marked(id))
		return true;
	if (parent == mount || !propagates(parent)) /* its own parent: not mounted anywhere */
		return false;
	covered = BPF_CORE_READ(mount, mnt_mountpoint, d_inode);
	*id = object_id_read(covered);
	return is_marked(id);
}

static __always_inline struct mount *child_of(struct list_head *entry)
{
	return (void *)entry - bpf_core_field_offset(struct mount, mnt_child);
}

static __always_inline void *children_of(struct mount *mount)
{
	return (void *)mount + bpf_core_field_offset(struct mount, mnt_mounts);
}

/* One mount, and on to its first child; else to the next one of its parent. Return: 1 to end. */
static long tree_step(u32 i, struct tree *tree)
{
	struct mount *at = tree->at, *parent;
	struct list_head *next;

	if (!tree->up) {
		tree->found = is_ours(at, &tree->id);
		if (tree->found)
			return 1;
		next = BPF_CORE_READ(at, mnt_mounts.next);
		if (next != children_of(at)) {
			tree->at = child_of(next);
			return 0;
		}
	}
	if (at == tree->top) {
		tree->whole = 1;
		return 1;
	}
	parent = BPF_CORE_READ(at, mnt_parent);
	next = BPF_CORE_READ(at, mnt_child.next);
	tree->up = next == children_of(parent);
	tree->at = tree->up ? parent : child_of(next);
	return 0;
}

/* Only a detached mount takes along those below it. Twice as many steps as there can be mounts. */
#define TREE_STEPS (1 << 18)

static __noinline int guard_unmount(const struct vfsmount *vfsmount, u32 flags)
{
	struct tree tree = { .top = mount_of(vfsmount), .at = mount_of(vfsmount) };

	if (flags & MNT_DETACH) {
		bpf_loop(TREE_STEPS, tree_step, &tree, 0);
		tree.found |= !tree.whole;
	} else {
		tree.found = is_ours(tree.top, &tree.id);
	}
	return tree.found ? guard_refuse(SLUICE_GUARD_MOUNT, flags, &tree.id, NULL) : 0;
}

/*
 * With this flag nothing is moved: @to gets the peers of @from, and what was mounted on it under
 * other conditions would be unmounted from all of them. No tool but CRIU does that.
 */
static __always_inline int guard_group(struct path *from)
{
	struct sluice_object_id id = object_id(from->dentry->d_inode);

	return is_marked(&id) ? guard_refuse(SLUICE_GUARD_MOUNT, MOVE_MOUNT_SET_GROUP, &id, NULL)
			      : 0;
}

/*
 * With this flag what is moved comes between @to and the place that @to covers. So it goes where
 * the parent is shared, whether @to is or not, and from then on it is what @to is mounted on: who
 * unmounts it takes @to along, with that of others. In a namespace of one's own it is no use
 * either.
 */
static __noinline int guard_beneath(struct path *to)
{
	struct sluice_object_id id = object_id(to->dentry->d_inode);

	if (!is_marked(&id)) {
		struct mount *mount = mount_of(to->mnt);

		id = object_id_read(BPF_CORE_READ(mount, mnt_mountpoint, d_inode));
	}
	return is_marked(&id) ? guard_refuse(SLUICE_GUARD_MOUNT, MOVE_MOUNT_BENEATH, &id, NULL) : 0;
}

SEC("lsm/move_mount")
int BPF_PROG(sluice_move_mount, struct path *from, struct path *to)
{
	u32 flags;
	int err;

	if (!guard.mode)
		return 0;
	flags = move_mount_flags();
	if (flags & MOVE_MOUNT_SET_GROUP)
		return guard_group(from);
	err = flags & MOVE_MOUNT_BENEATH ? guard_beneath(to) : 0;
	if (!err && from->dentry == from->mnt->mnt_root)
		err = guard_unmount(from->mnt, 0);
	return err ? err : guard_mount(to);
}

/* The host's root is what the paths of the policy are looked up from. */
SEC("lsm/sb_pivotroot")
int BPF_PROG(sluice_sb_pivotroot, struct path *old_path, struct path *new_path)
{
	struct sluice_object_id id = {};

	if (!guard.mode || guard_is_init() || !is_our_namespace())
		return 0;
	id.dev = guard.pins;
	return guard_refuse(SLUICE_GUARD_MOUNT, 0, &id, NULL);
}

SEC("lsm/sb_umount")
int BPF_PROG(sluice_sb_umount, struct vfsmount *vfsmount, int flags)
{
	return guard.mode && !guard_is_init() ? guard_unmount(vfsmount, flags) : 0;
}
