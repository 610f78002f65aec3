// SPDX-License-Identifier: GPL-2.0
/*
 * egress.bpf.c: hooks on sockets.
 *
 *   - socket_connect:  streams; the destination is asked about before the first packet
 *   - socket_sendmsg:  every send: datagrams, sockets connected before the taint, TCP Fast Open
 *   - (file_permission on sockets is in file.bpf.c)
 *
 * connect() on a datagram socket sends nothing and is used by resolvers to sort addresses: its
 * sends are asked about.
 *
 * Not blocked here: sockets of local families (Unix, netlink); loopback and the host's own
 * addresses are not egress.
 */
#include "egress.bpf.h"

#include <bpf/bpf_tracing.h>

/* Whether there is anything to look at: the process carries labels, or some endpoint does. */
static __always_inline bool is_of_interest(const struct sluice_task *state, u64 *ret_taint)
{
	*ret_taint = subject_taint(state);
	return *ret_taint || policy_in_force()->flags & SLUICE_POLICY_ENDPOINTS;
}

/* @address is the caller's, in kernel memory. @steering: of the message. */
static __noinline int send_to(struct socket *sock, const void *address, u64 taint, u32 steering)
{
	struct attempt attempt = {};
	struct sock *sk = sock->sk;
	u16 family;

	if (!sk)
		return 0;
	family = sk->__sk_common.skc_family;
	if (is_local_family(family))
		return 0;
	if ((family != AF_INET && family != AF_INET6) || sk->sk_protocol == IPPROTO_SCTP)
		return taint ? egress_other(&attempt, family, socket_ino(sock), taint) : 0;
	if (!target_from_sockaddr(&attempt.key.target, address, family))
		return refuse();
	attempt.key.target.arg = sk->sk_protocol;
	if (family == AF_INET6 && sk->sk_protocol != IPPROTO_TCP)
		steering |= steering_of_name(address);
	if (taint && is_led_astray(&attempt.key.target, steering | steering_of_socket(sk)))
		return egress_other(&attempt, family, socket_ino(sock), taint);
	if (sent_before(subject_state(subject_leader()), &attempt.key.target, taint))
		return 0;
	return egress_check(&attempt, socket_ino(sock), taint);
}

static __noinline int send_to_peer(struct socket *sock, u64 taint, u32 steering)
{
	struct attempt attempt = {};
	struct sock *sk = sock->sk;
	u16 family;

	if (!sk)
		return 0;
	family = sk->__sk_common.skc_family;
	if ((family != AF_INET && family != AF_INET6) || sk->sk_protocol == IPPROTO_SCTP)
		return taint ? egress_other(&attempt, family, socket_ino(sock), taint) : 0;
	attempt.key.target.arg = sk->sk_protocol;
	if (!target_from_sock(&attempt.key.target, sk))
		/* as the kernel would, unless somebody connects it meanwhile */
		return taint ? -ENOTCONN : 0;
	if (taint && is_led_astray(&attempt.key.target, steering | steering_of_socket(sk)))
		return egress_other(&attempt, family, socket_ino(sock), taint);
	if (sent_before(subject_state(subject_leader()), &attempt.key.target, taint))
		return 0;
	return egress_check(&attempt, socket_ino(sock), taint);
}

static __always_inline bool is_unspecified(const void *name)
{
	u16 family = AF_UNSPEC;

	bpf_probe_read_kernel(&family, sizeof(family), name);
	return family == AF_UNSPEC;
}

SEC("lsm/socket_connect")
int BPF_PROG(sluice_socket_connect, struct socket *sock, struct sockaddr *address, int addrlen,
	     int ret)
{
	const struct sluice_task *state;
	u64 taint;

	if (ret)
		return ret;
	state = subject_state(subject_leader());
	if (!is_of_interest(state, &taint) || sock->type == SOCK_DGRAM ||
	    is_exempt(bpf_get_current_task_btf()))
		return 0;
	if (is_unspecified(address)) /* disconnects */
		return 0;
	return send_to(sock, address, taint, STEER_NOT);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(sluice_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size, int ret)
{
	const struct sluice_task *state;
	u32 steering = STEER_NOT;
	struct sock *sk;
	u64 taint;
	void *name;
	int err;

	if (ret)
		return ret;
	state = subject_state(subject_leader());
	if (!is_of_interest(state, &taint) || is_exempt(bpf_get_current_task_btf()))
		return 0;
	sk = sock->sk;
	if (!sk || is_local_family(sk->__sk_common.skc_family))
		return 0;
	if (msg->msg_controllen)
		steering = steering_of_message((u64)msg->msg_control, msg->msg_controllen);
	name = msg->msg_name;
	if (!name)
		return send_to_peer(sock, taint, steering);
	/*
	 * A connected stream ignores the name; one that ceases to be connected sends to it with
	 * Fast Open.
	 */
	if (sock->type == SOCK_STREAM && sk->__sk_common.skc_dport) {
		err = send_to_peer(sock, taint, steering);
		return err || !(msg->msg_flags & MSG_FASTOPEN)
			       ? err
			       : send_to(sock, name, taint, steering);
	}
	/* An IPv6 socket for datagrams takes such a name for none. */
	if (is_unspecified(name) && sk->__sk_common.skc_family == AF_INET6 &&
	    sk->sk_protocol == IPPROTO_UDP)
		return send_to_peer(sock, taint, steering);
	return send_to(sock, name, taint, steering);
}
