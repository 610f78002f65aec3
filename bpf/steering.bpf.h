/* SPDX-License-Identifier: GPL-2.0 */
/*
 * steering.bpf.h: what sends a packet elsewhere than its destination says.
 *
 * Owns: where the kernel keeps that: socket, message, name. Must not own: what it means for a send
 * (egress.bpf.h).
 */
#ifndef SLUICE_BPF_STEERING_H
#define SLUICE_BPF_STEERING_H

#include "compat.bpf.h"
#include "kernel.h"

#include <bpf/bpf_endian.h>

/* How a packet can go elsewhere than its destination says: bits. */
enum steering {
	STEER_NOT = 0,
	/* out of a chosen interface, so that even 127.0.0.1 goes on the wire */
	STEER_INTERFACE = 1,
	STEER_ROUTE = 2, /* by a source route: first to the hop that it names */
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

/* By the name that a datagram is sent to: its flow label may bring options. */
static __noinline u32 steering_of_name(const void *name)
{
	struct sockaddr_in6_plain to = {};

	if (bpf_probe_read_kernel(&to, sizeof(to), name))
		return STEER_ROUTE;
	return to.family == AF_INET6 && to.flowinfo & bpf_htonl(0xfffff) ? STEER_ROUTE : STEER_NOT;
}

/* By what was set on the socket, at whatever time. @plain: by plain loads, from a cast. */
static __always_inline u32 steering_of_inet(const struct sock *sk, const struct inet_sock *inet,
					    bool plain)
{
	const struct ip_options_rcu *options = load_field(plain, inet, inet_opt);
	const struct ipv6_txoptions *six_options;
	const struct ipv6_pinfo *six;

	if (options && load_field(plain, options, opt.srr))
		return STEER_ROUTE;
	if (load_field(plain, sk, __sk_common.skc_family) == AF_INET6) {
		six = load_field(plain, inet, pinet6);
		six_options = six ? load_field(plain, six, opt) : NULL;
		if (six_options && load_field(plain, six_options, srcrt))
			return STEER_ROUTE;
		if (six && load_field(plain, six, flow_label) &&
		    load_field(plain, sk, sk_protocol) != IPPROTO_TCP)
			return STEER_ROUTE;
		if (six && steering_by_interface(load_field(plain, six, ucast_oif)))
			return STEER_INTERFACE;
	}
	return steering_by_interface(load_field(plain, sk, __sk_common.skc_bound_dev_if)) |
	       steering_by_interface(load_field(plain, inet, uc_index));
}

static __noinline u32 steering_by_probes(const struct sock *sk)
{
	return steering_of_inet(sk, (const struct inet_sock *)sk, false);
}

/*
 * Read anew for each send: what a cache would have to notice costs as much to look at as this.
 */
static __always_inline u32 steering_of_socket(const struct sock *sk)
{
	if (!can_cast())
		return steering_by_probes(sk);
	return steering_of_inet(cast_to(struct sock, sk), cast_to(struct inet_sock, sk), true);
}

#endif
