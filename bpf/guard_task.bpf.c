// SPDX-License-Identifier: GPL-2.0
/*
 * guard_task.bpf.c: processes of the agent.
 *
 *   - bprm_committed_creds:  exec gives the identity, or takes it away (see guard.bpf.h)
 *   - task_kill:             signals but 0, SIGHUP (reload) and SIGCONT
 *   - file_send_sigiotask:   those that the kernel sends for an owner of a file (F_SETOWN,
 *                            F_SETSIG): input, leases, changes in a folder, urgent data
 *   - ptrace_access_check:   tracing, and all of /proc/PID that shows more than ps does,
 * descriptors by pidfd_getfd, memory by process_vm_*; of pid 1 only what could change it
 *   - task_setrlimit, task_setnice, task_setioprio, task_setscheduler, task_movememory
 *   - cgroup_attach_task:    moving it to another control group; this cannot be refused, so who did
 *                            it is killed
 *
 * Files that belong to a process (oom_score_adj, cgroup.freeze) are in guard_file.bpf.c. Reading is
 * refused and not told: every ps would be told of.
 */
#include "guard.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* Answers of another process to system calls are whatever that process wants. */
static __noinline bool is_answered_for(struct task_struct *task)
{
	struct seccomp_filter *filter = BPF_CORE_READ(task, seccomp.filter);
	int i;

	for (i = 0; i < 64 && filter; i++) {
		if (BPF_CORE_READ(filter, notif))
			return true;
		filter = BPF_CORE_READ(filter, prev);
	}
	return filter;
}

SEC("lsm/bprm_committed_creds")
int BPF_PROG(sluice_bprm_committed_creds, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf(), *leader = task->group_leader;
	u32 now = 1;

	if (guard.mode && object_marks(bprm->file->f_inode) & SLUICE_MARK_PROGRAM && !bprm->envc &&
	    !task->ptrace && !is_answered_for(task)) {
		bpf_task_storage_get(&agents, leader, &now, BPF_LOCAL_STORAGE_GET_F_CREATE);
		return 0;
	}
	if (leader->bpf_storage)
		bpf_task_storage_delete(&agents, leader);
	return 0;
}

/* The agent, or one of the children that it has for what may hang. */
static __always_inline bool guard_is_ours(struct task_struct *task)
{
	return guard_is_agent(task) || guard_is_agent(task->real_parent);
}

static __always_inline int guard_process(struct task_struct *victim, enum sluice_guard_act act,
					 u32 detail)
{
	if (!guard.mode || guard_is_init() || !guard_is_ours(victim))
		return 0;
	return guard_refuse(act, detail, NULL, NULL);
}

SEC("lsm/task_kill")
int BPF_PROG(sluice_task_kill, struct task_struct *victim, struct kernel_siginfo *info, int sig,
	     const struct cred *cred)
{
	if (!sig || sig == SIGHUP || sig == SIGCONT)
		return 0;
	return guard_process(victim, SLUICE_GUARD_SIGNAL, sig);
}

struct fown_struct;

/*
 * The agent owns no file in that sense, so whoever made it an owner is no friend. Not told, only
 * counted: the signal falls due in whatever process runs, not in that of who asked for it.
 */
SEC("lsm/file_send_sigiotask")
int BPF_PROG(sluice_file_send_sigiotask, struct task_struct *victim, struct fown_struct *owner,
	     int sig)
{
	if (guard.mode != SLUICE_GUARD_ENFORCE || guard_is_open() || !guard_is_ours(victim))
		return 0;
	count(SLUICE_COUNT_GUARDED);
	return -EPERM;
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(sluice_guard_ptrace, struct task_struct *victim, unsigned int mode)
{
	bool reads = mode & PTRACE_MODE_READ;

	if (!guard.mode || guard_is_init())
		return 0;
	if (victim->tgid == 1 ? reads : !guard_is_ours(victim))
		return 0;
	if (!reads)
		return guard_refuse(SLUICE_GUARD_TRACE, mode, NULL, NULL);
	if (guard_is_exempt())
		return 0;
	return guard.mode == SLUICE_GUARD_ENFORCE && !guard_is_open() ? -EPERM : 0;
}

SEC("lsm/task_setrlimit")
int BPF_PROG(sluice_task_setrlimit, struct task_struct *victim, unsigned int resource,
	     struct rlimit *limit)
{
	return guard_process(victim, SLUICE_GUARD_LIMIT, resource);
}

SEC("lsm/task_setnice")
int BPF_PROG(sluice_task_setnice, struct task_struct *victim, int nice)
{
	return guard_process(victim, SLUICE_GUARD_LIMIT, 101);
}

SEC("lsm/task_setioprio")
int BPF_PROG(sluice_task_setioprio, struct task_struct *victim, int priority)
{
	return guard_process(victim, SLUICE_GUARD_LIMIT, 102);
}

SEC("lsm/task_setscheduler")
int BPF_PROG(sluice_task_setscheduler, struct task_struct *victim)
{
	return guard_process(victim, SLUICE_GUARD_LIMIT, 103);
}

SEC("lsm/task_movememory")
int BPF_PROG(sluice_task_movememory, struct task_struct *victim)
{
	return guard_process(victim, SLUICE_GUARD_LIMIT, 104);
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(sluice_cgroup_attach_task, struct cgroup *cgroup, const char *path,
	     struct task_struct *task, bool threadgroup)
{
	if (guard_process(task, SLUICE_GUARD_CGROUP, 0))
		bpf_send_signal(SIGKILL);
	return 0;
}
