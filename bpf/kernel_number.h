/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_number.h: numbers of the kernel's own headers, which no BTF has.
 *
 * Owns: declarations only; must not own: what kernel.h says.
 */
#ifndef SLUICE_BPF_KERNEL_NUMBER_H
#define SLUICE_BPF_KERNEL_NUMBER_H

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
#define VM_MAYSHARE 0x80 /* it was mapped with MAP_SHARED */
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
#define NETLINK_KOBJECT_UEVENT 15
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ESP 50
#define IPPROTO_AH 51
#define IPPROTO_COMP 108
#define IPPROTO_SCTP 132
#define IPPROTO_SMC 256
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
