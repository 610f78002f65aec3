/* SPDX-License-Identifier: GPL-2.0 */
/*
 * flow.bpf.h: the noun "flow": what was let through a socket, file or device off the host, and
 * where to.
 *
 * Owns: keys of the map `flows` and what an entry says. Must not own: who lets through
 * (egress.bpf.c), or stops packets (packet.bpf.c).
 */
#ifndef SLUICE_BPF_FLOW_H
#define SLUICE_BPF_FLOW_H

#include "maps.bpf.h"

static __always_inline struct sluice_flow_key flow_key(u64 id, const struct sluice_target *target)
{
	struct sluice_flow_key key = { .id = id, .port = target->port };

	__builtin_memcpy(key.addr, target->addr, 16);
	return key;
}

static __always_inline u64 flow_of_grant(const struct sluice_flow *flow)
{
	u64 grant_id = flow->grant_id;

	if (!grant_id || bpf_ktime_get_boot_ns() > flow->expires_ns)
		return 0;
	return bpf_map_lookup_elem(&live, &grant_id) ? flow->labels : 0;
}

/*
 * What is known of @key. An entry that is evicted while it is read may be another flow's by then:
 * nothing is known. Return: false without any.
 */
static __always_inline bool flow_read(struct sluice_flow *ret, const struct sluice_flow_key *key)
{
	const struct sluice_flow *flow = bpf_map_lookup_elem(&flows, key);

	if (!flow)
		return false;
	*ret = *flow;
	barrier();
	return (u64)bpf_map_lookup_elem(&flows, key) == (u64)flow;
}

/* Labels that a grant lets go there, as long as it holds. */
static __noinline u64 flow_granted(u64 id, const struct sluice_target *target)
{
	struct sluice_flow_key key = flow_key(id, target);
	struct sluice_flow flow;

	return flow_read(&flow, &key) ? flow_of_grant(&flow) : 0;
}

/*
 * Labels that packets may carry there: those, and what a hook let through by the policy in force.
 */
static __noinline u64 flow_passed(u64 id, const struct sluice_target *target)
{
	struct sluice_flow_key key = flow_key(id, target);
	struct sluice_flow flow;
	u64 labels;

	if (!flow_read(&flow, &key))
		return 0;
	labels = flow_of_grant(&flow);
	if (flow.generation == policy_in_force()->generation)
		labels |= flow.passed;
	return labels;
}

#endif
