// SPDX-License-Identifier: GPL-2.0
/*
 * sink.bpf.c: see sink.bpf.h. Owns: the walk up the folders. Must not own: what is done with the
 * answer (file.bpf.c, unix.bpf.c).
 */
#include <bpf/bpf_core_read.h>

#include "sink.bpf.h"

struct sink_step {
	u64 dentry;
	u64 labels;
};

/* One object and the step to the folder above it. Return: 1 to end the walk. */
static long sink_look(u32 i, struct sink_step *step)
{
	const struct dentry *dentry = (const struct dentry *)step->dentry;
	u64 inode = (u64)BPF_CORE_READ(dentry, d_inode);
	u64 parent = (u64)BPF_CORE_READ(dentry, d_parent);
	struct sluice_object_id id;
	struct sluice_member_key key = {
		.slot = control.slot & 1,
		.dimension = SLUICE_DIM_SINK,
	};
	const u64 *labels;

	if (inode) {
		id = sink_id(inode);
		key.a = (u64)id.dev << 32 | id.gen;
		key.b = id.ino;
		labels = bpf_map_lookup_elem(&members, &key);
		if (labels)
			step->labels |= *labels;
	}
	if (!parent || parent == step->dentry)
		return 1;
	step->dentry = parent;
	return 0;
}

u64 sink_walk(u64 dentry)
{
	struct sink_step step = { .dentry = dentry };

	bpf_loop(SLUICE_FOLDER_DEPTH, sink_look, &step, 0);
	return step.labels;
}
