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

typedef struct {
	u8 b[16];
} uuid_t;

struct file_system_type {
	int fs_flags;
};

struct gendisk {
	int flags;
};

struct block_device {
	struct gendisk *bd_disk;
};

struct super_block {
	u32 s_dev;
	struct block_device *s_bdev;
	unsigned long s_magic;
	struct file_system_type *s_type;
	uuid_t s_uuid;
};

struct inode {
	u16 i_mode;
	u32 i_rdev;
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
	struct super_block *mnt_sb;
};

struct list_head {
	struct list_head *next;
};

/* @mnt_slave_list: another type since 6.17, of which the first member is a pointer as well */
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct list_head mnt_mounts;
	struct list_head mnt_child;
	struct list_head mnt_share;
	struct list_head mnt_slave_list;
	int mnt_id;
	int mnt_group_id;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	fmode_t f_mode;
	unsigned int f_flags;
	struct inode *f_inode;
	void *private_data;
	struct path f_path;
};

struct kiocb {
	struct file *ki_filp;
};

struct io_kiocb {
	struct file *file;
};

struct pipe_inode_info {
	unsigned int head;
	unsigned int tail;
};

/* Until 6.5, a socket took pages from splice() by a function of its own, which asks nobody. */
struct proto_ops {
	void *sendpage;
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

struct proc_inode {
	struct pid *pid;
	struct inode vfs_inode;
};

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

struct in6_addr {
	union {
		u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct net {
	u64 net_cookie;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	int skc_bound_dev_if;
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct socket;

struct sk_buff_head {
	u32 qlen;
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	u16 sk_protocol;
	u16 sk_type;
	kuid_t sk_uid;
	struct socket *sk_socket;
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

struct tcp_ulp_ops {
	char name[16];
};

struct inet_connection_sock {
	const struct tcp_ulp_ops *icsk_ulp_ops;
	void *icsk_ulp_data;
};

struct request_sock {
	struct sock_common __req_common;
};

/* Multipath TCP: the socket that a program has, and the TCP connections below it. */
struct mptcp_subflow_context {
	struct sock *conn;
};

struct mptcp_sock {
	struct sock *first;
};

struct udp_sock {
	int pending;
};

/* Of a Netlink message, in @cb. */
struct netlink_skb_parms {
	u32 portid;
};

struct sk_buff {
	struct sock *sk;
	char cb[48];
	unsigned long _nfct;
	int skb_iif;
	u16 transport_header;
	u16 network_header;
	unsigned char *head;
};

struct net_device {
	int ifindex;
};

/* What the host tracks: where packets of either direction are sent, before it translates that. */
struct nf_conntrack_tuple {
	struct {
		union nf_inet_addr {
			struct in6_addr in6;
		} u3;
		union {
			__be16 all;
		} u;
		u8 protonum;
	} dst;
};

struct nf_conntrack_tuple_hash {
	struct nf_conntrack_tuple tuple;
};

struct nf_conn {
	struct nf_conntrack_tuple_hash tuplehash[2];
};

struct unix_sock {
	struct sock *peer;
	struct path path;
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

struct sockaddr_in6 {
	unsigned short sin6_family;
	__be16 sin6_port;
	__be32 sin6_flowinfo;
	struct in6_addr sin6_addr;
};

struct pt_regs {
	unsigned long bx;
	unsigned long r8;
	unsigned long di;
	unsigned long orig_ax;
};

struct msg_msg;

struct key_type {
	const char *name;
};

struct key {
	struct key_type *type;
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
#define O_TRUNC 01000

#define FS_REQUIRES_DEV 1 /* include/linux/fs.h: it lies on a block device */

#define MAY_WRITE 0x2
#define MAY_READ 0x4

#define SPLICE_F_NONBLOCK 0x2

#define PTRACE_MODE_READ 0x01

#define MS_UNBINDABLE 0x20000
#define MS_PRIVATE 0x40000
#define MS_SLAVE 0x80000
#define MS_REMOUNT 0x20
#define MS_BIND 0x1000
#define MS_MOVE 0x2000
#define MS_SHARED 0x100000

#define MAP_SHARED 0x01 /* also in MAP_SHARED_VALIDATE */
#define MAP_ANONYMOUS 0x20
#define PROT_READ 0x1
#define PROT_WRITE 0x2
#define PROT_EXEC 0x4

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_IFIFO 0010000
#define S_IFCHR 0020000

#define GENHD_FL_REMOVABLE 1
#define TUN_RDEV (10 << 20 | 200) /* MISC_MAJOR, TUN_MINOR */

/* File systems of other hosts that linux/magic.h does not have. */
#define CEPH_MAGIC 0x00c36400
#define FUSE_MAGIC 0x65735546
#define ORANGEFS_MAGIC 0x20030528
#define VBOXSF_MAGIC 0x786f4256
#define LUSTRE_MAGIC 0x0bd00bd0

/* include/linux/ptrace.h */
#define PTRACE_MODE_ATTACH 0x02
#define PTRACE_MODE_REALCREDS 0x10

/* include/uapi/linux/ptrace.h, which has another struct pt_regs */
#define PTRACE_PEEKTEXT 1
#define PTRACE_PEEKDATA 2
#define PTRACE_PEEKUSR 3
#define PTRACE_CONT 7
#define PTRACE_KILL 8
#define PTRACE_SINGLESTEP 9
#define PTRACE_GETREGS 12
#define PTRACE_GETFPREGS 14
#define PTRACE_DETACH 17
#define PTRACE_SYSCALL 24
#define PTRACE_SETOPTIONS 0x4200
#define PTRACE_GETEVENTMSG 0x4201
#define PTRACE_GETSIGINFO 0x4202
#define PTRACE_GETREGSET 0x4204
#define PTRACE_INTERRUPT 0x4207
#define PTRACE_LISTEN 0x4208
#define PTRACE_PEEKSIGINFO 0x4209
#define PTRACE_GETSIGMASK 0x420a
#define PTRACE_GET_SYSCALL_INFO 0x420e

#define FOLL_WRITE 0x01

/* include/linux/key.h: what somebody wants to do with a key */
#define KEY_NEED_VIEW 1
#define KEY_NEED_READ 2
#define KEY_NEED_WRITE 3
#define KEY_NEED_SETATTR 6

#define CLONE_VM 0x00000100
#define CLONE_THREAD 0x00010000

#define PF_IO_WORKER 0x00000010
#define PF_DUMPCORE 0x00000200
#define PF_KTHREAD 0x00200000
#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h: a 32-bit system call */

#define CAP_SYS_ADMIN 21

#define KEYCTL_JOIN_SESSION_KEYRING 1
#define KEYCTL_SESSION_TO_PARENT 18

#define PR_SET_SECUREBITS 28
#define PR_SET_MM 35
#define PR_SET_MM_EXE_FILE 13
#define PR_SET_MM_MAP 14
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_RAISE 2
#define PRCTL_MM_MAP_EXE_FD 100 /* offset of exe_fd in struct prctl_mm_map (uapi) */

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_PACKET 17
#define AF_VSOCK 40
#define AF_XDP 44
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ESP 50
#define IPPROTO_AH 51
#define IPPROTO_COMP 108
#define IPPROTO_SCTP 132
#define IPPROTO_MPTCP 262
#define IP_CT_IS_REPLY 3
#define TCP_TIME_WAIT 6
#define TCP_LISTEN 10
#define TCP_NEW_SYN_RECV 12
#define ULP_MPTCP 0x6374706d /* the first letters of its name, as they lie in memory */
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

#define SIGHUP 1
#define SIGKILL 9
#define SIGCONT 18
#define SIGSTOP 19
/* include/linux/errno.h: re-issue the call after the signal, whatever SA_RESTART says */
#define ERESTARTNOINTR 513

#endif
