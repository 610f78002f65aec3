/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_task.h: the kernel's processes: credentials, memory, namespaces, control groups.
 *
 * Owns: declarations only; must not own: what kernel.h says.
 */
#ifndef SLUICE_BPF_KERNEL_TASK_H
#define SLUICE_BPF_KERNEL_TASK_H

#include "kernel_type.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	u32 val;
} kuid_t;

typedef struct {
	u32 val;
} kgid_t;

/* Eight bytes on every kernel; a u32[2] before 6.3. Only its address is used. */
typedef struct kernel_cap_struct {
	u32 cap[2];
} kernel_cap_t;

struct group_info {
	int ngroups;
};

struct user_namespace {
	struct user_namespace *parent;
	int level;
	kuid_t owner;
};

struct cred {
	kuid_t uid, euid, suid, fsuid;
	kgid_t gid, egid, sgid, fsgid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective, cap_ambient;
	struct group_info *group_info;
	struct user_namespace *user_ns;
};

struct task_struct;

struct mm_struct {
	struct task_struct *owner;
	unsigned long arg_start;
	unsigned long env_end;
	struct file *exe_file;
};

struct signal_struct {
	struct {
		int counter;
	} live;
};

struct bpf_local_storage;

struct thread_info {
	u32 status;
};

struct files_struct;
struct notification;

struct seccomp_filter {
	struct seccomp_filter *prev;
	struct notification *notif;
};

struct seccomp {
	struct seccomp_filter *filter;
};

/* What numbers namespaces without using a number again: since 6.18 in all of them. */
struct ns_common {
	unsigned int inum;
	u64 ns_id;
};

struct mnt_namespace {
	struct ns_common ns;
	u64 seq;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup *ancestors[];
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	unsigned int ptrace;
	int pid;
	int tgid;
	u64 start_boottime;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct mm_struct *mm;
	struct signal_struct *signal;
	struct files_struct *files;
	struct css_set *cgroups;
	struct nsproxy *nsproxy;
	struct seccomp seccomp;
	const struct cred *real_cred, *cred;
	kuid_t loginuid;
	u32 self_exec_id;
	char comm[16];
	struct bpf_local_storage *bpf_storage;
};

struct vm_area_struct {
	unsigned long vm_flags;
	struct file *vm_file;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct linux_binprm {
	struct file *file;
	struct cred *cred;
	int envc;
};

struct upid {
	int nr;
};

struct pid {
	struct upid numbers[1];
};

#pragma clang attribute pop

#endif
