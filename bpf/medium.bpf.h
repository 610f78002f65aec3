/* SPDX-License-Identifier: GPL-2.0 */
/*
 * medium.bpf.h: what leads off the host without an address: sockets, file systems, devices.
 *
 * Owns: telling which medium an inode or socket is. Must not own: whether data may go there
 * (egress.bpf.c).
 */
#ifndef SLUICE_BPF_MEDIUM_H
#define SLUICE_BPF_MEDIUM_H

#include "kernel.h"

#include <linux/magic.h>

static __always_inline u32 medium_of_fs(const struct super_block *sb)
{
	switch (sb->s_magic) {
	case FUSE_MAGIC:
		return SLUICE_MEDIUM_FUSE;
	case NFS_SUPER_MAGIC:
		return SLUICE_MEDIUM_NFS;
	case SMB_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
		return SLUICE_MEDIUM_CIFS;
	case V9FS_MAGIC:
		return SLUICE_MEDIUM_9P;
	case CEPH_MAGIC:
		return SLUICE_MEDIUM_CEPH;
	case AFS_SUPER_MAGIC:
	case AFS_FS_MAGIC:
		return SLUICE_MEDIUM_AFS;
	case CODA_SUPER_MAGIC:
	case ORANGEFS_MAGIC:
	case VBOXSF_MAGIC:
	case LUSTRE_MAGIC:
		return SLUICE_MEDIUM_REMOTE;
	default:
		break;
	}
	if (sb->s_bdev && sb->s_bdev->bd_disk->flags & GENHD_FL_REMOVABLE)
		return SLUICE_MEDIUM_REMOVABLE;
	return SLUICE_MEDIUM_NONE;
}

static __always_inline u32 medium_of(const struct inode *inode)
{
	switch (inode->i_mode & S_IFMT) {
	case S_IFREG:
		return medium_of_fs(inode->i_sb);
	case S_IFBLK:
		return SLUICE_MEDIUM_BLOCK;
	case S_IFCHR:
		return inode->i_rdev == TUN_RDEV ? SLUICE_MEDIUM_TUN : SLUICE_MEDIUM_NONE;
	default:
		return SLUICE_MEDIUM_NONE;
	}
}

/* Of a socket whose address says where data goes: none. */
static __always_inline u32 medium_of_socket(u16 family, u16 type, u16 protocol)
{
	if (family == AF_INET || family == AF_INET6) {
		if (type == SOCK_RAW)
			return SLUICE_MEDIUM_RAW;
		if (protocol == IPPROTO_SMC) /* in shared memory of two hosts, not in packets */
			return SLUICE_MEDIUM_SOCKET;
		return protocol == IPPROTO_SCTP ? SLUICE_MEDIUM_SCTP : SLUICE_MEDIUM_NONE;
	}
	switch (family) {
	case AF_PACKET:
		return SLUICE_MEDIUM_PACKET;
	case AF_VSOCK:
		return SLUICE_MEDIUM_VSOCK;
	case AF_XDP:
		return SLUICE_MEDIUM_XDP;
	default:
		return SLUICE_MEDIUM_SOCKET;
	}
}

#endif
