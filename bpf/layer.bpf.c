// SPDX-License-Identifier: GPL-2.0
/*
 * layer.bpf.c: the file of a layer, whose memory is mapped in place of the one that was asked for.
 *
 *   - vma_set_file:  overlayfs, or FUSE that passes a file through, maps the file below
 *
 * The hook on mappings (file.bpf.c) sees the file above only, and so do the labels and the group
 * that it finds. Who has the file below mapped by another way sees the same memory: both files are
 * of the group.
 *
 * Must not own: which mappings count (segment.bpf.h). Here it is too late to refuse: who cannot be
 * one of the group does not go on.
 */
#include "event.bpf.h"
#include "segment.bpf.h"

#include <bpf/bpf_tracing.h>

/* Inline: Linux 6.1 has room for eight frames. Return: 0 or -ENOMEM. */
static __always_inline int map_layer(const struct file *file)
{
	const struct inode *inode = file->f_inode;
	struct sluice_object_id id = object_id(inode);
	u64 taint;

	fs_note(inode->i_sb, id.dev);
	if (segment_use(&id))
		return -ENOMEM;
	taint = map_taint(file) & ~object_known(&id);
	if (!taint)
		return 0;
	if (object_acquire(&id, taint))
		return -ENOMEM;
	event_emit_object(&id, taint);
	object_forget_cache(&id);
	return 0;
}

SEC("fentry/vma_set_file")
int BPF_PROG(sluice_vma_set_file, struct vm_area_struct *vma, struct file *file)
{
	const struct inode *inode = file->f_inode;

	if (!(vma->vm_flags & VM_MAYSHARE) || !carries_data(inode) || is_pseudo(inode) ||
	    !is_shared(file))
		return 0;
	if (map_layer(file))
		bpf_send_signal(SIGKILL);
	return 0;
}
