/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evaluate.h: what the kernel would decide under a policy, said without a kernel.
 *
 * Owns: a compiled policy whose names stand for themselves, and the order of a decision, by the
 * arithmetic that the kernel decides by (algebra.h). Must not own: where attempts come from
 * (rehearse.h, past.h), or why in words (explain.h).
 *
 * Without the host it is not known, and so not looked at: what a process really carries, what
 * grants there are, which addresses a host name has now (a name is a place of its own), the host's
 * own addresses besides loopback, labels by extended attribute. [Agent] Monitor=yes is taken for
 * no: what the rules say is what is wanted. A rule's own Monitor=yes counts.
 */
#ifndef SLUICE_EVALUATE_H
#define SLUICE_EVALUATE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "policy.h"

/**
 * struct evaluate_attempt: what somebody tries. All is borrowed.
 * @subject: who; @subject.executable as evaluate_path() spells it
 * @above: units around @subject.unit
 * @labels: bits by index in the policy: that the process carries, or for SLUICE_OPEN the object
 * @path: of a file, as evaluate_path() spells it, or NULL; adds the policy's labels
 * @to: one address or host and port, or NULL
 * @medium: instead of @to
 */
struct evaluate_attempt {
	enum sluice_action action;
	struct policy_subject subject;
	const char *const *above;
	size_t n_above;
	uint64_t labels;
	const char *path;
	const struct policy_endpoint *to;
	uint32_t medium;
};

/**
 * struct evaluation: what becomes of it. Labels are bits by index in the policy.
 * @verdict: POLICY_ALLOW, or what the rules say
 * @hold: asked about while the process waits
 * @labels: that were at stake
 * @passed: of these, that the destination may have
 * @cleared: that the subject is cleared for, of all there are
 * @missing: that nothing allowed; none for POLICY_ALLOW
 * @rule: the one whose word counts; for POLICY_ALLOW one that let it through, or NULL: none guards
 * any of @labels
 */
struct evaluation {
	enum policy_verdict verdict;
	bool hold;
	uint64_t labels;
	uint64_t passed;
	uint64_t cleared;
	uint64_t missing;
	const struct policy_rule *rule;
};

struct evaluator;

/* @policy must outlive @ret. Return: 0; -E2BIG, -ENOMEM and the message as ruleset_compile(). */
int evaluator_new(const struct policy *policy, struct evaluator **ret, struct policy_error *error);
struct evaluator *evaluator_free(struct evaluator *evaluator); /* returns NULL */
void evaluator_freep(struct evaluator **evaluator);

void evaluate(const struct evaluator *evaluator, const struct evaluate_attempt *attempt,
	      struct evaluation *ret);

/* Whether @rule had a part in @evaluation of an attempt at @action: it guards what was at stake. */
bool evaluate_involves(const struct evaluation *evaluation, enum sluice_action action,
		       const struct policy_rule *rule);

/*
 * @path with symbolic links resolved as far as it exists here, @ret: SLUICE_PATH_TEXT bytes. By
 * this the policy's executables and folders are told apart, as by their identities in the kernel.
 */
void evaluate_path(const char *path, char *ret);

/* Labels (bits by index) that Path= of the policy gives to @path and the folders above it. */
uint64_t evaluate_path_labels(const struct policy *policy, const char *path);
/* Whether @path is @folder or below it; both as evaluate_path() spells them. */
bool evaluate_is_below(const char *path, const char *folder);

#endif
