/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netlink.bpf.h: what one process sends to another over Netlink. Any user can, and nobody needs it:
 * it is refused to who carries labels that a rule guards, not followed. The sender is not told: for
 * it a message is lost, as when the receiver is slow.
 *
 * The kernel hands one kind of message on as its own (uevent_net_broadcast(), for who manages a
 * network namespace, also one that he made). That one is refused where it is sent.
 *
 * Owns: telling such a message from those of the kernel. Must not own: what else is sent to the
 * kernel, which asks no hook where it arrives.
 */
#ifndef SLUICE_BPF_NETLINK_H
#define SLUICE_BPF_NETLINK_H

#include "verdict.bpf.h"

#include <bpf/bpf_core_read.h>

/* Labels for whose sake anything is refused or asked about. */
static __always_inline u64 labels_guarded(void)
{
	const struct sluice_policy *policy = policy_in_force();
	u64 labels = 0;
	int action;

	for (action = 0; action < SLUICE_ACTIONS; action++)
		labels |= policy->deny[action] | policy->ask[action];
	return labels;
}

/* Tells once each process and its labels. */
static __noinline int netlink_refuse(u64 labels)
{
	struct attempt attempt = {
		.key.action = SLUICE_EGRESS,
		.key.target.kind = SLUICE_TARGET_ENDPOINT,
		.key.target.arg = SLUICE_MEDIUM_SOCKET << 16 | AF_NETLINK,
		.type = SLUICE_EVENT_STOP,
		.verdict = SLUICE_VERDICT_DENY,
	};

	key_by_process(&attempt.key);
	if (edge_is_new(0x300, labels, &attempt.key.target.object))
		event_emit(&attempt, labels);
	return refuse();
}

/* The current process, which carries @taint, sends through @sk. Return: 0 or -EPERM. */
static __always_inline int netlink_send(const struct sock *sk, u64 taint)
{
	u64 labels;

	if (sk->__sk_common.skc_family != AF_NETLINK || sk->sk_protocol != NETLINK_KOBJECT_UEVENT)
		return 0;
	labels = taint & labels_guarded();
	return labels && netlink_refuse(labels) ? -EPERM : 0;
}

/* A message comes, while its sender runs. Return: 0 or -EPERM: it is dropped. */
static __noinline int netlink_arrives(const struct sk_buff *skb)
{
	const struct netlink_skb_parms *message = (const void *)skb->cb;
	struct task_struct *task = bpf_get_current_task_btf();
	u64 labels = subject_taint(subject_state(task->group_leader)) & labels_guarded();

	/* the kernel's messages have no sender */
	if (!labels || !BPF_CORE_READ(message, portid) || is_exempt(task))
		return 0;
	return netlink_refuse(labels) ? -EPERM : 0;
}

#endif
