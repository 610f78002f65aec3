// SPDX-License-Identifier: Apache-2.0
/*
 * retire_memory.c: earlier removals, known again after a start: see retire.h.
 */
#include <errno.h>

#include "agent.h"
#include "event/record.h"

static void take(struct retire *retire, const json_t *said)
{
	struct retire news = { 0 };

	if (record_get_u64(said, "since", &news.since) &&
	    record_get_u64(said, "first", &news.first) &&
	    record_get_u64(said, "last", &news.last)) {
		retire->since = news.since;
		retire->first = news.first;
		retire->last = news.last;
	}
}

void retire_replay(struct agent *agent, const json_t *entry)
{
	take(&agent->retire, json_object_get(entry, "removed"));
}

int retire_facts(const struct retire *retire, json_t *facts)
{
	if (!retire->last)
		return 0;
	return json_object_set_new(facts, "removed",
				   json_pack("{s:I,s:I,s:I}", "since", (json_int_t)retire->since,
					     "first", (json_int_t)retire->first, "last",
					     (json_int_t)retire->last))
		       ? -ENOMEM
		       : 0;
}

void retire_recall(struct retire *retire, const json_t *facts)
{
	take(retire, json_object_get(facts, "removed"));
}
