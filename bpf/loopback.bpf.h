/* SPDX-License-Identifier: GPL-2.0 */
/*
 * loopback.bpf.h: labels go with what a process sends over IP to another one of the same host.
 */
#ifndef SLUICE_BPF_LOOPBACK_H
#define SLUICE_BPF_LOOPBACK_H

#include "taint.bpf.h"

/* The rest of loopback_send(), for a process that has not sent this through the socket before. */
int loopback_send_first(u64 sk, u64 taint);

/* It has sent @taint through the IP socket whose struct sock lies at @sk. */
static __always_inline bool loopback_is_known(u64 sk, u64 taint)
{
	const struct sluice_socket *socket = bpf_map_lookup_elem(&sockets, &sk);

	return socket && !(taint & ~socket->sent) &&
	       socket->writer == subject_leader()->start_boottime;
}

/* The current process sends @taint to this host through that socket. Return: 0 or -EPERM. */
static __always_inline int loopback_send(u64 sk, u64 taint)
{
	return !loopback_is_known(sk, taint) && loopback_send_first(sk, taint) ? -EPERM : 0;
}

#endif
