/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.h: why a policy decides an attempt as it does, line by line, for people and programs.
 *
 * Owns: the words, and the order in which lines are looked at. Must not own: the decision
 * (evaluate.h).
 */
#ifndef SLUICE_EXPLAIN_H
#define SLUICE_EXPLAIN_H

#include <jansson.h>

#include "evaluate.h"

/**
 * explain() - a record of one decision.
 * Members: "verdict"; "hold"; "rule" and "origin" (null when none had a part), "reviewers" [groups]
 * of a rule that asks; "labels", "missing" [names]; "monitor": [Agent] Monitor=yes stops nothing;
 * "steps" [{"origin" (null for what no line says), "line", "matched", "why", "labels" [names let
 * through, or at stake]}] in the order of the decision; "notes" [what only the host knows].
 * Return: new reference, or NULL when memory ran out.
 */
json_t *explain(const struct policy *policy, const struct evaluate_attempt *attempt,
		const struct evaluation *evaluation);

/* Names of @labels, bits by index in the policy. New reference. */
json_t *explain_labels(const struct policy *policy, uint64_t labels);

#endif
