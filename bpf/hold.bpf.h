/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hold.bpf.h: stop the current process in its system call, so that the call is made again when it
 * goes on.
 *
 * The hook sends SIGSTOP to its own thread and returns -ERESTARTNOINTR: the task stops on its way
 * out of the system call, and on SIGCONT the kernel re-issues the call, which brings the hook back.
 * Nothing waits inside the kernel.
 *
 * Owns: when that is possible, and the reason when it is not. Must not own: whether a process
 * should be held.
 */
#ifndef SLUICE_BPF_HOLD_H
#define SLUICE_BPF_HOLD_H

#include "compat.bpf.h"
#include "maps.bpf.h"

static __always_inline bool heartbeat_is_stale(u64 now)
{
	return now > control.heartbeat_ns + control.stale_ns;
}

/*
 * Whether the current task could be stopped and brought back here. @unholdable: see struct attempt.
 */
static __always_inline u32 hold_fallback(u64 now, u32 unholdable)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->flags & (PF_KTHREAD | PF_IO_WORKER) || task->tgid == 1)
		return SLUICE_FALLBACK_TASK;
	if (heartbeat_is_stale(now))
		return SLUICE_FALLBACK_STALE;
	if (unholdable)
		return unholdable;
	if (!in_restartable_syscall(task))
		return SLUICE_FALLBACK_SYSCALL;
	return SLUICE_FALLBACK_NONE;
}

/*
 * The signal goes to the thread: taking it stops the whole process all the same. Sent to the
 * process, one that waits there already, by another thread's hold, would not make this thread look
 * for signals on its way out, and the program would see ERESTARTNOINTR as an error.
 * Return: what the hook has to return, or 0 when the helper refused and the caller has to fail the
 * action.
 */
static __always_inline int hold_current(void)
{
	if (bpf_send_signal_thread(SIGSTOP))
		return 0;
	count(SLUICE_COUNT_HELD);
	return -ERESTARTNOINTR;
}

#endif
