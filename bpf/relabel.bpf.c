// SPDX-License-Identifier: GPL-2.0
/*
 * relabel.bpf.c: sluiced changes the labels of an object while others label it: bit by bit, so that
 * nothing that arrives meanwhile is lost.
 *
 * Run by bpf(BPF_PROG_TEST_RUN). An entry without labels stays until the kernel forgets the object:
 * whoever is about to add labels to it may hold it in his hand.
 */
#include "object.bpf.h"

#include <bpf/bpf_tracing.h>

SEC("syscall")
int sluice_relabel(struct sluice_relabel *args)
{
	struct sluice_object_id id = args->object; /* before 6.2 a key must lie on the stack */
	struct sluice_object fresh = {};
	struct sluice_object *object;
	u64 *labels;

	if (!bpf_map_lookup_elem(&objects, &id) && args->add)
		bpf_map_update_elem(&objects, &id, &fresh, BPF_NOEXIST);
	object = bpf_map_lookup_elem(&objects, &id);
	if (!object)
		return args->add ? -ENOSPC : 0;
	if (args->slot == SLUICE_RELABEL_ACQUIRED)
		labels = &object->acquired;
	else
		labels = &object->policy[args->slot & 1];
	__sync_fetch_and_and(labels, ~args->remove);
	__sync_fetch_and_or(labels, args->add);
	return 0;
}
