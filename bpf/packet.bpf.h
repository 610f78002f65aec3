/* SPDX-License-Identifier: GPL-2.0 */
/*
 * packet.bpf.h: what the hooks on sockets let through off the host is noted on the socket, so that
 * its packets can be told from others.
 */
#ifndef SLUICE_BPF_PACKET_H
#define SLUICE_BPF_PACKET_H

#include "verdict.bpf.h"

/* The rest of packet_send(), for a process that has not sent this through the socket before. */
int packet_send_first(u64 sk, u64 taint);

/*
 * The current process sends @taint off the host through the socket whose struct sock lies at @sk,
 * and may. Return: 0 or -EPERM.
 */
static __always_inline int packet_send(u64 sk, u64 taint)
{
	const struct sluice_socket *socket = bpf_map_lookup_elem(&sockets, &sk);

	if (socket && !(taint & ~socket->away.seen) &&
	    socket->away.sender == subject_leader()->start_boottime &&
	    socket->away.generation == policy_in_force()->generation)
		return 0;
	return packet_send_first(sk, taint) ? -EPERM : 0;
}

#endif
