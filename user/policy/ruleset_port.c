/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset_port.c: see ruleset_port.h. Owns the arithmetic of ranges; must not own addresses
 * (ruleset_destination.c).
 */
#include "ruleset_port.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Where ranges begin, and one past where they end: between two of these nothing changes. Returns
 * how many differ. */
static size_t find_cuts(const struct sluice_port *said, size_t n, uint32_t *cuts)
{
	size_t different = 0;

	for (size_t i = 0; i < n; i++) {
		cuts[2 * i] = said[i].low;
		cuts[2 * i + 1] = said[i].high + 1U;
	}
	qsort(cuts, 2 * n, sizeof(*cuts), by_number);
	for (size_t i = 0; i < 2 * n; i++)
		if (!different || cuts[different - 1] != cuts[i])
			cuts[different++] = cuts[i];
	return different;
}

/* All that @said says about @port for @protocol; 0 stands for one that no range names. */
static struct sluice_port sum_up(const struct sluice_port *said, size_t n, uint32_t port,
				 uint32_t protocol)
{
	struct sluice_port sum = { .protocol = protocol };

	for (size_t i = 0; i < n; i++) {
		if (port < said[i].low || port > said[i].high ||
		    (said[i].protocol && said[i].protocol != protocol))
			continue;
		sum.allowed |= said[i].allowed;
		sum.carries |= said[i].carries;
	}
	return sum;
}

static bool says_same(const struct sluice_port *a, const struct sluice_port *b)
{
	return a->allowed == b->allowed && a->carries == b->carries;
}

static int append(struct sluice_destination *destination, const struct sluice_port *port)
{
	struct sluice_port *last =
		destination->ports ? &destination->port[destination->ports - 1] : NULL;

	if (last && last->protocol == port->protocol && last->high + 1U == port->low &&
	    says_same(last, port)) {
		last->high = port->high;
		return 0;
	}
	if (destination->ports == SLUICE_MAX_PORTS)
		return -E2BIG;
	destination->port[destination->ports++] = *port;
	return 0;
}

int ruleset_join_ports(const struct sluice_port *said, size_t n, struct sluice_destination *ret)
{
	static const uint32_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, 0 };
	_cleanup_free_ uint32_t *cuts = calloc(n ? 2 * n : 1, sizeof(*cuts));
	struct sluice_destination joined = { 0 };
	size_t n_cuts;

	if (!cuts)
		return -ENOMEM;
	n_cuts = find_cuts(said, n, cuts);
	for (size_t p = 0; p < ARRAY_SIZE(protocols); p++) {
		for (size_t i = 0; i + 1 < n_cuts; i++) {
			struct sluice_port any = sum_up(said, n, cuts[i], 0);
			struct sluice_port port = sum_up(said, n, cuts[i], protocols[p]);
			static const struct sluice_port nothing;

			if (says_same(&port, protocols[p] ? &any : &nothing))
				continue;
			port.low = (uint16_t)cuts[i];
			port.high = (uint16_t)(cuts[i + 1] - 1);
			if (append(&joined, &port) < 0)
				return -E2BIG;
		}
	}
	*ret = joined;
	return 0;
}
