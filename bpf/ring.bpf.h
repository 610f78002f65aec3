/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ring.bpf.h: the noun "ring": an io_uring or the memory of a perf event, which several processes
 * can use.
 *
 * Owns: what it is known by, in place of an inode: an io_uring by its context, which all of its
 * functions have at hand. Must not own: who shares it (segment.bpf.h).
 */
#ifndef SLUICE_BPF_RING_H
#define SLUICE_BPF_RING_H

#include "object.bpf.h"

#include <bpf/bpf_core_read.h>

#define RING_DEV 0 /* no file system has this number */
/*
 * All perf events, since several of them may have the same memory: no address of the kernel. It is
 * there only as long as somebody has it mapped, so that it keeps no labels.
 */
#define RING_PERF 1

static __always_inline struct sluice_object_id ring_id(u64 context)
{
	struct sluice_object_id id = { .dev = RING_DEV, .ino = context };

	return id;
}

/* By its name, which only the kernel gives: eight bytes of it and the rest. */
static __always_inline bool is_called(const struct file *file, const char *first, const char *rest)
{
	u64 name[2] = {};

	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != ANON_INODE_FS_MAGIC)
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name),
				  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	return !__builtin_memcmp(&name[0], first, 8) && !__builtin_memcmp(&name[1], rest, 8);
}

static __always_inline bool is_ring(const struct file *file)
{
	return is_called(file, "[io_urin", "g]\0\0\0\0\0");
}

static __always_inline bool is_perf(const struct file *file)
{
	return is_called(file, "[perf_ev", "ent]\0\0\0");
}

#endif
