// SPDX-License-Identifier: GPL-2.0
/*
 * identify.bpf.c: sluiced asks what the kernel calls the file behind one of its own descriptors.
 *
 * stat() does not tell: its device differs from the superblock's on some file systems, and the
 * generation is not in it.
 * Run by bpf(BPF_PROG_TEST_RUN), so current is the caller.
 */
#include "object.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

SEC("syscall")
int sluice_identify(struct sluice_identify *args)
{
	struct task_struct *leader = bpf_get_current_task_btf()->group_leader;
	struct files_struct *files = BPF_CORE_READ(bpf_get_current_task_btf(), files);
	struct fdtable *table = BPF_CORE_READ(files, fdt);
	struct file **slot = BPF_CORE_READ(table, fd);
	struct file *file = NULL;
	struct inode *inode;

	if (args->fd == SLUICE_IDENTIFY_AGENT) {
		control.agent_start_ns = leader->start_boottime;
		control.agent_tgid = leader->tgid;
		return 0;
	}
	if (args->fd < 0 || (u32)args->fd >= BPF_CORE_READ(table, max_fds))
		return -EBADF;
	if (bpf_probe_read_kernel(&file, sizeof(file), slot + args->fd) || !file)
		return -EBADF;
	inode = BPF_CORE_READ(file, f_inode);
	args->mode = BPF_CORE_READ(inode, i_mode);
	args->object.dev = BPF_CORE_READ(inode, i_sb, s_dev);
	args->object.gen = BPF_CORE_READ(inode, i_generation);
	args->object.ino = BPF_CORE_READ(inode, i_ino);
	return 0;
}
