/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearse.c: see rehearse.h.
 */
#include "rehearse.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "evaluate.h"

static void try_test(const struct evaluator *evaluator, const struct policy_test *test,
		     struct evaluation *ret)
{
	char path[SLUICE_PATH_TEXT], executable[SLUICE_PATH_TEXT];
	struct evaluate_attempt attempt = {
		.action = test->action,
		.subject = test->subject,
		.labels = test->labels,
		.to = test->has_to ? &test->to : NULL,
		.medium = test->medium,
	};

	if (test->path) {
		evaluate_path(test->path, path);
		attempt.path = path;
	}
	if (test->subject.executable) {
		evaluate_path(test->subject.executable, executable);
		attempt.subject.executable = executable;
	}
	evaluate(evaluator, &attempt, ret);
}

static bool is_as_expected(const struct policy_test *test, const struct evaluation *evaluation)
{
	return evaluation->verdict == test->expect &&
	       (!test->rule || evaluate_involves(evaluation, test->action, test->rule));
}

static int refuse(const struct policy_test *test, const struct evaluation *evaluation,
		  struct policy_error *error)
{
	const struct policy_rule *rule = evaluation->rule;
	char by[400] = "no rule", wanted[100] = "";

	if (rule)
		snprintf(by, sizeof(by), "[Rule %s] at %.300s:%u", rule->name, rule->origin.file,
			 rule->origin.line);
	if (test->rule)
		snprintf(wanted, sizeof(wanted), " by [Rule %s]", test->rule->name);
	snprintf(error->text, sizeof(error->text),
		 "%.380s:%u: [Test %s] expects %s%s, but comes to %s by %s; correct the rules or "
		 "the test",
		 test->expect_origin.file, test->expect_origin.line, test->name,
		 policy_verdict_name(test->expect), wanted,
		 policy_verdict_name(evaluation->verdict), by);
	text_scrub(error->text);
	return -EINVAL;
}

int rehearse(const struct policy *policy, struct policy_error *error)
{
	_cleanup_(evaluator_freep) struct evaluator *evaluator = NULL;
	struct evaluation evaluation;
	int r;

	if (!policy->n_tests)
		return 0;
	r = evaluator_new(policy, &evaluator, error);
	for (size_t i = 0; r == 0 && i < policy->n_tests; i++) {
		try_test(evaluator, &policy->tests[i], &evaluation);
		if (!is_as_expected(&policy->tests[i], &evaluation))
			r = refuse(&policy->tests[i], &evaluation, error);
	}
	return r;
}

int rehearse_read(const char *conf, struct policy **ret, struct policy_error *error)
{
	int r = policy_read(conf, ret, error);

	if (r == 0)
		r = rehearse(*ret, error);
	if (r < 0)
		*ret = policy_free(*ret);
	return r;
}
