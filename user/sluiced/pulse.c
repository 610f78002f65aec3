// SPDX-License-Identifier: Apache-2.0
/*
 * pulse.c: see pulse.h. The clock of people may be set; the boot clock runs on and cannot be, and
 * the monotonic one stands still while the host sleeps: their distances tell what happened.
 */
#include "pulse.h"

#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>

#include "agent.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "event/event.h"
#include "event/record.h"
#include "guard/guard.h"
#include "journal/journal.h"

#define STEP_MS	     1000 /* less is the work of a clock that is being adjusted */
#define SUSPENDED_MS 100

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void tell_step(struct agent *agent, int64_t step_ms)
{
	retire_mistrust_clock(agent);
	log_warning("the host's clock was set %s by %lld ms", step_ms > 0 ? "forward" : "back",
		    (long long)llabs(step_ms));
	record_add(agent, NULL, json_pack("{s:I}", "step_ms", (json_int_t)step_ms), "clock.step",
		   "the host's clock was set %s by %lld ms", step_ms > 0 ? "forward" : "back",
		   (long long)llabs(step_ms));
}

/* Return: the host has slept, so its memory, keys included, may have been on a disk. */
static bool look_at_clocks(struct agent *agent)
{
	struct pulse *pulse = &agent->pulse;
	int64_t boot_ms = clock_ms(CLOCK_BOOTTIME);
	int64_t real_ms = clock_ms(CLOCK_REALTIME) - boot_ms;
	int64_t suspended_ms = boot_ms - clock_ms(CLOCK_MONOTONIC);
	bool resumed = pulse->begun && suspended_ms - pulse->suspended_ms > SUSPENDED_MS;

	if (pulse->begun && llabs(real_ms - pulse->real_ms) > STEP_MS) {
		tell_step(agent, real_ms - pulse->real_ms);
		pulse->real_ms = real_ms;
	}
	if (resumed)
		record_add(agent, NULL,
			   json_pack("{s:I}", "suspended_ms",
				     (json_int_t)(suspended_ms - pulse->suspended_ms)),
			   "clock.resumed", "the host was asleep for %lld ms",
			   (long long)(suspended_ms - pulse->suspended_ms));
	if (!pulse->begun)
		pulse->real_ms = real_ms;
	pulse->suspended_ms = suspended_ms;
	pulse->begun = true;
	return resumed;
}

/* What the kernel knows of the clock's quality; NULL where the sandbox does not let us ask. */
static json_t *clock_quality(void)
{
	struct timex timex = { 0 };
	int state = adjtimex(&timex);

	return state < 0 ? NULL
			 : json_pack("{s:b,s:I}", "sync", state != TIME_ERROR, "max_error_us",
				     (json_int_t)timex.maxerror);
}

/* Before the journal's disk is full, people have time: each mark is told of once on the way up. */
static void look_at_space(struct agent *agent)
{
	static const unsigned int marks[] = { 90, 75 };
	static const char text[] = "the disk of the journal is %u %% full: free space, or nothing "
				   "can be approved when it is full";
	unsigned int used, mark = 0;
	struct statvfs disk;

	if (statvfs(agent->journal_path, &disk) || !disk.f_blocks)
		return;
	used = (unsigned int)(100 - disk.f_bavail * 100 / disk.f_blocks);
	for (size_t i = ARRAY_SIZE(marks); i-- > 0;)
		mark = used >= marks[i] ? marks[i] : mark;
	if (mark > agent->pulse.told_used) {
		log_warning(text, used);
		record_add(agent, NULL,
			   json_pack("{s:I,s:I}", "used_percent", (json_int_t)used, "free_bytes",
				     (json_int_t)(disk.f_bavail * disk.f_frsize)),
			   "journal.space", text, used);
	}
	agent->pulse.told_used = mark;
}

/* The distance of the clocks is taken anew: what adds up slowly is no step. */
static void beat(struct agent *agent)
{
	struct pulse *pulse = &agent->pulse;
	json_t *body;

	/* What waits comes first, so that it is counted; what cannot be said now is not said later. */
	if (record_commit(agent))
		return;
	body = json_pack("{s:{s:o,s:I,s:o*}}", "journal", "totals", journal_totals(agent->journal),
			 "lost", (json_int_t)events_lost(agent->events), "clock", clock_quality());
	pulse->heartbeat_ns = agent_boot_ns() + SLUICE_JOURNAL_BEAT_MS * 1000000ULL;
	pulse->real_ms = clock_ms(CLOCK_REALTIME) - clock_ms(CLOCK_BOOTTIME);
	record_announce(agent, body, "journal.heartbeat",
			"how many entries of each type stand above");
}

static void look_at_minute(struct agent *agent)
{
	look_at_space(agent);
	retire_look(agent);
	beat(agent);
}

/* A file of the journal that is new is the agent's own, too. */
static void look_at_file(struct agent *agent)
{
	struct pulse *pulse = &agent->pulse;
	int r = agent_boot_ns() < pulse->file_ns ? 0 : record_next_file(agent);

	if (r < 0)
		pulse->file_ns = agent_boot_ns() + SLUICE_JOURNAL_FILE_TRY_S * 1000000000ULL;
	if (r != 0) /* also when the first commit to a new one has failed */
		guard_follow_journal(agent);
}

void pulse_tick(struct agent *agent)
{
	bool resumed;

	if (record_broken(agent))
		return;
	resumed = look_at_clocks(agent);
	if (agent_boot_ns() >= agent->pulse.heartbeat_ns)
		look_at_minute(agent);
	record_rotate(agent, resumed);
	look_at_file(agent);
}
