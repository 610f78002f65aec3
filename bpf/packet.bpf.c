// SPDX-License-Identifier: GPL-2.0
/*
 * packet.bpf.c: the last look at what leaves the host, for what the hooks on sockets have missed.
 *
 *   - cgroup_skb/egress, on the root of all control groups:  a packet of a socket of this host is
 *     about to leave
 *
 * The hooks decide before the kernel has locked the socket, and about what is handed over now. So a
 * datagram can go elsewhere than they saw (a corked one keeps its first address; another thread
 * connects the socket anew), and what a connection still has in its queue can go out when a policy
 * or a person has forbidden it meanwhile. Here the packet's own address counts, and the policy in
 * force. Nobody is asked: it is dropped and counted.
 *
 * Never dropped: packets of sockets through which no labels were sent but by who is cleared for
 * them; datagrams of who has none; what is allowed, granted, or was let through to that very
 * address (flow.bpf.h); what stays here; packets without data, by which connections end; other
 * protocols than TCP and UDP, and what is encrypted before this hook (IPsec), whose address is not
 * at hand.
 *
 * Must not own: the decision (egress.bpf.c): what it lets through is only noted here.
 */
#include "packet.bpf.h"

#include "flow.bpf.h"
#include "loopback.bpf.h"
#include "mark.bpf.h"
#include "medium.bpf.h"

#define PACKET_DROP 0
#define PACKET_PASS 1

static __always_inline u64 socket_ino(const struct sock *sk)
{
	const struct socket_alloc *alloc = (const void *)BPF_CORE_READ(sk, sk_socket);

	return alloc ? BPF_CORE_READ(alloc, vfs_inode.i_ino) : 0;
}

int packet_send_first(u64 address, u64 taint)
{
	const struct sock *sk = (const struct sock *)address;
	struct task_struct *task = bpf_get_current_task_btf();
	struct sluice_task *state = subject_state(task->group_leader);
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	struct sluice_socket *socket;
	u64 labels;

	if (!state || (family != AF_INET && family != AF_INET6) ||
	    medium_of_socket(family, BPF_CORE_READ(sk, sk_type), BPF_CORE_READ(sk, sk_protocol)))
		return 0;
	socket = socket_of(address);
	if (!socket)
		return refuse();
	subject_refresh(state, task);
	labels = taint & ~state->cleared[SLUICE_EGRESS];
	socket->away.ino = socket_ino(sk);
	socket_is_not_clean(socket);
	__sync_fetch_and_or(&away_labels, labels);
	__sync_fetch_and_or(&socket->away.labels, labels);
	return 0;
}

int packet_send_clean(u64 sk)
{
	struct sluice_socket *socket = bpf_map_lookup_elem(&sockets, &sk);

	if (socket && socket->away.labels)
		socket->away.clean = bpf_get_current_pid_tgid();
	return 0;
}

static __always_inline bool is_v4(const u64 *id)
{
	return !id[0] && (u32)id[1] == bpf_htonl(0xffff);
}

/*
 * The destination as the socket has it, where the host has translated the packet's. Both directions
 * of what is tracked are kept as they were sent; the lowest bits of @tracked say which this is.
 */
static __noinline int untranslated(struct sluice_target *to, u64 tracked)
{
	const struct nf_conn *connection = (const struct nf_conn *)(tracked & ~7ULL);
	bool answers = (tracked & 7) >= IP_CT_IS_REPLY;
	const struct nf_conntrack_tuple *tuple;
	struct in6_addr addr = {};

	if (!to || !connection)
		return 0;
	tuple = answers ? &connection->tuplehash[1].tuple : &connection->tuplehash[0].tuple;
	if (BPF_CORE_READ(tuple, dst.protonum) != to->arg)
		return 0; /* a template */
	BPF_CORE_READ_INTO(&addr, tuple, dst.u3.in6);
	to->port = bpf_ntohs(BPF_CORE_READ(tuple, dst.u.all));
	if (is_v4(to->id))
		id_from_v4(to->id, addr.in6_u.u6_addr32[0]);
	else
		id_from_v6(to->id, &addr);
	return 0;
}

/* Return: false when the packet does not tell. */
static __noinline bool datagram_target(struct sluice_target *to, u64 packet)
{
	const struct sk_buff *skb = (const struct sk_buff *)packet;
	const unsigned char *head = BPF_CORE_READ(skb, head);
	const unsigned char *network = head + BPF_CORE_READ(skb, network_header);
	struct sluice_mark_key key = {};
	u8 protocol = 0;
	u32 ports = 0;

	if (!to || !mark_addresses(&key, (u64)network) ||
	    bpf_probe_read_kernel(&ports, sizeof(ports),
				  head + BPF_CORE_READ(skb, transport_header)) ||
	    bpf_probe_read_kernel(&protocol, sizeof(protocol), network + (is_v4(key.to) ? 9 : 6)))
		return false;
	if (protocol == IPPROTO_ESP || protocol == IPPROTO_AH || protocol == IPPROTO_COMP)
		return false;
	to->id[0] = key.to[0];
	to->id[1] = key.to[1];
	to->port = bpf_ntohs(ports >> 16);
	if (bpf_core_field_exists(skb->_nfct))
		untranslated(to, BPF_CORE_READ(skb, _nfct));
	return true;
}

/*
 * Where a packet of @sk goes. Of a connection that is its peer, whatever the host makes of the
 * packet's address. Return: false when that cannot be told.
 */
static __always_inline bool packet_target(struct sluice_target *to, u64 packet, struct sock *sk)
{
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	to->kind = SLUICE_TARGET_ENDPOINT;
	to->arg = BPF_CORE_READ(sk, sk_protocol);
	if (medium_of_socket(family, BPF_CORE_READ(sk, sk_type), to->arg))
		return false;
	if (to->arg == IPPROTO_TCP)
		return target_from_peer(to, sk);
	return to->arg == IPPROTO_UDP && datagram_target(to, packet);
}

/* Bytes of data in a packet of @length behind its IP header. */
static __noinline u32 payload(u64 packet, u64 sk, u32 length)
{
	const struct sk_buff *skb = (const struct sk_buff *)packet;
	u16 at = BPF_CORE_READ(skb, transport_header);
	u32 headers = at - BPF_CORE_READ(skb, network_header);
	u8 offset = 0;

	if (BPF_CORE_READ((struct sock *)sk, sk_protocol) != IPPROTO_TCP)
		headers += 8;
	else if (!bpf_probe_read_kernel(&offset, 1, BPF_CORE_READ(skb, head) + at + 12))
		headers += (offset >> 4) * 4;
	return length > headers ? length - headers : 0;
}

/* Labels of @socket that may not go to @to, as far as the policy in force and the hooks say. */
static __noinline u64 packet_misses(const struct sluice_target *to, u64 labels, u64 ino)
{
	struct sluice_target medium = { .kind = SLUICE_TARGET_ENDPOINT };
	u64 allowed = 0, carries = 0;

	if (!to || destination_find(to, &allowed, &carries))
		return labels;
	labels &= policy_in_force()->guarded[SLUICE_EGRESS] & ~allowed & ~carries;
	if (labels)
		labels &= ~flow_passed(ino, to);
	if (labels) /* steered: by a route or interface of its own */
		labels &= ~flow_passed(ino, &medium);
	return labels;
}

/*
 * A datagram leaves while its sender runs, in one piece that only that thread has filled, unless
 * the socket is corked. @clean: the thread without labels that sent last.
 */
static __noinline bool is_of_clean(u64 sk, u64 clean)
{
	const struct task_struct *task = (const struct task_struct *)bpf_get_current_task();
	const struct udp_sock *udp = (const struct udp_sock *)sk;
	u64 thread;

	if (!clean || BPF_CORE_READ((struct sock *)sk, sk_protocol) != IPPROTO_UDP)
		return false;
	thread = (u64)BPF_CORE_READ(task, tgid) << 32 | (u32)BPF_CORE_READ(task, pid);
	return thread == clean && !BPF_CORE_READ(udp, pending);
}

/* The packet at @packet, of the socket at @sk, which is known as @known. */
static __noinline int packet_check(u64 packet, u64 sk, u64 known, u32 length)
{
	const struct sluice_socket *socket = bpf_map_lookup_elem(&sockets, &known);
	const struct sluice_policy *policy = policy_in_force();
	struct sluice_target to = {};
	u64 missing;

	if (!socket || !packet_target(&to, packet, (struct sock *)sk))
		return PACKET_PASS;
	missing = packet_misses(&to, socket->away.labels, socket->away.ino);
	if (!missing || is_of_clean(sk, socket->away.clean) || !payload(packet, sk, length))
		return PACKET_PASS;
	count(SLUICE_COUNT_PACKETS);
	missing &= policy->deny[SLUICE_EGRESS] | policy->ask[SLUICE_EGRESS];
	return missing ? PACKET_DROP : PACKET_PASS;
}

/* Whether labels left by the socket whose struct sock lies at @sk. */
static __always_inline bool was_sent_through(u64 sk)
{
	const struct sluice_socket *socket = bpf_map_lookup_elem(&sockets, &sk);

	return socket && socket->away.labels;
}

SEC("cgroup_skb/egress")
int sluice_packet_leaves(struct __sk_buff *skb)
{
	struct bpf_sock *given = skb->sk;
	u64 sk, known;

	if (!away_labels || !given || skb->ifindex == LOOPBACK_IFINDEX)
		return PACKET_PASS;
	sk = number_of(given);
	known = sk;
	if (!was_sent_through(known)) {
		if (BPF_CORE_READ((struct sock *)sk, sk_protocol) != IPPROTO_TCP)
			return PACKET_PASS;
		known = socket_above(sk);
		if (known == sk || !was_sent_through(known))
			return PACKET_PASS;
	}
	return packet_check(number_of(skb), sk, known, skb->len);
}
