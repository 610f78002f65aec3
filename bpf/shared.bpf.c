// SPDX-License-Identifier: GPL-2.0
/*
 * shared.bpf.c: see shared.bpf.h.
 *
 * A group that becomes a part of another one points to it, and counts as one of its users. The one
 * with the greater key stays: keys are random in their upper half, so that whoever arranges groups
 * gets no longer ways than by chance, and there are no circles. A way that is too long after all
 * leads to every label.
 */
#include "quota.bpf.h"
#include "segment.bpf.h"

#include <bpf/bpf_tracing.h>

#define SHARED_TRIES 8 /* when others change the same word */

static u64 next_shared; /* lower half of the next key */

static __always_inline struct sluice_shared *group_of(u64 key)
{
	return bpf_map_lookup_elem(&shared, &key);
}

/* False when the last user is just leaving. */
static __always_inline bool group_enter(struct sluice_shared *group)
{
	int i;

	for (i = 0; i < SHARED_TRIES; i++) {
		u64 users = group->users;

		if (!users)
			return false;
		if (__sync_val_compare_and_swap(&group->users, users, users + 1) == users)
			return true;
	}
	return false;
}

u64 shared_root(u64 key)
{
	int i;

	for (i = 0; i < SLUICE_SHARED_DEPTH; i++) {
		const struct sluice_shared *group = group_of(key);

		if (!group || !group->joined)
			return key;
		key = group->joined;
	}
	return key;
}

static __always_inline u64 group_taint(u64 key)
{
	u64 taint = 0;
	int i;

	for (i = 0; i < SLUICE_SHARED_DEPTH; i++) {
		const struct sluice_shared *group = group_of(key);

		if (!group)
			return taint;
		taint |= group->taint;
		key = group->joined;
		if (!key)
			return taint;
	}
	return ~0ULL;
}

u64 shared_taint_of(u64 key)
{
	return group_taint(key);
}

u64 shared_fold(struct sluice_task *state)
{
	u64 epoch = taint_epoch, taint;

	if (!state)
		return ~0ULL;
	barrier(); /* what comes to the group from here on makes the epoch another one */
	taint = group_taint(state->shared);
	taint |= __sync_fetch_and_or(&state->taint, taint);
	state->seen = epoch;
	return taint;
}

u64 shared_acquire(u64 key, u64 labels)
{
	u64 root = key, mapped = 0;
	int i;

	for (i = 0; i < SLUICE_SHARED_DEPTH; i++) {
		struct sluice_shared *group = group_of(root);

		if (!group)
			break;
		__sync_fetch_and_or(&group->taint, labels);
		mapped |= group->mapped;
		if (!group->joined) /* after the taint: shared_unite() does it in the other order */
			break;
		root = group->joined;
	}
	subject_grew();
	return mapped ? root : 0;
}

/* A group with one process. Return: its key, or 0: no room. */
static __always_inline u64 group_new(void)
{
	struct sluice_shared fresh = { .users = 1, .uid = quota_user() };
	u64 key = (u64)bpf_get_prandom_u32() << 32 | (u32)__sync_add_and_fetch(&next_shared, 1);

	if (quota_take(fresh.uid, SLUICE_QUOTA_SHARED, SLUICE_MAX_SHARED))
		return 0;
	if (!bpf_map_update_elem(&shared, &key, &fresh, BPF_NOEXIST))
		return key;
	quota_put(fresh.uid, SLUICE_QUOTA_SHARED);
	return 0;
}

static __always_inline void group_end(u64 key, u32 uid)
{
	if (!bpf_map_delete_elem(&shared, &key))
		quota_put(uid, SLUICE_QUOTA_SHARED);
}

u64 shared_own(void)
{
	struct task_struct *leader = subject_leader();
	struct sluice_shared *group;
	struct sluice_task *state;
	u64 key, first;

	state = bpf_task_storage_get(&tasks, leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state)
		return 0;
	if (state->shared)
		return state->shared;
	key = group_new();
	if (!key)
		return 0;
	first = __sync_val_compare_and_swap(&state->shared, 0, key);
	if (first) {
		group = group_of(key);
		if (group)
			group_end(key, group->uid); /* another thread was first */
		return first;
	}
	group = group_of(key);
	if (group) /* now only: a thread may have read something meanwhile */
		__sync_fetch_and_or(&group->taint, state->taint);
	return key;
}

/* It has a user who cannot leave meanwhile: the current process. */
u64 shared_join(void)
{
	const struct sluice_task *state = subject_state(subject_leader());
	u64 key = state ? state->shared : 0;
	struct sluice_shared *group = group_of(key);

	if (!group)
		return 0;
	__sync_fetch_and_add(&group->users, 1);
	return key;
}

int shared_put(u64 key)
{
	int i;

	for (i = 0; i < SLUICE_SHARED_DEPTH; i++) {
		struct sluice_shared *group = group_of(key);
		u64 joined;
		u32 uid;

		if (!group)
			return 0;
		joined = group->joined;
		uid = group->uid;
		if (__sync_fetch_and_sub(&group->users, 1) != 1)
			return 0;
		group_end(key, uid);
		if (!joined)
			return 0;
		key = joined;
	}
	return 0;
}

int shared_mapped(u64 key, int set)
{
	struct sluice_shared *group = group_of(key);

	if (!group)
		return 0;
	if (set)
		group->mapped = 1;
	return !!group->mapped;
}

/* @part is held by the caller, @whole lives. Return: 0, -ENOENT or -EAGAIN. */
static __always_inline int group_join(struct sluice_shared *part, u64 whole)
{
	struct sluice_shared *group = group_of(whole);

	if (!group || !group_enter(group))
		return -ENOENT;
	if (__sync_val_compare_and_swap(&part->joined, 0, whole)) {
		shared_put(whole);
		return -EAGAIN;
	}
	shared_give(whole, part->taint);
	return 0;
}

int shared_unite(u64 own, u64 theirs)
{
	u64 a = shared_root(own), b = shared_root(theirs), taint;
	struct sluice_shared *other = group_of(b), *part;
	int err;

	if (a == b)
		return 0;
	if (!other || !group_enter(other))
		return -ENOENT;
	part = a < b ? group_of(a) : other;
	err = part ? group_join(part, a < b ? b : a) : -ENOENT;
	shared_put(b);
	if (err)
		return err;
	taint = shared_taint_of(own);
	return taint ? segment_label(shared_root(own), taint) : 0;
}
