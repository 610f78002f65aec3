/* SPDX-License-Identifier: GPL-2.0 */
/*
 * unix.bpf.h: labels go with what a process sends to another one of the same host over a Unix
 * socket.
 */
#ifndef SLUICE_BPF_UNIX_H
#define SLUICE_BPF_UNIX_H

#include "taint.bpf.h"

#include <bpf/bpf_core_read.h>

/* The body of unix_give(): @sk is the address of a struct sock. Return: 0 or -EPERM. */
int unix_receive(u64 sk, u64 labels);

/*
 * Labels of @labels that the socket of the struct sock at @sk does not take, by the file that it is
 * bound to; told of. Global, like the other: see event.bpf.h.
 */
u64 unix_sunk(u64 sk, u64 labels);

/*
 * The current process gets data out of the socket whose struct sock lies at @sk. It may be too late
 * to refuse: who cannot be labeled does not go on. Return: 0.
 */
int unix_received(u64 sk);

/* The current process sends @taint to the socket at @sk. Return: 0 or -EPERM. */
static __always_inline int unix_give(u64 sk, u64 taint)
{
	if (policy_in_force()->flags & SLUICE_POLICY_SINKS &&
	    !is_exempt(bpf_get_current_task_btf()))
		taint &= ~unix_sunk(sk, taint);
	return taint && unix_receive(sk, taint) ? -EPERM : 0;
}

/*
 * A process that carries @taint sends on a connected socket of the family AF_UNIX. Datagrams find
 * their receiver later (unix_may_send). Return: 0 or -EPERM.
 */
static __always_inline int unix_send(struct socket *socket, u64 taint)
{
	struct sock *sk = BPF_CORE_READ(socket, sk);
	u64 peer;

	if (!sk || !taint || BPF_CORE_READ(sk, sk_type) == SOCK_DGRAM)
		return 0;
	peer = (u64)BPF_CORE_READ((struct unix_sock *)sk, peer);
	return peer ? unix_give(peer, taint) : 0;
}

#endif
