/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ruleset_port.c: joined ranges against a second opinion, port by port.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants these first */
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/ruleset_port.h"

#define TCP IPPROTO_TCP
#define UDP IPPROTO_UDP

/* What the kernel does with an entry: the first match is the answer. */
static struct sluice_port ask(const struct sluice_destination *destination, uint32_t port,
			      uint32_t protocol)
{
	for (uint32_t i = 0; i < destination->ports; i++) {
		const struct sluice_port *range = &destination->port[i];

		if (port >= range->low && port <= range->high &&
		    (!range->protocol || range->protocol == protocol))
			return *range;
	}
	return (struct sluice_port){ 0 };
}

static void check_against_ranges(const struct sluice_port *said, size_t n,
				 const struct sluice_destination *joined)
{
	static const uint32_t protocols[] = { TCP, UDP, IPPROTO_SCTP };

	for (size_t p = 0; p < ARRAY_SIZE(protocols); p++) {
		for (uint32_t port = 0; port < 65536; port++) {
			struct sluice_port got = ask(joined, port, protocols[p]);
			uint64_t allowed = 0, carries = 0;

			for (size_t i = 0; i < n; i++) {
				if (port < said[i].low || port > said[i].high ||
				    (said[i].protocol && said[i].protocol != protocols[p]))
					continue;
				allowed |= said[i].allowed;
				carries |= said[i].carries;
			}
			if (got.allowed != allowed || got.carries != carries)
				fail_msg("port %u protocol %u", port, protocols[p]);
		}
	}
	for (uint32_t i = 0; i < joined->ports; i++)
		for (uint32_t j = 0; j < i; j++)
			assert_false(joined->port[i].protocol == joined->port[j].protocol &&
				     joined->port[i].low <= joined->port[j].high &&
				     joined->port[j].low <= joined->port[i].high);
}

/* @ports: how many ranges must come out */
static void check(const struct sluice_port *said, size_t n, uint32_t ports)
{
	struct sluice_destination joined;

	assert_int_equal(ruleset_join_ports(said, n, &joined), 0);
	assert_int_equal(joined.ports, ports);
	check_against_ranges(said, n, &joined);
}

static void test_join(void **state)
{
	(void)state;
	check(NULL, 0, 0);
	check((struct sluice_port[]){ { 443, 443, TCP, 1, 0 } }, 1, 1);
	check((struct sluice_port[]){ { 0, 65535, 0, 0, 0 } }, 1, 0); /* says nothing */
	/* overlapping: three parts; touching and equal: one; touching and different: two */
	check((struct sluice_port[]){ { 10, 20, 0, 1, 0 }, { 15, 30, 0, 2, 0 } }, 2, 3);
	check((struct sluice_port[]){ { 10, 20, 0, 1, 0 }, { 21, 30, 0, 1, 0 } }, 2, 1);
	check((struct sluice_port[]){ { 10, 20, 0, 1, 0 }, { 21, 30, 0, 2, 0 } }, 2, 2);
	check((struct sluice_port[]){ { 10, 20, 0, 1, 0 }, { 22, 30, 0, 1, 0 } }, 2, 2);
	/* one inside another, at both ends of all ports */
	check((struct sluice_port[]){ { 0, 65535, 0, 1, 0 },
				      { 0, 0, 0, 2, 0 },
				      { 65535, 65535, 0, 0, 4 } },
	      3, 3);
	/* the same thing said twice, and said less of again */
	check((struct sluice_port[]){ { 1, 9, 0, 3, 0 }, { 1, 9, 0, 3, 0 }, { 4, 5, 0, 1, 0 } }, 3,
	      1);
}

static void test_protocols(void **state)
{
	struct sluice_destination joined;

	(void)state;
	check((struct sluice_port[]){ { 53, 53, UDP, 1, 0 }, { 53, 53, TCP, 1, 0 } }, 2, 2);
	check((struct sluice_port[]){ { 53, 53, UDP, 1, 0 }, { 53, 53, 0, 1, 0 } }, 2, 1);
	check((struct sluice_port[]){ { 50, 59, UDP, 2, 0 }, { 53, 53, 0, 1, 0 } }, 2, 4);
	check((struct sluice_port[]){ { 50, 59, TCP, 2, 0 },
				      { 55, 70, UDP, 1, 8 },
				      { 0, 65535, 0, 4, 0 } },
	      3, 3);
	/* a protocol's own entry comes before that for any and repeats it */
	assert_int_equal(
		ruleset_join_ports((struct sluice_port[]){ { 1, 9, 0, 1, 0 }, { 1, 9, UDP, 2, 0 } },
				   2, &joined),
		0);
	assert_int_equal(joined.port[0].protocol, UDP);
	assert_int_equal(joined.port[0].allowed, 3);
	assert_int_equal(joined.port[1].protocol, 0);
	assert_int_equal(joined.port[1].allowed, 1);
}

static void test_limit(void **state)
{
	struct sluice_destination joined = { .ports = 77 };
	struct sluice_port said[SLUICE_MAX_PORTS + 1];

	(void)state;
	for (uint16_t i = 0; i < ARRAY_SIZE(said); i++)
		said[i] = (struct sluice_port){ (uint16_t)(10 * i), (uint16_t)(10 * i), 0, 1, 0 };
	assert_int_equal(ruleset_join_ports(said, ARRAY_SIZE(said), &joined), -E2BIG);
	assert_int_equal(joined.ports, 77);
	check(said, SLUICE_MAX_PORTS, SLUICE_MAX_PORTS);
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Any few ranges, many of them sharing ends. */
static void test_any(void **state)
{
	static const uint32_t protocols[] = { 0, TCP, UDP };
	uint32_t seed = 1, joined_some = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct sluice_destination joined;
		struct sluice_port said[4];

		for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
			uint16_t low = (uint16_t)(next(&seed) % 6 * 13107),
				 more = (uint16_t)(next(&seed) % 3);

			said[i] = (struct sluice_port){
				low, low > 65535 - more ? low : (uint16_t)(low + more),
				protocols[next(&seed) % 3], next(&seed) % 4, next(&seed) % 2
			};
		}
		if (ruleset_join_ports(said, ARRAY_SIZE(said), &joined) < 0)
			continue;
		check_against_ranges(said, ARRAY_SIZE(said), &joined);
		joined_some++;
	}
	assert_true(joined_some > 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
