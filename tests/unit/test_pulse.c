/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_pulse.c: what time brings into the journal: totals each minute, a clock that was set, a host
 * that slept, and the end of the epoch. The clocks are the test's (--wrap=clock_gettime).
 */
#include "agent_fixture.h"

#include "limits.h"
#include "sluiced/pulse.h"

#include <sys/statvfs.h>
#include <time.h>

/* ms; the real clock, the one since boot, and the one that stands still in sleep */
static int64_t real_ms, boot_ms, running_ms;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	int64_t ms = clock == CLOCK_REALTIME   ? real_ms
		     : clock == CLOCK_BOOTTIME ? boot_ms
					       : running_ms;

	*ret = (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	return 0;
}

static unsigned int used_percent;

int __wrap_statvfs(const char *path, struct statvfs *ret);

int __wrap_statvfs(const char *path, struct statvfs *ret)
{
	(void)path;
	*ret = (struct statvfs){ .f_blocks = 1000,
				 .f_bavail = 1000 - 10 * used_percent,
				 .f_frsize = 4096 };
	return 0;
}

/* Which files of the journal go is another module's (test_retire.c): when it looks is not. */
static unsigned int looks, mistrusts;

void retire_look(struct agent *agent)
{
	(void)agent;
	looks++;
}

void retire_mistrust_clock(struct agent *agent)
{
	(void)agent;
	mistrusts++;
}

/* @ms pass. */
static void pass(int64_t ms)
{
	real_ms += ms;
	boot_ms += ms;
	running_ms += ms;
}

static void tick(void)
{
	pass(1000);
	pulse_tick(&world.agent);
}

/* The first look at the clocks, which says nothing of them; its heartbeat is behind us. */
static void begin(void)
{
	real_ms = 1796000000000;
	boot_ms = 90000;
	running_ms = 80000;
	world.agent.pulse = (struct pulse){ 0 };
	used_percent = 10;
	looks = mistrusts = 0;
	tick();
	assert_int_equal(looks, 1);
	assert_int_equal(count_of("journal.heartbeat"), 1);
	assert_int_equal(json_array_size(world.journal.entries), 1);
}

static const json_t *last_entry(void)
{
	size_t n = json_array_size(world.journal.entries);

	return json_array_get(world.journal.entries, n - 1);
}

static void test_heartbeat(void **state)
{
	const json_t *journal;

	(void)state;
	begin();
	for (unsigned int i = 0; i < 59; i++)
		tick();
	assert_int_equal(count_of("journal.heartbeat"), 1);
	assert_int_equal(looks, 1);
	tick();
	assert_int_equal(looks, 2);
	assert_int_equal(mistrusts, 0);
	assert_int_equal(count_of("journal.heartbeat"), 2);
	assert_int_equal(world.journal.durable, 2);
	journal = json_object_get(last_entry(), "journal");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(journal, "totals"), "any")), 1);
	assert_int_equal(json_integer_value(json_object_get(journal, "lost")), 0);
}

static void test_steps(void **state)
{
	static const int64_t steps[] = { 3600000, -3600000, 1001, -1001 };

	(void)state;
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		real_ms += steps[i];
		tick();
		assert_int_equal(count_of("clock.step"), i + 1);
		assert_int_equal(mistrusts, i + 1);
		assert_int_equal(json_integer_value(json_object_get(last_entry(), "step_ms")),
				 steps[i]);
		tick();
		assert_int_equal(count_of("clock.step"), i + 1);
	}
	/* less than a second is adjusted all the time; many such steps are one that counts */
	real_ms += 600;
	tick();
	assert_int_equal(count_of("clock.step"), ARRAY_SIZE(steps));
	real_ms += 600;
	tick();
	assert_int_equal(count_of("clock.step"), ARRAY_SIZE(steps) + 1);
	assert_int_equal(world.journal.forced, 0);
}

static void test_sleep(void **state)
{
	(void)state;
	begin();
	tick();
	assert_int_equal(world.journal.forced, 0);
	real_ms += 5000;
	boot_ms += 5000;
	tick();
	assert_int_equal(count_of("clock.resumed"), 1);
	assert_int_equal(count_of("clock.step"), 0);
	assert_int_equal(json_integer_value(json_object_get(last_entry(), "suspended_ms")), 5000);
	assert_int_equal(world.journal.forced, 1);
	tick();
	assert_int_equal(count_of("clock.resumed"), 1);
	assert_int_equal(world.journal.forced, 1);
}

/* What waited for the journal is counted; a heartbeat that cannot be written does not wait. */
static void test_waiting(void **state)
{
	const json_t *journal;

	(void)state;
	begin();
	world.journal.broken = true;
	record_add(&world.agent, NULL, json_object(), "event.read", "waits");
	pass(60000);
	tick();
	assert_int_equal(json_array_size(world.journal.entries), 1);
	world.journal.broken = false;
	tick();
	assert_int_equal(json_array_size(world.journal.entries), 3);
	assert_int_equal(count_of("journal.heartbeat"), 2);
	journal = json_object_get(last_entry(), "journal");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(journal, "totals"), "any")), 2);
}

/* Each second, and at once behind what gives or takes a right; not behind what only happened. */
static void test_epochs(void **state)
{
	static const struct {
		const char *type;
		unsigned int ends;
	} entries[] = {
		{ "event.read", 0 },	   { "request.opened", 0 }, { "decision", 1 },
		{ "decision.refused", 1 }, { "grant.issued", 1 },   { "grant.used", 1 },
		{ "standing.made", 1 },	   { "policy.loaded", 1 },  { "glass.broken", 1 },
		{ "guard.attempt", 0 },	   { "guard.mode", 1 },
	};
	unsigned int before;

	(void)state;
	begin();
	assert_int_equal(world.journal.epochs, 1);
	tick();
	assert_int_equal(world.journal.epochs, 2);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		before = world.journal.epochs;
		assert_int_equal(
			record_add(&world.agent, NULL, json_object(), entries[i].type, "text"), 0);
		assert_int_equal(record_commit(&world.agent), 0);
		assert_int_equal(world.journal.epochs, before + entries[i].ends);
		assert_int_equal(record_commit(&world.agent), 0);
		assert_int_equal(world.journal.epochs, before + entries[i].ends);
	}
}

/* The disk fills up and is emptied: each mark is told of on the way up, and again after a fall. */
static void test_space(void **state)
{
	static const struct {
		unsigned int used, told;
	} minutes[] = { { 74, 0 }, { 75, 1 }, { 80, 1 }, { 90, 2 }, { 99, 2 },
			{ 80, 2 }, { 91, 3 }, { 10, 3 }, { 95, 4 } };

	(void)state;
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(minutes); i++) {
		used_percent = minutes[i].used;
		pass(60000);
		tick();
		assert_int_equal(count_of("journal.space"), minutes[i].told);
	}
	assert_int_equal(count_of("journal.heartbeat"), 1 + ARRAY_SIZE(minutes));
}

/* A journal that cannot be written is left alone until it is mended. */
static void test_broken(void **state)
{
	(void)state;
	begin();
	world.journal.broken = true;
	real_ms += 100000;
	tick();
	assert_int_equal(world.journal.epochs, 1);
	assert_int_equal(count_of("clock.step"), 0);
	world.journal.broken = false;
	tick();
	assert_int_equal(count_of("clock.step"), 1);
	assert_int_equal(world.journal.epochs, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_heartbeat), AGENT_TEST(test_steps), AGENT_TEST(test_sleep),
		AGENT_TEST(test_waiting),
		AGENT_TEST(test_epochs),    AGENT_TEST(test_space), AGENT_TEST(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
