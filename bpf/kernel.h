/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel.h: the kernel's structures as far as we read them: a reviewer sees every field that the
 * agent looks at.
 *
 * Owns: declarations only; libbpf relocates each access to the running kernel's layout (CO-RE).
 * Must not own: what to do when a kernel differs in more than an offset (compat.bpf.h). Names and
 * nesting are the kernel's.
 */
#ifndef SLUICE_BPF_KERNEL_H
#define SLUICE_BPF_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include "abi.h"
#include "kernel_fs.h"
#include "kernel_net.h"
#include "kernel_number.h"
#include "kernel_task.h"
#include "kernel_type.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bpf_map {
	u32 id;
};

struct bpf_prog_aux {
	u32 id;
	const char *attach_func_name;
	bool kprobe_write_ctx; /* since 6.18 */
};

struct bpf_prog {
	enum bpf_prog_type type;
	enum bpf_attach_type expected_attach_type;
	struct bpf_prog_aux *aux;
};

struct bpf_link {
	u32 id;
};

enum lockdown_reason {
	LOCKDOWN_DEV_MEM,
	LOCKDOWN_BPF_WRITE_USER,
};

struct cgroup;
struct iattr;
struct kernel_siginfo;
struct posix_acl;
struct rlimit;

struct pt_regs {
	unsigned long bx;
	unsigned long r8;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long dx;
	unsigned long si;
	unsigned long ip;
	unsigned long sp;
};

struct msg_msg;

struct key_type {
	const char *name;
};

struct key {
	struct key_type *type;
};

#pragma clang attribute pop

#endif
