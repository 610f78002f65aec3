/* SPDX-License-Identifier: (GPL-2.0 OR Apache-2.0) */
/*
 * algebra.h: how the bits of a compiled policy become a verdict.
 *
 *	missing = guarded[action] & labels & ~cleared(subject)
 *
 * Owns: that arithmetic, and nothing that keeps state: the programs in the kernel decide by it
 * (bpf/verdict.bpf.c), and sluice says by it, without a kernel, what they would decide
 * (user/policy/evaluate.h). Must not own: where labels, members and destinations come from, or layouts
 * (abi.h). Only __u types and compiler builtins: it is compiled for both.
 */
#ifndef SLUICE_ALGEBRA_H
#define SLUICE_ALGEBRA_H

#include "abi.h"

#define ALGEBRA static inline __attribute__((always_inline))

/* Of <netinet/in.h>, which a program for the kernel cannot include. */
#define ALGEBRA_TCP   6
#define ALGEBRA_MPTCP 262

/* Labels among @labels that have a rule. @action: below SLUICE_ACTIONS */
ALGEBRA __u64 sluice_guarded(const struct sluice_policy *policy, __u32 action, __u64 labels)
{
	return labels & policy->guarded[action];
}

/* What the clearance @i clears, if it is in @held (a bit each), comes to state->cleared. */
ALGEBRA void sluice_clear(const struct sluice_policy *policy, __u64 held, int i,
			  struct sluice_task *state)
{
	int action;

	if (!(held & 1ULL << i))
		return;
	for (action = 0; action < SLUICE_MASKS; action++)
		state->cleared[action] |= policy->cleared[i][action];
}

/* Of labels that nobody cleared: those that are refused; they win over those asked about. */
ALGEBRA __u64 sluice_denied(const struct sluice_policy *policy, __u32 action, __u64 missing)
{
	return missing & policy->deny[action];
}

/* Those that people are asked about; what is in neither goes on, and is told of. */
ALGEBRA __u64 sluice_asked(const struct sluice_policy *policy, __u32 action, __u64 missing)
{
	return missing & policy->ask[action];
}

/* Whether the process waits for the answer; else the call fails at once. */
ALGEBRA _Bool sluice_holds(const struct sluice_policy *policy, __u32 action, __u64 asked)
{
	return !(asked & ~policy->hold[action]);
}

/*
 * What @destination says of @target, which lies in its prefix, added to @ret_allowed and
 * @ret_carries. Multipath TCP is allowed nothing: the peer may name other addresses to go on to; what
 * comes by it comes by TCP.
 */
ALGEBRA void sluice_destination_says(const struct sluice_destination *destination,
				     const struct sluice_target *target, __u64 *ret_allowed,
				     __u64 *ret_carries)
{
	__u32 i, comes_by;

	comes_by = target->arg == ALGEBRA_MPTCP ? ALGEBRA_TCP : target->arg;
	for (i = 0; i < SLUICE_MAX_PORTS && i < destination->ports; i++) {
		const struct sluice_port *port = &destination->port[i];

		if (target->port < port->low || target->port > port->high)
			continue;
		if (!port->protocol || port->protocol == target->arg)
			*ret_allowed |= port->allowed;
		if (!port->protocol || port->protocol == comes_by)
			*ret_carries |= port->carries;
	}
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ALGEBRA_NET64(x) __builtin_bswap64(x)
#else
#define ALGEBRA_NET64(x) (x)
#endif

/*
 * ::, ::1, 127/8 and 0.0.0.0, which the kernel takes for the loopback: no way off the host. @addr:
 * as in struct sluice_target.
 */
ALGEBRA _Bool sluice_is_loopback(const __u8 *addr)
{
	__u64 high, low;

	__builtin_memcpy(&high, addr, 8);
	__builtin_memcpy(&low, addr + 8, 8);
	if (high)
		return 0;
	if (low == 0 || low == ALGEBRA_NET64(1ULL))
		return 1;
	if ((low & ALGEBRA_NET64(0xffffffff00000000ULL)) != ALGEBRA_NET64(0x0000ffff00000000ULL))
		return 0;
	return addr[12] == 127 || !(low & ALGEBRA_NET64(0xffffffffULL));
}

#endif
