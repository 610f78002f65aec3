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

/* What the process carries, and whether there is anything to look at. */
static __always_inline bool is_of_interest(u64 *ret_taint)
{
	*ret_taint = subject_taint(subject_state(subject_leader()));
	return *ret_taint || policy_in_force()->flags & SLUICE_POLICY_ENDPOINTS;
}

static __noinline int send_to(struct socket *sock, const void *address, u64 taint)
{
	struct attempt attempt = {};
	struct sock *sk = BPF_CORE_READ(sock, sk);
	u16 family;

	if (bpf_probe_read_kernel(&family, sizeof(family), address) || is_local_family(family))
		return 0;
	if (family != AF_INET && family != AF_INET6)
		return taint ? egress_other(family, socket_ino(sock), taint) : 0;
	attempt.key.target.arg = BPF_CORE_READ(sk, sk_protocol);
	if (!target_from_sockaddr(&attempt.key.target, address))
		return 0;
	return egress_check(&attempt, socket_ino(sock), taint);
}

SEC("lsm/socket_connect")
int BPF_PROG(sluice_socket_connect, struct socket *sock, struct sockaddr *address, int addrlen, int ret)
{
	u64 taint;

	if (ret)
		return ret;
	if (!is_of_interest(&taint) || sock->type == SOCK_DGRAM || is_exempt(bpf_get_current_task_btf()))
		return 0;
	return send_to(sock, address, taint);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(sluice_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size, int ret)
{
	struct sock *sk;
	u64 taint;
	void *name;

	if (ret)
		return ret;
	if (!is_of_interest(&taint) || is_exempt(bpf_get_current_task_btf()))
		return 0;
	sk = sock->sk;
	if (!sk || is_local_family(sk->__sk_common.skc_family))
		return 0;
	name = msg->msg_name;
	/* A connected stream ignores the name; an unconnected one sends to it with Fast Open. */
	if (name && (sock->type != SOCK_STREAM || !sk->__sk_common.skc_dport))
		return send_to(sock, name, taint);
	return egress_peer(sock, taint);
}
