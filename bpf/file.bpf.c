// SPDX-License-Identifier: GPL-2.0
/*
 * file.bpf.c: hooks on files and pipes.
 *
 *   - file_open:        reading or writing a labeled file; the reader carries its labels from then
 *   on
 *   - file_permission:  each read: files labeled after they were opened, descriptors that came from
 *   elsewhere;
 *                       each write: what a process carries goes into the file or pipe; sockets go
 *                       to egress.bpf.h
 *   - get_pipe_info:    splice, tee and vmsplice of a pipe, for which the kernel has no hook
 *   - mmap_file:        a shared writable mapping is a write, a readable one a read
 *
 * Reaching pipes carries labels and guards reading; writing into a pipe is not guarded, the reader
 * is.
 *
 * Not blocked here: names in a labeled folder (listing it), file metadata, character devices and
 * terminals, mappings made before the file or the process got its labels.
 */
#include "egress.bpf.h"
#include "taint.bpf.h"

#include <bpf/bpf_tracing.h>

static __always_inline void target_file(struct attempt *attempt, struct file *file)
{
	struct inode *inode = file->f_inode;

	attempt->key.target.kind = SLUICE_TARGET_FILE;
	attempt->key.target.arg = inode_type(inode);
	attempt->key.target.object = object_id(inode);
	attempt->path = &file->f_path;
}

static __always_inline bool carries_data(const struct inode *inode)
{
	switch (inode_type(inode)) {
	case S_IFREG:
	case S_IFIFO:
	case S_IFBLK:
		return true;
	default:
		return false;
	}
}

/* The current process reads @file, which has @labels. */
static __noinline int read_labeled(struct file *file, u64 labels, bool created)
{
	struct attempt attempt = { .key.action = SLUICE_OPEN,
				   .labels = labels,
				   .created = created };
	int err;

	target_file(&attempt, file);
	err = decide(&attempt);
	return err ? err : taint_take(&attempt, labels);
}

/* The current process opens @file, which has @labels, for writing. */
static __noinline int open_for_write(struct file *file, u64 labels, bool created)
{
	struct attempt attempt = { .key.action = SLUICE_WRITE,
				   .labels = labels,
				   .created = created };
	u64 taint;
	int err;

	target_file(&attempt, file);
	err = decide(&attempt);
	if (err)
		return err;
	taint = subject_taint(subject_state(subject_leader()));
	if (taint && edge_is_new(SLUICE_EVENT_LABEL, taint, &attempt.key.target.object))
		tell_move(&attempt, SLUICE_EVENT_LABEL, taint);
	return 0;
}

/*
 * The same process opens the same file again, with the same labels, and may: nothing is new and
 * nothing to be told. This is what a pipeline does all day.
 */
static __always_inline bool read_is_known(const struct sluice_inode *cache, u64 labels)
{
	struct task_struct *task = bpf_get_current_task_btf(), *leader = task->group_leader;
	const struct sluice_task *state;

	if (cache->reader != leader->start_boottime)
		return false;
	state = subject_state(leader);
	return state && !(labels & ~(state->taint | state->cleared[SLUICE_TAINT])) &&
	       subject_is_fresh(state, task) &&
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
	u64 moved;
	int err = 0;

	if (!carries_data(inode) || is_pseudo(inode))
		return 0;
	moved = taint & ~object_labels(inode, file->f_path.dentry);
	if (!moved)
		return 0;
	target_file(&attempt, file);
	attempt.labels = moved;
	if (inode_type(inode) != S_IFIFO)
		err = decide(&attempt);
	if (err)
		return err;
	if (object_receive(inode, moved)) {
		count(SLUICE_COUNT_MAP_FULL);
		return refuse();
	}
	tell_move(&attempt, SLUICE_EVENT_LABEL, moved);
	return 0;
}

/*
 * The kernel writes a core file without asking again: what the process carries goes into it here.
 */
static __noinline int open_for_core(struct file *file)
{
	u64 taint = subject_taint(subject_state(subject_leader()));

	return taint ? write_tainted(file, taint) : 0;
}

SEC("lsm/file_open")
int BPF_PROG(sluice_file_open, struct file *file, int ret)
{
	const struct sluice_inode *cache;
	struct inode *inode;
	bool created;
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
	if (!labels || (cache && !(file->f_mode & FMODE_WRITE) && read_is_known(cache, labels)))
		return 0;
	created = file->f_mode & FMODE_CREATED;
	if (file->f_mode & FMODE_WRITE)
		err = open_for_write(file, labels, created);
	if (!err && file->f_mode & (FMODE_READ | FMODE_EXEC))
		err = read_labeled(file, labels, created);
	if (!err)
		read_was_told(inode, labels);
	return err;
}

static __always_inline int check_read(struct file *file)
{
	struct task_struct *leader = subject_leader();
	struct inode *inode = file->f_inode;
	const struct sluice_inode *cache;
	u64 labels;

	if (!carries_data(inode))
		return 0;
	cache = object_cache(inode);
	labels = cache ? cache->labels : object_labels_slow(inode, file->f_path.dentry);
	if (!labels || !(labels & ~subject_taint(subject_state(leader))))
		return 0; /* nothing to take, or taken before */
	/* Who opened it by a trust or clearance may have become somebody else since. */
	if (cache && read_is_known(cache, labels))
		return 0;
	return read_labeled(file, labels, false);
}

static __always_inline int check_write(struct file *file)
{
	u64 taint = subject_taint(subject_state(subject_leader()));

	if (!taint || is_exempt(bpf_get_current_task_btf()))
		return 0;
	if (inode_type(file->f_inode) == S_IFSOCK)
		return egress_write(file, taint);
	return write_tainted(file, taint);
}

SEC("lsm/file_permission")
int BPF_PROG(sluice_file_permission, struct file *file, int mask, int ret)
{
	int err = 0;

	if (ret)
		return ret;
	if (mask & MAY_WRITE)
		err = check_write(file);
	if (!err && mask & MAY_READ)
		err = check_read(file);
	return err;
}

/*
 * tee(), vmsplice() and splice() between pipes ask no LSM hook, and the last asks none about its
 * pipe when the other end is a file or socket. All fetch the pipe by this function, the source
 * first. Nothing can be refused here, so the labels move before the data does; who cannot be
 * labeled does not go on.
 */
SEC("fentry/get_pipe_info")
int BPF_PROG(sluice_get_pipe_info, struct file *file, bool for_splice)
{
	struct attempt attempt = {};
	u64 taint, labels;

	if (!for_splice || inode_type(file->f_inode) != S_IFIFO ||
	    is_exempt(bpf_get_current_task_btf()))
		return 0;
	target_file(&attempt, file);
	labels = object_named(file->f_inode);
	if (file->f_mode & FMODE_READ && labels && taint_take(&attempt, labels))
		bpf_send_signal(SIGKILL);
	taint = subject_taint(subject_state(subject_leader()));
	if (!(file->f_mode & FMODE_WRITE) || !(taint & ~labels))
		return 0;
	if (object_acquire(&attempt.key.target.object, taint))
		bpf_send_signal(SIGKILL);
	/* the cache on the inode cannot be reached from here */
	__sync_fetch_and_add(&control.label_epoch, 1);
	tell_move(&attempt, SLUICE_EVENT_LABEL, taint & ~labels);
	return 0;
}

SEC("lsm/mmap_file")
int BPF_PROG(sluice_mmap_file, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags, int ret)
{
	u64 taint;
	int err;

	if (ret || !file)
		return ret;
	err = check_read(file);
	if (err || (flags & MAP_TYPE) == MAP_PRIVATE || !(file->f_mode & FMODE_WRITE))
		return err;
	taint = subject_taint(subject_state(subject_leader()));
	return taint ? write_tainted(file, taint) : 0;
}
