// SPDX-License-Identifier: GPL-2.0
/*
 * identify.bpf.c: sluiced asks what the kernel calls the file behind one of its own descriptors.
 *
 * stat() does not tell: its device differs from the superblock's on some file systems, and the
 * generation is not in it.
 * Run by bpf(BPF_PROG_TEST_RUN), so current is the caller.
 */
#include "guard.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* Member by member from the start of @args: the verifier takes no other address in a context. */
#define answer(args, member, inode)                                                                \
	do {                                                                                       \
		struct sluice_object_id id_ = object_id_read(inode);                               \
                                                                                                   \
		barrier_var(args);                                                                 \
		(args)->member.dev = id_.dev;                                                      \
		(args)->member.gen = id_.gen;                                                      \
		(args)->member.ino = id_.ino;                                                      \
	} while (0)

/* As fs_is_durable(), for a superblock that can only be read as a number. */
static __always_inline void identify_fs(struct sluice_identify *args, struct super_block *sb)
{
	u64 uuid[2] = {};

	bpf_core_read(uuid, sizeof(uuid), &sb->s_uuid);
	args->s_dev = BPF_CORE_READ(sb, s_dev);
	args->durable = args->object.dev & SLUICE_FS_HAS_UUID &&
			BPF_CORE_READ(sb, s_type, fs_flags) & FS_REQUIRES_DEV;
	args->uuid[0] = uuid[0];
	args->uuid[1] = uuid[1];
}

/* What a mount covers: no path leads there while it is mounted. */
static __always_inline void identify_covered(struct sluice_identify *args, struct file *file)
{
	struct vfsmount *vfsmount = BPF_CORE_READ(file, f_path.mnt);
	struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
	struct inode *covered = BPF_CORE_READ(mount, mnt_mountpoint, d_inode);

	if (covered && BPF_CORE_READ(file, f_path.dentry) == BPF_CORE_READ(vfsmount, mnt_root))
		answer(args, covered, covered);
}

/*
 * Who runs this can open the pin, which the guard refuses to others; asked all the same. A
 * sleepable program trusts no pointer but that of the current task, so the leader of its threads
 * must call.
 */
static __always_inline int identify_agent(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 now = 1;

	if (task->pid != task->tgid)
		return -EINVAL;
	if (guard.mode == SLUICE_GUARD_ENFORCE && !guard_is_open() &&
	    !bpf_task_storage_get(&agents, task, 0, 0))
		return -EPERM;
	if (!bpf_task_storage_get(&agents, task, &now, BPF_LOCAL_STORAGE_GET_F_CREATE))
		return -ENOMEM;
	control.agent_mounts = guard_mounts_number();
	control.agent_start_ns = task->start_boottime;
	control.agent_tgid = task->tgid;
	return 0;
}

SEC("syscall")
int sluice_identify(struct sluice_identify *args)
{
	struct files_struct *files = BPF_CORE_READ(bpf_get_current_task_btf(), files);
	struct fdtable *table = BPF_CORE_READ(files, fdt);
	struct file **slot = BPF_CORE_READ(table, fd);
	struct file *file = NULL;
	struct inode *inode;

	if (args->fd == SLUICE_IDENTIFY_AGENT)
		return identify_agent();
	if (args->fd < 0 || (u32)args->fd >= BPF_CORE_READ(table, max_fds))
		return -EBADF;
	if (bpf_probe_read_kernel(&file, sizeof(file), slot + args->fd) || !file)
		return -EBADF;
	inode = BPF_CORE_READ(file, f_inode);
	args->mode = BPF_CORE_READ(inode, i_mode);
	answer(args, object, inode);
	identify_fs(args, BPF_CORE_READ(inode, i_sb));
	identify_covered(args, file);
	return 0;
}
