// SPDX-License-Identifier: GPL-2.0
/*
 * memory.bpf.c: a process reaches into the memory of another one: labels go the way that data can.
 *
 *   - ptrace_access_check:  process_vm_readv(), process_vm_writev(), perf_event_open(),
 *                           pidfd_getfd(); for ptrace() and /proc/PID/mem the first look only
 *   - ptrace_check_attach:  each request of a tracer
 *   - access_remote_vm:     each read and write of /proc/PID/mem
 *
 * Who looks takes the other's labels and, when it carries labels and writes, gives its own. Trusted
 * subjects do not take; who is written into carries the labels, trusted or not: it runs what the
 * writer wanted. Process 1 and the agent never carry labels, so nobody who does may write into
 * them.
 *
 * Not covered here: what anybody may see of another process in /proc, such as its command line and
 * environment; userfaultfd().
 */
#include "compat.bpf.h"
#include "taint.bpf.h"

#include <bpf/bpf_tracing.h>

/* The current process reads memory of the process that @leader leads. Return: 0 or -EPERM. */
static __always_inline int memory_read(struct task_struct *leader)
{
	u64 labels = subject_taint(subject_state(leader));

	if (!labels)
		return 0;
	return taint_take_peer(labels, leader->tgid, leader->start_boottime) ? -EPERM : 0;
}

/* It writes there. Return: 0 or -EPERM. */
static __always_inline int memory_write(struct task_struct *leader)
{
	u64 moved = subject_taint(subject_state(subject_leader()));
	struct sluice_task *state;

	if (!moved || is_exempt(bpf_get_current_task_btf()))
		return 0;
	if (leader->tgid == 1 || is_exempt(leader))
		return refuse();
	state = bpf_task_storage_get(&tasks, leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state) {
		count(SLUICE_COUNT_MAP_FULL);
		return refuse();
	}
	moved &= ~subject_taint(state);
	if (!moved)
		return 0;
	if (taint_has_no_room(state))
		return refuse();
	subject_acquire(state, moved);
	event_emit_task(SLUICE_EVENT_GIVE, moved, leader->tgid, leader->start_boottime);
	return 0;
}

/* Neither of the two was ever looked at: the common case. */
static __always_inline bool both_are_clean(const struct task_struct *leader)
{
	return !leader->bpf_storage && !subject_leader()->bpf_storage;
}

/* Only what is asked by PTRACE_MODE_REALCREDS or to attach leads to memory; the rest is /proc. */
SEC("lsm/ptrace_access_check")
int BPF_PROG(sluice_ptrace_access_check, struct task_struct *child, unsigned int mode, int ret)
{
	struct task_struct *leader = child->group_leader, *task = bpf_get_current_task_btf();

	if (ret || !(mode & (PTRACE_MODE_ATTACH | PTRACE_MODE_REALCREDS)) || both_are_clean(leader))
		return ret;
	if (in_syscall(task, __NR_process_vm_writev))
		return memory_write(leader);
	if (mode & PTRACE_MODE_ATTACH && leader->tgid == 1 &&
	    !in_syscall(task, __NR_process_vm_readv))
		return memory_write(leader);
	return memory_read(leader);
}

/* Requests that change nothing in the tracee which its tracer could choose. */
static __always_inline bool only_looks(u64 request)
{
	switch (request) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
	case PTRACE_PEEKUSR:
	case PTRACE_CONT:
	case PTRACE_KILL:
	case PTRACE_SINGLESTEP:
	case PTRACE_SYSCALL:
	case PTRACE_GETREGS:
	case PTRACE_GETFPREGS:
	case PTRACE_DETACH:
	case PTRACE_SETOPTIONS:
	case PTRACE_GETEVENTMSG:
	case PTRACE_GETSIGINFO:
	case PTRACE_GETREGSET:
	case PTRACE_LISTEN:
	case PTRACE_INTERRUPT:
	case PTRACE_PEEKSIGINFO:
	case PTRACE_GETSIGMASK:
	case PTRACE_GET_SYSCALL_INFO:
		return true;
	default:
		return false;
	}
}

/* It is too late to refuse: who cannot be labeled does not go on. */
SEC("fexit/ptrace_check_attach")
int BPF_PROG(sluice_ptrace_check_attach, struct task_struct *child, bool ignore_state, int ret)
{
	struct task_struct *leader = child->group_leader;
	int err;

	if (ret || both_are_clean(leader))
		return 0;
	err = memory_read(leader);
	if (!err && !only_looks(ptrace_request_of(bpf_get_current_task_btf())))
		err = memory_write(leader);
	if (err)
		bpf_send_signal(SIGKILL);
	return 0;
}

/*
 * The file may have been opened long ago. Command line and environment are read by this function,
 * too.
 */
SEC("fentry/access_remote_vm")
int BPF_PROG(sluice_access_remote_vm, struct mm_struct *mm, unsigned long addr, void *buf, int len,
	     unsigned int gup_flags)
{
	struct task_struct *owner = mm->owner, *leader;

	if (!owner)
		return 0;
	/* Command line and environment are for everybody to read, not to write. */
	if (!(gup_flags & FOLL_WRITE) && addr >= mm->arg_start && addr + len <= mm->env_end)
		return 0;
	leader = owner->group_leader;
	if (both_are_clean(leader) || leader->tgid == bpf_get_current_task_btf()->tgid)
		return 0;
	if (gup_flags & FOLL_WRITE ? memory_write(leader) : memory_read(leader))
		bpf_send_signal(SIGKILL);
	return 0;
}
