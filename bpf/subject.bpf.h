/* SPDX-License-Identifier: GPL-2.0 */
/*
 * subject.bpf.h: the noun "who": the current process, its taint, and what the policy clears it for.
 *
 * Owns: task storage, memory shared between processes, the cache of clearances. Must not own: what
 * is done with the answer (verdict.bpf.h). State sits on the leader of the thread group, so threads
 * share it.
 */
#ifndef SLUICE_BPF_SUBJECT_H
#define SLUICE_BPF_SUBJECT_H

#include "algebra.h"
#include "maps.bpf.h"
#include "object.bpf.h"

#include <bpf/bpf_core_read.h>

static __always_inline struct task_struct *subject_leader(void)
{
	return bpf_get_current_task_btf()->group_leader;
}

/* NULL when the process carries nothing: the common case costs one load. */
static __always_inline struct sluice_task *subject_state(struct task_struct *leader)
{
	if (!leader->bpf_storage)
		return NULL;
	return bpf_task_storage_get(&tasks, leader, 0, 0);
}

/*
 * Groups of shared memory, see shared.bpf.c; verified once on their own. shared_fold() returns all
 * that @state carries, and remembers it there. shared_acquire() returns the group whose mappings
 * are to be labeled, or 0: not by itself, for each call costs one of the eight frames that there
 * are.
 */
u64 shared_taint_of(u64 key);
u64 shared_fold(struct sluice_task *state);
u64 shared_acquire(u64 key, u64 labels);

/* What members of the group @root have mapped gets @labels, which they got. Return: 0. */
int segment_label(u64 root, u64 labels);

/* Some process carries more than before; the labels must be there already. */
static __always_inline void subject_grew(void)
{
	__sync_fetch_and_add(&taint_epoch, 1);
}

/* @labels come to all of the group @key. */
static __always_inline void shared_give(u64 key, u64 labels)
{
	u64 root = shared_acquire(key, labels);

	if (root)
		segment_label(root, labels);
}

/* Whether state->taint is all that the process carries. */
static __always_inline bool subject_is_whole(const struct sluice_task *state)
{
	bool whole = !state->shared || state->seen == taint_epoch;

	barrier(); /* the taint is read after that */
	return whole;
}

static __always_inline u64 subject_taint(const struct sluice_task *state)
{
	if (!state)
		return 0;
	return subject_is_whole(state) ? *(const volatile u64 *)&state->taint
				       : shared_fold((struct sluice_task *)state);
}

static __always_inline void subject_acquire(struct sluice_task *state, u64 labels)
{
	__sync_fetch_and_or(&state->taint, labels);
	if (state->shared) /* after the taint: shared_own() does it in the other order */
		shared_give(state->shared, labels);
	subject_grew();
}

/* Neither the kernel itself nor the agent is a subject. */
static __always_inline bool is_exempt(struct task_struct *task)
{
	if (task->flags & PF_KTHREAD)
		return true;
	return control.agent_tgid == (u32)task->tgid &&
	       control.agent_start_ns == task->group_leader->start_boottime;
}

static __always_inline struct sluice_object_id subject_executable(struct task_struct *task)
{
	struct sluice_object_id none = {};
	struct mm_struct *mm = task->mm;
	struct file *file;

	if (!mm)
		return none;
	file = mm->exe_file;
	return file ? object_id(file->f_inode) : none;
}

/* Whether state->cleared was computed for who the process is now, under the policy in force. */
static __always_inline bool subject_is_fresh(const struct sluice_task *state,
					     struct task_struct *task)
{
	struct sluice_object_id exe = subject_executable(task);

	return state->generation == policy_in_force()->generation &&
	       state->uid == task->real_cred->uid.val && state->exe.ino == exe.ino &&
	       state->exe.dev == exe.dev && state->exe.gen == exe.gen &&
	       state->cgroup == bpf_get_current_cgroup_id();
}

/*
 * Verified once on their own, see subject.bpf.c. subject_clear() sets state->cleared by what the
 * rest of @state says; @task: whose state it is, 0: of current, else an address. subject_renew()
 * makes all of the current process's @state true. Return: 0.
 */
int subject_clear(struct sluice_task *state, u64 task);
int subject_renew(struct sluice_task *state);

/* Makes state->cleared true for who the current process, @task, is now. */
static __always_inline void subject_refresh(struct sluice_task *state, struct task_struct *task)
{
	if (!subject_is_fresh(state, task))
		subject_renew(state);
}

#endif
