/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_missed.c: programs that the kernel left out are told of when the counts grow, with each of
 * them, and not looked at all the time.
 */
#include "agent_fixture.h"

#include "event/missed.h"

static uint64_t reads, taken;
static int looks, broken;

int kernel_missed_each(const struct kernel *kernel, kernel_missed_fn fn, void *ctx)
{
	(void)kernel;
	looks++;
	fn(ctx, "sluice_pipe_read", reads);
	fn(ctx, "sluice_inet_recvmsg", taken);
	fn(ctx, "sluice_do_tee", 0);
	return broken;
}

static void begin(void)
{
	reads = taken = 0;
	looks = broken = 0;
	world.agent.missed = world.agent.missed_next_ns = 0;
}

/* As if so much time had passed. */
static void look(void)
{
	world.agent.missed_next_ns = 0;
	missed_tick(&world.agent);
}

static const json_t *last_entry(void)
{
	size_t n = json_array_size(world.journal.entries);

	return json_array_get(world.journal.entries, n - 1);
}

static void test_none(void **state)
{
	(void)state;
	begin();
	look();
	assert_int_equal(looks, 1);
	assert_int_equal(json_array_size(world.journal.entries), 0);
	assert_int_equal(world.agent.missed, 0);
}

static void test_each_growth_once(void **state)
{
	const json_t *programs;

	(void)state;
	begin();
	reads = 3;
	look();
	look();
	assert_int_equal(count_of("enforcement.missed"), 1);
	assert_int_equal(world.journal.durable, 1);
	taken = 4;
	look();
	assert_int_equal(count_of("enforcement.missed"), 2);
	assert_int_equal(world.agent.missed, 7);
	assert_int_equal(json_integer_value(json_object_get(last_entry(), "count")), 7);
	programs = json_object_get(last_entry(), "programs");
	assert_int_equal(json_object_size(programs), 2);
	assert_int_equal(json_integer_value(json_object_get(programs, "sluice_pipe_read")), 3);
	assert_int_equal(json_integer_value(json_object_get(programs, "sluice_inet_recvmsg")), 4);
}

static void test_not_all_the_time(void **state)
{
	(void)state;
	begin();
	look();
	reads = 1;
	missed_tick(&world.agent);
	assert_int_equal(looks, 1);
	assert_int_equal(count_of("enforcement.missed"), 0);
}

/* Half of the counts are no reason to say anything. */
static void test_cannot_be_read(void **state)
{
	(void)state;
	begin();
	reads = 1;
	broken = -EIO;
	look();
	assert_int_equal(count_of("enforcement.missed"), 0);
	assert_int_equal(world.agent.missed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_none),
		AGENT_TEST(test_each_growth_once),
		AGENT_TEST(test_not_all_the_time),
		AGENT_TEST(test_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
