/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_policy.c: any bytes as one or two policy files, and what is accepted compiled for the
 * kernel.
 *
 * Owns: promises that hold for every input: a refusal has one printable line, an acceptance
 * resolves and compiles, and the rule set keeps the order that the kernel relies on. The byte 0x1e
 * parts the first file from the second.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "policy/policy.h"
#include "policy/ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                             \
	do {                                                         \
		if (!(condition)) {                                  \
			fprintf(stderr, "broken: %s\n", #condition); \
			abort();                                     \
		}                                                    \
	} while (0)

static int find_executable(void *context, const char *path, struct sluice_object_id *ret)
{
	(void)context;
	*ret = (struct sluice_object_id){ .ino = strlen(path) };
	return strstr(path, "missing") ? -ENOENT : 0;
}

static int find_unit(void *context, const char *unit, uint64_t **ret, size_t *ret_n)
{
	(void)context;
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	**ret = strlen(unit);
	*ret_n = 1;
	return 0;
}

static int find_host(void *context, const char *host, struct ruleset_address **ret, size_t *ret_n)
{
	(void)context;
	*ret = calloc(2, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	memset((*ret)[0].bytes + 10, 0xff, 2);
	(*ret)[0].bytes[15] = (uint8_t)host[0];
	(*ret)[1].bytes[0] = 0x20;
	*ret_n = 2;
	return 0;
}

static int make_file(const uint8_t *data, size_t size, char path[32])
{
	int fd = memfd_create("policy", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(fchmod(fd, 0600) == 0);
	CHECK(write(fd, data, size) == (ssize_t)size);
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static void check_message(const struct policy_error *error)
{
	size_t length = strlen(error->text);

	CHECK(length > 0 && length < sizeof(error->text));
	CHECK(text_find_bad(error->text, length) == length);
	CHECK(!strchr(error->text, '\t'));
}

static void check_policy(const struct policy *policy)
{
	uint64_t labels = 0;

	for (size_t i = 0; i < policy->n_labels; i++)
		labels |= UINT64_C(1) << i;
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		CHECK(rule->labels && !(rule->labels & ~labels));
		CHECK(rule->verdict != POLICY_ASK || rule->groups);
		CHECK(rule->limit_s && rule->duration_s && rule->reviewers);
		CHECK(policy_rule_for(policy, rule->action,
				      (size_t)__builtin_ctzll(rule->labels)) == rule);
	}
	for (size_t i = 0; i < policy->n_people; i++)
		CHECK(policy_find_person(policy, policy->people[i].name) == &policy->people[i]);
	CHECK(strlen(policy->digest) == 64);
}

static void check_destination(const struct ruleset_destination *entry)
{
	CHECK(entry->key.prefixlen >= 32 && entry->key.prefixlen <= 160);
	CHECK(entry->value.ports <= SLUICE_MAX_PORTS);
	for (uint32_t i = 0; i < entry->value.ports; i++) {
		const struct sluice_port *port = &entry->value.port[i];

		CHECK(port->low <= port->high && (port->allowed || port->carries));
		CHECK(i == 0 || port[-1].protocol || !port->protocol);
		CHECK(i == 0 || port[-1].protocol != port->protocol || port[-1].high < port->low);
	}
}

static void check_ruleset(const struct policy *policy)
{
	unsigned int numbers[SLUICE_MAX_LABELS];
	const struct ruleset_names names = {
		.numbers = numbers,
		.executable = find_executable,
		.unit = find_unit,
		.host = find_host,
	};
	struct ruleset *ruleset = NULL;
	struct policy_error error;

	for (unsigned int i = 0; i < SLUICE_MAX_LABELS; i++)
		numbers[i] = SLUICE_MAX_LABELS - 1 - i;
	if (ruleset_compile(policy, &names, 0, 1, &ruleset, &error) < 0) {
		check_message(&error);
		CHECK(!ruleset);
		return;
	}
	for (unsigned int i = 0; i < SLUICE_ACTIONS; i++) {
		CHECK(!((ruleset->kernel.ask[i] | ruleset->kernel.deny[i]) &
			~ruleset->kernel.guarded[i]));
		CHECK(!(ruleset->kernel.hold[i] & ~ruleset->kernel.ask[i]));
	}
	for (size_t i = 0; i < ruleset->n_destinations; i++)
		check_destination(&ruleset->destinations[i]);
	ruleset_free(ruleset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *part = size ? memchr(data, 0x1e, size) : NULL;
	size_t first = part ? (size_t)(part - data) : size;
	char paths[2][32];
	char *files[2] = { paths[0], paths[1] };
	int fds[2] = { make_file(data, first, paths[0]), -1 };
	struct policy *policy = NULL;
	struct policy_error error;

	if (part)
		fds[1] = make_file(part + 1, size - first - 1, paths[1]);
	if (policy_load(files, part ? 2 : 1, &policy, &error) < 0) {
		check_message(&error);
		CHECK(!policy);
	} else {
		check_policy(policy);
		check_ruleset(policy);
		policy_free(policy);
	}
	close(fds[0]);
	if (part)
		close(fds[1]);
	return 0;
}
