/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset_build.h: a rule set while it is compiled; private to ruleset*.c.
 *
 * Owns: the state that the steps share. Must not own: anything that outlives the compilation
 * (ruleset.h).
 */
#ifndef SLUICE_RULESET_BUILD_H
#define SLUICE_RULESET_BUILD_H

#include "ruleset.h"

struct ruleset_build {
	const struct policy *policy;
	const struct ruleset_names *names;
	struct ruleset *ruleset;
	struct policy_error *error;
	unsigned int slot;
};

/* Writes the message of the compilation, "file:line: text"; returns @r. */
int ruleset_fail(struct ruleset_build *build, const struct policy_origin *origin, int r,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));
int ruleset_fail_memory(struct ruleset_build *build);
void ruleset_warn(struct ruleset_build *build, const struct policy_origin *origin,
		  const char *format, ...) __attribute__((format(printf, 3, 4)));

/* @labels: bits by index in the policy; returns bits as the kernel numbers them. */
uint64_t ruleset_kernel_labels(const struct ruleset_build *build, uint64_t labels);

/* ruleset_clearance.c: fills clearances, unstated and cleared of the kernel's policy, members and
 * units. */
int ruleset_add_clearances(struct ruleset_build *build);

/* ruleset_sink.c: adds what takes no labels to members. */
int ruleset_add_sinks(struct ruleset_build *build);

/* ruleset_destination.c: fills destinations. */
int ruleset_add_destinations(struct ruleset_build *build);

#endif
