// SPDX-License-Identifier: GPL-2.0
/*
 * endpoint.bpf.c: who receives from an endpoint that the policy labels carries its labels, whoever
 * made the connection.
 *
 *   - socket_recvmsg:   before the data: the rules on `open` are asked as for a file; and the
 *     labels of what is in the queue are taken that came from this host (unix.bpf.c,
 *     loopback.bpf.c)
 *   - (file_permission is in file.bpf.c and calls endpoint_read(); the ends of the calls that
 *     receive, and the arrival of datagrams, are in loopback.bpf.c)
 *
 * The peer of a connection is looked up each time, so that a policy which names it later holds for
 * connections that are there. What is in the queue of a socket for datagrams may be of anybody: the
 * socket keeps what arrived with labels. When labels come while a call waits, it is too late to
 * refuse: the process is labeled, and killed where a rule would have stopped it.
 *
 * Must not own: who connects and sends there (egress.bpf.c), what comes from this host
 * (loopback.bpf.c).
 */
#include "endpoint.bpf.h"

#include "destination.bpf.h"
#include "loopback.bpf.h"
#include "unix.bpf.h"

#include <bpf/bpf_tracing.h>

/* What comes is of attempt->key.target and has @labels. Return: as decide(). */
static __always_inline int take(struct attempt *attempt, u64 labels, u32 late)
{
	int err;

	if (!(labels & ~subject_taint(subject_state(subject_leader()))))
		return 0;
	attempt->key.action = SLUICE_OPEN;
	attempt->labels = labels;
	attempt->unholdable = late;
	err = decide(attempt);
	return err ? err : taint_take(attempt, labels);
}

int endpoint_receive(u64 sk, u32 late)
{
	const struct sluice_socket *socket = bpf_map_lookup_elem(&sockets, &sk);
	struct attempt attempt = {};
	u64 allowed, carries;
	int err = 0;

	if (socket && socket->came) {
		attempt.key.target = socket->from;
		err = take(&attempt, socket->came, late);
	}
	if (err || !target_from_peer(&attempt.key.target, (struct sock *)sk))
		return err;
	attempt.key.target.arg = BPF_CORE_READ((struct sock *)sk, sk_protocol);
	if (destination_find(&attempt.key.target, &allowed, &carries))
		return -EPERM;
	return take(&attempt, carries, late);
}

/*
 * Whether anything may be there already. UDP and Multipath TCP have other queues than this one as
 * well: what the first receiver leaves lies there.
 */
static __always_inline bool has_queued(const struct sock *sk, u16 family)
{
	if (family != AF_UNIX && (BPF_CORE_READ(sk, sk_type) == SOCK_DGRAM ||
				  BPF_CORE_READ(sk, sk_protocol) == IPPROTO_MPTCP))
		return true;
	return BPF_CORE_READ(sk, sk_receive_queue.qlen);
}

/*
 * What is there already is not left to the end of the call: a program that runs there is left out
 * when the same one was preempted on that processor, and this one never is.
 */
static __noinline int take_queued(struct socket *socket)
{
	struct sock *sk = BPF_CORE_READ(socket, sk);
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	u64 key = (u64)sk;
	const struct sluice_socket *known = bpf_map_lookup_elem(&sockets, &key);

	if (!known || !(known->labels & ~subject_taint(subject_state(subject_leader()))) ||
	    !has_queued(sk, family))
		return 0;
	return family == AF_UNIX ? unix_received(key) : loopback_received(key);
}

SEC("lsm/socket_recvmsg")
int BPF_PROG(sluice_socket_recvmsg, struct socket *sock, struct msghdr *msg, int size, int flags,
	     int ret)
{
	int err = ret || !has_endpoints() ? ret : endpoint_check(sock);

	if (!err && socket_numbers)
		take_queued(sock);
	return err;
}
