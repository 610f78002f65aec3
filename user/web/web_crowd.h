/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_crowd.h: how many connections each peer's network has at a time.
 *
 * Owns: what one network is: an address of IPv4, and 64 bits of one of IPv6, as whoever has one
 * such address has all 2^64 of them (RFC 4291, 2.5.4). Must not own: connections, or what follows
 * when there are too many (web.c).
 */
#ifndef SLUICE_WEB_CROWD_H
#define SLUICE_WEB_CROWD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define CROWD_MAX 128 /* networks at a time */

/* All zero: nobody is there. @count: 0: the entry is free */
struct crowd {
	struct crowd_network {
		struct in6_addr network;
		unsigned int count;
	} networks[CROWD_MAX];
};

/*
 * How many connections there are from the network of @address; of no address that is known, none is
 * counted.
 */
unsigned int crowd_count(const struct crowd *crowd, const struct sockaddr *address);

/* One came, which counts if there is room for its network; and one that came went. */
void crowd_enter(struct crowd *crowd, const struct sockaddr *address);
void crowd_leave(struct crowd *crowd, const struct sockaddr *address);

#endif
