/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset_fixture.h: rule sets from strings, on a host whose names mean what the tests say. Owns no
 * test.
 */
#ifndef SLUICE_TEST_RULESET_FIXTURE_H
#define SLUICE_TEST_RULESET_FIXTURE_H

#include "policy_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#include "policy/ruleset.h"

#define ALL UINT64_MAX
#define TWO "[Label a]\n[Label b]\n"

/* Label 0 of the policy is bit 5 of the kernel, label 1 bit 0, and so on downwards from 63. */
static const unsigned int numbers[64] = { 5, 0, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54 };
#define A (UINT64_C(1) << 5)
#define B (UINT64_C(1) << 0)

static char warnings[512];

static int find_executable(void *context, const char *path, struct sluice_object_id *ret)
{
	(void)context;
	if (!strncmp(path, "/missing", 8))
		return -ENOENT;
	if (!strcmp(path, "/broken"))
		return -EIO;
	*ret = (struct sluice_object_id){ .dev = 0x800001, .gen = 7, .ino = strlen(path) };
	return 0;
}

static int find_unit(void *context, const char *unit, uint64_t **ret, size_t *ret_n)
{
	uint64_t *ids;

	(void)context;
	if (!strcmp(unit, "stopped.service"))
		return -ENOENT;
	if (!strcmp(unit, "broken.service"))
		return -EIO;
	ids = calloc(2, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	ids[0] = 100;
	ids[1] = 101;
	*ret = ids;
	*ret_n = strcmp(unit, "empty.service") ? 2 : 0;
	return 0;
}

static int find_host(void *context, const char *host, struct ruleset_address **ret, size_t *ret_n)
{
	struct ruleset_address *addresses;

	(void)context;
	if (!strcmp(host, "gone.example"))
		return -ENOENT;
	if (!strcmp(host, "broken.example"))
		return -EIO;
	addresses = calloc(2, sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	inet_pton(AF_INET6, "::ffff:192.0.2.7", &addresses[0]);
	inet_pton(AF_INET6, "2001:db8::7", &addresses[1]);
	*ret = addresses;
	*ret_n = strcmp(host, "empty.example") ? 2 : 0;
	return 0;
}

static void note_warning(void *context, const struct policy_origin *origin, const char *text)
{
	size_t used = strlen(warnings);

	(void)context;
	snprintf(warnings + used, sizeof(warnings) - used, "%u: %s\n", origin->line, text);
}

static int compile(const char *text, const unsigned int *bits, struct ruleset **ret,
		   struct policy_error *error)
{
	struct policy *policy = fixture_policy(text);
	struct ruleset_address own;
	struct ruleset_names names = {
		.numbers = bits,
		.executable = find_executable,
		.unit = find_unit,
		.host = find_host,
		.warn = note_warning,
		.own = &own,
		.n_own = 1,
	};
	int r;

	inet_pton(AF_INET6, "::ffff:10.9.9.9", &own);
	warnings[0] = '\0';
	r = ruleset_compile(policy, &names, 1, 42, ret, error);
	policy_free(policy);
	return r;
}

static inline struct ruleset *compiled(const char *text)
{
	struct ruleset *ruleset = NULL;
	struct policy_error error;

	if (compile(text, numbers, &ruleset, &error) < 0)
		fail_msg("%s\n%s", error.text, text);
	assert_string_equal(error.text, "");
	return ruleset;
}

static inline void refuse(const char *text, int r, const char *expected)
{
	struct ruleset *ruleset = NULL;
	struct policy_error error;
	char start[1024];

	assert_int_equal(compile(text, numbers, &ruleset, &error), r);
	assert_null(ruleset);
	snprintf(start, sizeof(start), "%s/a:%s", fixture_folder, expected);
	if (strncmp(error.text, start, strlen(start)) != 0)
		fail_msg("expected %s\n     got %s", start, error.text);
}

#endif
