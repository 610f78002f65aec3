/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_told.h: how far people have been told of a request, by channel, as the gateway reports.
 *
 * Owns: the last report of each channel. Must not own: the journal of reports (control_gateway.c).
 * The gateway is not trusted: its words are shown, and nothing else follows from them.
 */
#ifndef SLUICE_REQUEST_TOLD_H
#define SLUICE_REQUEST_TOLD_H

#include "request.h"

extern const char *const told_state_names[IPC_STANDBY + 1]; /* NULL at 0 */

/* Keeps the report. What does not fit (no memory, more channels than there can be) is dropped. */
void request_told_note(struct request *request, const struct ipc_delivery *delivery,
		       uint64_t time_ms);

/*
 * From an entry of the journal. @request: NULL when it is not known any more. Return: the state, 0
 * for none that is known.
 */
uint32_t request_told_replay(struct requests *requests, struct request *request,
			     const json_t *entry);

void request_told_describe(const struct request *request, struct ipc_request *ret);

#endif
