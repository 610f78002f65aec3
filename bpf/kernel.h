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

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef unsigned int fmode_t;

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

struct cred {
	kuid_t uid, euid, suid, fsuid;
	kgid_t gid, egid, sgid, fsgid;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective, cap_ambient;
	struct group_info *group_info;
};

struct super_block {
	u32 s_dev;
	unsigned long s_magic;
};

struct inode {
	u16 i_mode;
	u32 i_generation;
	unsigned int i_nlink;
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	fmode_t f_mode;
	struct inode *f_inode;
	void *private_data;
	struct path f_path;
};

struct mm_struct {
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

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int pid;
	int tgid;
	u64 start_boottime;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct mm_struct *mm;
	struct signal_struct *signal;
	struct files_struct *files;
	const struct cred *cred;
	kuid_t loginuid;
	char comm[16];
	struct bpf_local_storage *bpf_storage;
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
};

struct in6_addr {
	union {
		u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	int skc_bound_dev_if;
	__be32 skc_daddr;
	__be16 skc_dport;
	unsigned short skc_family;
	struct in6_addr skc_v6_daddr;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol;
	u16 sk_type;
};

struct ip_options {
	unsigned char srr;
};

struct ip_options_rcu {
	struct ip_options opt;
};

struct ipv6_rt_hdr;

struct ipv6_txoptions {
	struct ipv6_rt_hdr *srcrt;
};

struct ipv6_pinfo {
	__be32 flow_label;
	int ucast_oif;
	struct ipv6_txoptions *opt;
};

struct inet_sock {
	struct ipv6_pinfo *pinet6;
	struct ip_options_rcu *inet_opt;
	int uc_index;
};

struct socket {
	short type;
	struct sock *sk;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct msghdr {
	void *msg_name;
	void *msg_control;
	unsigned long msg_controllen;
	unsigned int msg_flags;
};

struct sockaddr {
	unsigned short sa_family;
};

struct pt_regs {
	unsigned long orig_ax;
};

#pragma clang attribute pop

/*
 * Plain layout of the socket API (uapi): the same on every kernel, so not relocated. @flowinfo is
 * the address for IPv4.
 */
struct sockaddr_in6_plain {
	u16 family;
	__be16 port;
	u32 flowinfo;
	u8 addr[16];
};

/* A control message (uapi) with as much of its data as we look at. */
struct cmsg_plain {
	u64 len;
	int level;
	int type;
	u32 data[5];
};

/* Numbers of the kernel's own headers. */
#define FMODE_READ 0x1
#define FMODE_WRITE 0x2
#define FMODE_EXEC 0x20
#define FMODE_CREATED 0x100000

#define MAY_WRITE 0x2
#define MAY_READ 0x4

#define MAP_TYPE 0x0f
#define MAP_PRIVATE 0x02
#define PROT_READ 0x1
#define PROT_WRITE 0x2

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_IFIFO 0010000

#define CLONE_VM 0x00000100
#define CLONE_THREAD 0x00010000

#define PF_IO_WORKER 0x00000010
#define PF_DUMPCORE 0x00000200
#define PF_KTHREAD 0x00200000
#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h: a 32-bit system call */

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_ALG 38
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_SCTP 132
#define MSG_FASTOPEN 0x20000000
#define LOOPBACK_IFINDEX 1
#define SOL_IP 0
#define SOL_IPV6 41
#define IP_RETOPTS 7
#define IP_PKTINFO 8
#define IPV6_2292PKTINFO 2
#define IPV6_2292RTHDR 5
#define IPV6_FLOWINFO 11
#define IPV6_PKTINFO 50
#define IPV6_RTHDR 57

#define SIGKILL 9
#define SIGSTOP 19
/* include/linux/errno.h: re-issue the call after the signal, whatever SA_RESTART says */
#define ERESTARTNOINTR 513

#endif
