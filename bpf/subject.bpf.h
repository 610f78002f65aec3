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

static __always_inline u64 clearances_of(u32 dimension, u64 a, u64 b)
{
	struct sluice_member_key key = {
		.slot = control.slot & 1,
		.dimension = dimension,
		.a = a,
		.b = b,
	};
	const u64 *bits = bpf_map_lookup_elem(&members, &key);

	return (bits ? *bits : 0) | policy_in_force()->unstated[dimension];
}

/* As bpf_get_current_ancestor_cgroup_id(), of the task at @address. */
static __always_inline u64 task_ancestor_cgroup(u64 address, int level)
{
	const struct task_struct *task = (const struct task_struct *)address;
	const struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	struct cgroup *above = NULL;

	if (level > BPF_CORE_READ(cgroup, level) ||
	    bpf_core_read(&above, sizeof(above), &cgroup->ancestors[level]))
		return 0;
	return BPF_CORE_READ(above, kn, id);
}

/* Clearances of the units that @task is in; current when it is 0, else its address. */
static __always_inline u64 clearances_of_units(u64 task, u64 cgroup)
{
	u64 units = clearances_of(SLUICE_DIM_UNIT, cgroup, 0);
	int level;

	for (level = 1; level < 8; level++) {
		u64 id = task ? task_ancestor_cgroup(task, level)
			      : bpf_get_current_ancestor_cgroup_id(level);

		if (!id)
			break;
		units |= clearances_of(SLUICE_DIM_UNIT, id, 0);
	}
	return units;
}

/* Clearances whose stated dimensions all match. A unit clears the cgroups below it too. */
static __always_inline u64 clearances_held(const struct sluice_task *state, u64 task)
{
	u64 held = policy_in_force()->clearances;

	if (!held)
		return 0;
	held &= clearances_of(SLUICE_DIM_USER, state->uid, 0);
	held &= clearances_of(SLUICE_DIM_EXECUTABLE, (u64)state->exe.dev << 32 | state->exe.gen,
			      state->exe.ino);
	return held ? held & clearances_of_units(task, state->cgroup) : 0;
}

/* @task: whose state it is; 0: of current, else an address. */
static __noinline int subject_clear(struct sluice_task *state, u64 task)
{
	const struct sluice_policy *policy = policy_in_force();
	u64 held;
	int i, action;

	if (!state)
		return 0;
	held = clearances_held(state, task);
	for (action = 0; action < SLUICE_MASKS; action++)
		state->cleared[action] = 0;
	for (i = 0; i < SLUICE_MAX_CLEARANCES; i++)
		sluice_clear(policy, held, i, state);
	return 0;
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

/* Makes state->cleared true for who the process is now. */
static __always_inline void subject_refresh(struct sluice_task *state, struct task_struct *task)
{
	u32 generation = policy_in_force()->generation;

	if (subject_is_fresh(state, task))
		return;
	/* Not cred, which a file system replaces by its own while it works for the process. */
	state->uid = task->real_cred->uid.val;
	state->cgroup = bpf_get_current_cgroup_id();
	state->exe = subject_executable(task);
	subject_clear(state, 0);
	state->generation = generation;
}

#endif
