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

#include "event.bpf.h"

#include <bpf/bpf_tracing.h>

#define UNITE_TRIES 4

/* The group of @id, which is @own when it had none, or one whose processes are all gone. 0: no
 * room. */
static __noinline u64 segment_group(const struct sluice_object_id *id, u64 own)
{
	u64 *group = bpf_map_lookup_elem(&segments, id);
	u64 found;

	if (!group) {
		control.segments = 1;
		bpf_map_update_elem(&segments, id, &own, BPF_NOEXIST);
		group = bpf_map_lookup_elem(&segments, id); /* another may have been first */
	}
	if (!group)
		return 0;
	found = *group;
	if (bpf_map_lookup_elem(&shared, &found))
		return found;
	__sync_val_compare_and_swap(group, found, own);
	return *group;
}

/*
 * Who has mapped @id is known by the last of the groups that have become one: the one that was
 * @found may end with its own processes, before others that have the same mapped. Return: 0, or
 * -EAGAIN when another process has changed it meanwhile.
 */
static __noinline int segment_settle(const struct sluice_object_id *id, u64 found, u64 own)
{
	u64 *group = bpf_map_lookup_elem(&segments, id);
	u64 root = shared_root(own);

	if (!group)
		return -EAGAIN;
	return __sync_val_compare_and_swap(group, found, root) == found ? 0 : -EAGAIN;
}

int segment_map(struct sluice_object_id *id)
{
	u64 own = shared_own();
	int i, err = -ENOMEM;

	if (!own)
		return -ENOMEM;
	shared_mapped(own, 1);
	if (!id)
		return 0;
	for (i = 0; i < UNITE_TRIES && err; i++) {
		struct sluice_object_id key = *id; /* before 6.2 a key must lie on the stack */
		u64 group = segment_group(&key, own);

		if (!group)
			return -ENOMEM;
		err = shared_unite(own, group);
		if (!err)
			err = segment_settle(&key, group, own);
	}
	return err ? -ENOMEM : 0;
}

struct bpf_map;

struct push {
	u64 root;
	u64 labels;
	u64 moved;
};

static long push_step(struct bpf_map *map, const struct sluice_object_id *id, const u64 *group,
		      struct push *push)
{
	struct sluice_object_id key = *id;

	if (shared_root(*group) != push->root || !(push->labels & ~object_known(&key)))
		return 0;
	push->moved = 1;
	if (object_acquire(&key, push->labels))
		count(SLUICE_COUNT_MAP_FULL);
	event_emit_object(&key, push->labels);
	return 0;
}

int segment_label(u64 root, u64 labels)
{
	struct push push = { .root = root, .labels = labels };

	if (!control.segments || !labels)
		return 0;
	bpf_for_each_map_elem(&segments, push_step, &push, 0);
	if (push.moved) /* the caches on the inodes cannot be reached from here */
		__sync_fetch_and_add(&control.label_epoch, 1);
	return 0;
}

int segment_received(struct sluice_object_id *id, u64 labels)
{
	struct sluice_object_id key;
	const u64 *group;

	if (!id)
		return 0;
	key = *id;
	group = bpf_map_lookup_elem(&segments, &key);
	if (group)
		shared_give(*group, labels);
	return 0;
}
