/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guard_open.bpf.h: opening a file that object_watched() found: the agent's own, by identity; the
 * kernel's switches, by name; the device under the agent's files, by number.
 *
 * In a header because file.bpf.c calls it: a second program on file_open would cost every open.
 * Owns: that judgement. Must not own: names and attributes (guard_file.bpf.c).
 */
#ifndef SLUICE_BPF_GUARD_OPEN_H
#define SLUICE_BPF_GUARD_OPEN_H

#include "guard.bpf.h"

#include <bpf/bpf_core_read.h>

#define KEEPS (SLUICE_MARK_TREE | SLUICE_MARK_WRITE)

/* /proc/PID of the daemon, whose struct pid the inode keeps. */
static __noinline bool is_of_daemon(const struct inode *inode)
{
	const struct proc_inode *proc =
		(const void *)inode - bpf_core_field_offset(struct proc_inode, vfs_inode);
	struct pid *pid = BPF_CORE_READ(proc, pid);

	return pid && (u32)BPF_CORE_READ(pid, numbers[0].nr) == control.agent_tgid;
}

static __noinline int write_proc(struct file *file)
{
	struct guard_name name;

	if (is_of_daemon(file->f_inode))
		return guard_refuse(SLUICE_GUARD_LIMIT, 0, NULL, &file->f_path);
	guard_name_of(&name, file->f_path.dentry);
	if (guard_name_is(&name, "ftrace_enabled") || guard_name_is(&name, "sysrq-trigger") ||
	    guard_name_is(&name, "cad_pid")) /* who gets a signal for Ctrl-Alt-Del */
		return guard_refuse(SLUICE_GUARD_SWITCH, 0, NULL, &file->f_path);
	return 0;
}

/*
 * The service manager's own child puts itself into the unit's control group before it becomes what
 * the unit runs (systemd before 254).
 */
static __always_inline bool is_child_of_init(void)
{
	return BPF_CORE_READ(bpf_get_current_task_btf(), real_parent, tgid) == 1;
}

static __noinline int write_cgroup(struct file *file)
{
	struct dentry *dentry = file->f_path.dentry, *parent = dentry->d_parent;
	struct inode *folder = parent->d_inode;
	struct guard_name name;
	u32 marks = folder ? object_marks(folder) : 0;

	if (!marks)
		return 0;
	guard_name_of(&name, dentry);
	if (guard_name_is(&name, "cgroup.procs") && is_child_of_init())
		return 0;
	if (marks & SLUICE_MARK_TREE || guard_name_is(&name, "cgroup.freeze") ||
	    guard_name_is(&name, "cgroup.kill"))
		return guard_refuse(SLUICE_GUARD_CGROUP, 0, NULL, &file->f_path);
	return 0;
}

/* A device is found by the number that its file systems have. */
static __noinline int write_device(struct file *file)
{
	struct sluice_object_id id = { .dev = file->f_inode->i_rdev };
	const u32 *marks = bpf_map_lookup_elem(&guarded, &id);

	return marks ? guard_refuse(SLUICE_GUARD_WRITE, 0, &id, &file->f_path) : 0;
}

static __noinline int open_own(struct file *file)
{
	struct walk walk;

	walk_up(&walk, file->f_inode, file->f_path.dentry);
	if (file->f_mode & FMODE_WRITE && walk.marks & KEEPS)
		return guard_refuse(SLUICE_GUARD_WRITE, 0, &walk.id, &file->f_path);
	if (walk.marks & SLUICE_MARK_SECRET)
		return guard_refuse(SLUICE_GUARD_READ, 0, &walk.id, &file->f_path);
	return 0;
}

static __noinline int guard_judge(struct file *file)
{
	struct inode *inode = file->f_inode;

	if (!(file->f_mode & FMODE_WRITE))
		return has_switches(inode) ? 0 : open_own(file);
	if (inode_type(inode) == S_IFBLK)
		return write_device(file);
	if (!has_switches(inode))
		return open_own(file);
	if (guard_is_init())
		return 0;
	return inode->i_sb->s_magic == PROC_SUPER_MAGIC ? write_proc(file) : write_cgroup(file);
}

/*
 * Whether the current process may open @file. The common case, a file that is nobody's, is one
 * test of a word of @cache that the caller has just read. Switches are only ever written.
 */
static __always_inline int guard_open(struct file *file, const struct sluice_inode *cache)
{
	if (cache && !(cache->known & KNOWN_WATCHED))
		return 0;
	if (!cache && !guard.mode)
		return 0;
	if (!cache) {
		cache = object_cache(file->f_inode); /* filled meanwhile */
		if (cache && !(cache->known & KNOWN_WATCHED))
			return 0;
	}
	return guard_judge(file);
}

/* A frame of its own: that of the hook counts for all that it calls. */
static __noinline int guard_code(struct file *file, u32 prot)
{
	struct sluice_object_id id = object_id(file->f_inode);

	if (object_marks(file->f_inode) & (SLUICE_MARK_CODE | SLUICE_MARK_PROGRAM))
		return 0;
	return guard_refuse(SLUICE_GUARD_CODE, prot, &id, &file->f_path);
}

/* Code comes into the agent from files that it has named, and from no others. */
static __always_inline int guard_map(struct file *file, unsigned long prot)
{
	if (!(prot & PROT_EXEC) || !guard.mode || !guard.libraries ||
	    !guard_is_agent(bpf_get_current_task_btf()))
		return 0;
	return guard_code(file, prot);
}

#endif
