// SPDX-License-Identifier: GPL-2.0
/*
 * file.bpf.c: hooks on files; what is special about pipes is in pipe.bpf.c.
 *
 *   - file_open:        reading or writing a labeled file; the reader carries its labels from then
 *   on
 *   - file_permission:  each read: files labeled after they were opened, descriptors that came from
 *   elsewhere;
 *                       each write: what a process carries goes into the file or pipe; sockets go
 *                       to egress.bpf.h, as does what leads off the host; maps of ids are a
 *                       change of credentials; reading of a socket goes to endpoint.bpf.h
 *   - mmap_file:        a shared writable mapping is a write, a readable one a read; who has mapped
 *                       the same is a group from then on (segment.bpf.c)
 *
 * Reaching pipes carries labels and guards reading; writing into a pipe is not guarded, the reader
 * is.
 *
 * Not blocked here: names in a labeled folder (listing it), file metadata, character devices and
 * terminals, what is read through a private or read-only mapping made before another process wrote
 * labeled data (before the policy or a person labeled the file: found.bpf.c).
 */
#include "carrier.bpf.h"
#include "copy.bpf.h"
#include "credential.bpf.h"
#include "egress.bpf.h"
#include "endpoint.bpf.h"
#include "guard_open.bpf.h"
#include "pipe.bpf.h"
#include "ring.bpf.h"
#include "segment.bpf.h"
#include "sink.bpf.h"

#include <bpf/bpf_tracing.h>

/* The current process reads @file, which has @labels. */
static __noinline int read_labeled(struct file *file, u64 labels, u32 unholdable)
{
	struct attempt attempt = { .key.action = SLUICE_OPEN,
				   .labels = labels,
				   .unholdable = unholdable };
	int err;

	target_file(&attempt, file);
	err = decide(&attempt);
	return err ? err : taint_take(&attempt, labels);
}

/*
 * @inode is about to be cut to nothing, and keeps its labels: what is written from now on has other
 * sources. Of each inode it is told once a second, since a loop can do it any number of times; what
 * was written before counts as being there still when it is not told.
 */
static __always_inline void tell_emptied(struct attempt *attempt, struct inode *inode, u64 labels)
{
	struct sluice_inode *cache = object_cache(inode);
	u64 now = bpf_ktime_get_boot_ns();

	if (!cache ||
	    (cache->emptied_ns && now - cache->emptied_ns < SLUICE_EMPTIED_MS * 1000000ULL))
		return;
	cache->emptied_ns = now;
	cache->writer = 0;
	tell_move(attempt, SLUICE_EVENT_EMPTY, labels);
}

/*
 * The current process, which carries @taint, writes into @inode, which has these labels already:
 * told once a process, and again after the file was emptied.
 */
static __always_inline void tell_writer(struct attempt *attempt, struct inode *inode, u64 taint)
{
	struct sluice_inode *cache = object_cache(inode);
	u32 contents = cache ? cache->emptied_ns >> 29 : 0;

	if (edge_is_new(SLUICE_EVENT_LABEL | contents << 16, taint, &attempt->key.target.object))
		tell_move(attempt, SLUICE_EVENT_LABEL, taint);
	if (cache)
		cache->writer = subject_leader()->start_boottime;
}

/* The current process opens @file, which has @labels, for writing. */
static __noinline int open_for_write(struct file *file, u64 labels, u32 unholdable)
{
	struct attempt attempt = { .key.action = SLUICE_WRITE,
				   .labels = labels,
				   .unholdable = unholdable };
	u64 taint;
	int err;

	target_file(&attempt, file);
	err = decide(&attempt);
	if (err)
		return err;
	if (file->f_flags & O_TRUNC && inode_type(file->f_inode) == S_IFREG)
		tell_emptied(&attempt, file->f_inode, labels);
	taint = subject_taint(subject_state(subject_leader()));
	if (taint)
		tell_writer(&attempt, file->f_inode, taint);
	return 0;
}

/*
 * The same process opens the same file again, with the same labels, and may: nothing is new and
 * nothing to be told. This is what a pipeline does all day. @told: labels whose declassifying is to
 * be told of.
 */
static __always_inline bool read_is_known(const struct sluice_inode *cache,
					  const struct sluice_task *state, u64 labels, u64 told)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (cache->reader != task->group_leader->start_boottime)
		return false;
	return state && !(labels & ~(state->taint | state->cleared[SLUICE_TAINT])) &&
	       !(told & state->cleared[SLUICE_DECLASSIFY]) && subject_is_fresh(state, task) &&
	       !(labels & policy_in_force()->guarded[SLUICE_OPEN] & ~state->cleared[SLUICE_OPEN]);
}

/*
 * From now on the current process is known as a reader. The label may have changed meanwhile: then
 * the cache is void.
 */
static __always_inline void read_was_told(struct inode *inode, u64 labels)
{
	struct sluice_inode *cache = object_cache(inode);

	if (cache && cache->labels == labels)
		cache->reader = subject_leader()->start_boottime;
}

/* @taint goes into @file: guarded as far as the file does not carry it already. */
static __noinline int write_tainted(struct file *file, u64 taint)
{
	struct inode *inode = file->f_inode;
	struct attempt attempt = { .key.action = SLUICE_WRITE };
	struct sluice_inode *cache;
	u64 moved, sunk;
	int err = 0;

	if (!carries_data(inode) || is_pseudo(inode))
		return 0;
	moved = taint & ~object_labels(inode, file->f_path.dentry);
	target_file(&attempt, file);
	if (!moved) {
		tell_writer(&attempt, inode, taint);
		return 0;
	}
	attempt.labels = moved;
	if (inode_type(inode) != S_IFIFO)
		err = decide(&attempt);
	if (err)
		return err;
	sunk = moved & sink_labels((u64)BPF_CORE_READ(file, f_path.dentry));
	moved &= ~sunk;
	if (sunk)
		tell_sink(&attempt, sunk);
	if (!moved)
		return 0;
	if (object_receive(inode, moved)) {
		attempt.missing = moved;
		deny_full(&attempt);
		return -EPERM;
	}
	if (control.segments)
		segment_received(&attempt.key.target.object, moved);
	tell_move(&attempt, SLUICE_EVENT_LABEL, moved);
	cache = object_cache(inode);
	if (cache)
		cache->writer = subject_leader()->start_boottime;
	return 0;
}

/* The same, where @file may lead off the host. */
static __always_inline int write_out(struct file *file, u64 taint)
{
	u32 medium = medium_of(file->f_inode);
	int err = medium ? egress_file(file, medium, taint) : 0;

	return err ? err : write_tainted(file, taint);
}

/*
 * The kernel writes a core file without asking again: what the process carries goes into it here.
 */
static __noinline int open_for_core(struct file *file)
{
	u64 taint = subject_taint(subject_state(subject_leader()));

	return taint ? write_out(file, taint) : 0;
}

/* What overlayfs opens to copy it, or to copy into it. Return: 0 or -ENOSPC. */
static __noinline int open_for_copy(struct file *file, u64 labels)
{
	struct sluice_object_id id = object_id(file->f_inode);
	bool writes = file->f_mode & FMODE_WRITE;

	if (writes)
		fs_note(file->f_inode->i_sb, id.dev);
	return copy_opened(&id, labels, writes) ? -ENOSPC : 0;
}

SEC("lsm/file_open")
int BPF_PROG(sluice_file_open, struct file *file, int ret)
{
	const struct sluice_inode *cache;
	struct sluice_task *state;
	struct inode *inode;
	u32 unholdable;
	u64 labels;
	int err = 0;

	if (ret)
		return ret;
	inode = file->f_inode;
	if (!carries_data(inode))
		return 0;
	if (file->f_mode & FMODE_WRITE && bpf_get_current_task_btf()->flags & PF_DUMPCORE)
		return open_for_core(file);
	cache = object_cache(inode);
	labels = cache ? cache->labels : object_labels_slow(inode, file->f_path.dentry);
	err = guard_open(file, cache);
	if (!err && (labels || file->f_mode & FMODE_WRITE) && may_be_copying())
		err = open_for_copy(file, labels);
	if (err || !labels)
		return err;
	state = subject_state(subject_leader());
	if (cache && !(file->f_mode & FMODE_WRITE) && read_is_known(cache, state, labels, labels))
		return 0;
	unholdable = file->f_mode & FMODE_CREATED ? SLUICE_FALLBACK_CREATED : 0;
	if (file->f_mode & FMODE_WRITE)
		err = open_for_write(file, labels, unholdable);
	if (!err && file->f_mode & (FMODE_READ | FMODE_EXEC))
		err = read_labeled(file, labels, unholdable);
	if (!err)
		read_was_told(inode, labels);
	return err;
}

static __always_inline int check_read(struct file *file)
{
	struct inode *inode = file->f_inode;
	const struct sluice_task *state;
	struct task_struct *leader;
	struct sluice_inode *cache;
	u64 labels;

	if (!carries_data(inode))
		return has_endpoints() && inode_type(inode) == S_IFSOCK ? endpoint_read(file) : 0;
	cache = object_cache(inode);
	labels = cache ? cache->labels : object_labels_slow(inode, file->f_path.dentry);
	if (!labels)
		return 0;
	leader = subject_leader();
	if (cache && carrier_is(cache, labels, leader))
		return 0;
	state = subject_state(leader);
	if (!(labels & ~subject_taint(state))) {
		if (cache)
			carrier_remember(cache, labels, leader);
		return 0; /* taken before */
	}
	/* Who opened it by a trust or clearance may have become somebody else since. */
	if (cache && read_is_known(cache, state, labels, 0))
		return 0;
	return read_labeled(file, labels, 0);
}

/* /proc/PID/uid_map, gid_map, projid_map and setgroups: by their first eight bytes. */
static __always_inline bool is_idmap(const struct file *file)
{
	char name[8] = "";

	if (file->f_inode->i_sb->s_magic != PROC_SUPER_MAGIC)
		return false;
	bpf_probe_read_kernel(name, sizeof(name), file->f_path.dentry->d_name.name);
	return !__builtin_memcmp(name, "uid_map", 8) || !__builtin_memcmp(name, "gid_map", 8) ||
	       !__builtin_memcmp(name, "projid_m", 8) || !__builtin_memcmp(name, "setgroup", 8);
}

/*
 * @taint came into the file of @cache before, from the process that @leader leads, and nothing
 * leads off the host.
 */
static __always_inline bool write_is_known(const struct sluice_inode *cache, u64 taint,
					   const struct task_struct *leader)
{
	return cache && !(taint & ~cache->labels) && cache->writer == leader->start_boottime &&
	       object_stays(cache);
}

static __always_inline int check_write(struct file *file)
{
	struct task_struct *task = bpf_get_current_task_btf(), *leader = task->group_leader;
	struct inode *inode = file->f_inode;
	struct sluice_inode *cache = NULL;
	u64 taint, epoch = taint_epoch;

	if (leader->bpf_storage && carries_data(inode))
		cache = object_cache(inode);
	if (cache && object_stays(cache) && writer_is(cache, leader))
		return 0;
	barrier(); /* the epoch is read before the taint */
	taint = subject_taint(subject_state(leader));
	if (cache && (!taint || write_is_known(cache, taint, leader))) {
		writer_remember(cache, taint, epoch, leader);
		return 0;
	}
	if (!taint)
		return inode_type(inode) == S_IFSOCK ? pipe_into_socket(file) : 0;
	if (is_exempt(task))
		return 0;
	if (inode_type(inode) == S_IFSOCK)
		return egress_write(file, taint);
	if (is_idmap(file))
		return credential_check(SLUICE_IDMAP, 0, 0, file);
	return write_out(file, taint);
}

SEC("lsm/file_permission")
int BPF_PROG(sluice_file_permission, struct file *file, int mask, int ret)
{
	int err = 0;

	if (ret)
		return ret;
	if (mask & MAY_WRITE) {
		err = waiting_splices ? splice_into_medium() : 0;
		if (!err)
			err = check_write(file);
	}
	if (!err && mask & MAY_READ)
		err = check_read(file);
	return err;
}

/* The group of the current process is the one that has @inode mapped. */
static __always_inline void map_remember(struct inode *inode)
{
	struct sluice_inode *cache = bpf_inode_storage_get(&inodes, inode, 0, 0);
	const struct sluice_task *state = subject_state(subject_leader());

	if (cache && state)
		cache->group = state->shared;
}

/* Memory of a socket or ring, which is the same for all who map it, however they do. */
static __always_inline bool is_kernel_memory(const struct inode *inode)
{
	return inode_type(inode) == S_IFSOCK || inode->i_sb->s_magic == ANON_INODE_FS_MAGIC;
}

/* The current process maps @file, which has no name to be found by. Return: 0 or -ENOMEM. */
static __noinline int map_kernel_memory(struct file *file)
{
	struct sluice_object_id id;

	if (segment_excused())
		return 0;
	if (inode_type(file->f_inode) == S_IFSOCK) {
		mapped_sockets = 1;
		id = object_id(file->f_inode);
	} else if (is_ring(file)) {
		id = ring_id((u64)BPF_CORE_READ(file, private_data));
	} else if (is_perf(file)) {
		id = ring_id(RING_PERF);
	} else {
		return segment_map(NULL) ? -ENOMEM : 0;
	}
	return segment_map(&id) || segment_take(&id) ? -ENOMEM : 0;
}

/* The current process maps @file so that others see it. Return: 0 or -ENOMEM. */
static __always_inline int map_shared(struct file *file)
{
	struct inode *inode = file->f_inode;
	struct sluice_object_id id;

	if (segment_excused())
		return 0;
	if (!carries_data(inode) || is_pseudo(inode))
		return segment_map(NULL) ? -ENOMEM : 0;
	id = object_id(inode);
	fs_note(inode->i_sb, id.dev);
	if (segment_map(&id))
		return -ENOMEM;
	map_remember(inode);
	return 0;
}

/* The same for memory that only those see whom it forks. */
static __noinline int map_nameless(void)
{
	if (segment_excused())
		return 0;
	return segment_map(NULL) ? -ENOMEM : 0;
}

static __noinline int map_written(struct file *file, u64 taint)
{
	if (!taint || write_is_known(object_cache(file->f_inode), taint, subject_leader()))
		return 0;
	return write_out(file, taint);
}

/* The current process is of the group that has @file mapped already. */
static __always_inline bool is_mapped(struct file *file)
{
	const struct sluice_task *state = subject_state(subject_leader());
	const struct sluice_inode *cache = object_cache(file->f_inode);

	return state && cache && state->shared && cache->group == state->shared;
}

/*
 * The current process maps @file, which it may read, so that others see what it writes. What it did
 * so before makes no difference: a process leaves its group by exec and at its end only, and the
 * inode is in memory, with what it remembers, as long as anybody has it mapped. What another thread
 * reads before the process is of the group does not come to the file by that.
 */
static __noinline int map_visible(struct file *file)
{
	u64 before = map_taint(file), taint;
	int err = map_written(file, before);

	if (err || !is_shared(file) || is_mapped(file))
		return err;
	err = map_shared(file);
	if (err)
		return err;
	taint = map_taint(file);
	return taint & ~before ? map_written(file, taint) : 0;
}

SEC("lsm/mmap_file")
int BPF_PROG(sluice_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags, int ret)
{
	int err;

	if (ret || flags & MAP_ANONYMOUS)
		return ret || !(flags & MAP_SHARED) ? ret : map_nameless();
	/* 6.12 takes it for never NULL, and removes what is done for nothing else. */
	if (!file)
		return ret;
	err = guard_map(file, prot);
	if (!err)
		err = check_read(file);
	if (!err && is_kernel_memory(file->f_inode))
		return map_kernel_memory(file);
	return err || !(flags & MAP_SHARED) ? err : map_visible(file);
}
