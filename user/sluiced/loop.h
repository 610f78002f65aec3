/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h: what turns the daemon: events of the kernel, the heartbeat, signals.
 *
 * Owns: what happens at each, in its order. Must not own: events of the sockets (control.h), of
 * names and units (deploy.h), deadlines (request.h).
 */
#ifndef SLUICE_LOOP_H
#define SLUICE_LOOP_H

#include <event2/event.h>

#include "agent.h"
#include "label/deploy.h"

/* @agent, @deploy: borrowed; set before loop_start(). */
struct loop {
	struct agent *agent;
	struct deploy *deploy;
	struct event *events[6]; /* that of the kernel's events first */
	size_t n_events;
};

/* Return: 0 or a negative errno, which was logged; loop_end() is for both. */
int loop_start(struct loop *loop);
void loop_end(struct loop *loop);

/*
 * Takes in what the kernel has to say, no more than @most events; it keeps them until they are on
 * disk.
 */
void loop_consume(struct agent *agent, unsigned int most);

#endif
