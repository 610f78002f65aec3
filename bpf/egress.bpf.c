// SPDX-License-Identifier: GPL-2.0
/*
 * egress.bpf.c: hooks on sockets.
 *
 *   - socket_connect:  streams; the destination is asked about before the first packet
 *   - socket_sendmsg:  every send: datagrams, sockets connected before the taint, TCP Fast Open
 *   - (file_permission on sockets is in file.bpf.c)
 *
 * connect() on a datagram socket sends nothing and is used by resolvers to sort addresses: its sends are asked about.
 *
 * Not blocked here: sockets of local families (Unix, netlink); loopback and the host's own addresses are not egress.
 */
#include "egress.bpf.h"

#include <bpf/bpf_tracing.h>

/* Whether there is anything to look at: the process carries labels, or some endpoint does. */
static __always_inline bool is_of_interest(const struct sluice_task *state, u64 *ret_taint)
{
	*ret_taint = subject_taint(state);
	return *ret_taint || policy_in_force()->flags & SLUICE_POLICY_ENDPOINTS;
}

/* @address is the caller's, in kernel memory; its family decides, not the socket's. */
static __noinline int send_to(struct socket *sock, const void *address, const struct sluice_task *state, u64 taint)
{
	struct attempt attempt = {};
	struct sock *sk = sock->sk;
	u16 family;

	if (!sk)
		return 0;
	family = target_from_sockaddr(&attempt.key.target, address);
	if (is_local_family(family))
		return 0;
	if (family != AF_INET && family != AF_INET6)
		return taint ? egress_other(family, socket_ino(sock), taint) : 0;
	attempt.key.target.arg = sk->sk_protocol;
	if (sent_before(state, &attempt.key.target, taint))
		return 0;
	return egress_check(&attempt, socket_ino(sock), taint);
}

static __noinline int send_to_peer(struct socket *sock, const struct sluice_task *state, u64 taint)
{
	struct attempt attempt = {};
	struct sock *sk = sock->sk;
	u16 family;

	if (!sk)
		return 0;
	family = sk->__sk_common.skc_family;
	if (family != AF_INET && family != AF_INET6)
		return taint ? egress_other(family, socket_ino(sock), taint) : 0;
	attempt.key.target.arg = sk->sk_protocol;
	if (!target_from_sock(&attempt.key.target, sk))
		return 0; /* not connected: the kernel refuses it */
	if (sent_before(state, &attempt.key.target, taint))
		return 0;
	return egress_check(&attempt, socket_ino(sock), taint);
}

SEC("lsm/socket_connect")
int BPF_PROG(sluice_socket_connect, struct socket *sock, struct sockaddr *address, int addrlen, int ret)
{
	const struct sluice_task *state;
	u64 taint;

	if (ret)
		return ret;
	state = subject_state(subject_leader());
	if (!is_of_interest(state, &taint) || sock->type == SOCK_DGRAM || is_exempt(bpf_get_current_task_btf()))
		return 0;
	return send_to(sock, address, state, taint);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(sluice_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size, int ret)
{
	const struct sluice_task *state;
	struct sock *sk;
	u64 taint;
	void *name;

	if (ret)
		return ret;
	state = subject_state(subject_leader());
	if (!is_of_interest(state, &taint) || is_exempt(bpf_get_current_task_btf()))
		return 0;
	sk = sock->sk;
	if (!sk || is_local_family(sk->__sk_common.skc_family))
		return 0;
	name = msg->msg_name;
	/* A connected stream ignores the name; an unconnected one sends to it with Fast Open. */
	if (name && (sock->type != SOCK_STREAM || !sk->__sk_common.skc_dport))
		return send_to(sock, name, state, taint);
	return send_to_peer(sock, state, taint);
}
