/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.c: the look-ups of agent.h. Owns no state; who fills the tables is agent_parts.c.
 */
#include "agent.h"

#include <string.h>
#include <time.h>

#include "policy/policy.h"

uint64_t agent_boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t agent_time_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int agent_label_bit(const struct agent *agent, size_t label)
{
	return label < SLUICE_MAX_LABELS ? agent->bit_of_label[label] : -1;
}

int agent_bit_to_policy(const struct agent *agent, unsigned int bit)
{
	return bit < SLUICE_MAX_LABELS ? agent->label_of_bit[bit] : -1;
}

const struct policy_label *agent_label(const struct agent *agent, unsigned int bit)
{
	int label = agent_bit_to_policy(agent, bit);

	if (label < 0 || !agent->policy || (size_t)label >= agent->policy->n_labels)
		return NULL;
	return &agent->policy->labels[label];
}

int agent_bit_of_name(const struct agent *agent, const char *name)
{
	for (int bit = 0; *name && bit < SLUICE_MAX_LABELS; bit++)
		if (!strcmp(agent->names.name[bit], name))
			return bit;
	return -1;
}
