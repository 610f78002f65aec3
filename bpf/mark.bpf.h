/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mark.bpf.h: the noun "mark": the labels of packets that are under way, by their addresses and
 * ports.
 *
 * Owns: the map `marks`, its keys, its clock, and the table that says cheaply of most packets that
 * they have none. Must not own: who sends and who receives (loopback.bpf.c).
 */
#ifndef SLUICE_BPF_MARK_H
#define SLUICE_BPF_MARK_H

#include "destination.bpf.h"

#define MARK_SHIFT 8  /* of jiffies: a tick is a second where the kernel's clock has 250 Hz */
#define MARK_TICKS 16 /* a packet is not longer under way; later ones may be of other sockets */

#define MARK_PLACES 4096

/* When a packet with these ports was last marked. Several pairs of ports share a place. */
static u32 marked_at[MARK_PLACES];

static __always_inline u32 mark_clock(void)
{
	return bpf_jiffies64() >> MARK_SHIFT;
}

/* Also when another processor has just seen the clock's next tick. */
static __always_inline bool mark_is_recent(u32 at)
{
	return (int)(mark_clock() - at) <= MARK_TICKS;
}

static __always_inline u32 mark_place(u32 ports)
{
	return ports * 0x9e3779b1U >> 20 & (MARK_PLACES - 1);
}

/* One word of a header; by a plain load where there are such. */
static __always_inline bool header_word(u32 *ret, const void *at)
{
	if (!can_cast())
		return !bpf_probe_read_kernel(ret, sizeof(*ret), at);
	*ret = cast_to(struct in6_addr, at)->in6_u.u6_addr32[0];
	return true;
}

/* The ports of a packet. Of another transport than TCP and UDP whatever is at their place. */
static __always_inline bool mark_ports(u32 *ret, const struct sk_buff *skb)
{
	return header_word(ret, skb->head + skb->transport_header);
}

/* Whether a packet with these ports may be marked. */
static __always_inline bool mark_is_likely(u32 ports)
{
	return mark_is_recent(marked_at[mark_place(ports)]);
}

/* As much of an IP header of either version as holds the addresses. */
struct ip_header {
	u32 words[10];
};

/* The same with plain loads. */
static __always_inline bool addresses_by_loads(struct sluice_mark_key *key, u64 header)
{
	const u32 *ip = cast_to(struct in6_addr, (void *)header)->in6_u.u6_addr32;
	const u32 *rest = cast_to(struct in6_addr, (void *)(header + 16))->in6_u.u6_addr32;

	if ((*(const u8 *)ip >> 4) == 4) {
		id_from_v4(key->from, ip[3]);
		id_from_v4(key->to, rest[0]);
		return !(ip[1] >> 16 & bpf_htons(0x1fff));
	}
	id_from_v6(key->from, cast_to(struct in6_addr, (void *)(header + 8)));
	id_from_v6(key->to, cast_to(struct in6_addr, (void *)(header + 24)));
	return true;
}

/* Fills the addresses from a packet. Return: false when it has none, or is but a later fragment. */
static __noinline bool mark_addresses(struct sluice_mark_key *key, u64 header)
{
	struct ip_header ip = {};

	if (!key)
		return false;
	if (can_cast())
		return addresses_by_loads(key, header);
	if (bpf_probe_read_kernel(&ip, sizeof(ip), (void *)header))
		return false;
	if ((*(u8 *)ip.words >> 4) == 4) {
		id_from_v4(key->from, ip.words[3]);
		id_from_v4(key->to, ip.words[4]);
		return !(ip.words[1] >> 16 & bpf_htons(0x1fff));
	}
	key->from[0] = ip.words[2] | (u64)ip.words[3] << 32;
	key->from[1] = ip.words[4] | (u64)ip.words[5] << 32;
	key->to[0] = ip.words[6] | (u64)ip.words[7] << 32;
	key->to[1] = ip.words[8] | (u64)ip.words[9] << 32;
	return true;
}

static __always_inline bool mark_of_packet(struct sluice_mark_key *key, const struct sk_buff *skb)
{
	return mark_ports(&key->ports, skb) &&
	       mark_addresses(key, (u64)(skb->head + skb->network_header));
}

/* Which network namespace, by a number that is never used again. */
static __always_inline u64 mark_net(const struct sock_common *sk)
{
	return sk->skc_net.net->net_cookie;
}

/* The key of what a request for a connection came with. */
static __always_inline void mark_of_request(struct sluice_mark_key *key,
					    const struct sock_common *from)
{
	key->ports = from->skc_dport | (u32)bpf_htons(from->skc_num) << 16;
	if (from->skc_family == AF_INET) {
		id_from_v4(key->from, from->skc_daddr);
		id_from_v4(key->to, from->skc_rcv_saddr);
	} else {
		id_from_v6(key->from, &from->skc_v6_daddr);
		id_from_v6(key->to, &from->skc_v6_rcv_saddr);
	}
}

static __always_inline u64 mark_part(u64 word, u32 at)
{
	return control.mark_secret[at] * (u32)word + control.mark_secret[at + 1] * (word >> 32);
}

/*
 * A key in one word, which the map finds in half the time. Where two have the same one, each has
 * the labels of both. Who sends can choose the addresses, but not find two keys with the same name:
 * each word is multiplied by a secret number of its own, so that any two have the same name for
 * one secret in 2^33, whatever they are.
 */
static __always_inline u64 mark_name(const struct sluice_mark_key *key)
{
	return mark_part(key->from[0], 0) + mark_part(key->from[1], 2) + mark_part(key->to[0], 4) +
	       mark_part(key->to[1], 6) + mark_part(key->net, 8) +
	       control.mark_secret[10] * key->ports;
}

/* A packet with @labels leaves the socket @number. Return: 0, or negative when it cannot be kept.
 */
static __noinline int mark_put(const struct sluice_mark_key *key, u64 labels, u64 number)
{
	u64 name = mark_name(key);
	struct sluice_mark *mark = bpf_map_lookup_elem(&marks, &name);
	struct sluice_mark fresh = { .labels = labels, .number = number, .at = mark_clock() };
	int err = 0;

	if (mark && mark->number == number && !(labels & ~mark->labels)) {
		if (mark->at != fresh.at)
			mark->at = fresh.at;
	} else {
		if (mark && mark_is_recent(mark->at))
			fresh.labels |= mark->labels;
		err = bpf_map_update_elem(&marks, &name, &fresh, BPF_ANY);
	}
	marked_at[mark_place(key->ports)] = fresh.at;
	return err;
}

/* The mark of packets that may still be under way, or NULL. */
static __always_inline const struct sluice_mark *mark_find(const struct sluice_mark_key *key)
{
	u64 name = mark_name(key);
	const struct sluice_mark *mark = bpf_map_lookup_elem(&marks, &name);

	return mark && mark_is_recent(mark->at) ? mark : NULL;
}

#endif
