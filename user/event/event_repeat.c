/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_repeat.c: see event_repeat.h. The kernel tells of a denial that repeats once in a while,
 * with the count of those before. The last of them are fetched here.
 */
#include "event_repeat.h"

#include "event_gap.h"
#include "kernel/kernel.h"
#include "policy/policy.h"
#include "record.h"
#include "wording.h"

/* @now_ns: boot clock; @taken: counts of so many denials; @left: the others' counts, for later */
struct look {
	struct agent *agent;
	uint64_t now_ns;
	unsigned int taken;
	uint64_t left;
};

static void tell(struct agent *agent, const struct sluice_ask_key *key, uint64_t labels,
		 uint64_t count)
{
	struct sluice_event event = { .type = SLUICE_EVENT_STOP, .key = *key };
	const char *action =
		key->action < SLUICE_ACTIONS ? policy_action_names[key->action] : "unknown";
	char target[SLUICE_PATH_TEXT];

	wording_target(&event, target, sizeof(target));
	record_add(agent, NULL,
		   json_pack("{s:I, s:s, s:o, s:{s:I, s:I}, s:o}", "repeats", (json_int_t)count,
			     "action", action, "labels", record_labels(agent, labels), "subject",
			     "pid", (json_int_t)key->subject.id, "start_ns",
			     (json_int_t)key->subject.a, "target",
			     record_target(&key->target, target)),
		   "event.repeat",
		   "process %u was refused to %s%s %llu times of which no other entry tells",
		   key->subject.id, key->action < SLUICE_ACTIONS ? wording_verb(key->action) : "",
		   target, (unsigned long long)count);
}

static void look_at(void *ctx, const struct sluice_ask_key *key,
		    const struct sluice_refusal *refusal)
{
	struct look *look = ctx;
	uint64_t count;

	if (!refusal->untold)
		return;
	if (look->taken == SLUICE_LOOK_REFUSALS ||
	    look->now_ns - refusal->told_ns < SLUICE_REPEAT_MS * 1000000ULL) {
		look->left += refusal->untold;
		return;
	}
	look->taken++;
	count = kernel_refusal_take(look->agent->kernel, key);
	if (count)
		tell(look->agent, key, refusal->labels, count);
}

/*
 * More different denials than the kernel remembers push each other out. @counted, from before the
 * look, is told of by now, or was left by it, or is lost. What is counted meanwhile makes the lost
 * fewer, never more: the next look has them.
 */
static void report_lost(const struct look *look, uint64_t counted)
{
	uint64_t counts[SLUICE_COUNTERS], known;

	if (kernel_count(look->agent->kernel, counts))
		return;
	known = counts[SLUICE_COUNT_TOLD] + look->left;
	if (counted <= known)
		return;
	event_gap_refusals(look->agent, counted - known);
	kernel_refusal_lost(look->agent->kernel, counted - known);
}

void event_repeat_report(struct agent *agent, uint64_t now_ns)
{
	struct look look = { .agent = agent, .now_ns = now_ns };
	struct event_repeat *last = &agent->repeat;
	uint64_t counts[SLUICE_COUNTERS];

	if (now_ns - last->look_ns < SLUICE_REPEAT_MS * 1000000ULL ||
	    kernel_count(agent->kernel, counts))
		return;
	last->look_ns = now_ns;
	if (counts[SLUICE_COUNT_MERGED] == last->merged && !last->later)
		return;
	if (kernel_refusal_each(agent->kernel, look_at, &look) < 0)
		return;
	report_lost(&look, counts[SLUICE_COUNT_MERGED]);
	last->later = look.left || counts[SLUICE_COUNT_MERGED] != last->merged;
	last->merged = counts[SLUICE_COUNT_MERGED];
}
