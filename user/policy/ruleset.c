/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ruleset.c: see ruleset.h.
 *
 * Owns: the masks of rules, and the order of the compilation. Must not own: subjects
 * (ruleset_clearance.c) or addresses (ruleset_destination.c).
 */
#include "ruleset.h"

#include <errno.h>
#include <stdarg.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "ruleset_build.h"

int ruleset_fail(struct ruleset_build *build, const struct policy_origin *origin, int r,
		 const char *format, ...)
{
	struct policy_error *error = build->error;
	int n = snprintf(error->text, sizeof(error->text), "%.400s:%u: ", origin->file,
			 origin->line);
	va_list ap;

	va_start(ap, format);
	if (n > 0 && (size_t)n < sizeof(error->text))
		vsnprintf(error->text + n, sizeof(error->text) - (size_t)n, format, ap);
	va_end(ap);
	text_scrub(error->text);
	return r;
}

int ruleset_fail_memory(struct ruleset_build *build)
{
	snprintf(build->error->text, sizeof(build->error->text),
		 "not enough memory for the rule set");
	return -ENOMEM;
}

void ruleset_warn(struct ruleset_build *build, const struct policy_origin *origin,
		  const char *format, ...)
{
	char text[1024];
	va_list ap;

	if (!build->names->warn)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	text_scrub(text);
	build->names->warn(build->names->context, origin, text);
}

uint64_t ruleset_kernel_labels(const struct ruleset_build *build, uint64_t labels)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < build->policy->n_labels; i++)
		if (labels >> i & 1)
			bits |= UINT64_C(1) << build->names->numbers[i];
	return bits;
}

/* Two labels on one bit would give one the rules of the other. */
static int check_numbers(struct ruleset_build *build)
{
	const struct policy *policy = build->policy;
	uint64_t seen = 0;

	for (size_t i = 0; i < policy->n_labels; i++) {
		unsigned int number = build->names->numbers[i];

		if (number >= SLUICE_MAX_LABELS || seen >> number & 1)
			return ruleset_fail(build, &policy->labels[i].origin, -EINVAL,
					    "label %s has the impossible number %u; remove the "
					    "file of label numbers "
					    "from the state folder only if no file is labeled",
					    policy->labels[i].name, number);
		seen |= UINT64_C(1) << number;
	}
	build->ruleset->kernel.labels = seen;
	return 0;
}

static void add_rule(struct ruleset_build *build, const struct policy_rule *rule)
{
	struct sluice_policy *kernel = &build->ruleset->kernel;
	uint64_t labels = ruleset_kernel_labels(build, rule->labels);
	bool monitor = rule->monitor || build->policy->settings.monitor;

	kernel->guarded[rule->action] |= labels;
	for (unsigned int medium = 0; medium < SLUICE_MEDIA; medium++)
		if (rule->media >> medium & 1)
			kernel->media[medium] |= labels;
	for (unsigned int bit = 0; bit < SLUICE_MAX_LABELS; bit++)
		if (labels >> bit & 1)
			kernel->limit_ms[rule->action][bit] = rule->limit_s * 1000;
	if (monitor)
		return;
	if (rule->verdict == POLICY_DENY)
		kernel->deny[rule->action] |= labels;
	if (rule->verdict != POLICY_ASK)
		return;
	kernel->ask[rule->action] |= labels;
	if (rule->mode == POLICY_HOLD)
		kernel->hold[rule->action] |= labels;
}

static void add_rules(struct ruleset_build *build)
{
	for (size_t i = 0; i < build->policy->n_rules; i++)
		if (build->policy->rules[i].verdict != POLICY_ALLOW)
			add_rule(build, &build->policy->rules[i]);
}

struct ruleset *ruleset_free(struct ruleset *ruleset)
{
	if (!ruleset)
		return NULL;
	for (size_t i = 0; i < ruleset->n_units; i++)
		free(ruleset->units[i].name);
	free(ruleset->units);
	free(ruleset->members);
	free(ruleset->destinations);
	free(ruleset);
	return NULL;
}

int ruleset_compile(const struct policy *policy, const struct ruleset_names *names,
		    unsigned int slot, unsigned int generation, struct ruleset **ret,
		    struct policy_error *error)
{
	struct ruleset_build build = {
		.policy = policy, .names = names, .error = error, .slot = slot
	};
	int r;

	error->text[0] = '\0';
	build.ruleset = calloc(1, sizeof(*build.ruleset));
	if (!build.ruleset)
		return ruleset_fail_memory(&build);
	build.ruleset->kernel.generation = generation;
	r = check_numbers(&build);
	if (r == 0) {
		add_rules(&build);
		r = ruleset_add_clearances(&build);
	}
	if (r == 0)
		r = ruleset_add_sinks(&build);
	if (r == 0)
		r = ruleset_add_destinations(&build);
	if (r == 0)
		*ret = TAKE_PTR(build.ruleset);
	ruleset_free(build.ruleset);
	return r;
}
