/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learn.h: lines for a policy that let through what was stopped, and nothing else of the past.
 *
 * Owns: which lines could do that, and trying each with the policy's own reader and the evaluator.
 * Must not own: which attempts are meant (cmd_policy_learn.c), or the past (past.h).
 *
 * An attempt to send is let through by To= of its place, any other, or where that lets through too
 * much, by Clear= of its user, executable and service together.
 */
#ifndef SLUICE_LEARN_H
#define SLUICE_LEARN_H

#include "past.h"

/* One line of rule @rule of the policy. @n: attempts that it was found for */
struct learn_line {
	const struct policy_rule *rule;
	char *text;
	uint64_t n;
};

/**
 * struct learn: what is looked for, and what was found.
 * @files, @n_files, @policy: one policy, as files and as read
 * @wanted: for each of list->list: it is to be let through
 * @left: likewise: it is wanted, and no line lets it through and nothing else
 */
struct learn {
	char *const *files;
	size_t n_files;
	const struct policy *policy;
	const struct past_list *list;
	bool *wanted;
	bool *left;
	enum policy_verdict *now;
	struct learn_line *lines;
	size_t n_lines;
};

/* @learn has its first four members; the others are filled. To be released by learn_done(). */
int learn_begin(struct learn *learn, struct policy_error *error);
void learn_done(struct learn *learn);

/**
 * learn_lines() - find the lines for what learn->wanted says, the most frequent first.
 * In the end all lines are read together with the policy, and its tests tried.
 * Return: 0: then exactly the wanted attempts that are not left come to "allow", and all others to
 * what they come to now; -EINVAL: not so, or a test of the policy fails; @error tells. -ENOMEM.
 */
int learn_lines(struct learn *learn, struct policy_error *error);

#endif
