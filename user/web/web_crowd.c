// SPDX-License-Identifier: Apache-2.0
/*
 * web_crowd.c: see web_crowd.h. Owns no state.
 */
#include "web_crowd.h"

#include <string.h>

#include "base/cleanup.h"

#define NETWORK_BYTES 8 /* of an address of IPv6 */

/* An address of IPv4 as IPv6 spells it: a socket for both says so, and it is the same peer. */
static bool network_of(const struct sockaddr *address, struct in6_addr *ret)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	memset(ret, 0, sizeof(*ret));
	if (!address)
		return false;
	if (address->sa_family == AF_INET) {
		memset(ret->s6_addr + 10, 0xff, 2);
		memcpy(ret->s6_addr + 12, &v4->sin_addr, 4);
		return true;
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(ret, &v6->sin6_addr,
	       IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? sizeof(*ret) : NETWORK_BYTES);
	return true;
}

/* The entry of @network; if there is none, NULL. */
static struct crowd_network *find(const struct crowd *crowd, const struct in6_addr *network)
{
	for (size_t i = 0; i < CROWD_MAX; i++)
		if (crowd->networks[i].count &&
		    IN6_ARE_ADDR_EQUAL(&crowd->networks[i].network, network))
			return (struct crowd_network *)&crowd->networks[i];
	return NULL;
}

static struct crowd_network *find_free(struct crowd *crowd)
{
	for (size_t i = 0; i < CROWD_MAX; i++)
		if (!crowd->networks[i].count)
			return &crowd->networks[i];
	return NULL;
}

unsigned int crowd_count(const struct crowd *crowd, const struct sockaddr *address)
{
	const struct crowd_network *entry;
	struct in6_addr network;

	if (!network_of(address, &network))
		return 0;
	entry = find(crowd, &network);
	return entry ? entry->count : 0;
}

void crowd_enter(struct crowd *crowd, const struct sockaddr *address)
{
	struct crowd_network *entry;
	struct in6_addr network;

	if (!network_of(address, &network))
		return;
	entry = find(crowd, &network) ?: find_free(crowd);
	if (!entry)
		return;
	entry->network = network;
	entry->count++;
}

void crowd_leave(struct crowd *crowd, const struct sockaddr *address)
{
	struct crowd_network *entry;
	struct in6_addr network;

	if (!network_of(address, &network))
		return;
	entry = find(crowd, &network);
	if (entry)
		entry->count--;
}
