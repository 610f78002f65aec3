// SPDX-License-Identifier: GPL-2.0
/*
 * taint.bpf.c: see taint.bpf.h. Must not own: the decision (verdict.bpf.c) or where labels are kept
 * (subject.bpf.h).
 */
#include "taint.bpf.h"

int taint_take_attempt(struct attempt *attempt, u64 labels)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sluice_task *state;
	u64 moved;

	if (!attempt || is_exempt(task))
		return 0;
	state = bpf_task_storage_get(&tasks, task->group_leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state) {
		count(SLUICE_COUNT_MAP_FULL);
		return refuse();
	}
	subject_refresh(state, task);
	labels &= ~state->cleared[SLUICE_TAINT];
	if (!labels)
		return 0;
	moved = labels & ~subject_taint(state);
	if (moved || edge_is_new(SLUICE_EVENT_READ, labels, &attempt->key.target.object))
		tell_move(attempt, SLUICE_EVENT_READ, labels);
	if (moved)
		subject_acquire(state, moved);
	return 0;
}
