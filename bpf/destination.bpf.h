/* SPDX-License-Identifier: GPL-2.0 */
/*
 * destination.bpf.h: the noun "where to": the address of a send, and what the policy says of it.
 *
 * Owns: addresses, the destination map, the memory of what was sent before. Must not own: whether
 * a send may be (egress.bpf.c). IPv4 is handled as ::ffff:a.b.c.d, so one trie serves both families
 * and mapped addresses.
 */
#ifndef SLUICE_BPF_DESTINATION_H
#define SLUICE_BPF_DESTINATION_H

#include "compat.bpf.h"
#include "steering.bpf.h"
#include "subject.bpf.h"
#include "version.bpf.h"

#include <bpf/bpf_core_read.h>

#include <bpf/bpf_endian.h>

static __always_inline void addr_from_v4(u8 *addr, __be32 v4)
{
	__builtin_memset(addr, 0, 16);
	addr[10] = 0xff;
	addr[11] = 0xff;
	__builtin_memcpy(addr + 12, &v4, 4);
}

/* The same as two words, for the paths that are taken most. */
static __always_inline void id_from_v4(u64 *id, __be32 v4)
{
	id[0] = 0;
	id[1] = (u64)v4 << 32 | bpf_htonl(0xffff);
}

static __always_inline void id_from_v6(u64 *id, const struct in6_addr *v6)
{
	id[0] = v6->in6_u.u6_addr32[0] | (u64)v6->in6_u.u6_addr32[1] << 32;
	id[1] = v6->in6_u.u6_addr32[2] | (u64)v6->in6_u.u6_addr32[3] << 32;
}

/*
 * Fills @target from a caller's socket address, read as the larger of the two forms: port and
 * IPv4 address lie at the same place in both, and the kernel keeps such addresses in a
 * sockaddr_storage. As the kernel reads it: an IPv4 socket takes AF_UNSPEC for AF_INET, and a raw
 * IPv6 one for AF_INET6. Return: false when it cannot be read.
 */
static __noinline bool target_by_probe(struct sluice_target *target, const void *address,
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

/* The same with plain loads. */
static __always_inline bool target_from_sockaddr(struct sluice_target *target, const void *address,
						 u16 socket_family)
{
	const struct sockaddr_in6 *from;

	if (!can_cast())
		return target_by_probe(target, address, socket_family);
	from = cast_to(struct sockaddr_in6, address);
	target->kind = SLUICE_TARGET_ENDPOINT;
	target->port = bpf_ntohs(from->sin6_port);
	if (socket_family == AF_INET || from->sin6_family == AF_INET)
		id_from_v4(target->id, from->sin6_flowinfo);
	else
		id_from_v6(target->id, &from->sin6_addr);
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
		BPF_CORE_READ_INTO(&target->addr, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
	if (family == AF_INET && !port && !BPF_CORE_READ(sk, __sk_common.skc_daddr))
		return false;
	return has_peer(target);
}

/* The same with plain loads, for a socket that a hook was given. */
static __always_inline bool target_from_sock(struct sluice_target *target, const struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;
	u64 *addr = target->id;

	target->kind = SLUICE_TARGET_ENDPOINT;
	target->port = bpf_ntohs(common->skc_dport);
	if (common->skc_family == AF_INET)
		id_from_v4(addr, common->skc_daddr);
	else
		id_from_v6(addr, &common->skc_v6_daddr);
	return target->port ||
	       (common->skc_family == AF_INET ? common->skc_daddr : addr[0] | addr[1]);
}

/* What the policy says about @target: labels that may go there, labels that come from there. */
static __noinline int destination_find(const struct sluice_target *target, u64 *ret_allowed,
				       u64 *ret_carries)
{
	struct sluice_destination_key key = { .prefixlen = 160, .slot = control.slot & 1 };
	const struct sluice_destination *destination;

	if (!target || !ret_allowed || !ret_carries)
		return -EINVAL;
	*ret_allowed = 0;
	*ret_carries = 0;
	if (sluice_is_loopback(target->addr))
		*ret_allowed = ~0ULL;
	__builtin_memcpy(key.addr, target->addr, 16);
	destination = bpf_map_lookup_elem(&destinations, &key);
	if (!destination)
		return 0;
	sluice_destination_says(destination, target, ret_allowed, ret_carries);
	return 0;
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

#define SENT_HERE 1 /* a send stays on this host: its receiver takes the labels */

/*
 * Whether the process sent the same labels to the same place before, and the policy in force
 * allowed it. Return: 0 or SENT_HERE when it did, else -ENOENT.
 */
static __always_inline int sent_before(const struct sluice_task *state,
				       const struct sluice_target *target, u64 taint)
{
	u32 before;
	u16 here;

	if (!state)
		return -ENOENT;
	before = version_of(&state->sent.version);
	if (before & 1 || state->sent.generation != policy_in_force()->generation ||
	    state->sent.addr[1] != target->id[1] || state->sent.addr[0] != target->id[0] ||
	    state->sent.port != target->port || state->sent.protocol != target->arg ||
	    taint & ~state->sent.labels)
		return -ENOENT;
	here = state->sent.here;
	if (!version_is(&state->sent.version, before))
		return -ENOENT;
	return here ? SENT_HERE : 0;
}

/*
 * @generation: as it was before the policy was asked, so that an answer of an older policy is void
 * under a newer one.
 */
static __always_inline void sent_remember(const struct sluice_target *target, u64 labels,
					  u32 generation, bool here)
{
	struct sluice_task *state = subject_state(subject_leader());

	if (!state || !version_begin(&state->sent.version))
		return;
	state->sent.addr[0] = target->id[0];
	state->sent.addr[1] = target->id[1];
	state->sent.port = target->port;
	state->sent.protocol = target->arg;
	state->sent.here = here;
	state->sent.labels = labels;
	state->sent.generation = generation;
	version_end(&state->sent.version);
}

#endif
