/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_fs.h: the kernel's files: inodes, names, mounts, pipes.
 *
 * Owns: declarations only; must not own: what kernel.h says.
 */
#ifndef SLUICE_BPF_KERNEL_FS_H
#define SLUICE_BPF_KERNEL_FS_H

#include "kernel_task.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

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

struct proc_inode {
	struct pid *pid;
	struct inode vfs_inode;
};

#pragma clang attribute pop

#endif
