// SPDX-License-Identifier: Apache-2.0
/*
 * missed.c: see missed.h. What came in such a moment is not known: only which program was left out.
 */
#include "missed.h"

#include "base/log.h"
#include "kernel/kernel.h"
#include "record.h"
#include "sluiced/agent.h"

struct counts {
	json_t *programs;
	uint64_t total;
};

static void add(void *ctx, const char *program, uint64_t count)
{
	struct counts *counts = ctx;

	counts->total += count;
	if (count)
		json_object_set_new(counts->programs, program, json_integer((json_int_t)count));
}

/*
 * The counts since the programs were loaded, so that a daemon that takes over says the same again
 * rather than to leave something out. @programs is taken over.
 */
static int tell(struct agent *agent, json_t *programs, unsigned long long total)
{
	static const char text[] = "the kernel left a program out %llu times, because the same one "
				   "was preempted on that processor: labels that came in such a "
				   "moment may not have been taken";
	int err;

	log_warning(text, total);
	err = record_add(agent, NULL,
			 json_pack("{s:I, s:o}", "count", (json_int_t)total, "programs", programs),
			 "enforcement.missed", text, total);
	if (!err)
		record_commit(agent);
	return err;
}

void missed_tick(struct agent *agent)
{
	struct counts counts = { 0 };
	uint64_t now = agent_boot_ns();

	if (now < agent->missed_next_ns)
		return;
	agent->missed_next_ns = now + SLUICE_MISSED_MS * 1000000ULL;
	counts.programs = json_object();
	if (!counts.programs)
		return;
	if (!kernel_missed_each(agent->kernel, add, &counts) && counts.total > agent->missed) {
		if (!tell(agent, counts.programs, counts.total))
			agent->missed = counts.total;
		return;
	}
	json_decref(counts.programs);
}
