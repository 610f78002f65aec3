/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pulse.h: what the journal says and does because time passes.
 *
 * Owns: when the journal goes on in another file, the entries "journal.heartbeat",
 * "journal.space", "clock.step" and "clock.resumed", and the end of the journal's epoch at each
 * second in which something was written. Must not own: the bytes of the journal (journal.h), the
 * heartbeat of the BPF programs (kernel.h).
 */
#ifndef SLUICE_PULSE_H
#define SLUICE_PULSE_H

#include <stdbool.h>
#include <stdint.h>

struct agent;

/* @real_ms, @suspended_ms: what two clocks were ahead of the boot clock and of the running one */
struct pulse {
	bool begun;
	int64_t real_ms;
	int64_t suspended_ms;
	uint64_t heartbeat_ns;	/* of the boot clock: when the next one is due */
	uint64_t file_ns;	/* before, no other file is begun: it has just failed */
	unsigned int told_used; /* percent of the journal's disk that were told of, 0: none */
};

/* Once a second. */
void pulse_tick(struct agent *agent);

#endif
