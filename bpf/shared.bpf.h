/* SPDX-License-Identifier: GPL-2.0 */
/*
 * shared.bpf.h: groups of processes that see each other's memory: whatever one carries, all carry.
 *
 * Owns: the map `shared`, in which a group can become a part of another one. Must not own: who
 * shares memory (task.bpf.c: CLONE_VM and fork; segment.bpf.c: mappings).
 */
#ifndef SLUICE_BPF_SHARED_H
#define SLUICE_BPF_SHARED_H

#include "subject.bpf.h"

/* All of these are verified once on their own. A group is named by its key, 0 is none. */

/* The group that @key has become a part of in the end, or @key itself. */
u64 shared_root(u64 key);

/* The group of the current process, made when there is none. 0: no room. */
u64 shared_own(void);

/*
 * One more process belongs to the group of the current one, and leaves it with shared_put().
 * Return: its key, or 0 when it has none.
 */
u64 shared_join(void);

/* One process of the group less. Return: 0. */
int shared_put(u64 key);

/* @key is a group with mappings (once @set says so): those who fork inherit them. Return: 1 or 0.
 */
int shared_mapped(u64 key, int set);

/* The groups become one. Return: 0, -ENOENT when @theirs is gone, -EAGAIN when others do it, too.
 */
int shared_unite(u64 own, u64 theirs);

#endif
