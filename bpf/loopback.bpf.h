/* SPDX-License-Identifier: GPL-2.0 */
/*
 * loopback.bpf.h: labels go with what a process sends over IP to another one of the same host.
 */
#ifndef SLUICE_BPF_LOOPBACK_H
#define SLUICE_BPF_LOOPBACK_H

#include "taint.bpf.h"

/* The rest of loopback_send(), for a process that has not sent this through the socket before. */
int loopback_send_first(u64 sk, u64 taint);

/*
 * The current process sends @taint to this host through the IP socket whose struct sock lies at
 * @sk. Return: 0 or -EPERM.
 */
static __always_inline int loopback_send(u64 sk, u64 taint)
{
	const struct sluice_socket *socket = bpf_map_lookup_elem(&sockets, &sk);

	if (socket && !(taint & ~socket->sent) &&
	    socket->writer == subject_leader()->start_boottime)
		return 0;
	return loopback_send_first(sk, taint) ? -EPERM : 0;
}

#endif
