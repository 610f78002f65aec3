// SPDX-License-Identifier: Apache-2.0
/*
 * packet.c: see packet.h. The packets themselves are not told of: nobody who could be asked was at
 * it, and a queue that is full of them would be a flood of entries.
 */
#include "packet.h"

#include "base/log.h"
#include "kernel/kernel.h"
#include "record.h"
#include "sluiced/agent.h"

/*
 * The count since the programs were loaded, so that a daemon that takes over says the same again
 * rather than to leave something out.
 */
void packet_tick(struct agent *agent)
{
	uint64_t counters[SLUICE_COUNTERS];
	unsigned long long count;

	if (kernel_count(agent->kernel, counters) ||
	    counters[SLUICE_COUNT_PACKETS] <= agent->packets)
		return;
	count = counters[SLUICE_COUNT_PACKETS];
	log_warning("%llu packets with labeled data were leaving this host past the checks of who "
		    "sends; what the policy forbids was dropped",
		    count);
	if (record_add(agent, NULL, json_pack("{s:I}", "count", (json_int_t)count), "egress.missed",
		       "%llu packets with labeled data were leaving this host past the checks of "
		       "who sends; what the policy forbids was dropped",
		       count))
		return;
	agent->packets = count;
	record_commit(agent);
}
