/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pipe.bpf.h: what the hooks on files have to know about a splice() that is under way.
 *
 * Owns: the record of a thread's splice() and the one refusal that it leads to. Must not own: the
 * hooks on pipes (pipe.bpf.c).
 */
#ifndef SLUICE_BPF_PIPE_H
#define SLUICE_BPF_PIPE_H

#include "taint.bpf.h"

#include <bpf/bpf_core_read.h>

static __always_inline struct splice *splice_of_thread(void)
{
	u64 thread = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&splices, &thread);
}

/*
 * Before 6.5 a splice() from a pipe into a socket asks nobody after it has waited for the pipe: one
 * that would wait is refused, as if the socket could not splice, when labels could come with the
 * data.
 */
static __always_inline int pipe_into_socket(struct file *file)
{
	const struct splice *call;
	struct pipe_inode_info *pipe;

	if (!bpf_core_field_exists(struct proto_ops, sendpage) ||
	    !policy_in_force()->guarded[SLUICE_EGRESS])
		return 0;
	call = splice_of_thread();
	if (!call || !call->busy || !call->waits)
		return 0;
	pipe = (struct pipe_inode_info *)call->pipe;
	return BPF_CORE_READ(pipe, head) == BPF_CORE_READ(pipe, tail) ? -EINVAL : 0;
}

/*
 * From 6.8 on the same holds for a splice() into a file or device: labeled data would be out before
 * the kill. Where data may leave the host it is refused likewise; sendpage went away with 6.5.
 */
static __always_inline bool media_ask_once(void)
{
	return !bpf_core_field_exists(struct proto_ops, sendpage);
}

static __noinline int splice_into_medium(void)
{
	const struct sluice_policy *policy = policy_in_force();
	const struct splice *call = splice_of_thread();
	struct pipe_inode_info *pipe;
	u32 medium;

	if (!call || !call->busy || !call->waits)
		return 0;
	medium = call->medium;
	if (!medium || medium >= SLUICE_MEDIA ||
	    !(policy->guarded[SLUICE_EGRESS] & ~policy->media[medium]))
		return 0;
	pipe = (struct pipe_inode_info *)call->pipe;
	return BPF_CORE_READ(pipe, head) == BPF_CORE_READ(pipe, tail) ? -EINVAL : 0;
}

#endif
