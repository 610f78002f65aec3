/* SPDX-License-Identifier: GPL-2.0 */
/*
 * carrier.bpf.h: the process that was last seen to carry all labels of an inode. What a process
 * carries never becomes less, so its next read needs no look at the process; its next write needs
 * none as long as no process has come to carry more.
 *
 * Owns: that memory, on the inode. Must not own: what a read does (file.bpf.c). Labels that come to
 * the inode later are more than those remembered, so nothing has to be taken back.
 */
#ifndef SLUICE_BPF_CARRIER_H
#define SLUICE_BPF_CARRIER_H

#include "object.bpf.h"
#include "version.bpf.h"

/*
 * Names a process in one word: 22 bits are all that its number has, and the same number is not
 * given again within 16 us. An exec by a thread that is not the leader keeps the name, but what
 * another thread read meanwhile may be lost with the old leader: so execs count.
 */
static __always_inline u64 carrier_name(const struct task_struct *leader)
{
	return (u64)leader->tgid << 42 | (leader->start_boottime >> 14 & ((1ULL << 42) - 1));
}

static __always_inline bool carrier_is(const struct sluice_inode *cache, u64 labels,
				       const struct task_struct *leader)
{
	u32 before = version_of(&cache->carrier.version);

	if (before & 1 || cache->carrier.name != carrier_name(leader) ||
	    cache->carrier.execs != leader->self_exec_id || labels & ~cache->carrier.labels)
		return false;
	return version_is(&cache->carrier.version, before);
}

static __always_inline void carrier_remember(struct sluice_inode *cache, u64 labels,
					     const struct task_struct *leader)
{
	if (!version_begin(&cache->carrier.version))
		return;
	cache->carrier.name = carrier_name(leader);
	cache->carrier.execs = leader->self_exec_id;
	cache->carrier.labels = labels;
	version_end(&cache->carrier.version);
}

/*
 * The same for who writes: whether the process that @leader leads carries what it carried when it
 * last wrote, and that has come to the inode and is told of.
 */
static __always_inline bool writer_is(const struct sluice_inode *cache,
				      const struct task_struct *leader)
{
	u32 before = version_of(&cache->wrote.version);

	if (before & 1 || cache->wrote.name != carrier_name(leader) ||
	    cache->wrote.execs != leader->self_exec_id || cache->wrote.epoch != taint_epoch)
		return false;
	if (cache->wrote.taint &&
	    (cache->wrote.taint & ~cache->labels || cache->writer != leader->start_boottime))
		return false;
	return version_is(&cache->wrote.version, before);
}

/* @epoch: as it was before @taint was looked up */
static __always_inline void writer_remember(struct sluice_inode *cache, u64 taint, u64 epoch,
					    const struct task_struct *leader)
{
	if (!version_begin(&cache->wrote.version))
		return;
	cache->wrote.name = carrier_name(leader);
	cache->wrote.execs = leader->self_exec_id;
	cache->wrote.taint = taint;
	cache->wrote.epoch = epoch;
	version_end(&cache->wrote.version);
}

#endif
