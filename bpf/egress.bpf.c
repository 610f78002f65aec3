// SPDX-License-Identifier: GPL-2.0
/*
 * egress.bpf.c: hooks on sockets.
 *
 *   - socket_connect:  streams; the destination is asked about before the first packet
 *   - socket_sendmsg:  every send: datagrams, sockets connected before the taint, TCP Fast Open
 *   - (what gets past these is stopped as a packet: packet.bpf.c)
 *   - (file_permission is in file.bpf.c, which calls egress_peer() for sockets, and
 *     egress_medium() for files and devices that lead off the host)
 *
 * connect() on a datagram socket sends nothing and is used by resolvers to sort addresses: its
 * sends are asked about.
 *
 * Not blocked here: sockets of local families; loopback and the host's own addresses are not
 * egress. What goes over a Unix socket, or stays on this host, labels its receiver (unix.bpf.c,
 * loopback.bpf.c).
 */
#include "egress.bpf.h"

#include "destination.bpf.h"
#include "flow.bpf.h"
#include "loopback.bpf.h"
#include "netlink.bpf.h"
#include "packet.bpf.h"
#include "segment.bpf.h"
#include "taint.bpf.h"
#include "unix.bpf.h"

#include <bpf/bpf_tracing.h>

extern typeof(bpf_rdonly_cast) bpf_rdonly_cast __ksym; /* see compat.bpf.h */

/* What was asked about is let through: the grant lasts, and packets on their way are known. */
static __noinline int flow_open(u64 id, const struct attempt *attempt)
{
	u64 grant_id = attempt->grant_id, granted = grant_id ? attempt->missing : 0;
	const u64 *expires_ns = grant_id ? bpf_map_lookup_elem(&live, &grant_id) : NULL;
	struct sluice_flow_key key = flow_key(id, &attempt->key.target);
	u64 passed = attempt->labels & ~granted;
	struct sluice_flow flow;
	bool known = flow_read(&flow, &key);

	if (!known)
		__builtin_memset(&flow, 0, sizeof(flow));
	if (flow.generation != policy_in_force()->generation)
		flow.passed = 0;
	if (known && !expires_ns && !(passed & ~flow.passed))
		return 0;
	flow.passed |= passed;
	flow.generation = policy_in_force()->generation;
	if (expires_ns) {
		flow.passed |= flow_of_grant(&flow) & ~granted; /* by an older grant */
		flow.labels = granted;
		flow.grant_id = grant_id;
		flow.expires_ns = *expires_ns;
	}
	return bpf_map_update_elem(&flows, &key, &flow, BPF_ANY);
}

/* The body of egress_check(), verified once on its own: many ways lead here. */
int egress_address(struct attempt *attempt, u64 socket_ino, u64 taint);
int egress_address(struct attempt *attempt, u64 socket_ino, u64 taint)
{
	u32 generation = policy_in_force()->generation;
	u64 allowed, carries;
	int err, here;

	if (!attempt || destination_find(&attempt->key.target, &allowed, &carries))
		return -EPERM;
	attempt->key.action = SLUICE_EGRESS;
	attempt->labels = taint & ~allowed & ~carries;
	here = taint && allowed == ~0ULL ? SENT_HERE : 0; /* no policy says so of another host */
	if (!attempt->labels && !carries && taint)
		sent_remember(&attempt->key.target, taint, generation, here);
	if (attempt->labels)
		attempt->covered = flow_granted(socket_ino, &attempt->key.target);
	if (attempt->labels & ~attempt->covered) {
		err = decide(attempt);
		if (err)
			return err;
		flow_open(socket_ino, attempt);
	}
	if (!carries || !(carries & ~taint))
		return here;
	attempt->key.action = SLUICE_OPEN;
	attempt->labels = carries;
	attempt->covered = 0;
	attempt->grant_id = 0;
	err = decide(attempt);
	if (!err)
		err = taint_take(attempt, carries);
	return err ? err : here;
}

/*
 * @taint is about to go to attempt->key.target through the socket with inode number @socket_ino.
 * Return: 0, SENT_HERE, or as decide().
 */
static __always_inline int egress_check(struct attempt *attempt, u64 socket_ino, u64 taint)
{
	int err = egress_address(attempt, socket_ino, taint);

	if (err == SENT_HERE)
		return SENT_HERE;
	if (err == -ERESTARTNOINTR) /* as in decide() */
		return -ERESTARTNOINTR;
	return err ? -EPERM : 0;
}

/* Families that never leave the host. Between processes: unix.bpf.c, netlink.bpf.h. */
static __always_inline bool is_local_family(u16 family)
{
	return family == AF_UNIX || family == AF_NETLINK || family == AF_UNSPEC;
}

int egress_medium(struct attempt *attempt, u64 flow, u64 taint)
{
	u32 medium;
	int err;

	if (!attempt)
		return -EPERM;
	medium = attempt->key.target.arg >> 16;
	if (medium >= SLUICE_MEDIA)
		return -EPERM;
	attempt->key.action = SLUICE_EGRESS;
	attempt->labels = taint & ~policy_in_force()->media[medium];
	attempt->covered = attempt->labels ? flow_granted(flow, &attempt->key.target) : 0;
	if (!(attempt->labels & ~attempt->covered)) {
		attempt->covered = 0; /* of this action only; the caller may go on with another */
		return 0;
	}
	err = decide(attempt);
	if (err)
		return err;
	flow_open(flow, attempt);
	return 0;
}

/* No address that a policy could allow: the medium as a whole is the target. */
static __always_inline int egress_other(struct attempt *attempt, u32 medium, u16 family,
					u64 socket_ino, u64 taint)
{
	if (!attempt)
		return -EPERM;
	__builtin_memset(&attempt->key.target, 0, sizeof(attempt->key.target));
	attempt->key.target.kind = SLUICE_TARGET_ENDPOINT;
	attempt->key.target.arg = medium << 16 | family;
	return egress_result(egress_medium(attempt, socket_ino, taint));
}

static __always_inline u64 socket_ino(struct socket *socket)
{
	struct socket_alloc *alloc = (struct socket_alloc *)socket;

	return BPF_CORE_READ(alloc, vfs_inode.i_ino);
}

/*
 * Whether the peer of a connected socket was sent the same before, and nothing leads elsewhere.
 * Return: as sent_before().
 */
static __noinline int peer_is_known(u64 address, u64 taint)
{
	struct sluice_target target = {};
	const struct sock *sk;
	u16 family;

	if (!can_cast())
		return -ENOENT;
	sk = cast_to(struct socket, (void *)address)->sk;
	if (!sk)
		return -ENOENT;
	family = sk->__sk_common.skc_family;
	if (medium_of_socket(family, sk->sk_type, sk->sk_protocol) ||
	    !target_from_sock(&target, sk))
		return -ENOENT;
	target.arg = sk->sk_protocol;
	if (steering_of_socket(sk))
		return -ENOENT;
	return sent_before(subject_state(subject_leader()), &target, taint);
}

/*
 * To the peer of a socket of another family than AF_UNIX that was not sent to before. Return: as
 * egress_check().
 */
static __noinline int peer_check(u64 address, u64 taint)
{
	struct socket *socket = (struct socket *)address;
	struct sock *sk = BPF_CORE_READ(socket, sk);
	struct attempt attempt = {};
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	u32 medium;

	if (is_local_family(family))
		return 0;
	attempt.key.target.arg = BPF_CORE_READ(sk, sk_protocol);
	medium = medium_of_socket(family, BPF_CORE_READ(sk, sk_type), attempt.key.target.arg);
	if (medium)
		return egress_other(&attempt, medium, family, socket_ino(socket), taint);
	if (!target_from_peer(&attempt.key.target, sk))
		/* the kernel would say so, unless somebody connects it meanwhile */
		return -ENOTCONN;
	if (is_led_astray(&attempt.key.target, steering_of_socket(sk)))
		return egress_other(&attempt, SLUICE_MEDIUM_STEERED, family, socket_ino(socket),
				    taint);
	return egress_check(&attempt, socket_ino(socket), taint);
}

/*
 * What is known of a socket through which @taint may go, or not. @err: SENT_HERE, or as decide().
 */
static __always_inline int send_noted(u64 sk, u64 taint, int err)
{
	if (err == SENT_HERE)
		return loopback_send(sk, taint);
	if (err)
		return err;
	if (taint)
		return packet_send(sk, taint);
	if (away_labels)
		packet_send_clean(sk);
	return 0;
}

/* A send without an address of its own: to the peer. */
int egress_peer(u64 address, u64 taint)
{
	struct socket *socket = (struct socket *)address;
	struct sock *sk = BPF_CORE_READ(socket, sk);
	int err;

	if (!sk)
		return 0;
	/* Here, not in peer_check(): its frame would lie above all that unix_receive() needs. */
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX)
		return unix_send(socket, taint);
	err = peer_is_known(address, taint);
	if (err == -ENOENT)
		err = peer_check(address, taint);
	return send_noted((u64)sk, taint, err);
}

/* Whether there is anything to look at: the process carries labels, or some endpoint does. */
static __always_inline bool is_of_interest(const struct sluice_task *state, u64 *ret_taint)
{
	*ret_taint = subject_taint(state);
	return *ret_taint || has_endpoints();
}

/* Zero but for the target that the hot path has filled already. */
static __always_inline void attempt_begin(struct attempt *attempt)
{
	const size_t end = offsetof(struct attempt, key.target) + sizeof(attempt->key.target);

	__builtin_memset(attempt, 0, offsetof(struct attempt, key.target));
	__builtin_memset((char *)attempt + end, 0, sizeof(*attempt) - end);
}

/*
 * What is behind the hot path, for a target that was not sent to before. @attempt: with its target.
 */
static __always_inline int send_unknown(struct attempt *attempt, struct socket *sock, u16 family,
					u64 taint, u32 steering)
{
	attempt_begin(attempt);
	if (taint && steering && is_led_astray(&attempt->key.target, steering))
		return egress_other(attempt, SLUICE_MEDIUM_STEERED, family, socket_ino(sock),
				    taint);
	return egress_check(attempt, socket_ino(sock), taint);
}

/*
 * @address is the caller's, in kernel memory. @steering: of the message. Return: 0, SENT_HERE, or
 * as decide().
 */
static __noinline int send_to(struct socket *sock, const void *address,
			      const struct sluice_task *state, u64 taint, u32 steering)
{
	struct attempt attempt;
	struct sock *sk = sock->sk;
	u32 medium;
	u16 family;
	int known;

	if (!sk)
		return 0;
	family = sk->__sk_common.skc_family;
	if (is_local_family(family))
		return 0;
	__builtin_memset(&attempt.key.target, 0, sizeof(attempt.key.target));
	medium = medium_of_socket(family, sk->sk_type, sk->sk_protocol);
	if (medium) {
		attempt_begin(&attempt);
		return taint ? egress_other(&attempt, medium, family, socket_ino(sock), taint) : 0;
	}
	if (!target_from_sockaddr(&attempt.key.target, address, family))
		return refuse();
	attempt.key.target.arg = sk->sk_protocol;
	if (family == AF_INET6 && sk->sk_protocol != IPPROTO_TCP)
		steering |= steering_of_name(address);
	steering |= steering_of_socket(sk);
	known = steering ? -ENOENT : sent_before(state, &attempt.key.target, taint);
	return known == -ENOENT ? send_unknown(&attempt, sock, family, taint, steering) : known;
}

static __noinline int send_to_peer(struct socket *sock, const struct sluice_task *state, u64 taint,
				   u32 steering)
{
	struct attempt attempt;
	struct sock *sk = sock->sk;
	u32 medium;
	u16 family;
	int known;

	if (!sk)
		return 0;
	family = sk->__sk_common.skc_family;
	__builtin_memset(&attempt.key.target, 0, sizeof(attempt.key.target));
	medium = medium_of_socket(family, sk->sk_type, sk->sk_protocol);
	if (medium) {
		attempt_begin(&attempt);
		return taint ? egress_other(&attempt, medium, family, socket_ino(sock), taint) : 0;
	}
	attempt.key.target.arg = sk->sk_protocol;
	if (!target_from_sock(&attempt.key.target, sk))
		/* as the kernel would, unless somebody connects it meanwhile */
		return taint ? -ENOTCONN : 0;
	steering |= steering_of_socket(sk);
	known = steering ? -ENOENT : sent_before(state, &attempt.key.target, taint);
	return known == -ENOENT ? send_unknown(&attempt, sock, family, taint, steering) : known;
}

static __always_inline bool is_unspecified(const void *name)
{
	u16 family = AF_UNSPEC;

	if (can_cast())
		return cast_to(struct sockaddr, name)->sa_family == AF_UNSPEC;
	bpf_probe_read_kernel(&family, sizeof(family), name);
	return family == AF_UNSPEC;
}

SEC("lsm/socket_connect")
int BPF_PROG(sluice_socket_connect, struct socket *sock, struct sockaddr *address, int addrlen,
	     int ret)
{
	const struct sluice_task *state;
	u64 taint;
	int err;

	if (ret)
		return ret;
	state = subject_state(subject_leader());
	if (!is_of_interest(state, &taint) || sock->type == SOCK_DGRAM ||
	    is_exempt(bpf_get_current_task_btf()))
		return 0;
	if (is_unspecified(address)) /* disconnects */
		return 0;
	err = send_to(sock, address, state, taint, STEER_NOT);
	return err == SENT_HERE ? 0 : err; /* nothing is sent yet */
}

/* @sk: the one of @sock, which is there. Return: 0, SENT_HERE, or as decide(). */
static __always_inline int send_message(struct socket *sock, const struct sock *sk,
					struct msghdr *msg, const struct sluice_task *state,
					u64 taint)
{
	u32 steering = STEER_NOT;
	void *name = msg->msg_name;
	int err;

	if (msg->msg_controllen)
		steering = steering_of_message((u64)msg->msg_control, msg->msg_controllen);
	if (!name)
		return send_to_peer(sock, state, taint, steering);
	/*
	 * A connected stream ignores the name; one that ceases to be connected sends to it with
	 * Fast Open.
	 */
	if (sock->type == SOCK_STREAM && sk->__sk_common.skc_dport) {
		err = send_to_peer(sock, state, taint, steering);
		return err < 0 || !(msg->msg_flags & MSG_FASTOPEN)
			       ? err
			       : send_to(sock, name, state, taint, steering);
	}
	/* An IPv6 socket for datagrams takes such a name for none. */
	if (is_unspecified(name) && sk->__sk_common.skc_family == AF_INET6 &&
	    sk->sk_protocol == IPPROTO_UDP)
		return send_to_peer(sock, state, taint, steering);
	return send_to(sock, name, state, taint, steering);
}

/* Who carries nothing sends, and the policy labels no endpoint. Other sockets need it not. */
static __always_inline void send_clean(const struct socket *sock)
{
	if (away_labels && sock->type == SOCK_DGRAM)
		packet_send_clean((u64)BPF_CORE_READ(sock, sk));
}

/*
 * What a socket sends may lie in memory that others have mapped, too. Verified once, not on each
 * way of its caller. Return: 0 or -ENOMEM.
 */
int send_mapped(u64 sock);
int send_mapped(u64 sock)
{
	struct socket_alloc *alloc = (struct socket_alloc *)sock;
	struct sluice_object_id id = {
		.dev = BPF_CORE_READ(alloc, vfs_inode.i_sb, s_dev),
		.gen = BPF_CORE_READ(alloc, vfs_inode.i_generation),
		.ino = BPF_CORE_READ(alloc, vfs_inode.i_ino),
	};

	return bpf_map_lookup_elem(&segments, &id) && segment_use(&id) ? -ENOMEM : 0;
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(sluice_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size, int ret)
{
	const struct sluice_task *state;
	struct sock *sk;
	u64 taint;
	int err;

	if (ret)
		return ret;
	if (mapped_sockets && send_mapped(number_of(sock)))
		return -ENOMEM;
	state = subject_state(subject_leader());
	if (!is_of_interest(state, &taint)) {
		send_clean(sock);
		return 0;
	}
	if (is_exempt(bpf_get_current_task_btf()))
		return 0;
	sk = sock->sk;
	if (sk && sk->__sk_common.skc_family == AF_UNIX)
		return unix_send(sock, taint);
	if (!sk)
		return 0;
	if (is_local_family(sk->__sk_common.skc_family))
		return netlink_send(sk, taint);
	err = send_message(sock, sk, msg, state, taint);
	if (err < 0)
		return err;
	if (err == SENT_HERE && loopback_is_known((u64)sk, taint))
		return 0;
	/* A plain load is no number on 7, and only numbers go into such functions. */
	return send_noted((u64)BPF_CORE_READ(sock, sk), taint, err);
}
