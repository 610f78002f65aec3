// SPDX-License-Identifier: GPL-2.0
/*
 * task.bpf.c: the taint follows a process through its life.
 *
 *   - task_alloc:            a child starts with what its parent carries, or is not made
 *   - bprm_check_security:   a thread that is not the leader becomes the leader by exec: the taint
 *   moves with it
 *   - sched_process_fork:    the child is there, and before it runs: who shares memory without
 *   being threads is a group, and so is who inherits what its parent has mapped for others to see
 *   - sched_process_fork, sched_process_exec: sluiced is told of tainted ones; exec ends shared
 *   memory
 *   - sched_process_exit:    the last of those that shared memory frees the note
 */
#include "event.bpf.h"
#include "shared.bpf.h"

#include <bpf/bpf_tracing.h>

/*
 * Two threads that end at the same moment may both take themselves for the last one: the group
 * loses one user all the same. Meanwhile labels may come to the process.
 */
static __always_inline void shared_leave(struct sluice_task *state)
{
	u64 key = state->shared;

	if (!key)
		return;
	__sync_fetch_and_or(&state->taint, shared_taint_of(key));
	if (__sync_val_compare_and_swap(&state->shared, key, 0) == key)
		shared_put(key);
}

SEC("lsm/task_alloc")
int BPF_PROG(sluice_task_alloc, struct task_struct *task, unsigned long clone_flags, int ret)
{
	struct task_struct *leader = subject_leader();
	struct sluice_task *parent, *child;
	bool sharing = clone_flags & CLONE_VM;

	if (ret)
		return ret;
	if (clone_flags & CLONE_THREAD || bpf_get_current_task_btf()->flags & PF_KTHREAD)
		return 0;
	parent = subject_state(leader);
	if (!parent && sharing)
		parent = bpf_task_storage_get(&tasks, leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!parent)
		return sharing ? -ENOMEM : 0;
	if (!sharing && parent->shared)
		sharing = shared_mapped(parent->shared, 0);
	if (!sharing && !subject_taint(parent))
		return 0;
	child = bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!child)
		return -ENOMEM;
	child->taint = subject_taint(parent);
	/* It is joined when the child is there: here it may yet fail. */
	if (sharing && !shared_own()) {
		count(SLUICE_COUNT_MAP_FULL);
		return -ENOMEM;
	}
	return 0;
}

SEC("lsm/bprm_check_security")
int BPF_PROG(sluice_bprm_check_security, struct linux_binprm *bprm, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sluice_task *leader, *own;

	if (ret || task->pid == task->tgid)
		return ret;
	leader = subject_state(task->group_leader);
	if (!leader || !(subject_taint(leader) | leader->shared))
		return 0;
	own = bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!own)
		return -ENOMEM;
	own->taint = subject_taint(leader);
	own->shared = leader->shared; /* left when the exec is done */
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sluice_sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct sluice_task *state, *from;
	bool sharing;
	u64 taint;

	if (child->pid != child->tgid || parent->flags & PF_KTHREAD)
		return 0;
	/*
	 * The memory was copied after task_alloc: another thread may have read or mapped something
	 * in between.
	 */
	from = subject_state(parent->group_leader);
	taint = subject_taint(from);
	sharing =
		from && from->shared && (child->mm == parent->mm || shared_mapped(from->shared, 0));
	if (!taint && !sharing)
		return 0;
	state = bpf_task_storage_get(&tasks, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state) {
		count(SLUICE_COUNT_MAP_FULL);
		return 0;
	}
	if (sharing)
		state->shared = shared_join();
	__sync_fetch_and_or(&state->taint, taint);
	if (state->taint)
		event_emit_task(SLUICE_EVENT_FORK, state->taint, child->tgid,
				child->start_boottime);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sluice_sched_process_exec, struct task_struct *task, int old_pid,
	     struct linux_binprm *bprm)
{
	struct sluice_task *state;

	if (!task->bpf_storage)
		return 0;
	state = bpf_task_storage_get(&tasks, task, 0, 0);
	if (!state)
		return 0;
	shared_leave(state);
	if (state->taint)
		event_emit_task(SLUICE_EVENT_EXEC, state->taint, task->tgid, task->start_boottime);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sluice_sched_process_exit, struct task_struct *task)
{
	struct sluice_task *state;

	if (task->signal->live.counter) /* not the last thread */
		return 0;
	state = subject_state(task->group_leader);
	if (state)
		shared_leave(state);
	return 0;
}
