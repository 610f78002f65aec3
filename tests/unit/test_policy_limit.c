/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_policy_limit.c: each capacity of a policy, full and one above.
 */
#include "policy_fixture.h"

#define LABEL "[Label a]\n"

/* Repeats "before NUMBER after" @n times behind @start; the caller frees it. */
static char *repeat(const char *start, size_t n, const char *before, const char *after)
{
	size_t size = strlen(start) + n * (strlen(before) + strlen(after) + 16) + 1, used;
	char *text = malloc(size);

	assert_non_null(text);
	used = (size_t)snprintf(text, size, "%s", start);
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%zu%s", before, i, after);
	return text;
}

static void test_limits(void **state)
{
	static const struct {
		const char *start, *before, *after;
		size_t limit;
		const char *expected;
	} limits[] = {
		{ "", "[Label l", "]\n", 64, "65: more than 64 sections [Label]; " },
		{ "", "[Person p", "]\n", 4096, "4097: more than 4096 sections [Person]; " },
		{ "[Person p]\n", "[Group g", "]\nMember=p\n", 64,
		  "130: more than 64 sections [Group]; " },
		{ "", "[Trusted t", "]\nSubject=exe:/x\n", 256,
		  "513: more than 256 sections [Trusted]; " },
		{ LABEL, "Path=/p/", "\n", 4096,
		  "4098: more than 4096 Path= and Xattr= in the policy; " },
		{ LABEL, "Xattr=user.c=", " below /d\n", 4096,
		  "4098: more than 4096 Path= and Xattr= " },
		{ LABEL, "Endpoint=h", "\n", 4096,
		  "4098: more than 4096 Endpoint= and To= in the policy; " },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		_cleanup_free_ char *full =
			repeat(limits[i].start, limits[i].limit, limits[i].before, limits[i].after);
		_cleanup_free_ char *over = repeat(limits[i].start, limits[i].limit + 1,
						   limits[i].before, limits[i].after);

		policy_free(fixture_policy(full));
		fixture_refuse(over, limits[i].expected);
	}
}

/* 64 labels and 4 actions have at most 256 rules with something to say, which is the limit. */
static void test_rule_limit(void **state)
{
	_cleanup_free_ char *labels = repeat("", 64, "[Label l", "]\n"), *text = malloc(64 << 10);
	size_t used = (size_t)sprintf(text, "%s", labels);

	(void)state;
	for (int i = 0; i < 256; i++)
		used += (size_t)sprintf(text + used,
					"[Rule r%d]\nAction=%s\nLabels=l%d\nVerdict=deny\n", i,
					policy_action_names[i / 64], i % 64);
	policy_free(fixture_policy(text));
	strcat(text, "[Rule more]\n");
	fixture_refuse(text, "1089: more than 256 sections [Rule]; ");
}

/* A value that would be cut or lost must be an error, and one just short enough must be whole. */
static void test_long_lines(void **state)
{
	const size_t lengths[] = { 100, 199, 200, 201, 4096, 4097, 10240 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		static const char start[] = "[Label a]\nDescription=";
		_cleanup_free_ char *text = calloc(1, lengths[i] + 16);
		struct policy *policy;

		memset(text, 'x', lengths[i] + 10);
		memcpy(text, start, strlen(start));
		if (lengths[i] > SLUICE_POLICY_LINE) {
			char expected[64];

			snprintf(expected, sizeof(expected), "2: line has %zu bytes, at most 4096 ",
				 lengths[i]);
			fixture_refuse(text, expected);
			continue;
		}
		policy = fixture_policy(text);
		assert_string_equal(policy->labels[0].description, text + strlen(start));
		policy_free(policy);
	}
}

static void test_file_sizes(void **state)
{
	_cleanup_free_ char *bytes = malloc(SLUICE_POLICY_BYTES + 1);
	char *grown;
	_cleanup_free_ char *long_path = repeat("[Label a]\nPath=/", 1, "", "");
	struct policy *policy = NULL;
	struct policy_error error = { 0 };

	(void)state;
	memset(bytes, '\n', SLUICE_POLICY_BYTES + 1);
	fixture_write_bytes("a", bytes, SLUICE_POLICY_BYTES);
	assert_int_equal(fixture_load(1, &policy, &error), 0);
	policy = policy_free(policy);
	fixture_write_bytes("a", bytes, SLUICE_POLICY_BYTES + 1);
	assert_int_equal(fixture_load(1, &policy, &error), -EINVAL);
	assert_non_null(strstr(error.text, "is larger than 4194304 bytes; "));
	grown = realloc(long_path, 2048);
	assert_non_null(grown);
	long_path = grown;
	memset(long_path + 16, 'p', 1024);
	long_path[15 + 1023] = '\0';
	policy_free(fixture_policy(long_path));
	long_path[15 + 1023] = 'p';
	long_path[15 + 1024] = '\0';
	fixture_refuse(long_path, "2: Path= has a path of 1024 bytes, at most 1023 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_rule_limit),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_file_sizes),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
