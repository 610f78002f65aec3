/* SPDX-License-Identifier: GPL-2.0 */
/*
 * segment.bpf.h: memory that processes share by mapping the same file, memfd or segment.
 */
#ifndef SLUICE_BPF_SEGMENT_H
#define SLUICE_BPF_SEGMENT_H

#include "shared.bpf.h"

/*
 * The current process maps @id so that others see what it writes; NULL: memory that has no name,
 * which only those see that it forks. Return: 0, or -ENOMEM when there is no room.
 */
int segment_map(struct sluice_object_id *id);

/*
 * Labels of what has no name (a ring, a socket), which came from those who had it mapped: to the
 * current process, which has it mapped now. Return: 0 or -EPERM.
 */
int segment_take(struct sluice_object_id *id);

/*
 * The current process does something with @id that its memory tells of, mapped or not. Return: 0,
 * or negative: it may not go on.
 */
int segment_use(struct sluice_object_id *id);

/*
 * 1: who takes no labels, because it is trusted with all that there are, needs no group. Who takes
 * labels off what it reads does: memory is not read.
 */
int segment_excused(void);

/* Memory that is there to be shared counts however it is mapped; of files who may write. */
static __always_inline bool is_shared(const struct file *file)
{
	return file->f_mode & FMODE_WRITE || file->f_inode->i_sb->s_magic == TMPFS_MAGIC ||
	       file->f_inode->i_sb->s_magic == HUGETLBFS_MAGIC;
}

/* What the current process may write into @file by a mapping. */
static __always_inline u64 map_taint(const struct file *file)
{
	return file->f_mode & FMODE_WRITE ? subject_taint(subject_state(subject_leader())) : 0;
}

/* @id leaves memory: nobody has it mapped. Return: 0. */
int segment_forget(struct sluice_object_id *id);

/* @labels came to @id other than through a mapping: who has it mapped sees them. Return: 0. */
int segment_received(struct sluice_object_id *id, u64 labels);

#endif
