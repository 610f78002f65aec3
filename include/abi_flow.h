/* SPDX-License-Identifier: (GPL-2.0 OR Apache-2.0) */
/*
 * abi_flow.h: labels under way: connections, sockets, packets, messages and keys.
 *
 * Owns: these layouts and numbers; must not own: what abi.h says.
 */
#ifndef SLUICE_ABI_FLOW_H
#define SLUICE_ABI_FLOW_H

#include <linux/types.h>

#include "abi_ask.h"

/**
 * struct sluice_flow_key: what goes one way off the host (map `flows`).
 * @id: of a socket: its inode number on sockfs; else see egress_file()
 * @addr, @port: as in struct sluice_target, also of an object; 0 for a medium as a whole
 */
struct sluice_flow_key {
	__u64 id;
	__u8 addr[16];
	__u16 port;
	__u16 pad[3];
};

/**
 * struct sluice_flow: labels that may go that way.
 * @labels: by the grant @grant_id, until the socket's end or the grant's, whichever comes first
 * @passed: that a hook let through otherwise (a clearance, a rule that only watches) while the
 *	policy was @generation: good for packets, not for the next to send
 */
struct sluice_flow {
	__u64 labels;
	__u64 grant_id;
	__u64 expires_ns;
	__u64 passed;
	__u32 generation;
	__u32 pad;
};

/**
 * struct sluice_socket: what was sent to a socket of this host, and through it (map `sockets`).
 * @labels: of all that was ever sent to it
 * @number: what it is read as in events: an object without a device, since it may have no inode
 * yet. A Unix socket is named by its own number, an IP socket by that of the one that sent to it
 * last
 * @reader: IP: start time of the process that read it last and carries @labels
 * @sent: IP: labels of all that was sent through it to this host
 * @sent_number: IP: its own number
 * @writer: IP: start time of the process that sent through it last
 * @uid: whose quota it counts in
 * @came: IP: labels of datagrams that came from labeled endpoints; @from: the last of these
 * @away: IP: @labels that were let through it off the host, but for those that their sender is
 *	cleared for; @ino: its inode number on sockfs; @clean: the thread (pid_tgid) without labels
 *	that sent last, as long as it has none
 */
struct sluice_socket {
	__u64 labels;
	__u64 number;
	__u64 reader;
	__u64 sent;
	__u64 sent_number;
	__u64 writer;
	__u32 uid;
	__u32 pad;
	__u64 came;
	struct sluice_target from;
	struct {
		__u64 labels;
		__u64 ino;
		__u64 clean;
	} away;
};

/*
 * In @arg of a target that is a socket: labels that came over IP. The rest of it are the type bits
 * of the mode.
 */
#define SLUICE_SOCKET_IP 1

/**
 * struct sluice_mark_key: packets under way from one socket of this host to another (map `marks`).
 * @net: cookie of the network namespace whose loopback they are on; 0: on any other interface
 * @from, @to: addresses as in struct sluice_target
 * @ports: of both, as the packet has them: the first four bytes of any transport
 */
struct sluice_mark_key {
	__u64 net;
	__u64 from[2];
	__u64 to[2];
	__u32 ports;
	__u32 pad;
};

/**
 * struct sluice_mark: the labels of such packets.
 * @number: of the socket that sent
 * @at: when the last of them left; see mark.bpf.h
 */
struct sluice_mark {
	__u64 labels;
	__u64 number;
	__u32 at;
	__u32 pad;
};

/**
 * struct sluice_parcel: what lies in the kernel until somebody takes it (map `parcels`).
 * @labels: of who put it there
 * @start_ns, @tgid: the process that did, or did last
 * @uid: whose quota it counts in
 */
struct sluice_parcel {
	__u64 labels;
	__u64 start_ns;
	__u32 tgid;
	__u32 uid;
};

_Static_assert(sizeof(struct sluice_flow_key) == 32, "flow key");
_Static_assert(sizeof(struct sluice_flow) == 40, "flow");
_Static_assert(sizeof(struct sluice_socket) == 120, "socket");
_Static_assert(sizeof(struct sluice_mark_key) == 48, "mark key");
_Static_assert(sizeof(struct sluice_mark) == 24, "mark");
_Static_assert(sizeof(struct sluice_parcel) == 24, "parcel");

#endif
