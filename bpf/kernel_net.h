/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_net.h: the kernel's sockets and packets, and the addresses that programs hand over.
 *
 * Owns: declarations only; must not own: what kernel.h says.
 */
#ifndef SLUICE_BPF_KERNEL_NET_H
#define SLUICE_BPF_KERNEL_NET_H

#include "kernel_fs.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* Until 6.5, a socket took pages from splice() by a function of its own, which asks nobody. */
struct proto_ops {
	void *sendpage;
};

struct in6_addr {
	union {
		u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct net {
	u64 net_cookie;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	int skc_bound_dev_if;
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct socket;

struct sk_buff_head {
	u32 qlen;
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	u16 sk_protocol;
	u16 sk_type;
	kuid_t sk_uid;
	struct socket *sk_socket;
};

struct ip_options {
	unsigned char srr;
};

struct ip_options_rcu {
	struct ip_options opt;
};

struct ipv6_rt_hdr;

struct ipv6_txoptions {
	struct ipv6_rt_hdr *srcrt;
};

struct ipv6_pinfo {
	__be32 flow_label;
	int ucast_oif;
	struct ipv6_txoptions *opt;
};

struct inet_sock {
	struct ipv6_pinfo *pinet6;
	struct ip_options_rcu *inet_opt;
	int uc_index;
};

struct tcp_ulp_ops {
	char name[16];
};

struct inet_connection_sock {
	const struct tcp_ulp_ops *icsk_ulp_ops;
	void *icsk_ulp_data;
};

struct request_sock {
	struct sock_common __req_common;
};

/* Multipath TCP: the socket that a program has, and the TCP connections below it. */
struct mptcp_subflow_context {
	struct sock *conn;
};

struct mptcp_sock {
	struct sock *first;
};

struct udp_sock {
	int pending;
};

/* Of a Netlink message, in @cb. */
struct netlink_skb_parms {
	u32 portid;
};

struct sk_buff {
	struct sock *sk;
	char cb[48];
	unsigned long _nfct;
	int skb_iif;
	u16 transport_header;
	u16 network_header;
	unsigned char *head;
};

struct net_device {
	int ifindex;
};

/* What the host tracks: where packets of either direction are sent, before it translates that. */
struct nf_conntrack_tuple {
	struct {
		union nf_inet_addr {
			struct in6_addr in6;
		} u3;
		union {
			__be16 all;
		} u;
		u8 protonum;
	} dst;
};

struct nf_conntrack_tuple_hash {
	struct nf_conntrack_tuple tuple;
};

struct nf_conn {
	struct nf_conntrack_tuple_hash tuplehash[2];
};

struct unix_sock {
	struct sock *peer;
	struct path path;
};

struct socket {
	short type;
	struct sock *sk;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct msghdr {
	void *msg_name;
	void *msg_control;
	unsigned long msg_controllen;
	unsigned int msg_flags;
};

struct sockaddr {
	unsigned short sa_family;
};

struct sockaddr_in6 {
	unsigned short sin6_family;
	__be16 sin6_port;
	__be32 sin6_flowinfo;
	struct in6_addr sin6_addr;
};

#pragma clang attribute pop

/*
 * Plain layout of the socket API (uapi): the same on every kernel, so not relocated. @flowinfo is
 * the address for IPv4.
 */
struct sockaddr_in6_plain {
	u16 family;
	__be16 port;
	u32 flowinfo;
	u8 addr[16];
};

/* A control message (uapi) with as much of its data as we look at. */
struct cmsg_plain {
	u64 len;
	int level;
	int type;
	u32 data[5];
};

#endif
