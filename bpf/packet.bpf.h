/* SPDX-License-Identifier: GPL-2.0 */
/*
 * packet.bpf.h: what the hooks on sockets let through off the host is noted on the socket, so that
 * its packets can be told from others.
 */
#ifndef SLUICE_BPF_PACKET_H
#define SLUICE_BPF_PACKET_H

#include "loopback.bpf.h"
#include "verdict.bpf.h"

/* The rest of packet_send(), where the socket does not know of all of it. */
int packet_send_first(u64 sk, u64 taint);

/*
 * The current process sends @taint off the host through the socket whose struct sock lies at @sk,
 * and may. Return: 0 or -EPERM.
 */
static __always_inline int packet_send(u64 sk, u64 taint)
{
	const struct sluice_socket *socket = bpf_map_lookup_elem(&sockets, &sk);

	if (socket && !(taint & ~socket->away.labels) && !socket_is_clean(socket))
		return 0;
	return packet_send_first(sk, taint) ? -EPERM : 0;
}

/* What a process without labels sends through it. Return: 0. */
int packet_send_clean(u64 sk);

#endif
