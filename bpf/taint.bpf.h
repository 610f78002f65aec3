/* SPDX-License-Identifier: GPL-2.0 */
/*
 * taint.bpf.h: labels that move: from an object into the process that reads it, from a process into
 * what it writes.
 */
#ifndef SLUICE_BPF_TAINT_H
#define SLUICE_BPF_TAINT_H

#include "verdict.bpf.h"

static __always_inline void target_file(struct attempt *attempt, struct file *file)
{
	struct inode *inode = file->f_inode;

	attempt->key.target.kind = SLUICE_TARGET_FILE;
	attempt->key.target.arg = inode_type(inode);
	attempt->key.target.object = object_id(inode);
	attempt->path = &file->f_path;
}

/*
 * What the group of the process with @state has mapped gets the labels that come to it, and then it
 * is too late to refuse that: whether the current user has files enough with labels.
 */
static __always_inline bool taint_has_no_room(const struct sluice_task *state)
{
	u32 uid;

	if (!state->shared || !control.segments)
		return false;
	uid = quota_user();
	if (!uid || !quota_is_up(uid, SLUICE_QUOTA_OBJECTS, control.files))
		return false;
	count(SLUICE_COUNT_MAP_FULL);
	return true;
}

/* The body of taint_take(), verified once on its own. */
int taint_take_attempt(struct attempt *attempt, u64 labels);

/*
 * The current process takes @labels of what it read. Return: 0, or -EPERM when the taint cannot be
 * kept.
 */
static __always_inline int taint_take(struct attempt *attempt, u64 labels)
{
	return taint_take_attempt(attempt, labels) ? -EPERM : 0;
}

/*
 * The same for what it got from another process directly: @labels of process @tgid, which started
 * at @start_ns on the boot clock. Verified once on its own. Return: 0 or a negative errno.
 */
int taint_take_peer(u64 labels, u32 tgid, u64 start_ns);

/* Tells that @labels moved. A loss is counted; the labels have moved all the same. */
static __always_inline void tell_move(struct attempt *attempt, enum sluice_event_type type,
				      u64 labels)
{
	key_by_process(&attempt->key);
	attempt->type = type;
	attempt->verdict = 0;
	attempt->reason = 0;
	attempt->grant_id = 0;
	event_emit(attempt, labels);
}

#endif
