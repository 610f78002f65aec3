/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_loop.h: the gateway's event loop: it ends by SIGTERM and SIGINT, and tells the service
 * manager that it turns.
 *
 * Owns: the loop, signals, the watchdog. Must not own: what happens in it.
 */
#ifndef SLUICE_GATEWAY_LOOP_H
#define SLUICE_GATEWAY_LOOP_H

#include <event2/event.h>

/* All zero in the beginning. @watchdog: NULL when the service manager wants none. */
struct gateway_loop {
	struct event_base *base;
	struct event *signals[2];
	struct event *watchdog;
};

/* Return: 0, or a negative errno, which is logged; gateway_loop_stop() also after a failure. */
int gateway_loop_start(struct gateway_loop *loop);
void gateway_loop_stop(struct gateway_loop *loop); /* the last that happens with libevent */

#endif
