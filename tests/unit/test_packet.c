/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_packet.c: packets that got past the hooks are told of once, with the count since the start.
 */
#include "agent_fixture.h"

#include "event/packet.h"

/* What the false kernel has counted. */
#define COUNTED (100 + SLUICE_COUNT_PACKETS)

static json_int_t last_count(void)
{
	size_t n = json_array_size(world.journal.entries);
	const json_t *entry = json_array_get(world.journal.entries, n - 1);

	return json_integer_value(json_object_get(entry, "count"));
}

static void test_once(void **state)
{
	(void)state;
	packet_tick(&world.agent);
	packet_tick(&world.agent);
	assert_int_equal(count_of("egress.missed"), 1);
	assert_int_equal(last_count(), COUNTED);
	assert_int_equal(world.journal.durable, 1);
}

static void test_again_when_it_has_grown(void **state)
{
	(void)state;
	world.agent.packets = COUNTED - 1;
	packet_tick(&world.agent);
	assert_int_equal(count_of("egress.missed"), 1);
	assert_int_equal(last_count(), COUNTED);
}

static void test_nothing_new(void **state)
{
	(void)state;
	world.agent.packets = COUNTED;
	packet_tick(&world.agent);
	assert_int_equal(json_array_size(world.journal.entries), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AGENT_TEST(test_once),
		AGENT_TEST(test_again_when_it_has_grown),
		AGENT_TEST(test_nothing_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
