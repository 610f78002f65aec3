// SPDX-License-Identifier: GPL-2.0
/*
 * found.bpf.c: processes that had labeled data at hand before a hook could see them take it. Run by
 * sluiced, by reading an iterator of the kernel: when enforcement begins, and when labels come to
 * files.
 *
 *   - iter/task_file:  a labeled file is open for reading: when enforcement begins, it may have
 *                      been read
 *   - iter/task_vma:   a labeled file is mapped: it may be read at any time, and no hook sees that
 *
 * They carry its labels from then on. What is read later from a descriptor is a matter of the hooks
 * (file.bpf.c).
 *
 * Owns: which processes are found. Must not own: what a process carries (subject.bpf.h). Files
 * without a name, whose labels only their inode in memory knows, are not found: iterators cannot
 * ask it.
 */
#include "taint.bpf.h"

#include <bpf/bpf_tracing.h>

/* Contexts of the iterators: the kernel's, with each member on 8 bytes. */
struct bpf_iter__task_file {
	u64 meta;
	struct task_struct *task;
	u64 fd;
	struct file *file;
};

struct bpf_iter__task_vma {
	u64 meta;
	struct task_struct *task;
	struct vm_area_struct *vma;
};

/*
 * Labels that the process of @leader, which is not current, does not take. Not by its own state: it
 * runs meanwhile, and may be making that true for another user or program than it was here.
 */
static __noinline u64 cleared_of(struct task_struct *leader)
{
	struct sluice_task now = {};

	now.uid = leader->real_cred->uid.val;
	now.cgroup = BPF_CORE_READ(leader, cgroups, dfl_cgrp, kn, id);
	now.exe = subject_executable(leader);
	subject_clear(&now, (u64)BPF_CORE_READ(leader, group_leader));
	return now.cleared[SLUICE_TAINT];
}

/* @task has @file, which is labeled or not. */
static __noinline int found(struct task_struct *task, struct file *file)
{
	struct attempt attempt = { .key.subject.kind = SLUICE_SUBJECT_PROCESS };
	struct task_struct *leader = task->group_leader;
	struct inode *inode = file->f_inode;
	struct sluice_task *state;
	u64 labels, moved;

	if (!carries_data(inode) || is_exempt(task) || task->tgid == 1)
		return 0;
	labels = object_walk(inode, file->f_path.dentry);
	if (!labels)
		return 0;
	state = bpf_task_storage_get(&tasks, leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state) {
		count(SLUICE_COUNT_MAP_FULL);
		return 0;
	}
	moved = labels & ~cleared_of(leader) & ~subject_taint(state);
	if (!moved)
		return 0;
	subject_acquire(state, moved);
	target_file(&attempt, file);
	event_emit_found(&attempt, (u64)BPF_CORE_READ(task, group_leader), moved);
	return 0;
}

SEC("iter/task_file")
int sluice_found_open(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	return task && file && file->f_mode & FMODE_READ ? found(task, file) : 0;
}

SEC("iter/task_vma")
int sluice_found_mapped(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct *vma = ctx->vma;

	return task && vma && vma->vm_file ? found(task, vma->vm_file) : 0;
}
