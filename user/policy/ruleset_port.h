/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset_port.h: what overlapping ranges of ports say together. Private to ruleset*.c; owns
 * nothing else.
 */
#ifndef SLUICE_RULESET_PORT_H
#define SLUICE_RULESET_PORT_H

#include <stddef.h>

#include "abi.h"

/**
 * ruleset_join_ports() - cut @n ranges so that none overlaps another of its protocol, join equal
 * neighbours.
 * @ret: in the order that struct ruleset promises; ranges that say nothing are left out
 * Return: 0, -E2BIG for more than SLUICE_MAX_PORTS ranges, -ENOMEM.
 */
int ruleset_join_ports(const struct sluice_port *said, size_t n, struct sluice_destination *ret);

#endif
