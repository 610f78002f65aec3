/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ruleset_destination.c: labels of addresses in a compiled policy, asked the way the kernel
 * asks.
 */
#include "ruleset_fixture.h"

static bool matches(const struct sluice_destination_key *key, const uint8_t addr[16])
{
	for (unsigned int bit = 0; bit < key->prefixlen - 32; bit++)
		if ((key->addr[bit / 8] ^ addr[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return key->slot == 1;
}

/* What the map answers: the longest match, and in it the first. */
static struct sluice_port at(const struct ruleset *ruleset, const char *text, uint16_t port,
			     uint32_t protocol)
{
	const struct ruleset_destination *best = NULL;
	uint8_t addr[16];

	assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
	for (size_t i = 0; i < ruleset->n_destinations; i++) {
		const struct ruleset_destination *entry = &ruleset->destinations[i];

		if (matches(&entry->key, addr) &&
		    (!best || entry->key.prefixlen > best->key.prefixlen))
			best = entry;
	}
	for (uint32_t i = 0; best && i < best->value.ports; i++) {
		const struct sluice_port *range = &best->value.port[i];

		if (port >= range->low && port <= range->high &&
		    (!range->protocol || range->protocol == protocol))
			return *range;
	}
	return (struct sluice_port){ 0 };
}

static uint64_t allowed(const struct ruleset *ruleset, const char *text, uint16_t port)
{
	return at(ruleset, text, port, IPPROTO_TCP).allowed;
}

static void test_own_addresses(void **state)
{
	struct ruleset *ruleset = compiled(TWO);

	(void)state;
	assert_int_equal(ruleset->n_destinations, 3);
	assert_true(allowed(ruleset, "::ffff:127.0.0.1", 0) == ALL);
	assert_true(allowed(ruleset, "::ffff:127.255.1.1", 65535) == ALL);
	assert_true(allowed(ruleset, "::1", 443) == ALL);
	assert_true(allowed(ruleset, "::ffff:10.9.9.9", 443) == ALL);
	assert_true(allowed(ruleset, "::ffff:10.9.9.8", 443) == 0);
	assert_true(allowed(ruleset, "::ffff:128.0.0.1", 443) == 0);
	assert_true(allowed(ruleset, "::2", 443) == 0);
	assert_true(allowed(ruleset, "::", 443) == 0); /* what an unknown address looks like */
	for (size_t i = 0; i < ruleset->n_destinations; i++)
		assert_int_equal(ruleset->destinations[i].key.slot, 1);
	assert_int_equal(ruleset->destinations[0].key.prefixlen, 32 + 96 + 8);
	ruleset_free(ruleset);
}

/* A longer prefix repeats what shorter ones allow, ports and all; siblings stay apart. */
static void test_unions(void **state)
{
	struct ruleset *ruleset = compiled(TWO "[Rule r]\nAction=egress\nLabels=a\nVerdict=deny\n"
					       "To=10.0.0.0/8:443 10.1.0.0/16:80-90 10.1.2.3\n"
					       "[Rule s]\nAction=egress\nLabels=b\nVerdict=deny\n"
					       "To=10.1.0.0/16:85-443/tcp 10.2.0.0/16\n");

	(void)state;
	assert_true(allowed(ruleset, "::ffff:10.3.0.1", 443) == A);
	assert_true(allowed(ruleset, "::ffff:10.3.0.1", 80) == 0);
	assert_true(allowed(ruleset, "::ffff:10.1.0.1", 443) == (A | B));
	assert_true(allowed(ruleset, "::ffff:10.1.0.1", 80) == A);
	assert_true(allowed(ruleset, "::ffff:10.1.0.1", 85) == (A | B));
	assert_true(allowed(ruleset, "::ffff:10.1.0.1", 100) == B);
	assert_true(allowed(ruleset, "::ffff:10.1.0.1", 79) == 0);
	assert_true(allowed(ruleset, "::ffff:10.1.0.1", 444) == 0);
	assert_true(at(ruleset, "::ffff:10.1.0.1", 443, IPPROTO_UDP).allowed == A);
	assert_true(at(ruleset, "::ffff:10.1.0.1", 100, IPPROTO_UDP).allowed == 0);
	assert_true(allowed(ruleset, "::ffff:10.1.2.3", 9) == A);
	assert_true(allowed(ruleset, "::ffff:10.1.2.3", 100) == (A | B));
	assert_true(allowed(ruleset, "::ffff:10.2.0.1", 443) == (A | B));
	assert_true(allowed(ruleset, "::ffff:10.2.0.1", 80) == B);
	assert_true(allowed(ruleset, "::ffff:11.0.0.1", 443) == 0);
	assert_true(allowed(ruleset, "::ffff:10.9.9.9", 1) == ALL);
	ruleset_free(ruleset);
}

/* ::/0 means IPv6, although IPv4 has its place in there. */
static void test_families(void **state)
{
	struct ruleset *ruleset =
		compiled(TWO "[Rule r]\nAction=egress\nLabels=a\nVerdict=deny\nTo=[::]/0\n"
			     "[Rule s]\nAction=egress\nLabels=b\nVerdict=deny\n"
			     "To=10.0.0.0/8 [2001:db8::]/33\n");

	(void)state;
	assert_true(allowed(ruleset, "2001:db9::1", 1) == A);
	assert_true(allowed(ruleset, "2001:db8::1", 1) == (A | B));
	assert_true(allowed(ruleset, "2001:db8:7fff::1", 1) == (A | B));
	assert_true(allowed(ruleset, "2001:db8:8000::1", 1) == A);
	assert_true(allowed(ruleset, "::ffff:10.0.0.1", 1) == B);
	assert_true(allowed(ruleset, "::ffff:192.0.2.1", 1) == 0);
	assert_true(allowed(ruleset, "::fffe:192.0.2.1", 1) == A);
	ruleset_free(ruleset);
	ruleset = compiled(TWO "[Rule r]\nAction=egress\nLabels=a\nVerdict=deny\nTo=0.0.0.0/0\n");
	assert_true(allowed(ruleset, "::ffff:192.0.2.1", 1) == A);
	assert_true(allowed(ruleset, "2001:db8::1", 1) == 0);
	ruleset_free(ruleset);
}

static void test_carries(void **state)
{
	struct ruleset *ruleset =
		compiled("[Label a]\nEndpoint=127.0.0.1:5432/tcp db.example:3306\n[Label b]\n"
			 "[Rule r]\nAction=egress\nLabels=b\nVerdict=deny\nTo=192.0.2.0/24\n"
			 "[Rule s]\nAction=egress\nLabels=a\nVerdict=allow\nTo=192.0.2.0/24\n");
	struct sluice_port port = at(ruleset, "::ffff:127.0.0.1", 5432, IPPROTO_TCP);

	(void)state;
	assert_int_equal(ruleset->kernel.flags, SLUICE_POLICY_ENDPOINTS);
	assert_true(port.carries == A && port.allowed == ALL);
	assert_true(at(ruleset, "::ffff:127.0.0.1", 5432, IPPROTO_UDP).carries == 0);
	assert_true(at(ruleset, "::ffff:127.0.0.1", 5433, IPPROTO_TCP).carries == 0);
	assert_true(at(ruleset, "::ffff:127.0.0.2", 5432, IPPROTO_TCP).carries == 0);
	port = at(ruleset, "::ffff:192.0.2.7", 3306, IPPROTO_TCP);
	assert_true(port.carries == A && port.allowed == B);
	port = at(ruleset, "2001:db8::7", 3306, IPPROTO_TCP);
	assert_true(port.carries == A && port.allowed == 0);
	assert_string_equal(warnings, "");
	ruleset_free(ruleset);
}

static void test_hosts(void **state)
{
	struct ruleset *ruleset =
		compiled(TWO "[Rule r]\nAction=egress\nLabels=a\nVerdict=deny\n"
			     "To=gone.example\nTo=empty.example\nTo=here.example:443\n");

	(void)state;
	assert_string_equal(
		warnings,
		"7: host gone.example has no address now, the line has no effect until it has\n"
		"8: host empty.example has no address now, the line has no effect until it has\n");
	assert_true(allowed(ruleset, "::ffff:192.0.2.7", 443) == A);
	assert_true(allowed(ruleset, "2001:db8::7", 443) == A);
	assert_true(allowed(ruleset, "2001:db8::8", 443) == 0);
	ruleset_free(ruleset);
	refuse(TWO "[Rule r]\nAction=egress\nLabels=a\nVerdict=deny\nTo=broken.example\n", -EIO,
	       "7: host broken.example cannot be looked up: ");
}

static void test_port_limit(void **state)
{
	static const char eight[] =
		"[Label a]\n[Rule r]\nAction=egress\nLabels=a\nVerdict=deny\n"
		"To=10.0.0.0/8:1 10.0.0.0/8:3 10.0.0.0/8:5 10.0.0.0/8:7\n"
		"To=10.1.0.0/16:9 10.1.0.0/16:11 10.1.0.0/16:13 10.1.0.0/16:15\n"
		"To=10.2.0.0/16:17\n";
	char text[512], expected[512];

	(void)state;
	ruleset_free(compiled(eight));
	snprintf(text, sizeof(text), "%sTo=10.1.0.0/16:17\n", eight);
	snprintf(
		expected, sizeof(expected),
		"9: more than 8 ranges of ports for one prefix, from %s/a:6, %s/a:7, %s/a:9; join ",
		fixture_folder, fixture_folder, fixture_folder);
	refuse(text, -E2BIG, expected);
}

static void test_destination_limit(void **state)
{
	char *text = malloc(256 << 10);
	struct ruleset *ruleset;
	size_t used;

	(void)state;
	assert_non_null(text);
	used = (size_t)sprintf(text,
			       "[Label a]\n[Rule r]\nAction=egress\nLabels=a\nVerdict=deny\n");
	for (int i = 0; i < SLUICE_MAX_DESTINATIONS - 3; i++) /* loopback twice, one own address */
		used += (size_t)sprintf(text + used, "To=10.1.%d.%d\n", i / 256, i % 256);
	ruleset = compiled(text);
	assert_int_equal(ruleset->n_destinations, SLUICE_MAX_DESTINATIONS);
	ruleset_free(ruleset);
	strcpy(text + used, "To=10.2.0.0\n");
	refuse(text, -E2BIG, "4099: more than 4096 prefixes after resolving hosts; ");
	free(text);
	assert_null(ruleset_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_addresses),
		cmocka_unit_test(test_unions),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_carries),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_port_limit),
		cmocka_unit_test(test_destination_limit),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
