/* SPDX-License-Identifier: GPL-2.0 */
/*
 * loopback.bpf.h: labels go with what a process sends over IP to another one of the same host.
 */
#ifndef SLUICE_BPF_LOOPBACK_H
#define SLUICE_BPF_LOOPBACK_H

#include "quota.bpf.h"
#include "taint.bpf.h"

#include <bpf/bpf_core_read.h>

/* Packets come while anybody runs: the socket counts as that of who made it. */
static __always_inline void socket_begin(u64 sk)
{
	struct sluice_socket fresh = { .uid = BPF_CORE_READ((struct sock *)sk, sk_uid.val) };

	fresh.sent_number = __sync_fetch_and_add(&socket_numbers, 1) + 1;
	if (quota_take(fresh.uid, SLUICE_QUOTA_SOCKETS, SLUICE_MAX_SOCKETS))
		return;
	if (bpf_map_update_elem(&sockets, &sk, &fresh, BPF_NOEXIST))
		quota_put(fresh.uid, SLUICE_QUOTA_SOCKETS);
}

/* What is known of the IP socket whose struct sock lies at @sk, or NULL when there is no room. */
static __noinline struct sluice_socket *socket_of(u64 sk)
{
	struct sluice_socket *socket = bpf_map_lookup_elem(&sockets, &sk);

	if (socket)
		return socket;
	socket_begin(sk);
	socket = bpf_map_lookup_elem(&sockets, &sk); /* another may have been first */
	if (!socket)
		count(SLUICE_COUNT_MAP_FULL);
	return socket;
}

/* The socket that a program knows: of Multipath TCP, the one above the connection @sk. Else @sk. */
static __always_inline u64 socket_above(u64 sk)
{
	const struct inet_connection_sock *connection = (void *)sk;
	const struct mptcp_subflow_context *flow = NULL;
	const struct tcp_ulp_ops *ops;
	u32 name = 0;
	u64 above;

	if (!bpf_core_field_exists(flow->conn))
		return sk;
	ops = BPF_CORE_READ(connection, icsk_ulp_ops);
	if (!ops || bpf_probe_read_kernel(&name, sizeof(name), ops->name) || name != ULP_MPTCP)
		return sk;
	flow = BPF_CORE_READ(connection, icsk_ulp_data);
	above = flow ? (u64)BPF_CORE_READ(flow, conn) : 0;
	return above ? above : sk;
}

/*
 * The current thread had no labels when it last sent through @socket, and is known so to the
 * program that sees packets (packet.bpf.c).
 */
static __always_inline bool socket_is_clean(const struct sluice_socket *socket)
{
	return socket->away.clean && socket->away.clean == bpf_get_current_pid_tgid();
}

/* It has labels now. */
static __always_inline void socket_is_not_clean(struct sluice_socket *socket)
{
	if (socket_is_clean(socket))
		socket->away.clean = 0;
}

/*
 * The current process gets data out of the socket whose struct sock lies at @sk. It may be too late
 * to refuse: who cannot be labeled does not go on. Return: 0.
 */
int loopback_received(u64 sk);

/* The rest of loopback_send(), for a process that has not sent this through the socket before. */
int loopback_send_first(u64 sk, u64 taint);

/* It has sent @taint through the IP socket whose struct sock lies at @sk. */
static __always_inline bool loopback_is_known(u64 sk, u64 taint)
{
	const struct sluice_socket *socket = bpf_map_lookup_elem(&sockets, &sk);

	return socket && !(taint & ~socket->sent) &&
	       socket->writer == subject_leader()->start_boottime && !socket_is_clean(socket);
}

/* The current process sends @taint to this host through that socket. Return: 0 or -EPERM. */
static __always_inline int loopback_send(u64 sk, u64 taint)
{
	return !loopback_is_known(sk, taint) && loopback_send_first(sk, taint) ? -EPERM : 0;
}

#endif
