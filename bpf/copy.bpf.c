// SPDX-License-Identifier: GPL-2.0
/*
 * copy.bpf.c: see copy.bpf.h. No hook sees the data move, so the copy gets the labels of what the
 * thread has opened for it.
 *
 *   - inode_copy_up:  a copy is made, which is opened, filled and then gets its name (label.bpf.c);
 *   - file_open (file.bpf.c):  tells of what is opened. With metacopy=on the data of a copy that is
 *     there already comes later: then it is opened to be written, and next, in the same system
 *     call, the file below to be read.
 *
 * Owns: the map `copies`. Must not own: labels (object.bpf.h), names (label.bpf.c).
 */
#include "copy.bpf.h"

#include <bpf/bpf_tracing.h>

/*
 * The system call that the current thread is in, by what it was made with: the next one has another
 * number or other arguments, or opens in the same way again.
 */
static __always_inline u64 current_call(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	if (!regs)
		return 0;
	return regs->ip + regs->sp * 3 + regs->orig_ax * 5 + regs->di * 7 + regs->si * 11 +
	       regs->dx * 13;
}

/* The data of the copy that was opened last comes from a file with @labels. */
static __always_inline int label_copy(struct copy *copy, u64 labels)
{
	struct sluice_object_id id = copy->to;

	if (!(labels & ~object_known(&id)))
		return 0;
	if (object_acquire(&id, labels)) {
		count(SLUICE_COUNT_MAP_FULL);
		return -ENOSPC;
	}
	object_forget_cache(&id);
	return 0;
}

int copy_opened(struct sluice_object_id *id, u64 labels, u32 writes)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct copy *copy;

	if (!id || task->flags & PF_KTHREAD) /* a server of files always works as somebody else */
		return 0;
	copy = bpf_task_storage_get(&copies, task, 0, writes ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	if (!copy)
		return writes ? -ENOMEM : 0;
	/* what a copy that has failed left here must not hide the next one */
	if (copy->copying)
		copy->labels |= labels;
	if (writes) {
		copy->to = *id;
		copy->call = current_call(task);
	} else if (copy->call == current_call(task)) {
		return label_copy(copy, labels);
	}
	return 0;
}

/*
 * Overlayfs gives the name as who mounted it: a thread that works as itself gives another one,
 * after a copy that has failed.
 */
u64 copy_take(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct copy *copy;

	copy = task->bpf_storage ? bpf_task_storage_get(&copies, task, 0, 0) : NULL;
	if (!copy || !copy->copying)
		return 0;
	copy->copying = 0;
	return may_be_copying() ? copy->labels : 0;
}

SEC("lsm/inode_copy_up")
int BPF_PROG(sluice_inode_copy_up, struct dentry *source, struct cred **new, int ret)
{
	struct copy *copy;

	if (ret)
		return ret;
	copy = bpf_task_storage_get(&copies, bpf_get_current_task_btf(), 0,
				    BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!copy)
		return -ENOMEM;
	copy->labels = 0;
	copy->copying = 1;
	return 0;
}
