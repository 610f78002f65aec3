/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meter.h: what has happened to requests since the daemon's start, in numbers for "sluice metrics".
 *
 * Owns: the counts and the buckets of waiting times. Must not own: what the kernel counts
 * (kernel.h), or how numbers are shown (cmd_metrics.c).
 */
#ifndef SLUICE_METER_H
#define SLUICE_METER_H

#include <stddef.h>
#include <stdint.h>

#include "ipc.h"

/**
 * struct meter: of one running sluiced; zeroes at the start.
 * @closed: by outcome, enum ipc_state
 * @waits: processes that were held and went on, by IPC_WAIT_BOUNDS_S: each in the first bucket
 * whose bound it does not exceed; the last bucket has none
 * @waited_ms: the sum of their times
 * @answers: that people gave: [0] denials, [1] approvals
 */
struct meter {
	uint64_t opened;
	uint64_t closed[IPC_STATES];
	uint64_t waits[IPC_WAITS + 1];
	uint64_t waited_ms;
	uint64_t answers[2];
};

/* A held process goes on, so long after its request was opened, in milliseconds. */
void meter_wait(struct meter *meter, uint64_t ms);

#endif
