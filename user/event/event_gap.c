/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_gap.c: see event_gap.h. A program that takes a number and is preempted before it takes its
 * place in the ring comes after its successor: so a missing number is lost only when it stays away.
 */
#include "event_gap.h"

#include <stdlib.h>

#include "base/log.h"
#include "record.h"

#define RANGES 16

struct range {
	uint64_t from;
	uint64_t to;
	uint64_t since_ns;
};

/* @next: number expected next, 0 before the first when it cannot be known */
struct cpu {
	uint64_t next;
	struct range missing[RANGES];
	unsigned int n;
};

struct events {
	struct cpu *cpus;
	size_t n_cpus;
	bool adopted;
	uint64_t lost;
};

struct events *events_new(bool adopted)
{
	struct events *events = calloc(1, sizeof(*events));

	if (events)
		events->adopted = adopted;
	return events;
}

struct events *events_free(struct events *events)
{
	if (events)
		free(events->cpus);
	free(events);
	return NULL;
}

uint64_t events_lost(const struct events *events)
{
	return events->lost;
}

static struct cpu *get_cpu(struct events *events, uint16_t cpu)
{
	if (cpu >= events->n_cpus) {
		size_t n = (size_t)cpu + 1;
		struct cpu *cpus = realloc(events->cpus, n * sizeof(*cpus));

		if (!cpus)
			return NULL;
		for (size_t i = events->n_cpus; i < n; i++)
			cpus[i] = (struct cpu){ .next = events->adopted ? 0 : 1 };
		events->cpus = cpus;
		events->n_cpus = n;
	}
	return &events->cpus[cpu];
}

static void remove_range(struct cpu *cpu, unsigned int i)
{
	cpu->missing[i] = cpu->missing[--cpu->n];
}

/* A late one: takes it out of what is missing. */
static void arrived(struct cpu *cpu, uint64_t seq)
{
	for (unsigned int i = 0; i < cpu->n; i++) {
		struct range *range = &cpu->missing[i];
		struct range rest = { .from = seq + 1,
				      .to = range->to,
				      .since_ns = range->since_ns };

		if (seq < range->from || seq > range->to)
			continue;
		range->to = seq - 1;
		if (range->from > range->to)
			remove_range(cpu, i);
		if (rest.from <= rest.to && cpu->n < RANGES)
			cpu->missing[cpu->n++] = rest;
		return;
	}
}

void event_gap_note(struct events *events, uint16_t number, uint64_t seq)
{
	struct cpu *cpu = get_cpu(events, number);
	struct range *range;

	if (!cpu) {
		events->lost++;
		return;
	}
	if (!cpu->next)
		cpu->next = seq;
	if (seq < cpu->next) {
		arrived(cpu, seq);
		return;
	}
	if (seq > cpu->next && cpu->n < RANGES) {
		cpu->missing[cpu->n++] = (struct range){ .from = cpu->next,
							 .to = seq - 1,
							 .since_ns = agent_boot_ns() };
		/*
		 * no room to wait for each: one range over all since, which may name some that came
		 */
	} else if (seq > cpu->next) {
		range = &cpu->missing[RANGES - 1];
		range->to = seq - 1;
	}
	cpu->next = seq + 1;
}

static void report(struct agent *agent, size_t cpu, const struct range *range)
{
	unsigned long long count = range->to - range->from + 1;

	agent->events->lost += count;
	log_warning("%llu events of CPU %zu were lost (numbers %llu to %llu)", count, cpu,
		    (unsigned long long)range->from, (unsigned long long)range->to);
	record_add(agent, NULL,
		   json_pack("{s:I, s:I, s:I, s:I}", "cpu", (json_int_t)cpu, "from",
			     (json_int_t)range->from, "to", (json_int_t)range->to, "count",
			     (json_int_t)count),
		   "journal.gap", "%llu events of CPU %zu were lost (numbers %llu to %llu)", count,
		   cpu, (unsigned long long)range->from, (unsigned long long)range->to);
}

void event_gap_refusals(struct agent *agent, uint64_t count)
{
	static const char text[] = "%llu refusals were counted, and it was lost of whom and what";

	agent->events->lost += count;
	log_warning(text, (unsigned long long)count);
	record_add(agent, NULL, json_pack("{s:I}", "count", (json_int_t)count), "journal.gap", text,
		   (unsigned long long)count);
}

void event_gap_report(struct agent *agent, uint64_t now_ns)
{
	struct events *events = agent->events;

	for (size_t i = 0; i < events->n_cpus; i++) {
		struct cpu *cpu = &events->cpus[i];

		for (unsigned int k = cpu->n; k-- > 0;) {
			if (cpu->n < RANGES && now_ns - cpu->missing[k].since_ns < EVENT_GAP_NS)
				continue;
			report(agent, i, &cpu->missing[k]);
			remove_range(cpu, k);
		}
	}
}
