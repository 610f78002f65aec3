/* SPDX-License-Identifier: GPL-2.0 */
/*
 * copy.bpf.h: what overlayfs copies into its upper layer, as who mounted it, for whoever needs it
 * there.
 */
#ifndef SLUICE_BPF_COPY_H
#define SLUICE_BPF_COPY_H

#include "object.bpf.h"

/* The current thread works as somebody else: overlayfs may be copying. */
static __always_inline bool may_be_copying(void)
{
	const struct task_struct *task = bpf_get_current_task_btf();

	return task->cred != task->real_cred;
}

/* Verified once on their own. */

/*
 * The thread opens @id, which has @labels, for writing (@writes) or not. Return: 0, or negative
 * when there is no room for the labels of the copy: it must not be made.
 */
int copy_opened(struct sluice_object_id *id, u64 labels, u32 writes);

/* Labels of what was copied for the thread, whose copy gets its name now. */
u64 copy_take(void);

#endif
