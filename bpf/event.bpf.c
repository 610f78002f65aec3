// SPDX-License-Identifier: GPL-2.0
/*
 * event.bpf.c: one record of the ring buffer: reserve, fill, submit.
 *
 * Owns: sequence numbers and the count of what found no room, and paths as people read them. The
 * bytes of a path behind its length are whatever the ring held before; user space does not read
 * them.
 */
#include "event.bpf.h"

#include <bpf/bpf_core_read.h>

struct event_text {
	char bytes[SLUICE_EVENT_PATH];
};

#define PATH_CUT (1U << 16)

/*
 * Writes the components of the struct path at address @at, leaf first, each with its NUL. Return:
 * bytes used, with PATH_CUT when not all fit. Not static: its loop is verified once for all
 * callers.
 */
u32 event_path(u64 at, struct event_text *out)
{
	const struct path *path = (const struct path *)at;
	struct dentry *dentry;
	struct mount *mnt;
	u32 used = 0;
	int i;

	if (!out)
		return PATH_CUT;
	dentry = BPF_CORE_READ(path, dentry);
	mnt = (void *)BPF_CORE_READ(path, mnt) - bpf_core_field_offset(struct mount, mnt);
	for (i = 0; i < SLUICE_PATH_DEPTH; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
		struct dentry *root = BPF_CORE_READ(mnt, mnt.mnt_root);
		long n;

		if (dentry == root || dentry == parent) {
			struct mount *above = BPF_CORE_READ(mnt, mnt_parent);

			if (above == mnt || dentry != root)
				return used;
			dentry = BPF_CORE_READ(mnt, mnt_mountpoint);
			mnt = above;
			continue;
		}
		barrier_var(used); /* the bound must be checked on the register that is used */
		if (used > SLUICE_EVENT_PATH - 256)
			break;
		n = bpf_probe_read_kernel_str(out->bytes + used, 256,
					      BPF_CORE_READ(dentry, d_name.name));
		if (n < 0)
			break;
		used += n;
		dentry = parent;
	}
	return used | PATH_CUT;
}

static __always_inline void event_who(struct sluice_event *event, struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	event->start_ns = leader->start_boottime;
	event->tgid = task->tgid;
	event->tid = task->pid;
	event->uid = task->cred->uid.val;
	event->euid = task->cred->euid.val;
	event->gid = task->cred->gid.val;
	event->loginuid = task->loginuid.val;
	event->cgroup = bpf_get_current_cgroup_id();
	event->exe = subject_executable(task);
	bpf_get_current_comm(event->comm, sizeof(event->comm));
}

static __always_inline void event_paths(struct sluice_event *event, struct path *path,
					struct task_struct *task)
{
	struct file *exe = BPF_CORE_READ(task, mm, exe_file); /* as a number: see event_path() */
	u32 used = 0, exe_used = 0;

	if (path)
		used = event_path((u64)path, (struct event_text *)event->path);
	if (exe)
		exe_used = event_path((u64)&exe->f_path, (struct event_text *)event->exe_path);
	event->path_len = used;
	event->exe_len = exe_used;
	event->path_cut = (used & PATH_CUT ? 1 : 0) | (exe_used & PATH_CUT ? 2 : 0);
}

/* The next sequence number of this CPU; the reader learns of a loss from the hole. */
static __always_inline struct sluice_event *event_reserve(u32 type)
{
	u64 seq = count(SLUICE_COUNT_SEQ);
	struct sluice_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		count(SLUICE_COUNT_DROPPED);
		return NULL;
	}
	__builtin_memset(event, 0, offsetof(struct sluice_event, path));
	event->type = type;
	event->cpu = bpf_get_smp_processor_id();
	event->seq = seq;
	event->boot_ns = bpf_ktime_get_boot_ns();
	return event;
}

int event_emit(struct attempt *attempt, u64 labels)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sluice_event *event;

	if (!attempt)
		return -ENOSPC;
	event = event_reserve(attempt->type);
	if (!event)
		return -ENOSPC;
	event->key = attempt->key;
	event->verdict = attempt->verdict;
	event->reason = attempt->reason;
	event->old_id = attempt->old_id;
	event->labels = labels;
	event->taint = subject_taint(subject_state(task->group_leader));
	event->grant_id = attempt->grant_id;
	event->deadline_ns = attempt->deadline_ns;
	event_who(event, task);
	event_paths(event, attempt->path, task);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

int event_emit_task(u32 type, u64 labels, u32 tgid, u64 start_ns)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sluice_event *event = event_reserve(type);

	if (!event)
		return -ENOSPC;
	event->labels = labels;
	event->taint = labels;
	event->peer_tgid = tgid;
	event->peer_start_ns = start_ns;
	event_who(event, task);
	if (type == SLUICE_EVENT_EXEC)
		event_paths(event, NULL, task);
	bpf_ringbuf_submit(event, 0);
	return 0;
}
