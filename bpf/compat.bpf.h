/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat.bpf.h: what depends on the architecture or the kernel's version, each with the reason.
 *
 * Owns: the list of system calls that the kernel can re-issue. Must not own: offsets (libbpf
 * relocates them).
 */
#ifndef SLUICE_BPF_COMPAT_H
#define SLUICE_BPF_COMPAT_H

#include "kernel.h"

#include <bpf/bpf_helpers.h>

#if defined(__TARGET_ARCH_x86)
#include <asm/unistd_64.h>

/*
 * System calls that return what our hook returned before they did anything, so that they can be
 * re-issued. Missing on purpose: io_uring_enter (its result is a completion), setfsuid and setfsgid
 * (they cannot fail), recvmsg (the message is consumed), sendmmsg is there since it returns the
 * count when it sent anything.
 */
static __always_inline bool is_restartable(u64 nr)
{
	switch (nr) {
	case __NR_read:
	case __NR_write:
	case __NR_open:
	case __NR_mmap:
	case __NR_pread64:
	case __NR_pwrite64:
	case __NR_readv:
	case __NR_writev:
	case __NR_sendfile:
	case __NR_connect:
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_execve:
	case __NR_creat:
	case __NR_setuid:
	case __NR_setgid:
	case __NR_setreuid:
	case __NR_setregid:
	case __NR_setgroups:
	case __NR_setresuid:
	case __NR_setresgid:
	case __NR_capset:
	case __NR_openat:
	case __NR_splice:
	case __NR_preadv:
	case __NR_pwritev:
	case __NR_sendmmsg:
	case __NR_execveat:
	case __NR_copy_file_range:
	case __NR_preadv2:
	case __NR_pwritev2:
	case __NR_openat2:
		return true;
	default:
		return false;
	}
}

static __always_inline bool in_restartable_syscall(struct task_struct *task)
{
	struct pt_regs *regs;

	if (task->thread_info.status & TS_COMPAT) /* other numbers */
		return false;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	return regs && is_restartable(regs->orig_ax);
}
#else
#error "list the restartable system calls of this architecture"
#endif

#endif
