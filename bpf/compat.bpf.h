/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat.bpf.h: what depends on the architecture or the kernel's version, each with the reason.
 *
 * Owns: the list of system calls that the kernel can re-issue, and reading what the verifier knows
 * no type of. Must not own: offsets (libbpf relocates them).
 */
#ifndef SLUICE_BPF_COMPAT_H
#define SLUICE_BPF_COMPAT_H

#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/*
 * Gives any address a type whose fields can be read by plain loads (checked, as in
 * bpf_probe_read_kernel(), but a tenth of its cost); nothing when the program runs. Missing before
 * 6.2: then its address is 0, and the verifier drops what is behind can_cast(). That it is a symbol
 * of the kernel is said in one object only (egress.bpf.c): the linker of libbpf 1.1 refuses a
 * second one.
 */
extern void *bpf_rdonly_cast(const void *object, u32 type) __weak;

static __always_inline bool can_cast(void)
{
	return bpf_rdonly_cast;
}

#define cast_to(type, object) ((const type *)bpf_rdonly_cast(object, bpf_core_type_id_kernel(type)))

/* A field of an object that is typed by cast_to() if @plain; @plain must be a constant. */
#define load_field(plain, object, ...)                                                             \
	((plain) ? load_plain((object), __VA_ARGS__) : BPF_CORE_READ((object), __VA_ARGS__))
#define load_plain(object, field) ((object)->field)

/* What a pointer of the verifier's types is as a number. */
static __always_inline u64 number_of(const void *pointer)
{
	u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &pointer);
	return number;
}

#if defined(__TARGET_ARCH_x86)
#include <asm/unistd_64.h>

/*
 * System calls that return what our hook returned before they did anything, so that they can be
 * re-issued. Missing on purpose: io_uring_enter (its result is a completion), setfsuid and setfsgid
 * (they cannot fail). sendmmsg and recvmmsg are there since they return the count when they moved
 * anything; who receives is asked before a message is taken out of the queue.
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
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_recvmmsg:
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
	case __NR_clone:
	case __NR_clone3:
	case __NR_unshare:
	case __NR_prctl:
	case __NR_keyctl:
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

/* Whether @task is in the system call @nr of 64-bit programs. */
static __always_inline bool in_syscall(struct task_struct *task, u64 nr)
{
	struct pt_regs *regs;

	if (task->thread_info.status & TS_COMPAT)
		return false;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	return regs && regs->orig_ax == nr;
}

/* The request of the ptrace() that @task is in, or -1 when it is not known. */
static __always_inline u64 ptrace_request_of(struct task_struct *task)
{
	struct pt_regs *regs;

	if (!in_syscall(task, __NR_ptrace))
		return -1;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	return regs ? regs->di : -1;
}

/* Numbers of 32-bit system calls (arch/x86/entry/syscalls/syscall_32.tbl). */
#define NR32_KEYCTL 288
#define NR32_SETNS  346

/*
 * Whether the current system call is number @nr (@nr32 as a 32-bit call); *@ret_first: its first
 * argument.
 */
static __always_inline bool in_call(u32 nr, u32 nr32, u32 *ret_first)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	if (!regs)
		return false;
	if (task->thread_info.status & TS_COMPAT) {
		*ret_first = regs->bx;
		return (u32)regs->orig_ax == nr32;
	}
	*ret_first = regs->di;
	return (u32)regs->orig_ax == nr;
}

static __always_inline bool in_setns(void)
{
	u32 first;

	return in_call(__NR_setns, NR32_SETNS, &first);
}

/* MOVE_MOUNT_* of the move_mount() that the current process is in: its fifth argument. */
static __always_inline u32 move_mount_flags(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	if (!regs)
		return ~0U;
	return task->thread_info.status & TS_COMPAT ? regs->di : regs->r8;
}

/* keyctl() is about to change a session keyring. */
static __always_inline bool in_session_change(void)
{
	u32 operation;

	return in_call(__NR_keyctl, NR32_KEYCTL, &operation) &&
	       (operation == KEYCTL_JOIN_SESSION_KEYRING || operation == KEYCTL_SESSION_TO_PARENT);
}
#else
#error "list the restartable system calls of this architecture"
#endif

#endif
