/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enforcement.c: see enforcement.h. Reasons are sentences, newline between, as agent::why wants
 * them.
 */
#include "enforcement.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "check/check.h"
#include "event/record.h"
#include "kernel.h"

/* Room for each reason in the order of writing; what does not fit is cut. */
static void add(char *why, size_t size, const char *reason)
{
	size_t used = strlen(why);

	snprintf(why + used, size - used, "%s%s", used ? "\n" : "", reason);
}

static void look_at_programs(const struct agent *agent, char *why, size_t size)
{
	size_t missing = kernel_missing_programs(agent->kernel);
	char reason[256];

	if (!missing)
		return;
	snprintf(reason, sizeof(reason),
		 "%zu BPF programs are not attached any more: somebody has removed their pins; run "
		 "'sluiced --detach' and "
		 "start sluiced again",
		 missing);
	add(why, size, reason);
}

/* Before 7.x this switch turns every attached program off without a trace of it at the program. */
static void look_at_ftrace(char *why, size_t size)
{
	struct check_result result;
	char reason[sizeof(result.found) + sizeof(result.remedy) + 64];

	if (check_one("ftrace", &result) || result.ok)
		return;
	snprintf(reason, sizeof(reason), "%s turns BPF programs off; %s", result.found,
		 result.remedy);
	add(why, size, reason);
}

static void tell(struct agent *agent)
{
	if (agent->enforcing) {
		log_notice("enforcing again");
		record_add(agent, NULL, json_object(), "enforcement.back",
			   "the policy is enforced again");
	} else {
		log_error("NOT enforcing: %s", agent->why);
		record_add(agent, NULL, json_pack("{s:o}", "reason", record_text(agent->why)),
			   "enforcement.lost", "the policy is not enforced any more: %s",
			   agent->why);
	}
	record_commit(agent);
}

void enforcement_look(struct agent *agent)
{
	char why[sizeof(agent->why)] = "";

	look_at_programs(agent, why, sizeof(why));
	look_at_ftrace(why, sizeof(why));
	if (!strcmp(why, agent->why))
		return;
	memcpy(agent->why, why, sizeof(why));
	agent->enforcing = !*why;
	tell(agent);
}
