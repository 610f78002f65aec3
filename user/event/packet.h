/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet.h: what was leaving the host past the hooks on sockets, as the kernel counts it
 * (bpf/packet.bpf.c).
 */
#ifndef SLUICE_PACKET_H
#define SLUICE_PACKET_H

struct agent;

/* Once a second: logs and journals the count when it has grown. */
void packet_tick(struct agent *agent);

#endif
