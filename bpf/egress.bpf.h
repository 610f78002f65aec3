/* SPDX-License-Identifier: GPL-2.0 */
/*
 * egress.bpf.h: where a socket sends to, and whether what the process carries may go there.
 *
 * Owns: addresses, the destination map, the flows that a grant opened. Must not own: the hooks
 * (egress.bpf.c, file.bpf.c). IPv4 is handled as ::ffff:a.b.c.d, so one trie serves both families
 * and mapped addresses.
 */
#ifndef SLUICE_BPF_EGRESS_H
#define SLUICE_BPF_EGRESS_H

#include "taint.bpf.h"

#include <bpf/bpf_core_read.h>

#include <bpf/bpf_endian.h>

#define NOT_IP(family) (1U << 16 | (family))

static __always_inline void addr_from_v4(u8 *addr, __be32 v4)
{
	__builtin_memset(addr, 0, 16);
	addr[10] = 0xff;
	addr[11] = 0xff;
	__builtin_memcpy(addr + 12, &v4, 4);
}

/*
 * Fills @target from a caller's socket address, copied as the larger of the two forms: port and
 * IPv4 address lie at the same place in both, and the kernel keeps such addresses in a
 * sockaddr_storage. As the kernel reads it: an IPv4 socket takes AF_UNSPEC for AF_INET, and a raw
 * IPv6 one for AF_INET6. Return: false when it cannot be read.
 */
static __noinline bool target_from_sockaddr(struct sluice_target *target, const void *address,
					    u16 socket_family)
{
	struct sockaddr_in6_plain from = {};

	if (!target || bpf_probe_read_kernel(&from, sizeof(from), address))
		return false;
	target->kind = SLUICE_TARGET_ENDPOINT;
	target->port = bpf_ntohs(from.port);
	if (socket_family == AF_INET || from.family == AF_INET)
		addr_from_v4(target->addr, from.flowinfo);
	else
		__builtin_memcpy(target->addr, from.addr, 16);
	return true;
}

/* Port 0 is a place like any other for datagrams. */
static __always_inline bool has_peer(const struct sluice_target *target)
{
	return target->port || target->id[0] || target->id[1];
}

/* Fills @target from the peer of a connected socket. Return: false when it has none. */
static __noinline bool target_from_peer(struct sluice_target *target, struct sock *sk)
{
	u16 family, port;

	if (!target)
		return false;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	target->kind = SLUICE_TARGET_ENDPOINT;
	target->port = bpf_ntohs(port);
	if (family == AF_INET)
		addr_from_v4(target->addr, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	else
		BPF_CORE_READ_INTO(target->addr, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	if (family == AF_INET && !port && !BPF_CORE_READ(sk, __sk_common.skc_daddr))
		return false;
	return has_peer(target);
}

/* The same with plain loads, for a socket that a hook was given. */
static __always_inline bool target_from_sock(struct sluice_target *target, struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;
	u64 *addr = target->id;

	target->kind = SLUICE_TARGET_ENDPOINT;
	target->port = bpf_ntohs(common->skc_dport);
	if (common->skc_family == AF_INET) {
		addr[0] = 0;
		addr[1] = (u64)common->skc_daddr << 32 | bpf_htonl(0xffff);
	} else {
		addr[0] = common->skc_v6_daddr.in6_u.u6_addr32[0] |
			  (u64)common->skc_v6_daddr.in6_u.u6_addr32[1] << 32;
		addr[1] = common->skc_v6_daddr.in6_u.u6_addr32[2] |
			  (u64)common->skc_v6_daddr.in6_u.u6_addr32[3] << 32;
	}
	return target->port ||
	       (common->skc_family == AF_INET ? common->skc_daddr : addr[0] | addr[1]);
}

/* ::, ::1, 127/8 and 0.0.0.0, which the kernel takes for the loopback. */
static __always_inline bool is_loopback(const u8 *addr)
{
	u64 high, low;

	__builtin_memcpy(&high, addr, 8);
	__builtin_memcpy(&low, addr + 8, 8);
	if (high)
		return false;
	if (low == 0 || low == bpf_cpu_to_be64(1))
		return true;
	if ((low & bpf_cpu_to_be64(0xffffffff00000000ULL)) !=
	    bpf_cpu_to_be64(0x0000ffff00000000ULL))
		return false;
	return addr[12] == 127 || !(low & bpf_cpu_to_be64(0xffffffffULL));
}

/* What the policy says about @target: labels that may go there, labels that come from there. */
static __noinline int destination_find(const struct sluice_target *target, u64 *ret_allowed,
				       u64 *ret_carries)
{
	struct sluice_destination_key key = { .prefixlen = 160, .slot = control.slot & 1 };
	const struct sluice_destination *destination;
	u32 i;

	if (!target || !ret_allowed || !ret_carries)
		return -EINVAL;
	*ret_allowed = 0;
	*ret_carries = 0;
	if (is_loopback(target->addr))
		*ret_allowed = ~0ULL;
	__builtin_memcpy(key.addr, target->addr, 16);
	destination = bpf_map_lookup_elem(&destinations, &key);
	if (!destination)
		return 0;
	for (i = 0; i < SLUICE_MAX_PORTS && i < destination->ports; i++) {
		const struct sluice_port *port = &destination->port[i];

		if (target->port < port->low || target->port > port->high)
			continue;
		if (port->protocol && port->protocol != target->arg)
			continue;
		*ret_allowed |= port->allowed;
		*ret_carries |= port->carries;
	}
	return 0;
}

/*
 * The process sent the same labels to the same place before, and the policy in force allowed it. A
 * thread that reads while another writes must not see half of one place and half of another: the
 * version is even and the same before and after (x86 keeps the order of loads, and of stores;
 * another architecture would need barriers here).
 */
static __always_inline bool sent_before(const struct sluice_task *state,
					const struct sluice_target *target, u64 taint)
{
	const volatile u32 *version;
	u32 before;

	if (!state)
		return false;
	version = &state->sent.version;
	before = *version;
	barrier();
	if (before & 1 || state->sent.generation != policy_in_force()->generation ||
	    state->sent.addr[1] != target->id[1] || state->sent.addr[0] != target->id[0] ||
	    state->sent.port != target->port || state->sent.protocol != target->arg ||
	    taint & ~state->sent.labels)
		return false;
	barrier();
	return *version == before;
}

/*
 * @generation: as it was before the policy was asked, so that an answer of an older policy is void
 * under a newer one.
 */
static __always_inline void sent_remember(const struct sluice_target *target, u64 labels,
					  u32 generation)
{
	struct sluice_task *state = subject_state(subject_leader());
	u32 version;

	if (!state)
		return;
	version = state->sent.version;
	if (version & 1 ||
	    __sync_val_compare_and_swap(&state->sent.version, version, version + 1) != version)
		return; /* another thread is at it */
	state->sent.addr[0] = target->id[0];
	state->sent.addr[1] = target->id[1];
	state->sent.port = target->port;
	state->sent.protocol = target->arg;
	state->sent.labels = labels;
	state->sent.generation = generation;
	barrier();
	__sync_fetch_and_add(&state->sent.version, 1);
}

/* A grant let this very socket send to this very address, and it still holds. */
static __always_inline u64 flow_labels(u64 socket_ino, const struct sluice_target *target)
{
	struct sluice_flow *flow = bpf_map_lookup_elem(&flows, &socket_ino);
	int i;

	if (!flow || flow->port != target->port || bpf_ktime_get_boot_ns() > flow->expires_ns)
		return 0;
	for (i = 0; i < 16; i++)
		if (flow->addr[i] != target->addr[i])
			return 0;
	return bpf_map_lookup_elem(&live, &flow->grant_id) ? flow->labels : 0;
}

static __noinline int flow_open(u64 socket_ino, const struct attempt *attempt)
{
	u64 grant_id = attempt->grant_id;
	const u64 *expires_ns = bpf_map_lookup_elem(&live, &grant_id);
	struct sluice_flow flow = {
		.labels = attempt->missing,
		.grant_id = grant_id,
		.port = attempt->key.target.port,
	};

	if (!expires_ns)
		return 0;
	flow.expires_ns = *expires_ns;
	__builtin_memcpy(flow.addr, attempt->key.target.addr, 16);
	return bpf_map_update_elem(&flows, &socket_ino, &flow, BPF_ANY);
}

/* @taint is about to go to attempt->key.target through the socket with inode number @socket_ino. */
static __noinline int egress_check(struct attempt *attempt, u64 socket_ino, u64 taint)
{
	u32 generation = policy_in_force()->generation;
	u64 allowed, carries;
	int err;

	if (!attempt || destination_find(&attempt->key.target, &allowed, &carries))
		return -EPERM;
	attempt->key.action = SLUICE_EGRESS;
	attempt->labels = taint & ~allowed & ~carries;
	if (!attempt->labels && !carries && taint)
		sent_remember(&attempt->key.target, taint, generation);
	if (attempt->labels)
		attempt->labels &= ~flow_labels(socket_ino, &attempt->key.target);
	if (attempt->labels) {
		err = decide(attempt);
		if (err)
			return err;
		if (attempt->grant_id)
			flow_open(socket_ino, attempt);
	}
	if (!carries || !(carries & ~taint))
		return 0;
	attempt->key.action = SLUICE_OPEN;
	attempt->labels = carries;
	attempt->grant_id = 0;
	err = decide(attempt);
	return err ? err : taint_take(attempt, carries);
}

/* Families that never leave the host. */
static __always_inline bool is_local_family(u16 family)
{
	return family == AF_UNIX || family == AF_NETLINK || family == AF_ALG || family == AF_UNSPEC;
}

/*
 * Every other family than IP: no address that a policy could allow, so the whole family is the
 * target.
 */
static __noinline int egress_other(struct attempt *attempt, u16 family, u64 socket_ino, u64 taint)
{
	int err;

	if (!attempt)
		return -EPERM;
	__builtin_memset(&attempt->key.target, 0, sizeof(attempt->key.target));
	attempt->key.action = SLUICE_EGRESS;
	attempt->key.target.kind = SLUICE_TARGET_ENDPOINT;
	attempt->key.target.arg = NOT_IP(family);
	attempt->labels = taint & ~flow_labels(socket_ino, &attempt->key.target);
	if (!attempt->labels)
		return 0;
	err = decide(attempt);
	if (err)
		return err;
	if (attempt->grant_id)
		flow_open(socket_ino, attempt);
	return 0;
}

/* How a packet can go elsewhere than its destination says: bits. */
enum steering {
	STEER_NOT = 0,
	/* out of a chosen interface, so that even 127.0.0.1 goes on the wire */
	STEER_INTERFACE = 1,
	STEER_ROUTE = 2,	 /* by a source route: first to the hop that it names */
};

static __always_inline u32 steering_by_interface(int index)
{
	return index && index != LOOPBACK_IFINDEX ? STEER_INTERFACE : STEER_NOT;
}

static __always_inline u32 steering_of_cmsg(const struct cmsg_plain *cmsg)
{
	if (cmsg->level == SOL_IP && cmsg->type == IP_RETOPTS)
		return STEER_ROUTE;
	if (cmsg->level == SOL_IP && cmsg->type == IP_PKTINFO)
		return steering_by_interface(cmsg->data[0]);
	if (cmsg->level != SOL_IPV6)
		return STEER_NOT;
	switch (cmsg->type) {
	case IPV6_RTHDR:
	case IPV6_2292RTHDR:
	case IPV6_FLOWINFO: /* a flow label brings options of its own */
		return STEER_ROUTE;
	case IPV6_PKTINFO:
	case IPV6_2292PKTINFO:
		return steering_by_interface(cmsg->data[4]);
	default:
		return STEER_NOT;
	}
}

/* By the control messages of one send. More of them than anybody sends count as steering. */
static __noinline u32 steering_of_message(u64 control, u64 length)
{
	u32 steering = STEER_NOT;
	u64 at = 0;
	int i;

	for (i = 0; i < 8; i++) {
		struct cmsg_plain cmsg = {};
		u32 found;

		if (at + offsetof(struct cmsg_plain, data) > length)
			return steering;
		if (bpf_probe_read_kernel(&cmsg, sizeof(cmsg), (void *)(control + at)))
			return STEER_ROUTE;
		if (cmsg.len < offsetof(struct cmsg_plain, data) || cmsg.len > length)
			return steering; /* the kernel refuses it */
		found = steering_of_cmsg(&cmsg);
		steering |= found;
		at += (cmsg.len + 7) & ~7ULL;
	}
	return STEER_ROUTE;
}

/* By a name that a datagram is sent to: its flow label may bring options. */
static __noinline u32 steering_of_name(const void *name)
{
	struct sockaddr_in6_plain to = {};

	if (bpf_probe_read_kernel(&to, sizeof(to), name))
		return STEER_ROUTE;
	return to.family == AF_INET6 && to.flowinfo & bpf_htonl(0xfffff) ? STEER_ROUTE : STEER_NOT;
}

/* By what was set on the socket, at whatever time. */
static __noinline u32 steering_of_socket(const struct sock *sk)
{
	const struct inet_sock *inet = (const struct inet_sock *)sk;
	const struct ip_options_rcu *options = BPF_CORE_READ(inet, inet_opt);
	const struct ipv6_pinfo *six;

	if (options && BPF_CORE_READ(options, opt.srr))
		return STEER_ROUTE;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		six = BPF_CORE_READ(inet, pinet6);
		if (six && (BPF_CORE_READ(six, opt, srcrt) ||
			    (BPF_CORE_READ(six, flow_label) &&
			     BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)))
			return STEER_ROUTE;
		if (six && steering_by_interface(BPF_CORE_READ(six, ucast_oif)))
			return STEER_INTERFACE;
	}
	return steering_by_interface(BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if)) |
	       steering_by_interface(BPF_CORE_READ(inet, uc_index));
}

/*
 * Whether @target does not say where a packet goes that is steered so. A policy's addresses stay
 * good on any interface.
 */
static __noinline bool is_led_astray(const struct sluice_target *target, u32 steering)
{
	u64 allowed = 0, carries = 0;

	if (steering == STEER_NOT || steering & STEER_ROUTE)
		return steering;
	return destination_find(target, &allowed, &carries) || allowed == ~0ULL;
}

static __always_inline u64 socket_ino(struct socket *socket)
{
	struct socket_alloc *alloc = (struct socket_alloc *)socket;

	return BPF_CORE_READ(alloc, vfs_inode.i_ino);
}

/* A send without an address of its own: to the peer. */
static __noinline int egress_peer(struct socket *socket, u64 taint)
{
	struct attempt attempt = {};
	struct sock *sk = BPF_CORE_READ(socket, sk);
	u16 family;

	if (!sk)
		return 0;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (is_local_family(family))
		return 0;
	attempt.key.target.arg = BPF_CORE_READ(sk, sk_protocol);
	if ((family != AF_INET && family != AF_INET6) || attempt.key.target.arg == IPPROTO_SCTP)
		return egress_other(&attempt, family, socket_ino(socket), taint);
	if (!target_from_peer(&attempt.key.target, sk))
		/* the kernel would say so, unless somebody connects it meanwhile */
		return -ENOTCONN;
	if (is_led_astray(&attempt.key.target, steering_of_socket(sk)))
		return egress_other(&attempt, family, socket_ino(socket), taint);
	return egress_check(&attempt, socket_ino(socket), taint);
}

/* write(), sendfile(), splice() on a socket: the last two reach no other hook before 6.5. */
static __always_inline int egress_write(struct file *file, u64 taint)
{
	return egress_peer(file->private_data, taint);
}

#endif
