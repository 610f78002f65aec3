/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h: the two sockets of sluiced: for sluice (everyone) and for sluice-gateway (its user and
 * root).
 *
 * Owns: connections, what each kind of peer may send, limits, answers that wait for a slow reader,
 * what the gateway is told. Must not own: frames (channel.h), or the meaning of a decision
 * (decision.h).
 */
#ifndef SLUICE_CONTROL_H
#define SLUICE_CONTROL_H

#include "request/request.h"
#include "sluiced/agent.h"

/**
 * control_open() - listen on both sockets; agent->base, requests, grants, lineage, journal and
 * policy must be there.
 * @control_path, @gateway_path: IPC_CONTROL_SOCKET and IPC_GATEWAY_SOCKET; the folder must exist
 * Return: 0 and @ret, or a negative errno, logged by nobody.
 */
int control_open(struct agent *agent, const char *control_path, const char *gateway_path,
		 struct control **ret);
struct control *control_close(struct control *control); /* ends all peers; returns NULL */

/*
 * Tells the gateway of an open or closed request; without a gateway nothing happens: it asks when
 * it comes.
 */
void control_notify(struct agent *agent, const struct request *request);

/* Tells it that the glass was broken or mended (glass.h): "r-glass-broken", "r-glass-mended". */
void control_notify_glass(struct agent *agent, const char *id);

/* Tells it how much of the journal may leave the host, when that is news: each second. */
void control_notify_journal(struct agent *agent);

/**
 * control_not_copied() - why it is not known that all places off the host have the journal that far.
 * @bytes, @entries: of it, counted from its begin
 * Only what a place says itself counts (struct ipc_sink), and only of all that the gateway has said
 * it has: one that nobody heard of yet may lack it. Without JournalToGateway=, and without a place,
 * there is nothing to wait for.
 * Return: NULL; else why.
 */
const char *control_not_copied(const struct agent *agent, uint64_t bytes, uint64_t entries);
/* What they hold, for the journal: a new reference, NULL: no memory. */
json_t *control_copies(const struct agent *agent);

#endif
