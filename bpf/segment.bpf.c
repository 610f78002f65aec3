// SPDX-License-Identifier: GPL-2.0
/*
 * segment.bpf.c: see segment.bpf.h.
 *
 * A write into mapped memory asks nobody, and so does a copy from one mapping into another. So all
 * processes that have one object mapped, and all objects that one process has mapped, are a group
 * (shared.bpf.h): whatever one of the processes carries, all of them and all of the objects carry.
 * A process leaves its group by exec and at its end only: nobody tells when it unmaps.
 *
 * Owns: the map `segments`. Must not own: which mappings count (file.bpf.c).
 */
#include "segment.bpf.h"

#include "quota.bpf.h"
#include "ring.bpf.h"
#include "taint.bpf.h"

#include <bpf/bpf_tracing.h>

#define UNITE_TRIES 6 /* the first one may make the entry */

struct bpf_map;

/**
 * struct stale: an entry whose group has ended: the object stays, nobody has it mapped any more.
 * @uid: of whom one is wanted, or STALE_ANY
 */
struct stale {
	struct sluice_object_id id;
	u64 group;
	u32 uid;
	u32 pad;
};

#define STALE_ANY (~0U)

static long stale_step(struct bpf_map *map, const struct sluice_object_id *id,
		       const struct sluice_segment *segment, struct stale *stale)
{
	u64 group = segment->group;

	if ((stale->uid != STALE_ANY && stale->uid != segment->uid) || !group ||
	    bpf_map_lookup_elem(&shared, &group))
		return 0;
	stale->id = *id;
	stale->group = group;
	return 1;
}

/*
 * Makes room for one entry. Only who has no room left comes here, so that nobody else pays for the
 * search. Return: 0, or -ENOENT when all are in use.
 */
static __noinline int segment_reclaim(u32 uid)
{
	struct stale stale = { .uid = uid };
	struct sluice_segment *segment;

	bpf_for_each_map_elem(&segments, stale_step, &stale, 0);
	if (!stale.group)
		return -ENOENT;
	segment = bpf_map_lookup_elem(&segments, &stale.id);
	if (!segment)
		return 0;
	uid = segment->uid;
	/* who maps the object now is first, or comes again */
	if (__sync_val_compare_and_swap(&segment->group, stale.group, 0) == stale.group &&
	    !bpf_map_delete_elem(&segments, &stale.id))
		quota_put(uid, SLUICE_QUOTA_SEGMENTS);
	return 0;
}

static __noinline int segment_add(const struct sluice_object_id *id, u64 own)
{
	struct sluice_segment fresh = { .group = own, .uid = quota_user() };
	long err;

	control.segments = 1;
	if (quota_take(fresh.uid, SLUICE_QUOTA_SEGMENTS, SLUICE_MAX_SEGMENTS) &&
	    (segment_reclaim(fresh.uid) ||
	     quota_take(fresh.uid, SLUICE_QUOTA_SEGMENTS, SLUICE_MAX_SEGMENTS)))
		return -ENOMEM;
	err = bpf_map_update_elem(&segments, id, &fresh, BPF_NOEXIST);
	if (err == -E2BIG && !segment_reclaim(STALE_ANY))
		err = bpf_map_update_elem(&segments, id, &fresh, BPF_NOEXIST);
	if (err)
		quota_put(fresh.uid, SLUICE_QUOTA_SEGMENTS);
	return err && err != -EEXIST ? -ENOMEM : 0;
}

/*
 * Who has mapped @id is known by the last of the groups that have become one: the one that was
 * @found may end with its own processes, before others that have the same mapped. Return: 0, or
 * -EAGAIN when another process has changed it meanwhile.
 */
static __noinline int segment_settle(const struct sluice_object_id *id, u64 found, u64 own)
{
	struct sluice_segment *segment = bpf_map_lookup_elem(&segments, id);
	u64 root = shared_root(own);

	if (!segment)
		return -EAGAIN;
	return __sync_val_compare_and_swap(&segment->group, found, root) == found ? 0 : -EAGAIN;
}

/*
 * The group @own is one with that of @id, if it had one with processes. Return: 0, -ENOMEM, or
 * another negative errno: to be tried again, others do something with it.
 */
static __noinline int segment_join(const struct sluice_object_id *id, u64 own)
{
	struct sluice_segment *segment = bpf_map_lookup_elem(&segments, id);
	u64 found, was;
	int err;

	if (!segment)
		return segment_add(id, own) ? -ENOMEM : -EAGAIN;
	found = segment->group;
	if (!found)
		return -EAGAIN;
	if (!bpf_map_lookup_elem(&shared, &found)) {
		was = __sync_val_compare_and_swap(&segment->group, found, own);
		found = was == found ? own : was;
	}
	/* An entry that was reclaimed meanwhile may be that of another object now. */
	if ((u64)bpf_map_lookup_elem(&segments, id) != (u64)segment)
		return -EAGAIN;
	err = found ? shared_unite(own, found) : -EAGAIN;
	return err ? err : segment_settle(id, found, own);
}

int segment_map(struct sluice_object_id *id)
{
	u64 own = shared_own();
	int i, err = -EAGAIN;

	if (!own)
		return -ENOMEM;
	shared_mapped(own, 1);
	if (!id)
		return 0;
	for (i = 0; i < UNITE_TRIES && err && err != -ENOMEM; i++) {
		struct sluice_object_id key = *id; /* before 6.2 a key must lie on the stack */

		err = segment_join(&key, own);
	}
	return err ? -ENOMEM : 0;
}

int segment_take(struct sluice_object_id *id)
{
	struct attempt attempt = { .key.target.kind = SLUICE_TARGET_FILE };
	struct sluice_object_id key;
	u64 labels;

	if (!id)
		return 0;
	key = *id;
	labels = object_known(&key);
	if (!(labels & ~subject_taint(subject_state(subject_leader()))))
		return 0;
	if (key.dev != RING_DEV)
		attempt.key.target.object = key;
	return taint_take(&attempt, labels);
}

int segment_excused(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 labels = policy_in_force()->labels;
	struct sluice_task *state;

	if (is_exempt(task) || task->tgid == 1)
		return 1;
	state = bpf_task_storage_get(&tasks, task->group_leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state || !labels)
		return 0;
	subject_refresh(state, task);
	return !(labels & ~(state->cleared[SLUICE_TAINT] & ~state->cleared[SLUICE_DECLASSIFY]));
}

int segment_use(struct sluice_object_id *id)
{
	const struct sluice_task *state = subject_state(subject_leader());
	const struct sluice_segment *segment;
	struct sluice_object_id key;

	if (!id)
		return 0;
	key = *id;
	segment = bpf_map_lookup_elem(&segments, &key);
	if (segment && state && state->shared && segment->group == shared_root(state->shared))
		return 0; /* as the last time */
	if (segment_excused())
		return 0;
	return segment_map(&key) ? -ENOMEM : segment_take(&key);
}

int segment_forget(struct sluice_object_id *id)
{
	const struct sluice_segment *segment;
	struct sluice_object_id key;
	u32 uid;

	if (!id)
		return 0;
	key = *id;
	segment = bpf_map_lookup_elem(&segments, &key);
	if (!segment)
		return 0;
	uid = segment->uid;
	if (!bpf_map_delete_elem(&segments, &key))
		quota_put(uid, SLUICE_QUOTA_SEGMENTS);
	return 0;
}

struct push {
	u64 root;
	u64 labels;
};

static long push_step(struct bpf_map *map, const struct sluice_object_id *id,
		      const struct sluice_segment *segment, struct push *push)
{
	struct sluice_object_id key = *id;

	if (shared_root(segment->group) != push->root || !(push->labels & ~object_known(&key)))
		return 0;
	if (key.dev == RING_DEV && key.ino == RING_PERF)
		return 0;
	if (object_acquire_late(&key, push->labels))
		count(SLUICE_COUNT_MAP_FULL);
	object_forget_cache(&key);
	if (key.dev != RING_DEV) /* its number is an address of the kernel, which nobody is told */
		event_emit_object(&key, push->labels);
	return 0;
}

int segment_label(u64 root, u64 labels)
{
	struct push push = { .root = root, .labels = labels };

	if (!control.segments || !labels)
		return 0;
	bpf_for_each_map_elem(&segments, push_step, &push, 0);
	return 0;
}

int segment_received(struct sluice_object_id *id, u64 labels)
{
	struct sluice_object_id key;
	const struct sluice_segment *segment;

	if (!id)
		return 0;
	key = *id;
	segment = bpf_map_lookup_elem(&segments, &key);
	if (segment)
		shared_give(segment->group, labels);
	return 0;
}
