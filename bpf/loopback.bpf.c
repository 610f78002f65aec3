// SPDX-License-Identifier: GPL-2.0
/*
 * loopback.bpf.c: IP sockets carry labels from the process that sends to the one of the same host
 * that receives.
 *
 * Who sends does not know the receiver's socket, and the packet does not know who sent it once it
 * is on its way. So the labels go hand in hand with the packets:
 *
 *   - loopback_send():        a process sends (egress.bpf.c): its socket is labeled
 *   - net_dev_start_xmit:     a packet of such a socket leaves: its addresses and ports are marked
 *   - socket_sock_rcv_skb:    it arrives: the socket that gets it takes the labels of the mark; and
 *     those of the endpoint that a datagram came from, if the policy labels it (endpoint.bpf.c);
 *     what a process sends to another over Netlink (netlink.bpf.h)
 *   - inet_csk_clone:         data came with the packet that makes a connection of a request
 *   - inet_recvmsg, inet6_recvmsg, sock_common_recvmsg, sock_splice_read, tcp_zerocopy_receive:  on
 *     return: who receives takes the labels of the socket (before, if data is there:
 *     endpoint.bpf.c)
 *
 * A mark is good for as long as a packet may be on its way; a socket keeps its labels for its life.
 * What is sent over TCP again marks again. Where the host translates addresses of its own packets,
 * that is done before the mark.
 *
 * Sending is not guarded, as for Unix sockets: nothing leaves the host; the receiver is guarded.
 *
 * Must not own: what stays on this host (destination.bpf.h), sockets of other families
 * (unix.bpf.c), who takes no labels (taint.bpf.c).
 */
#include "loopback.bpf.h"

#include "endpoint.bpf.h"
#include "mark.bpf.h"
#include "netlink.bpf.h"

#include <bpf/bpf_tracing.h>

/* Whether labels can come over IP at all. */
static __always_inline bool may_come(void)
{
	return loopback_labels || has_endpoints();
}

/* Labels that no mark or socket had room for: from now on all that comes by loopback has them. */
static u64 spilled;

static __always_inline void target_socket(struct attempt *attempt, u64 number)
{
	attempt->key.target.kind = SLUICE_TARGET_FILE;
	attempt->key.target.arg = S_IFSOCK | SLUICE_SOCKET_IP;
	attempt->key.target.object.ino = number;
}

int loopback_send_first(u64 sk, u64 taint)
{
	struct sluice_socket *socket = socket_of(sk);
	struct attempt attempt = {};
	u64 moved;

	if (!socket)
		return refuse();
	moved = taint & ~socket->sent;
	__sync_fetch_and_or(&loopback_labels, taint);
	__sync_fetch_and_or(&socket->sent, taint);
	target_socket(&attempt, socket->sent_number);
	if (moved || edge_is_new(SLUICE_EVENT_LABEL, taint, &attempt.key.target.object))
		tell_move(&attempt, SLUICE_EVENT_LABEL, taint);
	socket->writer = subject_leader()->start_boottime;
	socket_is_not_clean(socket);
	return 0;
}

/* Requests for connections and what is left of closed ones are no sockets, but look so at first. */
static __always_inline bool is_whole(const struct sock *sk)
{
	u8 state = sk->__sk_common.skc_state;

	return state != TCP_NEW_SYN_RECV && state != TCP_TIME_WAIT;
}

/* The socket through which the packet of @sk was sent, if labels were, or NULL. */
static __noinline const struct sluice_socket *sender_of(const struct sock *sk)
{
	const struct sluice_socket *socket;
	u64 key = (u64)sk;

	socket = bpf_map_lookup_elem(&sockets, &key);
	if ((!socket || !socket->sent) && is_whole(sk) && sk->sk_protocol == IPPROTO_TCP) {
		key = socket_above(key);
		socket = bpf_map_lookup_elem(&sockets, &key);
	}
	return socket && socket->sent ? socket : NULL;
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(sluice_net_dev_start_xmit, struct sk_buff *skb, struct net_device *dev)
{
	const struct sluice_socket *socket;
	struct sluice_mark_key key = {};
	struct sock *sk;

	if (!loopback_labels)
		return 0;
	sk = skb->sk;
	if (!sk)
		return 0;
	socket = sender_of(sk);
	if (!socket || !mark_of_packet(&key, skb))
		return 0;
	if (dev->ifindex == LOOPBACK_IFINDEX)
		key.net = mark_net(&sk->__sk_common);
	if (mark_put(&key, socket->sent, socket->sent_number))
		__sync_fetch_and_or(&spilled, socket->sent);
	return 0;
}

/* Data with @labels of the socket @number comes to the one at @sk. Return: 0 or -ENOSPC. */
static __noinline int loopback_arrive(u64 sk, u64 labels, u64 number)
{
	struct sluice_socket *socket = socket_of(sk);

	if (!socket)
		return -ENOSPC;
	if (socket->number != number) {
		socket->number = number;
		socket->reader = 0;
	}
	if (labels & ~socket->labels)
		__sync_fetch_and_or(&socket->labels, labels);
	return 0;
}

/* The packet that came has labels, or may have: the socket that gets it takes them. */
static __noinline int packet_arrives(const struct sock *sk, const struct sk_buff *skb, u32 ports)
{
	struct sluice_mark_key key = { .ports = ports };
	const struct sluice_mark *mark;
	u64 labels, number = 0, above;

	if (!mark_addresses(&key, (u64)(skb->head + skb->network_header)))
		return 0;
	if (skb->skb_iif == LOOPBACK_IFINDEX)
		key.net = mark_net(&sk->__sk_common);
	labels = key.net ? spilled : 0;
	mark = mark_find(&key);
	if (mark) {
		labels |= mark->labels;
		number = mark->number;
	}
	/* who listens hands labels on when there is a connection: inet_csk_clone */
	if (!labels || sk->__sk_common.skc_state == TCP_LISTEN)
		return 0;
	above = (u64)sk;
	if (sk->sk_protocol == IPPROTO_TCP)
		above = socket_above(above);
	return loopback_arrive(above, labels, number);
}

/* A connection has one sender: what it sends is known here already. */
static __always_inline bool arrived_before(const struct sock *sk)
{
	const struct sluice_socket *socket;
	u64 key = (u64)sk;

	if (sk->sk_protocol != IPPROTO_TCP)
		return false;
	socket = bpf_map_lookup_elem(&sockets, &key);
	return socket && !(loopback_labels & ~socket->labels);
}

/*
 * A datagram comes, from whomever: a connection's peer is known without it. The socket takes what
 * the policy says of its source.
 */
static __noinline int datagram_arrives(const struct sock *sk, const struct sk_buff *skb, u32 ports)
{
	struct sluice_target from = { .kind = SLUICE_TARGET_ENDPOINT, .arg = sk->sk_protocol };
	struct sluice_mark_key key = {};
	struct sluice_socket *socket;
	u64 allowed, carries;

	if (!mark_addresses(&key, (u64)(skb->head + skb->network_header)))
		return 0;
	from.id[0] = key.from[0];
	from.id[1] = key.from[1];
	from.port = sk->sk_protocol == IPPROTO_UDP ? bpf_ntohs((u16)ports) : 0;
	if (destination_find(&from, &allowed, &carries) || !carries)
		return 0;
	socket = socket_of((u64)sk);
	if (!socket)
		return -ENOSPC;
	socket->from = from;
	if (carries & ~socket->came)
		__sync_fetch_and_or(&socket->came, carries);
	return 0;
}

SEC("lsm/socket_sock_rcv_skb")
int BPF_PROG(sluice_socket_sock_rcv_skb, struct sock *sk, struct sk_buff *skb, int ret)
{
	u16 family;
	u32 ports;

	if (ret)
		return ret;
	family = sk->__sk_common.skc_family;
	if (family == AF_NETLINK)
		return netlink_arrives(skb);
	if (!may_come())
		return 0;
	if ((family != AF_INET && family != AF_INET6) || !mark_ports(&ports, skb))
		return 0;
	if (has_endpoints() && sk->sk_protocol != IPPROTO_TCP && datagram_arrives(sk, skb, ports))
		return -EPERM;
	if (!loopback_labels || (!mark_is_likely(ports) && !spilled) || arrived_before(sk))
		return 0;
	/* without its labels the data must not come */
	return packet_arrives(sk, skb, ports) ? -EPERM : 0;
}

/* @key: of what came with the request. Return: false when nothing was marked so. */
static __noinline bool request_arrives(const struct sluice_mark_key *key, u64 sk)
{
	const struct sluice_mark *mark = mark_find(key);

	if (mark && loopback_arrive(sk, mark->labels, mark->number))
		__sync_fetch_and_or(&spilled, mark->labels);
	return mark;
}

SEC("lsm/inet_csk_clone")
void BPF_PROG(sluice_inet_csk_clone, struct sock *newsk, const struct request_sock *req)
{
	struct sluice_mark_key key = {};

	if (!loopback_labels)
		return;
	mark_of_request(&key, &req->__req_common);
	if (!mark_is_likely(key.ports))
		return;
	key.net = mark_net(&newsk->__sk_common);
	if (request_arrives(&key, (u64)newsk))
		return;
	key.net = 0;
	request_arrives(&key, (u64)newsk);
}

int loopback_received(u64 sk)
{
	struct sluice_socket *socket = bpf_map_lookup_elem(&sockets, &sk);
	struct task_struct *leader = subject_leader();
	struct attempt attempt = {};
	u64 labels, number;

	if (!socket)
		return 0;
	labels = socket->labels;
	number = socket->number;
	if (!labels || (socket->reader == leader->start_boottime &&
			!(labels & ~subject_taint(subject_state(leader)))))
		return 0;
	target_socket(&attempt, number);
	if (taint_take(&attempt, labels))
		bpf_send_signal(SIGKILL);
	socket->reader = leader->start_boottime;
	if (socket->number != number)
		socket->reader = 0;
	return 0;
}

/*
 * The same, and of Multipath TCP what came before there was a socket above the first connection;
 * and of an endpoint what came while the call waited.
 */
static __always_inline int received_at(u64 sk)
{
	const struct mptcp_sock *above = (void *)sk;
	u64 first;

	if (has_endpoints() && endpoint_receive(sk, SLUICE_FALLBACK_LATE))
		bpf_send_signal(SIGKILL);
	if (!loopback_labels)
		return 0;
	loopback_received(sk);
	if (!bpf_core_field_exists(above->first) ||
	    BPF_CORE_READ((struct sock *)sk, sk_protocol) != (u16)IPPROTO_MPTCP)
		return 0;
	first = (u64)BPF_CORE_READ(above, first);
	return first ? loopback_received(first) : 0;
}

/* With plain loads, where no endpoint is labeled and no connection has anything above it. */
static __always_inline int received(const struct socket *socket)
{
	const struct sock *sk = socket->sk;

	if (!sk)
		return 0;
	if (has_endpoints() || sk->sk_protocol == (u16)IPPROTO_MPTCP)
		return received_at((u64)BPF_CORE_READ(socket, sk));
	return loopback_received(number_of(sk));
}

SEC("fexit/inet_recvmsg")
int BPF_PROG(sluice_inet_recvmsg, struct socket *sock, struct msghdr *msg, size_t size, int flags,
	     int ret)
{
	return ret > 0 && may_come() ? received(sock) : 0;
}

SEC("fexit/inet6_recvmsg")
int BPF_PROG(sluice_inet6_recvmsg, struct socket *sock, struct msghdr *msg, size_t size, int flags,
	     int ret)
{
	return ret > 0 && may_come() ? received(sock) : 0;
}

/* Raw sockets of IPv6, DCCP. */
SEC("fexit/sock_common_recvmsg")
int BPF_PROG(sluice_sock_common_recvmsg, struct socket *sock, struct msghdr *msg, size_t size,
	     int flags, int ret)
{
	return ret > 0 && may_come() ? received(sock) : 0;
}

struct pipe_inode_info;

SEC("fexit/sock_splice_read")
int BPF_PROG(sluice_sock_splice_read, struct file *file, long long *ppos,
	     struct pipe_inode_info *pipe, size_t len, unsigned int flags, long ret)
{
	const struct socket *socket;
	u16 family;
	u64 sk;

	if (ret <= 0 || !may_come())
		return 0;
	socket = file->private_data;
	sk = (u64)BPF_CORE_READ(socket, sk);
	family = BPF_CORE_READ((struct sock *)sk, __sk_common.skc_family);
	return family == AF_INET || family == AF_INET6 ? received_at(sk) : 0;
}

/* getsockopt(TCP_ZEROCOPY_RECEIVE) maps what came. */
SEC("fexit/tcp_zerocopy_receive")
int BPF_PROG(sluice_tcp_zerocopy_receive, struct sock *sk, void *zc, void *tss, int ret)
{
	return !ret && may_come() ? received_at(number_of(sk)) : 0;
}
