// SPDX-License-Identifier: GPL-2.0
/*
 * subject.bpf.c: see subject.bpf.h. What the policy clears a process for, when the process or the
 * policy has become another one.
 */
#include "subject.bpf.h"

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

static __always_inline void clear(struct sluice_task *state, u64 task)
{
	const struct sluice_policy *policy = policy_in_force();
	u64 held = clearances_held(state, task);
	int i, action;

	for (action = 0; action < SLUICE_MASKS; action++)
		state->cleared[action] = 0;
	for (i = 0; i < SLUICE_MAX_CLEARANCES; i++)
		sluice_clear(policy, held, i, state);
}

int subject_clear(struct sluice_task *state, u64 task)
{
	if (state)
		clear(state, task);
	return 0;
}

int subject_renew(struct sluice_task *state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 generation = policy_in_force()->generation;

	if (!state)
		return 0;
	/* Not cred, which a file system replaces by its own while it works for the process. */
	state->uid = task->real_cred->uid.val;
	state->cgroup = bpf_get_current_cgroup_id();
	state->exe = subject_executable(task);
	clear(state, 0);
	state->generation = generation;
	return 0;
}
