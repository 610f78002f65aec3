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

/**
 * struct path_walk: where event_path() is on its way up.
 * @dentry, @mnt: addresses: as pointers they would be followed by the verifier
 * @out: receives the components
 * @used: bytes of it
 * @whole: the walk reached the root
 */
struct path_walk {
	u64 dentry;
	u64 mnt;
	struct event_text *out;
	u32 used;
	u32 whole;
};

/* One component, or one step to the mount above. Return: 1 to end the walk. */
static long path_step(u32 i, struct path_walk *walk)
{
	struct dentry *dentry = (struct dentry *)walk->dentry;
	struct mount *mnt = (struct mount *)walk->mnt;
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
	struct dentry *root = BPF_CORE_READ(mnt, mnt.mnt_root);
	u32 used = walk->used;
	long n;

	if (dentry == root || dentry == parent) {
		struct mount *above = BPF_CORE_READ(mnt, mnt_parent);

		if (above == mnt || dentry != root) {
			walk->whole = 1;
			return 1;
		}
		walk->dentry = (u64)BPF_CORE_READ(mnt, mnt_mountpoint);
		walk->mnt = (u64)above;
		return 0;
	}
	barrier_var(used); /* the bound must be checked on the register that is used */
	if (used > SLUICE_EVENT_PATH - 256)
		return 1;
	n = bpf_probe_read_kernel_str(walk->out->bytes + used, 256,
				      BPF_CORE_READ(dentry, d_name.name));
	if (n < 0)
		return 1;
	walk->used = used + n;
	walk->dentry = (u64)parent;
	return 0;
}

/*
 * Writes the components of the struct path at address @at, leaf first, each with its NUL. Return:
 * bytes used, with PATH_CUT when not all fit. By bpf_loop(): the verifier looks at one step, not at
 * each, which is a fifth of its work on all programs together.
 */
u32 event_path(u64 at, struct event_text *out)
{
	const struct path *path = (const struct path *)at;
	struct path_walk walk = { .out = out };

	if (!out)
		return PATH_CUT;
	walk.dentry = (u64)BPF_CORE_READ(path, dentry);
	walk.mnt = (u64)BPF_CORE_READ(path, mnt) - bpf_core_field_offset(struct mount, mnt);
	bpf_loop(SLUICE_PATH_DEPTH, path_step, &walk, 0);
	return walk.used | (walk.whole ? 0 : PATH_CUT);
}

/*
 * One load of each pointer: the kernel's verifier searches its types for each that it sees read from
 * a task. Not by address, as event_whose(): that takes more stack than 6.1 leaves at this depth.
 */
static __always_inline void event_who(struct sluice_event *event, struct task_struct *task)
{
	const struct task_struct *leader = task->group_leader;
	const struct cred *cred = task->real_cred;

	event->start_ns = leader->start_boottime;
	event->tgid = task->tgid;
	event->tid = task->pid;
	event->uid = cred->uid.val;
	event->euid = cred->euid.val;
	event->gid = cred->gid.val;
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
	if (attempt->verdict == SLUICE_VERDICT_DENY)
		event->repeats = attempt->repeats;
	else
		event->deadline_ns = attempt->deadline_ns;
	event_who(event, task);
	event_paths(event, attempt->path, task);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* As event_who(), of another process than current. */
static __always_inline void event_whose(struct sluice_event *event,
					const struct task_struct *leader)
{
	event->start_ns = BPF_CORE_READ(leader, start_boottime);
	event->tgid = event->tid = BPF_CORE_READ(leader, tgid);
	event->uid = BPF_CORE_READ(leader, real_cred, uid.val);
	event->euid = BPF_CORE_READ(leader, real_cred, euid.val);
	event->gid = BPF_CORE_READ(leader, real_cred, gid.val);
	event->loginuid = BPF_CORE_READ(leader, loginuid.val);
	event->cgroup = BPF_CORE_READ(leader, cgroups, dfl_cgrp, kn, id);
	event->exe = object_id_read(BPF_CORE_READ(leader, mm, exe_file, f_inode));
	BPF_CORE_READ_STR_INTO(&event->comm, leader, comm);
}

int event_emit_found(struct attempt *attempt, u64 leader, u64 labels)
{
	const struct task_struct *task = (const struct task_struct *)leader;
	struct sluice_event *event;

	if (!attempt)
		return -ENOSPC;
	event = event_reserve(SLUICE_EVENT_READ);
	if (!event)
		return -ENOSPC;
	event->reason = SLUICE_READ_BEFORE;
	event->labels = labels;
	event->key = attempt->key;
	event_whose(event, task);
	event->key.subject.id = event->tgid;
	event->key.subject.a = event->start_ns;
	event_paths(event, attempt->path, (struct task_struct *)task);
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
	event->taint = subject_taint(subject_state(task->group_leader));
	event->peer_tgid = tgid;
	event->peer_start_ns = start_ns;
	event_who(event, task);
	if (type == SLUICE_EVENT_EXEC)
		event_paths(event, NULL, task);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

int event_emit_object(const struct sluice_object_id *id, u64 labels)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct sluice_event *event;

	if (!id)
		return -ENOSPC;
	event = event_reserve(SLUICE_EVENT_LABEL);
	if (!event)
		return -ENOSPC;
	event->key.target.kind = SLUICE_TARGET_FILE;
	event->key.target.arg = S_IFREG;
	event->key.target.object = *id;
	event->labels = labels;
	event->taint = labels; /* it has them already; a call more would be too deep */
	event_who(event, task);
	bpf_ringbuf_submit(event, 0);
	return 0;
}
